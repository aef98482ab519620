#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The framebuffer of mdpy as a VMM shows it: QEMU has a device of each type with "display=on", and
# what it dumps of their screens must be what the program, and then the "guest", have drawn.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/qtest.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_mdpy
uuid=5e1f7e57-0000-4000-8000-0000000d9f0
# In slots 2, 3, 4: where BAR 0 is put
bars=(0 0 0xe0000000 0xe0400000 0xe0800000)

left_programs=("$name")

needs_guest nested

# card TYPE SLOT: a device for QEMU, in $options
card()
{
	left_devices+=("$uuid$2")
	run 0 mdev-bpf create "$name-$1" --uuid "$uuid$2"
	options+=(-device "vfio-pci,id=$1,addr=$2,display=on,sysfsdev=/sys/bus/mdev/devices/$uuid$2")
}

enable()
{
	config "$1" 0x10 "${bars[$1]}"
	config "$1" 0x04 2
}

starts()
{
	options=()
	run 0 mdev-bpf load "$objects/mdpy.bpf.o" --type "$name"
	card vga 2
	card xga 3
	card hd 4
	qtest_start -accel tcg -S "${options[@]}" || return
	enable 2
	enable 3
	enable 4
}

# mode SLOT WIDTH HEIGHT: as configuration space has it
mode()
{
	get_config "$1" 0x34
	is $((answer & 0xff)) $((0x40))
	get_config "$1" 0x44
	is $((answer)) $((0x34325258))
	get_config "$1" 0x48
	is $((answer)) "$2"
	get_config "$1" 0x4c
	is $((answer)) "$3"
}

# gradient TYPE WIDTH HEIGHT
gradient()
{
	qtest_card=$1
	shows "$2" "$3" "(y * 255 // $3,) * 3"
}

configuration()
{
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	mode 2 640 480
	mode 3 1024 768
	mode 4 1920 1080
}

gradients()
{
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	gradient vga 640 480
	gradient xga 1024 768
	gradient hd 1920 1080
}

# Three lines, of three colours, and one pixel, in each
what_the_guest_draws()
{
	local slot bar
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	for slot in 2 3 4; do
		bar=${bars[slot]}
		access memset $((bar + 640 * 4 * 3)) $((640 * 4)) 0x5a
		access writel $((bar + 640 * 4 * 479 + 4 * 639)) 0x123456
	done
	qtest_card=vga
	shows 640 480 "(18, 52, 86) if (x, y) == (639, 479) else ((90 if y == 3 else y * 255 // 480),) * 3"
}

# What the program has drawn at first is there again, and nothing of the guest's.
reset()
{
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	qtest_reset 2
	gradients
	enable 2
}

# "load --replace" while QEMU shows it
replaced()
{
	[ -n "$qtest_pid" ] || { skip "no QEMU"; return; }
	access memset "${bars[2]}" $((640 * 4 * 480)) 0x77
	run 0 mdev-bpf load "$objects/mdpy.bpf.o" --type "$name" --replace
	qtest_card=vga
	shows 640 480 "(0x77,) * 3"
}

devices_are_left()
{
	local left
	qtest_end
	for left in "${left_devices[@]}"; do
		run 0 mdev-bpf remove "$left"
	done
	run 0 mdev-bpf unload "$name"
}

points starts configuration gradients what_the_guest_draws reset replaced devices_are_left
