#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# all.sh: in a VM with --icount, the cost of everything that "make bench" reports: a line "NAME N"
# for each path, in guest instructions, above /dev/zero or /dev/null where these are what the path
# can be compared with. Names that begin with "native_" are those of the kernel's own mtty.ko, those
# with "null_" of a device in C that does nothing. With LONG=1, creation is measured at 10,000
# devices, too.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
uuid=5e1f7e57-0000-4000-8000-000000000001
mtty=/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1

# of bench/lsr: name and the number above the floor
accesses() { sed -nE "s/^read LSR +[0-9]+ +/$1_read /p; s/^write SCR +[0-9]+ +/$1_write /p
	s/^read config +[0-9]+ +/$1_config_read /p"; }

native()
{
	modprobe -a mdev vfio_iommu_type1
	insmod "$here/../mdev/samples/mtty.ko"
	echo "$uuid" >"$mtty/create"
	"$here/lsr" "$uuid" | accesses native
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
	rmmod mtty
}

# test_says NAME: a test that says what it has measured. It fails if a path has become more expensive.
test_says() { (cd "$here/.." && "bench/$1") | sed -n 's/^# cost: //p' || :; }

# Creating a device while others exist, without what any device costs
create()
{
	CORES="kernel ours" "$here/mdev_create.sh" at 1 100 1000 ${LONG:+10000} |
		sed -nE 's/^(kernel|ours): +([0-9]+) create .* net +(-?[0-9]+) .*/create_\1_\2 \3/p'
}

# Requests of several sizes, and by what they are started
dma()
{
	mdev-bpf load "$here/../progs/kdma.bpf.o" >/dev/null
	"$here/dma" "$(mdev-bpf create kdma-1)" |
		sed -nE 's/^(state|memory|list|by work|pinned) +([0-9]+) +([0-9]+)$/dma_\1_\2 \3/p' |
		tr ' ' '_' | sed 's/_\([0-9]*\)$/ \1/'
}

create
native
modprobe mdev_bpf
test_says guard
test_says paths
"$here/vfio_user"
dma
"$here/memory.sh"
