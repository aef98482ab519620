# core.c: an ADD event is sent
s/kobject_uevent(&dev->kobj, KOBJ_ADD);//
