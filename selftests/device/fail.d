device/fail.o: device/fail.c lib/dev.h lib/mtap.h lib/compiler.h \
 lib/mdev.h lib/prog.h ../include/linux/mdev_bpf.h \
 ../include/uapi/linux/mdev_bpf.h progs/kdev.h lib/vfio.h lib/klog.h \
 progs/kfail.h lib/slowness.h
lib/dev.h:
lib/mtap.h:
lib/compiler.h:
lib/mdev.h:
lib/prog.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
progs/kdev.h:
lib/vfio.h:
lib/klog.h:
progs/kfail.h:
lib/slowness.h:
