#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh: on the host ("make bench"), measure in a VM that counts instructions, and in one with two
# processors by the clock. Print a table. bench.json and bench.svg are left in selftests/.log.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
vm=$here/../vm/vm
logs=$here/../.log
mkdir -p "$logs"
"$vm" run --icount --timeout 3600 -- env LONG="${LONG-}" selftests/bench/all.sh >"$logs/bench.lines"
"$vm" run --timeout 1800 -- selftests/bench/wall.sh >>"$logs/bench.lines"
# The root's Python, so that the machine needs none
"$vm" exec -- selftests/bench/report.py selftests/.log <"$logs/bench.lines"
echo "The same as JSON, and as a plot: selftests/.log/bench.json, bench.svg"
