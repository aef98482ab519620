#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-bpf test: it finds each of the mistakes of progs/klife.bpf.c, says what to look at, and leaves
# nothing behind. gallery/life.sh has it run all devices that come with mdev-bpf.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

klife=$here/progs/klife.bpf.o
few="--accesses 400"

command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"
[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"

# life STATUS PROGRAM OPTION...: test one of the programs.
life()
{
	local status=$1 program=$2
	shift 2
	# shellcheck disable=SC2086 # words
	run "$status" mdev-bpf test "$klife" --map "$program" $few "$@"
	# On a slow machine, the verifier takes long, which is said
	is "$(grep -v "the verifier has been at work for" <<<"$err")" ""
	nothing_left
}

nothing_left()
{
	local left=(/sys/class/mdev_bus/test*)
	goes "${left[0]}"
}

# finds PROGRAM POINT SENTENCE: that point fails, and says so. A mistake may show in others, too.
finds()
{
	life 1 "$1"
	grep -q "^not ok [0-9]* $1-1 $2\$" <<<"$out" || fail "$2 does not fail"
	has "$out" "$3"
}

right()
{
	life 0 right
	has "$out" "TAP version 13"
	has "$out" "1..11"
	has "$out" "# right as 'test*', seed 1, 400 accesses"
	has "$out" "ok 1 right-1 created"
	has "$out" "ok 6 right-1 flr # SKIP the device has no FLR"
	has "$out" "ok 11 right-1 removed"
	has "$out" "# 10 passed, 0 failed, 1 skipped"
}

json()
{
	life 0 right -j --seed 7
	is "$(python3 -c 'import json, sys
for row in json.load(sys.stdin):
	print(row["type"], row["point"], row["result"], row["text"])' <<<"$out" | sed -n '1p;6p')" \
		"right-1 created passed None
right-1 flr skipped the device has no FLR"
	life 1 fails -j
	has "$(python3 -c 'import json, sys
print([row["text"] for row in json.load(sys.stdin) if row["point"] == "accesses"])' <<<"$out")" \
		"is odd"
}

# The same seed makes the same accesses.
seeds()
{
	local first
	finds fails accesses "is odd"
	first=$(grep "at or before access" <<<"$out" | head -n 1)
	finds fails accesses "$first"
	run 1 mdev-bpf test "$klife" --map fails --accesses 400 --seed 99
	has_not "$out" "$first"
}

one_device()
{
	life 0 single
	has "$out" "single-1 migrated # SKIP the type has no second device"
}

# What needs the state goes without it.
no_migration()
{
	life 0 stays
	has "$out" "stays-1 migrated # SKIP the program does not save the state"
}

mistakes()
{
	finds fails accesses "the device has failed at or before access * in op region_write, code -5"
	finds keeps reset "what accesses have changed is still there after a reset: the state differs from offset 0x10"
	finds refuses accesses "VFIO_DEVICE_RESET fails: Device or resource busy (see the ops reset and init)"
	finds once reopened "cannot open * Operation not permitted"
	finds starts replaced "when the program is replaced by itself, the state differs from offset 0x10"
	finds starts detached "when the program is detached and attached, the state differs"
	finds restores migrated "in the device that has got the state, the state differs from offset 0x8"
	finds irqs interrupts "interrupt index 1, with 2 vectors, cannot be enabled"
}

# Nothing of a program that is loaded is touched.
names()
{
	left_programs=(right)
	run 0 mdev-bpf load "$klife" --map right
	run 1 mdev-bpf test "$klife" --map right --type right
	has "$err" "a program 'right' is loaded: choose another name with --type"
	life 0 right --type mine
	has "$out" "right as 'mine'"
	goes /sys/class/mdev_bus/mine
	run 0 mdev-bpf unload right
}

usage()
{
	run 2 mdev-bpf test "$klife" --map right --seed x
	has "$err" "--seed x: not a number"
	run 2 mdev-bpf test "$klife" --map right --accesses -1
	run 2 mdev-bpf test "$klife" --map right --set capacity
	run 1 mdev-bpf test "$klife"
	has "$err" "several programs"
	run 1 mdev-bpf test "$klife" --map right --set capacity=1
	has "$out" "not ok 1 right-1 created"
	has "$out" "has no such parameter"
	has "$out" "ok 2 right-1 bounds # SKIP there is no device"
	nothing_left
}

# begun: the first device of the test exists.
begun() { grep -q "^ok 1 " "$mtap_tmp/begun"; }

interrupted()
{
	mdev-bpf test "$klife" --map right --accesses 10000000 >"$mtap_tmp/begun" 2>&1 &
	local pid=$!
	left_pids[pid]=$pid
	await 30 begun || fail "it does not begin"
	kill -TERM "$pid"
	wait "$pid"
	unset "left_pids[pid]"
	has "$(<"$mtap_tmp/begun")" "removed # SKIP it was interrupted"
	nothing_left
}

points right json seeds one_device no_migration mistakes names usage interrupted
