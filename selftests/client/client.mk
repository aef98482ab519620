# SPDX-License-Identifier: GPL-2.0-only
#
# The test of kernel clients, and the module that is one.

TEST_GEN_PROGS += client/client
TEST_GEN_FILES += $(if $(wildcard $(KDIR)/Makefile),client/kmod/mdev_bpf_client_test.ko)

client/kmod/mdev_bpf_client_test.ko: $(wildcard client/*.h client/kmod/*.c \
		$(top)/include/linux/mdev_bpf_client.h $(top)/mdev_bpf.ko) client/kmod/Kbuild
	+$(call module,client/kmod)

clean: client-clean
client-clean:
	@find client/kmod ! -name mdev_bpf_client_test.c ! -name Kbuild -type f -delete

.PHONY: client-clean
