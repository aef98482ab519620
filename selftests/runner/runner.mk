# SPDX-License-Identifier: GPL-2.0-only

TEST_PROGS += runner/selfcheck.sh runner/selfcheck_vms.sh
TEST_LONG += runner/selfcheck_vms.sh
