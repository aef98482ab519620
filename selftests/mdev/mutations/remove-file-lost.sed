# core.c: a remove that is refused can be repeated
/^int mdev_device_remove(/,/^}/ {
	s/^	if (atomic_read(&inst->state) != MDEV_LIVE)/	device_remove_file_self(\&mdev->dev, self);\n&/
	s/^		device_remove_file_self.*//
}
