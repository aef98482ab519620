#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The real client: the stock driver of two of our network cards with a cable between them, one of
# which has split rings, and one packed. They are in one guest, each in a network namespace of its
# own. (In two_guests.sh there are two.) The long variant replaces the program more often.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/nested.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
one=5e1f7e57-0000-4000-8000-0000000000f1
two=5e1f7e57-0000-4000-8000-0000000000f2
rounds=$((long ? 10 : 4))
nested_limit=$((240 * slowness))

left_devices=("$one" "$two")
left_programs=(virtio_net)

needs_guest nested

boots()
{
	run 0 mdev-bpf load "$objects/virtio_net.bpf.o"
	run 0 mdev-bpf create virtio_net-1 --uuid "$one" --set cable=lan \
		--set mac=52:54:00:12:34:56
	run 0 mdev-bpf create virtio_net-1 --uuid "$two" --set cable=lan --set packed=1
	nested_boot "$one" --also "$two" --with "$here/vm/guest-net" --module virtio_pci \
		--module virtio_net --vendor '' --timeout 600
	nested_ready 'driven: *' || return
	is "$said" "driven: 2"
}

connects()
{
	has_guest || return
	hear 'ping: *' || return
	has "$(said_of mac)" :
	is "$(said_of mtu)" 1500
	is "$(said_of carrier)" ok
	is "$said" "ping: ok"
}

# Frames of up to 64 KiB: far fewer than there are segments of 1448 bytes
transfers()
{
	local frames
	has_guest || return
	hear 'frames: *' || return
	is "$(said_of transfer)" ok
	frames=$(said_of frames)
	diag "4000000 bytes by TCP in $frames frames, $(said_of took) s"
	[ "$frames" -lt 2000 ] || fail "$frames frames"
}

function_level_reset()
{
	has_guest || return
	hear 'ping again: *' || return
	is "$(said_of flr)" ok
	is "$said" "ping again: ok"
}

# The program is replaced while the guest transfers.
replaced_under_it()
{
	has_guest || return
	nested_replaces "$rounds" "$objects/virtio_net.bpf.o" || return
	run 0 mdev-bpf dump "$one"
	has "$out" "no room 0, wrong 0, unfit 0"
	diag "$(tail -n 2 <<<"$out")"
	nested_stops
	nested_ends
}

points boots connects transfers function_level_reset replaced_under_it
