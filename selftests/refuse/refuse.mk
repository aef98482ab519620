# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += refuse/program refuse/decl refuse/pci refuse/caps refuse/calls refuse/register
TEST_GEN_PROGS += refuse/param refuse/cures
TEST_LONG += refuse/program refuse/decl refuse/cures

# A module with a function for all programs
TEST_KMODS += refuse/kmod/mdev_bpf_foreign
