# core.c: MDEV_STATE=registered is sent last
/^int mdev_register_parent(/,/^}/ {
	s/	mdev_parent_event(dev, "MDEV_STATE=registered");//
	s/	down_write(&parent->unreg_sem);/	mdev_parent_event(dev, "MDEV_STATE=registered");\n&/
}
