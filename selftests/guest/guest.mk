# SPDX-License-Identifier: GPL-2.0-only

TEST_PROGS += guest/serial.sh guest/msix.sh guest/migrate.sh guest/express.sh guest/upgrade.sh
TEST_PROGS += guest/display.sh
TEST_GEN_TOOLS += guest/relink
TEST_LONG += guest/serial.sh guest/msix.sh guest/migrate.sh guest/express.sh guest/upgrade.sh
