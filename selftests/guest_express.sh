#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What does a stock kernel make of a PCI Express device? It has to find 4096 bytes of
# configuration space, a link, power states and a reset of its own, FLR, that reaches the program.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/ksft.sh"

nested=$here/vm/nested
name=kst_express
uuid=5e1f7e57-0000-4000-8000-00000000e004

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

# What the guest said of something
of() { sed -n "s/^$1: //p" <<<"$said"; }

boots()
{
	run 0 mdev-bpf load "$here/progs/kpci.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-1" --uuid "$uuid"
	run 0 "$nested" "$uuid" --timeout 180 --machine q35 --vendor 0x1234 \
		--init "$here/vm/guest-express"
	said=$out
	is "$(of result)" ok
}

capabilities()
{
	is "$(of 'config size')" 4096
	is "$(of link)" "2.5 GT/s PCIe, x1"
	is "$(of 'power state')" D0
	is "$(of extended)" 00000000
	# Version 2, type 0 (an endpoint), the vendor's capability next
	is "$(of 'express flags')" 0002d410
}

flr()
{
	has "$(of 'reset methods')" flr
	is "$(of 'result before')" 0xFFFFFFEA
	is "$(of 'result after')" 0x00000000
}

device_is_left()
{
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points boots capabilities flr device_is_left
