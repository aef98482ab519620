# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += program/detach program/collide program/upgrade program/upgrade_load
TEST_PROGS += program/module.sh
TEST_SMP += program/collide program/detach program/upgrade
# An upgrade from device to device, and what a device's user can hold up
TEST_GEN_PROGS += program/upgrade_each program/stall
TEST_SMP += program/upgrade_each program/stall
TEST_LONG += program/upgrade_each program/stall
