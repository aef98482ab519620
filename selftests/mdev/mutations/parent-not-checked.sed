# sysfs.c: a device is a parent once
s/	if (mdev_types_dir_exists(parent->dev))/	if (mdev_types_dir_exists(parent->dev) \&\& 0)/
