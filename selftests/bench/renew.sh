#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# renew.sh: on the host, measure the main paths in a VM and write them to baseline.txt, with the
# release of the kernel that they are of; other kernel versions keep their figures. The root is
# $VM_ROOT (base). Commit that with the change that explains it.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
vm=$here/../vm/vm
new=$(mktemp)
trap 'rm -f "$new"' EXIT

# Points fail if the baseline lacks them or has other figures.
# shellcheck disable=SC2016 # the VM's shell expands it
"$vm" run --icount --timeout 600 -- \
	sh -c 'echo "kernel $(uname -r)"; modprobe -a mdev_bpf vfio_iommu_type1; cd selftests; RENEW=1 ./bench/guard || :' |
	sed -n 's/^# cost: //p; /^kernel /p' >"$new"
[ "$(wc -l <"$new")" -gt 5 ] || { echo "renew.sh: nothing was measured" >&2; exit 1; }
version=$(sed -nE 's/^kernel ([0-9]+\.[0-9]+).*/\1/p' "$new")
awk -v version="$version" '/^kernel / { drop = index($2 ".", version ".") == 1 } !drop' \
	"$here/baseline.txt" >>"$new"
cp "$new" "$here/baseline.txt"
cat "$here/baseline.txt"
