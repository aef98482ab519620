# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += queue/parallel queue/still queue/hostile queue/dma
TEST_SMP += queue/parallel queue/still queue/hostile
TEST_SMP3 += queue/dma
TEST_LONG += queue/still
