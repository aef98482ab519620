# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += program/detach program/collide program/text program/random program/upgrade program/upgrade_load

TEST_PROGS += program/sdk.sh
TEST_GEN_PROGS += program/upgrade_each program/stall
TEST_PROGS += program/module.sh
TEST_SMP += program/collide program/detach program/upgrade program/upgrade_each program/stall
TEST_LONG += program/upgrade_each program/stall

# A slow reader for program/detach
TEST_KMODS += program/kmod/mdev_bpf_slow_reader
