# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += device/lifecycle device/uart device/timer device/clock device/doorbell device/reset
TEST_GEN_PROGS += device/worker device/kvm_doorbell device/fail device/stats
TEST_GEN_PROGS += device/param device/disk device/cable
TEST_PROGS += device/trace.sh
TEST_SMP += device/param device/cable device/worker device/doorbell device/reset device/fail device/stats

# Ops that take long
TEST_GEN_PROGS += device/hang
TEST_SMP += device/hang
TEST_LONG += device/hang

# A console for device/fail
TEST_KMODS += device/kmod/mdev_bpf_slow_console
