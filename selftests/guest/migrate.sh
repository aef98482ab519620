#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Live migration with a stock VMM: a guest sends a file through its serial card and receives it
# there, while QEMU moves it, card and all, to a second QEMU with another device.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/initrd.sh"
. "$(dirname "$0")/../lib/move.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_move
here_uuid=5e1f7e57-0000-4000-8000-00000000e00a
there_uuid=5e1f7e57-0000-4000-8000-00000000e00b
move_append=8250.nr_uarts=8

left_devices=("$here_uuid" "$there_uuid")
left_programs=("$name")

needs_guest guest-transfer

received()
{
	tr -d '\r' <"$mtap_tmp/$1.console" | sed -n 's/^received \([0-9]*\) bytes$/\1/p' | tail -n 1
}

at_least() { [ "$(received "$1")" -ge "$2" ] 2>/dev/null; }
transfer_begins()
{
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-1" --uuid "$here_uuid"
	run 0 mdev-bpf create "$name-1" --uuid "$there_uuid"
	initrd_begin "$mtap_tmp/root" "$here/vm/guest-transfer"
	initrd_end "$mtap_tmp/root" "$mtap_tmp/initrd"
	start_both
	await 120 at_least here 4000 || { fail "no transfer"; show; }
}

guest_moves()
{
	move_guest "transfer:"
	before=$(received here)
}

transfer_goes_on()
{
	await 60 at_least there $((before + 8000)) || { fail "it does not"; show; }
}

nothing_is_lost()
{
	end_guest "transfer:"
	[ "$mtap_failed" -eq 0 ] || show
	diag "received before: $before bytes; after: $(grep "^received.*, " "$mtap_tmp/there.console")"
}

points transfer_begins guest_moves transfer_goes_on nothing_is_lost
