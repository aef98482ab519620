#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [NAME...]: run the selftests, or some, as root on a machine that may load our modules.
# TAP goes to stdout; a test's own TAP is in it as comments. The last line sums up test points.
# Status 0 if none failed.
set -u

cd "$(dirname "$0")" || exit 1

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
	local pid end=$((SECONDS + 20))
	echo 1 >"$1/remove" &
	pid=$!
	while [ "$SECONDS" -lt "$end" ]; do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "# ${1##*/} is left over and cannot be removed: somebody has it open"
	return 1
}

count() { grep -c "$1" "$tmp/out"; }

# Add what one test reported to the totals; a point that was planned and did not come has failed.
tally()
{
	local name=$1 rc=$2 planned ok not_ok skip missing
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
	passed=$((passed + ok))
	failed=$((failed + not_ok))
	skipped=$((skipped + skip))
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
	local nr=$1 name=$2 log rc=0 bad=0 before=$SECONDS
	echo "# selftests: $name"
	log=$(./klog mark)
	run_test "$name" || rc=$?
	tally "$name" "$rc" || bad=1
	if ! clean_up; then
		[ "$bad" -eq 1 ] || failed=$((failed + 1))
		bad=1
	fi
	if ! ./klog check "$log"; then
		[ "$bad" -eq 1 ] || failed=$((failed + 1))
		bad=1
	fi
	name="selftests: $name # $((SECONDS - before)) s"
	if [ "$bad" -ne 0 ]; then
		echo "not ok $nr $name"
	elif [ "$rc" -eq 4 ]; then
		echo "ok $nr ${name% # *} # SKIP"
	else
		echo "ok $nr $name"
	fi
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

echo "TAP version 13"
if [ $# -eq 0 ]; then
	mapfile -t names <tests || bail "no list of tests; has make been run here?"
	set -- "${names[@]}"
fi
prepare
echo "1..$#"
nr=0
for name in "$@"; do
	[ -x "$name" ] || name=$name.sh
	nr=$((nr + 1))
	one "$nr" "$name"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
