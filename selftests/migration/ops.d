migration/ops.o: migration/ops.c lib/irqs.h lib/pair.h lib/dev.h \
 lib/mtap.h lib/compiler.h lib/mdev.h lib/prog.h \
 ../include/linux/mdev_bpf.h ../include/uapi/linux/mdev_bpf.h \
 progs/kdev.h lib/vfio.h lib/mig.h progs/kmig.h
lib/irqs.h:
lib/pair.h:
lib/dev.h:
lib/mtap.h:
lib/compiler.h:
lib/mdev.h:
lib/prog.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
progs/kdev.h:
lib/vfio.h:
lib/mig.h:
progs/kmig.h:
