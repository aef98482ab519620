#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-bpf console: ports of serial cards on a terminal, on a pseudo terminal of another program,
# and on a pipe. Here, "poke" and "peek" are what a guest's driver is elsewhere.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_console
uuid=5e1f7e57-0000-4000-8000-00000000c001
other=5e1f7e57-0000-4000-8000-00000000c002
limit=$((30 * slowness))
escape=$'\x1d'

left_devices=("$uuid" "$other")
left_programs=("$name" edu)

command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"
[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"

# guest_sends TEXT [REGION [UUID]]
guest_sends()
{
	local i
	for ((i = 0; i < ${#1}; i++)); do
		run 0 mdev-bpf poke "${3:-$uuid}" "${2:-bar0}" 0 1 "$(printf %d "'${1:i:1}")"
	done
}

# guest_gets TEXT: it arrives, byte by byte. Each "peek" opens the device anew.
guest_gets()
{
	local i got=
	for ((i = 0; i < ${#1}; i++)); do
		await 30 byte_is_there || { fail "no byte ${i} of \"$1\""; return; }
		run 0 mdev-bpf peek "$uuid" bar0 0 1
		# shellcheck disable=SC2059
		got+=$(printf "\\x${out#0x}")
	done
	is "$got" "$1"
}

byte_is_there()
{
	run 0 mdev-bpf peek "$uuid" bar0 5 1
	((out & 1))
}

# begin COMMAND...: what it prints is heard by "sees", what it reads is typed by "types".
begin()
{
	coproc TALK { exec "$@" 2>&1; }
	pid=$TALK_PID
	left_pids[pid]=$pid
	exec {from}<&"${TALK[0]}" {to}>&"${TALK[1]}"
	seen=
}

types() { printf %s "$1" >&"$to"; }

# sees TEXT: wait for it; what was before it is forgotten.
sees()
{
	local char
	while [[ $seen != *"$1"* ]]; do
		IFS= read -r -d '' -n 1 -t "$limit" -u "$from" char ||
			{ fail "not seen: \"$1\", but \"$seen\""; return; }
		seen+=$char
	done
	seen=${seen#*"$1"}
}

# ends STATUS: what was begun ends by itself.
ends()
{
	local rc=0
	wait "$pid" || rc=$?
	is "$rc" "$1"
	unset "left_pids[pid]"
	exec {from}<&- {to}>&-
}

on_terminal() { begin python3 "$here/lib/on_pty.py" mdev-bpf console "$@"; }

card()
{
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-2" --uuid "$uuid" --set port0=1
	run 0 mdev-bpf show "$uuid"
	has "$out" "port0*1"
}

refuses()
{
	run 2 mdev-bpf console
	run 1 mdev-bpf console "$uuid" port1
	has "$err" "port1 of $uuid is not connected to the host"
	has "$err" "--set port1=1"
	run 1 mdev-bpf console "$uuid" com1
	has "$err" "$uuid has no console 'com1': it has port0, port1"
	run 0 mdev-bpf load "$objects/edu.bpf.o"
	run 0 mdev-bpf create edu-1 --uuid "$other"
	run 1 mdev-bpf console "$other"
	has "$err" "$other has no console: program 'edu' declares none"
	run 0 mdev-bpf remove "$other"
	run 0 mdev-bpf unload edu
}

text_both_ways()
{
	on_terminal "$uuid"
	sees "Connected to port0 of $uuid; Ctrl-] leaves"
	guest_sends "login: "
	sees "login: "
	types "root"
	guest_gets root
	# Nothing of the terminal's own: no echo, no signals, no lines
	types $'\x03\r'
	guest_gets $'\x03\r'
}

second_is_refused()
{
	run 1 mdev-bpf console "$uuid" port0
	has "$err" "port0 of $uuid is in use"
}

# The guest's driver goes on, and so does the console.
replaced()
{
	guest_sends "old "
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name" --replace
	guest_sends "new"
	sees "old new"
	types "x"
	guest_gets x
}

escape_leaves()
{
	types "y$escape"
	sees "status 0, terminal restored"
	ends 0
	guest_gets y
}

a_break()
{
	begin mdev-bpf console --break "$uuid"
	await 30 byte_is_there || fail "no break"
	run 0 mdev-bpf peek "$uuid" bar0 0 1
	is "$out" 0x00
	kill "$pid"
	ends 143
}

# What a program such as minicom or screen does, in Python: open it, read, write, close it.
a_pseudo_terminal()
{
	local pts first second
	begin mdev-bpf console --pty "$uuid"
	IFS= read -r -t "$limit" -u "$from" pts
	has "$pts" /dev/pts/
	exec {first}<>"$pts"
	# Not before it has noticed
	await 30 comes_to "$first" a
	printf '\x03b' >&"$first"
	guest_gets $'\x03b'
	exec {first}>&-
	exec {second}<>"$pts"
	await 30 comes_to "$second" c
	exec {second}>&-
	kill "$pid"
	ends 143
}

# comes_to FD CHARACTER: what the guest sends now
comes_to()
{
	local char=
	guest_sends "$2"
	IFS= read -r -n 1 -t 1 -u "$1" char
	[ "$char" = "$2" ]
}

json()
{
	local line
	begin mdev-bpf -j console --pty "$uuid"
	IFS= read -r -t "$limit" -u "$from" line
	has "$line" '{"pty":"/dev/pts/*"}'
	kill "$pid"
	ends 143
	run 1 mdev-bpf -j console "$other"
	has "$out" '{"error":*'
}

# Two cards, and both ports of one. A pipe is read to its end, and the console goes on.
at_the_same_time()
{
	local first second third
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf create "$name-2" --uuid "$uuid" --set port0=1 --set port1=1
	run 0 mdev-bpf create "$name-1" --uuid "$other" --set port0=1
	mdev-bpf console "$uuid" port0 </dev/null >"$mtap_tmp/one" 2>"$mtap_tmp/said" &
	first=$!
	mdev-bpf console "$uuid" port1 </dev/null >"$mtap_tmp/two" &
	second=$!
	printf in | mdev-bpf console "$other" >"$mtap_tmp/three" &
	third=$!
	left_pids[first]=$first
	left_pids[second]=$second
	left_pids[third]=$third
	await 30 is_open "$uuid" 0 || fail "the first is not open"
	await 30 is_open "$uuid" 1 || fail "the second is not open"
	await 30 is_open "$other" 0 || fail "the third is not open"
	guest_sends one bar0
	guest_sends two bar1
	guest_sends three bar0 "$other"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf remove "$other"
	wait "$first" || fail "the first ends with $?"
	wait "$second" || fail "the second ends with $?"
	wait "$third" || fail "the third ends with $?"
	unset "left_pids[first]" "left_pids[second]" "left_pids[third]"
	is "$(<"$mtap_tmp/one")" one
	is "$(<"$mtap_tmp/two")" two
	is "$(<"$mtap_tmp/three")" three
	is "$(<"$mtap_tmp/said")" "$uuid was removed"
}

# is_open UUID PORT: DCD says so.
is_open()
{
	run 0 mdev-bpf peek "$1" "bar$2" 6 1
	((out & 0x80))
}

removed_while_open()
{
	run 0 mdev-bpf create "$name-1" --uuid "$uuid" --set port0=on
	on_terminal "$uuid"
	sees "Connected"
	run 0 mdev-bpf remove "$uuid"
	sees "$uuid was removed"
	sees "status 0, terminal restored"
	ends 0
	run 0 mdev-bpf unload "$name"
}

points card refuses text_both_ways second_is_refused replaced escape_leaves a_break \
	a_pseudo_terminal json at_the_same_time removed_while_open
