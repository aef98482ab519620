#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The real client, and a thousand replacements of the program under it: a stock kernel in a guest
# sends numbered lines to our serial card and reads each back, while link updates and
# "mdev-bpf load --replace" go on.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
nested=$here/vm/nested
name=kst_upgrade
uuid=5e1f7e57-0000-4000-8000-00000000e007
rounds=5
updates=200	# in each round
ctl=$mtap_tmp/ctl
said=

left_devices=("$uuid")

needs_guest nested

# relink WORDS: have it replace the program, and wait until it has.
relink()
{
	local answer=
	[ $# -eq 0 ] || echo "$1" >&"$to"
	read -r -t 120 answer <&"$from" || fail "relink does not answer"
	echo "$answer"
}

# hear PATTERN: wait until the guest says something like it; leave that in $said.
hear()
{
	# shellcheck disable=SC2053
	while read -r -t 120 said <&"$guest"; do
		case $said in
		lines*|interrupts*|loopback*|nested*)	diag "$said" ;;
		esac
		[[ $said != $1 ]] || return 0
	done
	fail "the guest does not say \"$1\""
	return 1
}

boots()
{
	coproc RELINK { exec env MDEV_BPF_OBJECTS="$objects" "$here/guest/relink" mtty.bpf.o "$name" 2>&1; }
	left_pids[RELINK_PID]=$RELINK_PID
	exec {from}<&"${RELINK[0]}" {to}>&"${RELINK[1]}"
	is "$(relink)" "ready"
	run 0 mdev-bpf create "$name-2" --uuid "$uuid"
	mkfifo "$ctl.in" "$ctl.out"
	exec {guest}< <(exec "$nested" "$uuid" --timeout 240 --until "$ctl" 2>&1)
	nested_pid=$!
	left_pids[nested_pid]=$nested_pid
	hear 'line *'
}

# What the guest says meanwhile is read afterwards, so that one line of it comes for each round.
replaced_under_it()
{
	local i
	[ "$mtap_nr_failed" -eq 0 ] || { skip "no guest"; return; }
	for ((i = 0; i < rounds; i++)); do
		is "$(relink "$updates")" "done"
		run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name" --replace
		hear 'line *' || return
	done
	diag "$((rounds * updates)) link updates, $rounds times load --replace"
}

nothing_lost()
{
	[ "$mtap_nr_failed" -eq 0 ] || { skip "no guest"; return; }
	echo stop >"$ctl.in"
	hear 'lines: *'
	[ "${said#lines: }" -ge "$((rounds * 10))" ] || fail "too few: $said"
	hear 'loopback: *'
	is "$said" "loopback: ok"
	wait "$nested_pid" || fail "nested ended with $?"
	unset "left_pids[nested_pid]"
}

device_is_left()
{
	is "$(<"/sys/bus/mdev/devices/$uuid/mdev_bpf/open")" 0
	run 0 mdev-bpf remove "$uuid"
}

points boots replaced_under_it nothing_lost device_is_left
