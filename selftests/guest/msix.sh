#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Do the capabilities that the core builds satisfy a stock kernel's driver? It has to turn on
# MSI-X, put its vector into the table in BAR 1, and get its interrupts through that.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

nested=$here/vm/nested
name=kmsix
uuid=5e1f7e57-0000-4000-8000-00000000e003
word=text-$RANDOM

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

# Total of the guest's interrupts, from "30:  123  PCI-MSIX-0000:00:02.0  0-edge  ttyS4"
count() { sed -n "s/^interrupts $1: *[0-9]*: *\([0-9]*\) .*MSI-\{0,1\}X.*/\1/p" <<<"$said"; }

boots()
{
	run 0 mdev-bpf load "$here/progs/kmsix.bpf.o" --map kmsix
	run 0 mdev-bpf create "$name-1" --uuid "$uuid"
	run 0 "$nested" "$uuid" --timeout 120 --text "$word" --vendor 0x9710
	said=$out
}

finds_the_port()
{
	is "$(grep -c '^PCI .*: vendor 0x9710 device 0x9900' <<<"$said")" 1
	is "$(grep -c 'ttyS[0-9]* at I/O .* is a 16550A' <<<"$said")" 1
}

text_comes_back()
{
	is "$(sed -n 's/^read from ttyS[0-9]*: *//p' <<<"$said")" "$word"
	has "$said" "loopback: ok"
}

through_msix()
{
	local before after
	before=$(count 'so far')
	after=$(count now)
	[ "${after:-0}" -gt "${before:-0}" ] || fail "interrupts: ${before:-none}, then ${after:-none}"
}

device_is_left()
{
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points boots finds_the_port text_comes_back through_msix device_is_left
