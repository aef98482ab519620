bench/guard.o: bench/guard.c lib/guest.h lib/dev.h lib/mtap.h \
 lib/compiler.h lib/mdev.h lib/prog.h ../include/linux/mdev_bpf.h \
 ../include/uapi/linux/mdev_bpf.h progs/kdev.h lib/vfio.h progs/kdma.h \
 progs/kbell.h
lib/guest.h:
lib/dev.h:
lib/mtap.h:
lib/compiler.h:
lib/mdev.h:
lib/prog.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
progs/kdev.h:
lib/vfio.h:
progs/kdma.h:
progs/kbell.h:
