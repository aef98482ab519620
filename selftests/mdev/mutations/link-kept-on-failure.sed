# sysfs.c: a failed link takes the other one along
/^int mdev_links_add(/,/^}/ s/		sysfs_remove_link(.*/		;/
