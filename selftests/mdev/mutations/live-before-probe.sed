# core.c: remove during create is EAGAIN
/^static int mdev_bring_up(/,/^}/ s/	ret = device_driver_attach(/	atomic_set(\&inst->state, MDEV_LIVE);\n&/
