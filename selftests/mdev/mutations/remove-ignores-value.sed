# sysfs.c: only a true value removes
/^static ssize_t remove_store/,/^}/ s/if (!val)/if (0)/
