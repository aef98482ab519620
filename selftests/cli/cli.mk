# SPDX-License-Identifier: GPL-2.0-only

TEST_PROGS += cli/commands.sh cli/load.sh cli/tools.sh cli/life.sh cli/golden.sh
TEST_PROGS += cli/completion.sh
TEST_GEN_TOOLS += cli/hold
TEST_LONG += cli/commands.sh cli/load.sh cli/life.sh cli/golden.sh
TEST_FILES += cli/golden.py $(wildcard cli/golden/*)
