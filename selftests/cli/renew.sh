#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# renew.sh: on the host, write the transcripts below golden/ anew, in a VM. Look at what has changed,
# and commit it with the change of the tool that explains it.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
"$here/../vm/vm" run --timeout 1800 --share "$here/golden" -- \
	env UPDATE=/mnt/share selftests/run.sh cli/golden
git -C "$here" --no-pager diff --stat -- golden
