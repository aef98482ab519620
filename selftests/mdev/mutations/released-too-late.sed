# core.c: UUID and instance are free when remove returns
/^static void mdev_destroy(/,/^}/ s/mdev_unreserve(inst);//
/^static void mdev_device_release(/,/^}/ s/	kobject_put(/	if (atomic_read(\&inst->state) != MDEV_CREATING) mdev_unreserve(inst);\n&/
/^static void mdev_device_release(/i\
static void mdev_unreserve(struct mdev_instance *inst);
