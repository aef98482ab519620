# sysfs.c: a type holds its parent
/^static int mdev_type_add(/,/^}/ s/	get_device(parent->dev);/	;/
