# core.c: the links are there when ADD is sent
s/dev_set_uevent_suppress(dev, true);//
s/dev_set_uevent_suppress(dev, false);//
s/kobject_uevent(&dev->kobj, KOBJ_ADD);//
