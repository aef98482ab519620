#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# memory.sh [N]: in the VM, how much memory a device takes: the difference that N of them (1000)
# make, per device and in bytes. "memory_X" is what MemAvailable loses; the two lines after it are
# slab objects and per-processor memory, which are most of it. Of a device in C that does nothing
# (mdev_null.ko), and of one of an empty program.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
nr=${1:-1000}

meminfo() { awk -v name="$1:" '$1 == name { print $2 * 1024 }' /proc/meminfo; }

# What is free may be in caches of the kernel, on lists of processors, or wait for RCU.
settle()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
}

read_all()
{
	settle
	now=("$(meminfo MemAvailable)" "$(meminfo Slab)" "$(meminfo Percpu)")
}

# of NAME TYPE
of()
{
	local dir=(/sys/class/mdev_bus/*/mdev_supported_types/"$2") i before device
	[ -e "${dir[0]}/create" ] || { echo "memory.sh: no type $2" >&2; exit 1; }
	# What only the first one costs is not a device's.
	for ((i = -1; i < nr; i++)); do
		[ "$i" -ne 0 ] || { read_all; before=("${now[@]}"); }
		printf '5e1f7e57-0000-4000-8000-%012x\n' $((i + 1 + 0x1000000)) >"${dir[0]}/create"
	done
	read_all
	echo "memory_$1 $(((before[0] - now[0]) / nr))"
	echo "memory_$1_slab $(((now[1] - before[1]) / nr))"
	echo "memory_$1_percpu $(((now[2] - before[2]) / nr))"
	for device in "${dir[0]}"/devices/*; do
		echo 1 >"$device/remove"
	done
}

# of_program NAME TYPE OBJECT
of_program()
{
	mdev-bpf load "$3" >/dev/null
	of "$1" "$2"
	mdev-bpf unload "${2%-*}" >/dev/null
}

insmod "$here/kmod/mdev_null.ko"
of null mdev_null-1
rmmod mdev_null
of_program empty kempty-1 "$here/../progs/kempty.bpf.o"
