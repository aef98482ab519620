#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Bochs display as a VMM shows it: QEMU has it with "display=on", the "guest" sets modes and
# draws, and what QEMU dumps of the screen must be that, to the pixel.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/qtest.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_bochs
uuid=5e1f7e57-0000-4000-8000-00000000b0c5
vram=0xe0000000
mmio=0xe1000000
xres=1 yres=2 bpp=3 enable=4 virt_width=6 x_offset=8 y_offset=9

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

set_reg() { access writew $((mmio + 0x500 + 2 * $1)) "$2"; }

# mode WIDTH HEIGHT BPP [VIRTUAL WIDTH]
mode()
{
	set_reg "$enable" 0
	set_reg "$xres" "$1"
	set_reg "$yres" "$2"
	set_reg "$bpp" "$3"
	set_reg "$virt_width" "${4-$1}"
	set_reg "$x_offset" 0
	set_reg "$y_offset" 0
	set_reg "$enable" 0x41
}

pan()
{
	set_reg "$x_offset" "$1"
	set_reg "$y_offset" "$2"
}

# fill WIDTH LINE LINES BYTE: of 32 bit pixels
fill() { access memset $((vram + $1 * 4 * $2)) $(($1 * 4 * $3)) "$4"; }

enable()
{
	config 2 0x10 "$vram"
	config 2 0x18 "$mmio"
	config 2 0x04 2
}

has_qemu()
{
	[ -n "$qtest_pid" ] || skip "no QEMU"
	[ -n "$qtest_pid" ]
}

starts()
{
	run 0 mdev-bpf load "$objects/bochs.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-medium" --uuid "$uuid"
	qtest_start -accel tcg -S -device \
		"vfio-pci,id=card,addr=2,display=on,sysfsdev=/sys/bus/mdev/devices/$uuid" || return
	enable
	access readw $((mmio + 0x500))
	is $((answer)) $((0xb0c5))
}

modes()
{
	has_qemu || return
	mode 320 200 32
	fill 320 0 100 0x21
	fill 320 100 100 0x84
	shows 320 200 "(0x21,) * 3 if y < 100 else (0x84,) * 3"
	access writel $((vram + 4 * (320 * 7 + 11))) 0x123456
	shows 320 200 "(18, 52, 86) if (x, y) == (11, 7) else (0x21,) * 3 if y < 100 else (0x84,) * 3"
	mode 640 100 32
	shows 640 100 "(18, 52, 86) if (x, y) == (331, 3) else (0x21,) * 3 if y < 50 else (0x84,) * 3"
}

sixteen_bits()
{
	has_qemu || return
	mode 160 100 16
	access memset "$vram" $((160 * 2 * 100)) 0
	access writew $((vram + 2 * (160 * 9 + 5))) 0xf800
	access writew $((vram + 2 * (160 * 9 + 6))) 0x07e0
	access writew $((vram + 2 * (160 * 9 + 7))) 0x001f
	comes_to_show 160 100 "[(255, 0, 0), (0, 255, 0), (0, 0, 255)][x - 5] if y == 9 and 5 <= x < 8 else (0, 0, 0)"
}

byte_order()
{
	has_qemu || return
	mode 160 100 32
	fill 160 0 100 0
	access writel "$vram" 0x12345600
	access writel $((mmio + 0x604)) 0xbebebebe
	comes_to_show 160 100 "(0x56, 0x34, 0x12) if (x, y) == (0, 0) else (0, 0, 0)"
	access writel $((mmio + 0x604)) 0x1e1e1e1e
	shows 160 100 "(0x34, 0x56, 0) if (x, y) == (0, 0) else (0, 0, 0)"
}

# A page of 160 x 100 in a virtual screen of 400 x 300
panning()
{
	has_qemu || return
	mode 160 100 32 400
	fill 400 0 150 0x11
	fill 400 150 150 0x99
	comes_to_show 160 100 "(0x11,) * 3"
	access writel $((vram + 4 * (400 * 120 + 200))) 0xaabbcc
	pan 190 110
	comes_to_show 160 100 "(0xaa, 0xbb, 0xcc) if (x, y) == (10, 10) else ((0x11 if y < 40 else 0x99),) * 3"
	mode 160 100 32
	shows 160 100 "(0x11,) * 3"
}

# Whatever the guest sets, QEMU goes on.
nonsense()
{
	local width height depth
	has_qemu || return
	for width in 0 63 5000 65535; do
		for height in 0 64 65535; do
			for depth in 0 16 24 32; do
				mode "$width" "$height" "$depth"
				pan "$height" "$width"
				screendump
			done
		done
	done
	mode 160 100 32
	fill 160 0 100 0x33
	shows 160 100 "(0x33,) * 3"
}

replaced()
{
	has_qemu || return
	run 0 mdev-bpf load "$objects/bochs.bpf.o" --type "$name" --replace
	fill 160 0 50 0x44
	shows 160 100 "((0x44 if y < 50 else 0x33),) * 3"
}

reset()
{
	has_qemu || return
	qtest_reset 2
	enable
	access readw $((mmio + 0x500 + 2 * xres))
	is $((answer)) 0
	mode 160 100 32
	shows 160 100 "(0, 0, 0)"
}

device_is_left()
{
	qtest_end
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points starts modes sixteen_bits byte_order panning nonsense replaced reset device_is_left
