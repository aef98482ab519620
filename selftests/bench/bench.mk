# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_TOOLS += bench/lsr bench/dma bench/mdev_create bench/queues

TEST_GEN_PROGS += bench/guard
TEST_ICOUNT += bench/guard
TEST_FILES += bench/baseline.txt
