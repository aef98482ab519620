# core.c: a failed create leaves the UUID free
/^out_unreserve:/,/^}/ s/mdev_unreserve(inst);/mdev_count_return(parent);/
