#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What does a stock VMM show of a display? QEMU has the device with "display=on", maps the region
# that its planes are in, and what QEMU dumps of its screen must be what the program and the guest
# have drawn, to the pixel. No guest runs: with QEMU's own test protocol, qtest, a line of text is
# one access of a CPU.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/qtest.sh"

name=kst_display
uuid=5e1f7e57-0000-4000-8000-00000000e005

# Where BARs 0 and 2 are put, and registers of progs/kgfx.h
bar0=0xe0000000
bar2=0xe0100000
region=0x00 format=0x14 width=0x18 height=0x1c stride=0x20 result=0x80 draw=0xa0
xrgb=0x34325258 xbgr=0x34324258

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

set_reg() { access writel $((bar0 + $1)) "$2"; }
get_reg() { access readl $((bar0 + $1)); }

enable()
{
	config 2 0x10 "$bar0"
	config 2 0x18 "$bar2"
	config 2 0x04 6	# memory, bus mastering
}

# mode WIDTH HEIGHT STRIDE FORMAT: the program shows that, and draws all of it.
mode()
{
	local line
	set_reg "$region" 2
	set_reg "$width" "$1"
	set_reg "$height" "$2"
	set_reg "$stride" "$3"
	set_reg "$format" "$4"
	for ((line = 0; line < $2; line++)); do
		set_reg "$draw" "$line"
	done
}

drawn="((y << 12 | x) >> 16 & 255, (y << 12 | x) >> 8 & 255, x & 255)"

starts()
{
	run 0 mdev-bpf load "$here/progs/kgfx.bpf.o" --map kgfx_region --type "$name"
	run 0 mdev-bpf create "$name-a" --uuid "$uuid"
	qtest_start -accel tcg -S -device \
		"vfio-pci,id=card,addr=2,display=on,sysfsdev=/sys/bus/mdev/devices/$uuid" || return
	enable
	get_reg "$format"
	is $((answer)) 0
}

what_the_program_draws()
{
	[ "$mtap_nr_failed" -eq 0 ] || { fail "there is no QEMU"; exit 1; }
	mode 160 40 640 "$xrgb"
	shows 160 40 "$drawn"
}

what_the_guest_draws()
{
	access memset $((bar2 + 640 * 10)) 640 0x5a
	access writel $((bar2 + 640 * 30 + 4 * 33)) 0x123456
	shows 160 40 "(90, 90, 90) if y == 10 else (18, 52, 86) if (x, y) == (33, 30) else $drawn"
}

other_modes()
{
	mode 104 24 512 "$xrgb"
	shows 104 24 "$drawn"
	mode 256 60 1024 "$xbgr"
	shows 256 60 "${drawn}[::-1]"
	mode 160 40 640 "$xrgb"
	shows 160 40 "$drawn"
}

# Whatever it shows then, QEMU goes on.
nothing_and_nonsense()
{
	set_reg "$format" 0
	screendump
	set_reg "$format" "$xrgb"
	set_reg "$height" 100000
	screendump
	set_reg "$height" 40
	set_reg "$result" 0xfffffff5
	screendump
	set_reg "$result" 0
	shows 160 40 "$drawn"
	has "$(<"$qtest_errors")" "VFIO_DEVICE_QUERY_GFX_PLANE: Resource temporarily unavailable"
	has "$(<"$qtest_errors")" "VFIO_DEVICE_QUERY_GFX_PLANE: Input/output error"
}

reset_clears_it()
{
	qtest_reset 2
	enable
	get_reg "$format"
	is $((answer)) 0
	set_reg "$width" 160
	set_reg "$height" 40
	set_reg "$stride" 640
	set_reg "$region" 2
	set_reg "$format" "$xrgb"
	shows 160 40 "(0, 0, 0)"
}

device_is_left()
{
	qtest_end
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points starts what_the_program_draws what_the_guest_draws other_modes nothing_and_nonsense \
	reset_clears_it device_is_left
