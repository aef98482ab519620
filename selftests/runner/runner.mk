# SPDX-License-Identifier: GPL-2.0-only

TEST_PROGS += runner/selfcheck.sh runner/selfcheck_vms.sh
TEST_LONG += runner/selfcheck_vms.sh
# Not one of the tests: run.sh runs it after them, on the kernel of check-debug
TEST_FILES += runner/leaks.sh
