#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lsr.sh: in the VM, what an access to a register costs, in one boot: of the kernel's sample mtty.ko,
# of mtty as a program, and of a program that does nothing. On the host, in guest instructions:
#	selftests/vm/vm run --icount -- selftests/bench/lsr.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
uuid=5e1f7e57-0000-4000-8000-000000000001
types=/sys/class/mdev_bus/mtty/mdev_supported_types

modprobe -a mdev vfio_iommu_type1
insmod "$here/../mdev/samples/mtty.ko"
echo "$uuid" >"$types/mtty-1/create"
"$here/lsr" "$uuid" | sed "s/^/native mtty: /"
echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
rmmod mtty

modprobe mdev_bpf
for file in /usr/lib/mdev-bpf/mtty.bpf.o "$here/../progs/kempty.bpf.o"; do
	name=$(basename "$file" .bpf.o)
	mdev-bpf load "$file" >/dev/null
	"$here/lsr" "$(mdev-bpf create "$name-1")" | sed "s/^/$name: /"
done
