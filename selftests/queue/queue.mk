# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += queue/parallel queue/still queue/hostile
TEST_SMP += queue/parallel queue/still queue/hostile
TEST_LONG += queue/still
