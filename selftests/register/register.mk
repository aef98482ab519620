# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += register/access register/edges register/replace
TEST_SMP += register/replace
