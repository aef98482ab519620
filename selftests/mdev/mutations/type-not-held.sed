# core.c: a device holds its type
s/	kobject_get(&type->kobj);/	;/
/^static void mdev_device_release(/,/^}/ s/kobject_put(.*//
