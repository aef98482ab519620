dma/iommufd.o: dma/iommufd.c lib/dirty.h lib/vfio.h lib/mdev.h \
 lib/compiler.h lib/guest.h lib/dev.h lib/mtap.h lib/prog.h \
 ../include/linux/mdev_bpf.h ../include/uapi/linux/mdev_bpf.h \
 progs/kdev.h progs/kdma.h lib/ioas.h lib/missing.h
lib/dirty.h:
lib/vfio.h:
lib/mdev.h:
lib/compiler.h:
lib/guest.h:
lib/dev.h:
lib/mtap.h:
lib/prog.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
progs/kdev.h:
progs/kdma.h:
lib/ioas.h:
lib/missing.h:
