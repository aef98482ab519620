# sysfs.c: no description without a callback
/^static umode_t mdev_type_attr_mode/,/^}/ s/return 0;/return attr->mode;/
