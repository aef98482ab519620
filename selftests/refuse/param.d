refuse/param.o: refuse/param.c lib/dev.h lib/mtap.h lib/compiler.h \
 lib/mdev.h lib/prog.h ../include/linux/mdev_bpf.h \
 ../include/uapi/linux/mdev_bpf.h progs/kdev.h lib/vfio.h progs/kcable.h \
 progs/kparam.h lib/wrong.h
lib/dev.h:
lib/mtap.h:
lib/compiler.h:
lib/mdev.h:
lib/prog.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
progs/kdev.h:
lib/vfio.h:
progs/kcable.h:
progs/kparam.h:
lib/wrong.h:
