# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For tests that have no room yet: the harness by its old name.
. "$(dirname "${BASH_SOURCE[0]}")/lib/mtap.sh"
ksft_tmp=$mtap_tmp
export ksft_tmp
