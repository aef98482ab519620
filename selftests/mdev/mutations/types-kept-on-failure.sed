# sysfs.c: a failed registration leaves nothing
/^out_remove:/,/^}/ s/		mdev_type_remove(parent->types\[i\]);/		;/
