# core.c: unregistration removes the devices
s/	device_for_each_child(dev, NULL, mdev_destroy_child);/	(void)mdev_destroy_child;/
