#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The educational device against its model: QEMU has its own and ours, and edu.py does the same to
# both. Each answer must be the same: configuration space, registers, interrupts by INTx and MSI, and
# guest memory.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/qtest.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_edu
uuid=5e1f7e57-0000-4000-8000-00000000e0ed

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

# same POINT: of edu.py
same()
{
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	is "$(timeout $((60 * slowness)) python3 "$here/gallery/edu.py" "$1" 2>&1 >&"$cpu" <&"$cpu_says")" ok
}

starts()
{
	run 0 mdev-bpf load "$objects/edu.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-1" --uuid "$uuid"
	qtest_start -accel tcg -bios "$(qtest_idle)" -device edu,addr=3 \
		-device "vfio-pci,id=card,addr=2,sysfsdev=/sys/bus/mdev/devices/$uuid"
}

identity() { same identity; }
liveness() { same liveness; }
factorials() { same factorials; }
status_bits() { same status_bits; }
intx() { same intx; }
msi() { same msi; }
dma() { same dma; }
dma_mask() { same dma_mask; }
no_bus_master() { same no_bus_master; }
other_offsets() { same other_offsets; }
anything() { same anything; }

# QEMU's own has no reset: ours is as it was at first.
reset()
{
	access writel $((0xe0200000 + 0x60)) 0x1
	qtest_reset 2
	config 2 0x10 0xe0200000
	config 2 0x04 6
	for register in 0x04 0x08 0x20 0x24; do
		access readl $((0xe0200000 + register))
		is $((answer)) 0
	done
}

device_is_left()
{
	qtest_end
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points starts identity liveness factorials status_bits intx msi dma dma_mask no_bus_master \
	other_offsets anything reset device_is_left
