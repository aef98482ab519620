# core.c: the parent's events are as ever
s/"MDEV_STATE=unregistered"/"MDEV_STATE=gone"/
