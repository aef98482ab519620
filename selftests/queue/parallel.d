queue/parallel.o: queue/parallel.c lib/queues.h lib/dev.h lib/mtap.h \
 lib/compiler.h lib/mdev.h lib/prog.h ../include/linux/mdev_bpf.h \
 ../include/uapi/linux/mdev_bpf.h progs/kdev.h lib/vfio.h lib/irqs.h \
 progs/kqueue.h
lib/queues.h:
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
progs/kqueue.h:
