#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The real client: a stock kernel in a guest finds the ports of our serial card with its own
# drivers, and text goes out and comes back through interrupts.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
nested=$here/vm/nested
name=kst_guest
uuid=5e1f7e57-0000-4000-8000-00000000e002
word=text-$RANDOM

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

# Total of the guest's interrupts on the card's line: from "4:  123  ...  ttyS4"
count() { sed -n "s/^interrupts $1: *[0-9]*: *\([0-9]*\).*/\1/p" <<<"$said"; }

boots()
{
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-2" --uuid "$uuid"
	run 0 "$nested" "$uuid" --timeout 120 --text "$word"
	said=$out
}

finds_two_ports()
{
	is "$(grep -c '^PCI .*: vendor 0x4348 device 0x3253' <<<"$said")" 1
	is "$(grep -c 'ttyS[0-9]* at I/O .* is a 16550A' <<<"$said")" 2
}

text_comes_back()
{
	has "$said" "sent to ttyS"
	is "$(sed -n 's/^read from ttyS[0-9]*: *//p' <<<"$said")" "$word"
	has "$said" "loopback: ok"
}

through_interrupts()
{
	local before after
	before=$(count 'so far')
	after=$(count now)
	[ "${after:-0}" -gt "${before:-0}" ] || fail "interrupts: ${before:-none}, then ${after:-none}"
}

# The guest is gone, the device is not.
device_is_left()
{
	run 0 mdev-bpf show "$uuid"
	has "$out" "$uuid"
	is "$(<"/sys/bus/mdev/devices/$uuid/mdev_bpf/open")" 0
	run 0 mdev-bpf peek "$uuid" bar0 5 1
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points boots finds_two_ports text_comes_back through_interrupts device_is_left
