#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [NAME...|-]: run the selftests, or some, as root on a machine that may load our modules.
# NAME is that of a test, its room can be left out if that is clear; or of a room. With "-", the names come from standard input, one a line, and each test runs as soon as its name
# is there. TAP goes to stdout; a test's own TAP is in it as comments. The last line sums up test
# points. Status 0 if none failed.
set -u

cd "$(dirname "$0")" || exit 1
. lib/names.sh
. lib/slowness.sh

timeout=$(sed -n 's/^timeout=//p' settings)
objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}

passed=0
failed=0
skipped=0

bail() { echo "Bail out! $*"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

prepare()
{
	local module
	[ "$(id -u)" -eq 0 ] || bail "the selftests load modules and programs: run them as root"
	for module in mdev_bpf vfio_iommu_type1; do
		modprobe "$module" || bail "cannot load $module; are the modules installed?"
	done
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf || bail "no bpffs"
	mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
	[ -e "$objects/mtty.bpf.o" ] || bail "no $objects/mtty.bpf.o; is mdev-bpf installed?"
}

# What a test that was killed may have left. Programs are gone with their links, unless pinned.
clean_up()
{
	local device rc=0
	rm -rf /sys/fs/bpf/mdev/kst_* /sys/fs/bpf/kst_*
	for device in /sys/bus/mdev/devices/5e1f7e57-*; do
		[ ! -e "$device" ] || remove "$device" || rc=1
	done
	return $rc
}

# Not even SIGKILL ends the wait for a process that has the device open, so leave that behind.
remove()
{
	local pid end=$((SECONDS + 20 * MDEV_TEST_SLOWNESS))
	echo 1 >"$1/remove" &
	pid=$!
	while [ "$SECONDS" -lt "$end" ]; do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "# ${1##*/} is left over and cannot be removed: somebody has it open"
	return 1
}

# Tests multiply their own limits, too.
measure()
{
	local speed_ms=700 slowness slowness_ms
	slowness_of "$speed_ms"
	export MDEV_TEST_SLOWNESS=$slowness
	timeout=$((timeout * slowness))
	[ -z "${MDEV_TEST_LONG:-}" ] || timeout=$((4 * timeout))
	export MDEV_TEST_LIMIT=$timeout
	echo "# slowness: $slowness ($slowness_ms ms for a loop of $speed_ms ms);" \
		"a test may take $timeout s"
}

count() { grep -c "$1" "$tmp/out"; }

# Of "make check-debug", which has every option that a test may ask for: who skips says what is
# missing.
debug_kernel() { [ -e /sys/kernel/debug/kmemleak ]; }

unexplained() { grep '^[^#].* # SKIP' "$tmp/out" | grep -v CONFIG_; }

# Count what one test reported: ok, not_ok, skip. A point that was planned and did not come has
# failed.
tally()
{
	local name=$1 rc=$2 planned missing
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tmp/out" | head -n 1)
	not_ok=$(count '^not ok ')
	skip=$(count '^ok [0-9].* # SKIP')
	ok=$(($(count '^ok ') - skip))
	missing=$((${planned:-1} - ok - not_ok - skip))
	if [ "$missing" -ne 0 ]; then
		echo "# $name: status $rc, ${planned:-no} test points planned, $missing not reported"
		not_ok=$((not_ok + 1))
	elif [ "$rc" -ne 0 ] && [ "$rc" -ne 4 ] && [ "$not_ok" -eq 0 ]; then
		echo "# $name: status $rc"
		not_ok=1
	elif [ "${planned:-1}" -eq 0 ]; then
		skip=1
	fi
	if debug_kernel && unexplained; then
		echo "# $name: a skip that names no option of the kernel"
		not_ok=$((not_ok + 1))
	fi
	[ "$not_ok" -eq 0 ]
}

# The test's words, as they come; its status in $tmp/rc.
run_test()
{
	{
		rc=0
		timeout -k 10 "$timeout" "./$1" 2>&1 </dev/null || rc=$?
		echo "$rc" >"$tmp/rc"
	} | tee "$tmp/out" | sed -u 's/^/# /'
	[ "$(<"$tmp/rc")" -ne 124 ] || echo "# $1: took longer than $timeout s"
	return "$(<"$tmp/rc")"
}

one()
{
	local name=$1 log rc=0 bad=0 before=$SECONDS ok=0 not_ok=0 skip=0 result
	nr=$((nr + 1))
	echo "# selftests: $name"
	log=$(./lib/klog mark)
	run_test "$name" || rc=$?
	tally "$name" "$rc" || bad=1
	clean_up || bad=1
	./lib/klog check "$log" || bad=1
	[ "$bad" -eq 0 ] || [ "$not_ok" -gt 0 ] || not_ok=1
	passed=$((passed + ok))
	failed=$((failed + not_ok))
	skipped=$((skipped + skip))
	result="$((SECONDS - before)) s, $ok passed, $not_ok failed, $skip skipped"
	if [ "$bad" -ne 0 ]; then
		echo "not ok $nr selftests: $name # $result"
	elif [ "$rc" -eq 4 ]; then
		echo "ok $nr selftests: $name # SKIP $result"
	else
		echo "ok $nr selftests: $name # $result"
	fi
}

# Each test as somebody asks for it
on_demand()
{
	local name
	while read -r name <&3; do
		one "$name"
	done
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

echo "TAP version 13"
[ -s tests ] || bail "no list of tests; has make been run here?"
if [ $# -eq 0 ]; then
	# Name and properties, see Makefile
	mapfile -t names < <(grep -v ' host' tests | cut -d ' ' -f 1)
elif [ "$1" != - ]; then
	names=()
	for name in "$@"; do
		found=$(tests_named tests "$name" 2>&1) || bail "$found"
		mapfile -t -O ${#names[@]} names < <(cut -d ' ' -f 1 <<<"$found")
	done
fi
prepare
nr=0
if [ "${1-}" = - ]; then
	exec 3<&0 </dev/null
	measure
	on_demand
else
	! debug_kernel || [ ! -x runner/leaks.sh ] || names+=(runner/leaks.sh)
	echo "1..${#names[@]}"
	measure
	for name in "${names[@]}"; do
		one "$name"
	done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
