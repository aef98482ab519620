# core.c: creates on one parent run in parallel
/^int mdev_device_create(/,/^}/ {
	s/down_read_trylock(/down_write_trylock(/
	s/up_read(/up_write(/
}
