#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# where.sh [POINT...]: on the host, where the instructions of the main paths go: for each path that
# bench/guard measures, a table of symbols, above the path that it is compared with. POINT is a test
# point of bench/guard. The logs are left in selftests/.log/where, as "symbol+offset" lines.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
vm=$here/../vm/vm
logs=$here/../.log/where
rm -rf "$logs"
mkdir -p "$logs"
logs=$(cd "$logs" && pwd -P)

# Points fail if they have other figures than the baseline; here that does not matter.
# shellcheck disable=SC2016 # the VM's shell expands it
"$vm" run --icount --monitor --share "$logs" --timeout 900 -- \
	sh -c 'modprobe -a mdev_bpf vfio_iommu_type1; cd selftests
	       export MDEV_EXECLOG=$1; shift; ./bench/guard "$@" || :' - "$logs" "$@" >"$logs/tap"
# The root's Python, so that the machine needs none
"$vm" exec -- selftests/bench/where.py selftests/.log/where
