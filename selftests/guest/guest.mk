# SPDX-License-Identifier: GPL-2.0-only

TEST_PROGS += guest/cards.sh guest/migrate.sh guest/display.sh
TEST_GEN_TOOLS += guest/relink
TEST_LONG += guest/cards.sh guest/migrate.sh
