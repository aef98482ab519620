#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The real client: the stock e1000 driver in a guest, with two of our cards that a cable connects,
# each in a network namespace of its own. One boot serves all of it: ping, TCP, the driver's test of
# its card, function level reset, and the program replaced under load (more often in the long
# variant).
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/nested.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
first=5e1f7e57-0000-4000-8000-0000000000f8
second=5e1f7e57-0000-4000-8000-0000000000f9
rounds=$((long ? 8 : 3))
nested_limit=$((240 * slowness))

left_devices=("$first" "$second")
left_programs=(e1000)

needs_guest nested
command -v ip >/dev/null || skip_all "no ip"

boots()
{
	run 0 mdev-bpf load "$objects/e1000.bpf.o"
	run 0 mdev-bpf create e1000-1 --uuid "$first" --set mac=52:54:00:e1:00:01 --set cable=c
	run 0 mdev-bpf create e1000-1 --uuid "$second" --set mac=52:54:00:e1:00:02 --set cable=c
	nested_boot "$first" --express "$second" --with "$here/vm/guest-e1000" --module e1000 \
		--tool ip --tool "$here/gallery/ethtest" --vendor '' --timeout 600
	nested_ready 'driver: *'
	is "$said" "driver: e1000"
}

link_is_up()
{
	has_guest || return
	hear 'speed: *' || return
	is "$said" "speed: 1000 full"
	ok "link up" "other link up"
}

pings()
{
	has_guest || return
	hear 'large ping: *' || return
	ok "ping" "ping back" "large ping"
}

transfers()
{
	has_guest || return
	hear 'errors: *' || return
	ok transfer "transfer back"
	diag "packets: $(said_of packets)"
	is "$said" "errors: 0 0 0"
}

long_frames()
{
	has_guest || return
	hear 'jumbo: *' || return
	ok jumbo
}

# Registers, EEPROM, interrupts, loopback, link
driver_tests_it()
{
	has_guest || return
	hear 'self-test: *' || return
	is "$said" "self-test: 0 0 0 0 0"
}

function_level_reset()
{
	has_guest || return
	hear 'ping after flr: *' || return
	ok flr "ping after flr"
}

replaced_under_it()
{
	has_guest || return
	nested_replaces "$rounds" "$objects/e1000.bpf.o" || return
	nested_stops
}

ends_well()
{
	has_guest || return
	nested_ends
}

points boots link_is_up pings transfers long_frames driver_tests_it function_level_reset \
	replaced_under_it ends_well
