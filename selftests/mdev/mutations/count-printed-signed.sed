# sysfs.c: available_instances is an unsigned number
/^static ssize_t available_instances_show/,/^}/ s/%u/%d/
