#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Bochs display in a guest with a stock kernel: its driver bochs-drm binds, fbcon draws the
# console, and the text that the guest has written is read from the picture that QEMU shows.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/nested.sh"
. "$(dirname "$0")/../lib/qtest.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_bochs
uuid=5e1f7e57-0000-4000-8000-00000000b0c6
word=console-$RANDOM

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

boots()
{
	run 0 mdev-bpf load "$objects/bochs.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-medium" --uuid "$uuid"
	mkfifo "$qtest.in" "$qtest.out"
	exec {monitor}<>"$qtest.in" {monitor_says}<>"$qtest.out"
	: >"$qtest_errors"
	nested_boot "$uuid" --screen "$qtest" --module bochs --vendor '' --text "$word" --timeout 240 \
		--with "$here/gallery/bochs.guest"
	nested_ready 'screen: drawn' && qmp qmp_capabilities
}

driver_binds()
{
	has_guest || return
	is "$(said_of driver)" bochs-drm
	has "$(said_of framebuffer)" "bochs-drm"
	has "$(said_of framebuffer)" " 32"
	[ "$(said_of modes)" -gt 1 ] || fail "$(said_of modes) modes"
	diag "$(said_of framebuffer), $(said_of modes) modes"
}

console_is()
{
	screendump
	console_found=$(python3 "$here/gallery/console.py" "$qtest_shot" 2>&1)
	[ "$console_found" = "$1" ]
}

# comes_to_say WORD
comes_to_say() { await 20 console_is "$1" || fail "the console says \"$console_found\", not \"$1\""; }

console()
{
	has_guest || return
	comes_to_say "$word"
}

replaced()
{
	has_guest || return
	run 0 mdev-bpf load "$objects/bochs.bpf.o" --type "$name" --replace
	tell another-line
	hear 'screen: drawn again' || return
	comes_to_say another-line
}

driver_binds_again()
{
	has_guest || return
	tell third-line
	hear 'screen: drawn by another' || return
	is "$(said_of 'driver then')" none
	comes_to_say third-line
}

device_is_left()
{
	has_guest || return
	tell stop
	nested_ends
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points boots driver_binds console replaced driver_binds_again device_is_left
