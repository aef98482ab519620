# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += refuse/program refuse/decl refuse/pci refuse/caps refuse/calls
TEST_LONG += refuse/program refuse/decl
