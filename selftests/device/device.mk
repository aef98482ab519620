# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += device/lifecycle device/uart device/timer device/doorbell device/reset
TEST_GEN_PROGS += device/worker device/kvm_doorbell device/fail device/stats
TEST_PROGS += device/trace.sh
TEST_SMP += device/worker device/doorbell device/reset device/fail device/stats

# Ops that take long
TEST_GEN_PROGS += device/hang
TEST_SMP += device/hang
TEST_LONG += device/hang

# A console for device/fail
device_console := device/kmod/mdev_bpf_slow_console.ko
TEST_GEN_FILES += $(if $(wildcard $(KDIR)/Makefile),$(device_console))

$(device_console): $(wildcard device/kmod/*.c) device/kmod/Kbuild
	+$(call module,device/kmod)

clean: device-clean
device-clean:
	@find device/kmod ! -name mdev_bpf_slow_console.c ! -name Kbuild -type f -delete

.PHONY: device-clean
