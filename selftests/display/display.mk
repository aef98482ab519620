# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of displays, and a module that imports dma-bufs.

TEST_GEN_PROGS += display/planes display/dmabuf display/import display/edid
TEST_LONG += display/planes
TEST_KMODS += display/kmod/mdev_bpf_importer_test
