# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += irq/eventfd irq/msix irq/rules irq/line
TEST_SMP += irq/line
