# core.c: a driver with get_available does the accounting
/^static int mdev_count_take/,/^}/ s/if (parent->mdev_driver->get_available)/if (0)/
