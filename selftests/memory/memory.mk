# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += memory/regions memory/limit memory/protect
TEST_SMP += memory/protect
