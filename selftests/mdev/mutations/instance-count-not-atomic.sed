# core.c: the last instance is one creator's
/^static int mdev_count_take/,/^}/ {
	s/!atomic_add_unless(.*/!atomic_read(\&parent->available_instances))/
	s/^	return 0;$/	ndelay(2000); atomic_dec(\&parent->available_instances); return 0;/
}
1,/^#include/ s/^#include/#include <linux\/delay.h>\n&/
