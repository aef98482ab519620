# SPDX-License-Identifier: GPL-2.0-only
#
# Devices of bpf/ that drivers of Linux know: NAME.c drives one by its file descriptor, NAME.sh boots
# a guest whose driver does.

TEST_GEN_PROGS += gallery/nvme

gallery/nvme: gallery/nvme_driver.o
