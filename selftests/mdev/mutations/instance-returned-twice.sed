# core.c: an instance is returned once
/^static void mdev_destroy(/,/^}/ s/mdev_unreserve(inst);/& mdev_count_return(mdev->type->parent);/
