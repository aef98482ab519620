progs/klife.bpf.o: progs/klife.bpf.c ../bpf/include/mdev_bpf.bpf.h \
  ../include/linux/mdev_bpf.h ../include/uapi/linux/mdev_bpf.h \
  ../bpf/include/mdev_bpf_op.bpf.h \
  ../bpf/include/mdev_bpf_register.bpf.h \
  ../bpf/include/mdev_bpf_access.bpf.h \
  ../bpf/include/mdev_bpf_state.bpf.h ../bpf/include/mdev_bpf_pci.bpf.h \
  ../bpf/include/mdev_bpf_time.bpf.h ../bpf/include/mdev_bpf_loop.bpf.h \
  ../bpf/include/mdev_bpf_text.bpf.h ../bpf/include/mdev_bpf_param.bpf.h \
  ../bpf/include/mdev_bpf_console.bpf.h \
  ../bpf/include/mdev_bpf_memory.bpf.h ../bpf/include/mdev_bpf_dma.bpf.h \
  ../bpf/include/mdev_bpf_queue.bpf.h \
  ../bpf/include/mdev_bpf_cable.bpf.h
../bpf/include/mdev_bpf.bpf.h:
../include/linux/mdev_bpf.h:
../include/uapi/linux/mdev_bpf.h:
../bpf/include/mdev_bpf_op.bpf.h:
../bpf/include/mdev_bpf_register.bpf.h:
../bpf/include/mdev_bpf_access.bpf.h:
../bpf/include/mdev_bpf_state.bpf.h:
../bpf/include/mdev_bpf_pci.bpf.h:
../bpf/include/mdev_bpf_time.bpf.h:
../bpf/include/mdev_bpf_loop.bpf.h:
../bpf/include/mdev_bpf_text.bpf.h:
../bpf/include/mdev_bpf_param.bpf.h:
../bpf/include/mdev_bpf_console.bpf.h:
../bpf/include/mdev_bpf_memory.bpf.h:
../bpf/include/mdev_bpf_dma.bpf.h:
../bpf/include/mdev_bpf_queue.bpf.h:
../bpf/include/mdev_bpf_cable.bpf.h:
