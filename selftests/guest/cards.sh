#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The real client: a stock kernel in a guest, with three of our cards. It finds the serial ports of
# two with its own drivers, and text goes out and comes back through interrupts, of INTx for one
# (mtty) and of MSI-X for the other (progs/kmsix.bpf.c). The third is a PCI Express device
# (progs/kpci.bpf.c). At last the program of the first is replaced a thousand times under it. One
# boot serves all of that, since it takes long.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/nested.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_guest
uuid=5e1f7e57-0000-4000-8000-00000000e002
msix_uuid=5e1f7e57-0000-4000-8000-00000000e003
express_uuid=5e1f7e57-0000-4000-8000-00000000e006
word=text-$RANDOM
rounds=$((long ? 5 : 3))
updates=200	# in each round

left_devices=("$uuid" "$msix_uuid" "$express_uuid")
left_programs=(kmsix kst_express)

needs_guest nested

# relink WORDS: have it replace the program, and wait until it has.
relink()
{
	local answer=
	[ $# -eq 0 ] || echo "$1" >&"$to"
	read -r -t "$nested_limit" answer <&"$from" || fail "relink does not answer"
	echo "$answer"
}

# What the guest has said of the card of a vendor
card() { sed -n "/^PCI .*: vendor $1 /,/^interrupts now/p" "$nested_heard"; }

# Total of a card's interrupts, from "30:  123  PCI-MSIX-0000:00:02.0  0-edge  ttyS4"
count() { card "$1" | sed -n "s/^interrupts $2: *[0-9]*: *\([0-9]*\) .*/\1/p"; }

boots()
{
	coproc RELINK { exec env MDEV_BPF_OBJECTS="$objects" "$here/guest/relink" mtty.bpf.o "$name" 2>&1; }
	left_pids[RELINK_PID]=$RELINK_PID
	exec {from}<&"${RELINK[0]}" {to}>&"${RELINK[1]}"
	is "$(relink)" "ready"
	run 0 mdev-bpf create "$name-2" --uuid "$uuid"
	run 0 mdev-bpf load "$here/progs/kmsix.bpf.o" --map kmsix
	run 0 mdev-bpf create kmsix-1 --uuid "$msix_uuid"
	run 0 mdev-bpf load "$here/progs/kpci.bpf.o" --type kst_express
	run 0 mdev-bpf create kst_express-1 --uuid "$express_uuid"
	nested_boot "$uuid" --also "$msix_uuid" --express "$express_uuid" --timeout 240 \
		--with "$here/vm/guest-express" --vendor 0x4348,0x9710 --text "$word"
	nested_ready 'line *'
}

# finds CARD DEVICE PORTS
finds()
{
	is "$(card "$1" | grep -c "^PCI .*: vendor $1 device $2")" 1
	# Linux 7.3 writes "I/O:0xc060", older ones "at I/O 0xc060".
	is "$(card "$1" | grep -cE 'ttyS[0-9]+ (at I/O |I/O:).* is a 16550A')" "$3"
}

finds_the_ports()
{
	has_guest || return
	finds 0x4348 0x3253 2
	finds 0x9710 0x9900 1
}

text_comes_back()
{
	local vendor
	has_guest || return
	for vendor in 0x4348 0x9710; do
		has "$(card "$vendor")" "sent to ttyS"
		is "$(card "$vendor" | sed -n 's/^read from ttyS[0-9]*: *//p')" "$word"
	done
}

# through CARD KIND: interrupts of that kind, and more of them than before
through()
{
	local before after
	before=$(count "$1" 'so far')
	after=$(count "$1" now)
	has "$(card "$1" | grep '^interrupts now')" "$2"
	[ "${after:-0}" -gt "${before:-0}" ] || fail "interrupts: ${before:-none}, then ${after:-none}"
}

through_intx()
{
	has_guest || return
	through 0x4348 IO-APIC
}

# The driver has turned on MSI-X, and put its vector into the table in BAR 1.
through_msix()
{
	has_guest || return
	through 0x9710 MSI*X
}

express_capabilities()
{
	has_guest || return
	is "$(said_of 'config size')" 4096
	is "$(said_of link)" "2.5 GT/s PCIe, x1"
	is "$(said_of 'power state')" D0
	# Version 2, type 0 (an endpoint), the vendor's capability next
	is "$(said_of 'express flags')" 0002d410
}

# Those that the program declares, with what it has written there (progs/kpci.h)
declared_capabilities()
{
	has_guest || return
	is "$(said_of capabilities)" "80:5 90:1 98:10 d4:9+18 40:9+16 e8:9+8 50:9+20 64:9+12 "
	is "$(said_of extended)" "100:3.1 10c:b.3 124:23.1 "
	is "$(said_of low)" 31574f4c
	is "$(said_of 'serial number')" 11223344-55667788
	is "$(said_of vsec)" "0181beef 44434241"
	is "$(said_of dvsec)" "01021234 00000007"
}

# The guest writes; what of it is kept is the program's affair. A reset clears it.
guest_writes()
{
	has_guest || return
	is "$(said_of written)" "64636261 55667788"
	is "$(said_of after)" "00000000 55667788"
}

# A reset of its own, that reaches the program
flr()
{
	has_guest || return
	has "$(said_of 'reset methods')" flr
	is "$(said_of 'result before')" 0xFFFFFFEA
	is "$(said_of 'result after')" 0x00000000
}

# Link updates and "mdev-bpf load --replace", while the guest sends numbered lines and reads each
# back. What it says meanwhile is read afterwards, so that one line of it comes for each round.
replaced_under_it()
{
	local i
	has_guest || return
	for ((i = 0; i < rounds; i++)); do
		is "$(relink "$updates")" "done"
		run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name" --replace
		hear 'line *' || return
	done
	diag "$((rounds * updates)) link updates, $rounds times load --replace"
}

nothing_lost()
{
	has_guest || return
	tell stop
	hear 'lines: *'
	diag "$said"
	[ "${said#lines: }" -ge "$((rounds * 10))" ] || fail "too few: $said"
	nested_ends
}

# The guest is gone, the devices are not.
devices_are_left()
{
	run 0 mdev-bpf show "$uuid"
	has "$out" "$uuid"
	is "$(<"/sys/bus/mdev/devices/$uuid/mdev_bpf/open")" 0
	run 0 mdev-bpf peek "$uuid" bar0 5 1
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf remove "$msix_uuid"
	run 0 mdev-bpf unload kmsix
	run 0 mdev-bpf remove "$express_uuid"
	run 0 mdev-bpf unload kst_express
}

points boots finds_the_ports text_comes_back through_intx through_msix express_capabilities \
	declared_capabilities guest_writes flr replaced_under_it nothing_lost devices_are_left
