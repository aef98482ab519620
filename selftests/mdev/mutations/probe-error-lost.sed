# bus.c: create returns what probe does
/^static int mdev_bus_probe/,/^}/ s/return drv->probe ? .*/return drv->probe \&\& drv->probe(to_mdev_device(dev)) ? -EIO : 0;/
