dma/file.o: dma/file.c lib/fuse.h lib/guest.h lib/dev.h lib/mtap.h \
 lib/compiler.h lib/mdev.h lib/prog.h ../include/linux/mdev_bpf.h \
 ../include/uapi/linux/mdev_bpf.h progs/kdev.h lib/vfio.h progs/kdma.h \
 lib/mig.h progs/kfile.h lib/slowness.h
lib/fuse.h:
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
lib/mig.h:
progs/kfile.h:
lib/slowness.h:
