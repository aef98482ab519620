#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What does a stock kernel make of a PCI Express device? It has to find 4096 bytes of
# configuration space, a link, power states and a reset of its own, FLR, that reaches the program;
# and the capabilities that the program declares, with what it has written there (progs/kpci.h).
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

nested=$here/vm/nested
name=kst_express
uuid=5e1f7e57-0000-4000-8000-00000000e006

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
	# Version 2, type 0 (an endpoint), the vendor's capability next
	is "$(of 'express flags')" 0002d410
}

declared()
{
	is "$(of capabilities)" "80:5 90:1 98:10 d4:9+18 40:9+16 e8:9+8 50:9+20 64:9+12 "
	is "$(of extended)" "100:3.1 10c:b.3 124:23.1 "
	is "$(of low)" 31574f4c
	is "$(of 'serial number')" 11223344-55667788
	is "$(of vsec)" "0181beef 44434241"
	is "$(of dvsec)" "01021234 00000007"
}

# The guest writes; what of it is kept is the program's affair. A reset clears it.
guest_writes()
{
	is "$(of written)" "64636261 55667788"
	is "$(of after)" "00000000 55667788"
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

points boots capabilities declared guest_writes flr device_is_left
