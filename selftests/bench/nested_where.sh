#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# nested_where.sh: on the host, where the instructions of a disk's requests in a nested guest go:
# tables of our nvme and QEMU's, side by side. All symbols are left in selftests/.log/nested_where;
# the logs, some GB, are removed.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
vm=$here/../vm/vm
logs=$here/../.log/nested_where
rm -rf "$logs"
mkdir -p "$logs"
logs=$(cd "$logs" && pwd -P)
trap 'rm -f "$logs"/*.log' EXIT

# shellcheck disable=SC2016 # the VM's shell expands it
"$vm" run --icount --monitor --share "$logs" --timeout 900 -- \
	sh -c 'MDEV_EXECLOG=$1 selftests/bench/nested.sh where' - "$logs"
"$vm" exec -- python3 -B selftests/bench/nested_where.py selftests/.log/nested_where \
	selftests/bench/guest_io
