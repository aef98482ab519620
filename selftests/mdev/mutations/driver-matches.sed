# bus.c: nothing binds but creation
/^static int mdev_bus_match/,/^}/ s/return 0;/return 1;/
