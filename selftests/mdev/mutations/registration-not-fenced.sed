# core.c: a type cannot be used before its parent is registered
/^int mdev_register_parent(/,/^}/ {
	s/down_write(&parent->unreg_sem);//
	s/up_write(&parent->unreg_sem);//
}
