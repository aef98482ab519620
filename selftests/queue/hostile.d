queue/hostile.o: queue/hostile.c lib/mig.h lib/vfio.h lib/mdev.h \
 lib/compiler.h lib/queues.h lib/dev.h lib/mtap.h lib/prog.h \
 ../include/linux/mdev_bpf.h ../include/uapi/linux/mdev_bpf.h \
 progs/kdev.h lib/irqs.h progs/kqueue.h lib/slowness.h lib/wrong.h
lib/mig.h:
lib/vfio.h:
lib/mdev.h:
lib/compiler.h:
lib/queues.h:
lib/dev.h:
lib/mtap.h:
lib/prog.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
progs/kdev.h:
lib/irqs.h:
progs/kqueue.h:
lib/slowness.h:
lib/wrong.h:
