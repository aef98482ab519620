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

wrong=5e1f7e57-0000-4000-8000-00000000e0ee

left_devices=("$uuid" "$wrong")
left_programs=("$name" "${name}_wrong")

needs_guest nested

# compared POINT [NAME]: what edu.py says
compared()
{
	timeout $((60 * slowness)) python3 "$here/gallery/edu.py" "$@" 2>&1 >&"$cpu" <&"$cpu_says"
}

# same POINT: of edu.py
same()
{
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	is "$(compared "$1")" ok
}

starts()
{
	run 0 mdev-bpf load "$objects/edu.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-1" --uuid "$uuid"
	run 0 mdev-bpf load "$here/progs/kedu.bpf.o" --type "${name}_wrong"
	run 0 mdev-bpf create "${name}_wrong-1" --uuid "$wrong"
	qtest_start -accel tcg -bios "$(qtest_idle)" -device edu,addr=3 \
		-device "vfio-pci,id=card,addr=2,sysfsdev=/sys/bus/mdev/devices/$uuid" \
		-device "vfio-pci,addr=4,sysfsdev=/sys/bus/mdev/devices/$wrong"
}

# A card that differs in one bit is found, and in nothing else.
a_fault_is_found()
{
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	is "$(compared liveness wrong)" ok
	is "$(compared identity wrong)" "4 bytes at 0x0: QEMU's 0x10000ed, wrong 0x10000ec"
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
	run 0 mdev-bpf remove "$wrong"
	run 0 mdev-bpf unload "$name"
	run 0 mdev-bpf unload "${name}_wrong"
}

points starts identity liveness factorials status_bits intx msi dma dma_mask no_bus_master \
	other_offsets anything a_fault_is_found reset device_is_left
