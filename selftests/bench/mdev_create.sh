#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev_create.sh [COMMAND...]: in the VM, what creating and removing devices costs on the kernel's
# core and on ours, in one boot, with the same parent driver (mdev_test.ko) on both; beside it a
# device that has no mdev core (bare), and what is net of that.
#
# On the host, in guest instructions, and by the clock with two processors:
#	selftests/vm/vm run --icount -- selftests/bench/mdev_create.sh
#	selftests/vm/vm run -- selftests/bench/mdev_create.sh at 1 100 1000 10000
#	selftests/vm/vm run -- selftests/bench/mdev_create.sh parallel 2000
# CORES is what to measure, in this order: "kernel ours".
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernel=/lib/modules/$(uname -r)
command=("$@")
[ $# -gt 0 ] || command=(at 1 100 1000 10000)

core_of()
{
	case $1 in
	kernel)	echo "$kernel/kernel/drivers/vfio/mdev/mdev.ko" ;;
	ours)	echo "$here/../../mdev.ko" ;;
	esac
}

modprobe -r mdev_bpf mdev 2>/dev/null || :
for core in ${CORES:-kernel ours}; do
	insmod "$(core_of "$core")"
	insmod "$here/../mdev/kmod/mdev_test.ko" max_instances=100000
	echo 1 >/sys/devices/virtual/mdevt/p0/registered
	"$here/mdev_create" "${command[@]}" | sed -u "s/^/$core: /"
	rmmod mdev_test mdev
done
