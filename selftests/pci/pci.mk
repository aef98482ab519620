# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += pci/config pci/express pci/caps pci/race
TEST_SMP += pci/race
