# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of displays, and a module that imports dma-bufs.

TEST_GEN_PROGS += display/planes display/dmabuf display/import display/edid
TEST_LONG += display/planes
TEST_GEN_FILES += $(if $(wildcard $(KDIR)/Makefile),display/kmod/mdev_bpf_importer_test.ko)

display/kmod/mdev_bpf_importer_test.ko: $(wildcard display/*.h display/kmod/*.c \
		$(top)/kmod/compat.h) display/kmod/Kbuild
	+$(call module,display/kmod)

clean: display-clean
display-clean:
	@find display/kmod ! -name mdev_bpf_importer_test.c ! -name Kbuild -type f -delete

.PHONY: display-clean
