# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_TOOLS += bench/lsr bench/dma bench/mdev_create bench/queues bench/vfio_user bench/guest_io

# nested_where.py knows instructions of it by their addresses.
bench/guest_io: LDFLAGS += -no-pie

TEST_GEN_PROGS += bench/guard bench/paths bench/threads
TEST_PROGS += bench/tools.sh
TEST_ICOUNT += bench/guard bench/paths bench/tools.sh
TEST_SMP += bench/threads
# The peer in C
TEST_KMODS += bench/kmod/mdev_null
TEST_FILES += bench/baseline.txt
