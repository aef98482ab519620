# core.c: create is fenced against unregistration
/^int mdev_device_create(/,/^}/ {
	s/if (!down_read_trylock(&parent->unreg_sem))/if (0)/
	s/up_read(&parent->unreg_sem);//
}
