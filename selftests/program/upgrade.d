program/upgrade.o: program/upgrade.c lib/dev.h lib/mtap.h lib/compiler.h \
 lib/mdev.h lib/prog.h ../include/linux/mdev_bpf.h \
 ../include/uapi/linux/mdev_bpf.h progs/kdev.h lib/vfio.h lib/irqs.h \
 lib/kupgrade.h lib/dev.h progs/kupgrade.h
lib/dev.h:
lib/mtap.h:
lib/compiler.h:
lib/mdev.h:
lib/prog.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
progs/kdev.h:
lib/vfio.h:
lib/irqs.h:
lib/kupgrade.h:
lib/dev.h:
progs/kupgrade.h:
