# SPDX-License-Identifier: GPL-2.0-only
#
# The test of kernel clients, and the module that is one.

TEST_GEN_PROGS += client/client
TEST_KMODS += client/kmod/mdev_bpf_client_test
