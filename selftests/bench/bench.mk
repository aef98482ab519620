# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_TOOLS += bench/lsr bench/dma bench/mdev_create bench/queues
