#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh: on the host ("make bench"), measure in a VM that counts instructions, and in one with two
# processors by the clock; with LONG=1 also in a guest of such VMs, beside QEMU's own devices.
# Print a table. bench.json and bench.svg are left in selftests/.log.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
vm=$here/../vm/vm
logs=$here/../.log
mkdir -p "$logs"
"$vm" run --icount --timeout 3600 -- env LONG="${LONG-}" selftests/bench/all.sh >"$logs/bench.lines"
"$vm" run --timeout 1800 -- selftests/bench/wall.sh >>"$logs/bench.lines"
if [ -n "${LONG-}" ]; then
	"$vm" run --timeout 3600 -- selftests/bench/nested.sh 5 |
		sed 's/^/wall_/' >>"$logs/bench.lines"
	"$vm" run --icount --timeout 7200 -- selftests/bench/nested.sh | sed 's/^/insn_/' \
		>>"$logs/bench.lines"
fi
# The root's Python, so that the machine needs none
"$vm" exec -- selftests/bench/report.py selftests/.log <"$logs/bench.lines"
echo "The same as JSON, and as a plot: selftests/.log/bench.json, bench.svg"
