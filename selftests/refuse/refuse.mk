# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += refuse/program refuse/decl refuse/pci refuse/caps refuse/calls refuse/register
TEST_LONG += refuse/program refuse/decl

# A module with a function for all programs
foreign := refuse/kmod/mdev_bpf_foreign.ko
TEST_GEN_FILES += $(if $(wildcard $(KDIR)/Makefile),$(foreign))

$(foreign): $(wildcard refuse/kmod/*.c) refuse/kmod/Kbuild
	+$(call module,refuse/kmod)

clean: refuse-clean
refuse-clean:
	@find refuse/kmod ! -name mdev_bpf_foreign.c ! -name Kbuild -type f -delete

.PHONY: refuse-clean
