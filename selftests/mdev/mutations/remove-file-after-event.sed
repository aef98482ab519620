# core.c: the remove file is there when ADD is sent
s/	mdev->dev.groups = mdev_device_groups;//
/^static int mdev_bring_up(/,/^}/ s/	kobject_uevent(.*/&\n	ret = device_add_groups(dev, mdev_device_groups);/
