# core.c: remove leaves the UUID free
/^static void mdev_destroy(/,/^}/ s/mdev_unreserve(inst);/mdev_count_return(mdev->type->parent);/
