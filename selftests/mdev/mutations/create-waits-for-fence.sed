# core.c: create does not wait for the parent's unregistration
/^int mdev_device_create(/,/^}/ s/if (!down_read_trylock(&parent->unreg_sem))/down_read(\&parent->unreg_sem); if (0)/
