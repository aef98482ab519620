# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += migration/upgrade migration/whole migration/stream migration/ops
TEST_GEN_PROGS += migration/parts migration/native migration/race migration/precopy
TEST_GEN_PROGS += migration/written migration/kvm_precopy
TEST_SMP += migration/race migration/written
