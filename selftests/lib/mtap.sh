# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# TAP for test scripts. A test point is a function; run each with "point NAME"; it fails if any
# check in it does. The kernel must not complain while it runs.

# Of all rooms
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mtap_nr=0
mtap_nr_failed=0
mtap_nr_skipped=0
mtap_tmp=$(mktemp -d)
# How many times slower this machine is than the one that limits were chosen on (run.sh)
slowness=${MDEV_TEST_SLOWNESS:-1}
# Nothing is awaited any more after so many seconds: before run.sh ends the script, the script can say
# what did not come.
mtap_patience=$((${MDEV_TEST_LIMIT:-3600} * 3 / 4))
# What a test does in more variants if this is not empty (Documentation/testing.rst)
# shellcheck disable=SC2034
long=${MDEV_TEST_LONG:-}
# What is ended and removed when the script ends, whatever it has come to: processes by their ids
# (which are also the indices), devices by UUID, programs of mdev-bpf load by name.
left_pids=()
left_devices=()
left_programs=()
# The time limit of ops, if "slow_ops" has changed it
left_limit=

at_exit()
{
	local left
	for left in "${left_pids[@]}"; do
		kill "$left" 2>/dev/null
		wait "$left" 2>/dev/null
	done
	for left in "${left_devices[@]}"; do
		[ ! -e "/sys/bus/mdev/devices/$left" ] || mdev-bpf remove "$left" --force
	done
	for left in "${left_programs[@]}"; do
		rm -rf "/sys/fs/bpf/mdev/$left"
	done
	[ -z "$left_limit" ] || echo "$left_limit" >"$op_limit"
	rm -rf "$mtap_tmp"
}
trap at_exit EXIT
# So that "at_exit", of here or of a script, also runs when run.sh ends us.
trap 'exit 143' TERM

plan() { echo "TAP version 13"; echo "1..$1"; }

# skip_all WHY: nothing of this script can be tested here.
skip_all() { echo "TAP version 13"; echo "1..0 # SKIP $*"; exit 4; }

# needs_guest FILE: skip_all unless there is what takes our devices into a guest; FILE, of vm/, too.
needs_guest()
{
	[ -x "$here/vm/$1" ] || skip_all "no $here/vm/$1"
	command -v qemu-system-x86_64 >/dev/null || skip_all "no qemu-system-x86_64"
	[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
	command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"
}

# await SECONDS COMMAND...: until it succeeds; not as many seconds on a slow machine, but more
await()
{
	local end=$((SECONDS + $1 * slowness))
	[ "$end" -lt "$mtap_patience" ] || end=$mtap_patience
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# The kernel frees a program's map in its own time, and with it the hold on the module.
is_unused() { [ "$(</sys/module/mdev_bpf/refcnt)" -eq 0 ]; }

op_limit=/sys/module/mdev_bpf/parameters/op_limit_ms

# slow_ops: from now on, ops may take as many times longer as all else does here. Where the emulator
# of the only processor gets little time, and guests share that, even a short op can take 100 ms.
slow_ops()
{
	local ms=$((100 * slowness))
	left_limit=$(<"$op_limit")
	echo "$((ms < 10000 ? ms : 10000))" >"$op_limit"
}

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# Where in the script that is: not in here, but who called something in here.
where()
{
	local i=1
	while [ "${BASH_SOURCE[i]##*/}" = mtap.sh ]; do
		i=$((i + 1))
	done
	echo "${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}"
}

fail() { diag "$(where): $*" | head -n 40; mtap_failed=1; }

# skip WHY: the rest of this test point; use as "skip WHY; return".
skip() { mtap_skipped=$*; }

# run STATUS COMMAND...: run it, expect its exit status; leave $out and $err.
run()
{
	local want=$1 rc=0
	shift
	"$@" >"$mtap_tmp/out" 2>"$mtap_tmp/err" </dev/null || rc=$?
	out=$(<"$mtap_tmp/out")
	err=$(<"$mtap_tmp/err")
	[ "$rc" -eq "$want" ] && return
	fail "\"$*\" ended with $rc, expected $want"
	diag "$out"
	diag "$err"
}

# goes FILE: it goes soon. Who unloads a program does not wait for tasks that use its files.
goes() { await 20 test ! -e "$1" || fail "$1 is still there"; }

# has TEXT PATTERN: the pattern is a shell glob that must match somewhere.
# shellcheck disable=SC2053
has() { [[ $1 == *$2* ]] || fail "expected to contain \"$2\": $1"; }
# shellcheck disable=SC2053
has_not() { [[ $1 != *$2* ]] || fail "expected not to contain \"$2\": $1"; }
is() { [ "$1" = "$2" ] || fail "\"$1\", expected \"$2\""; }

point()
{
	local mtap_log mtap_begin=$SECONDS
	mtap_log=$("$here/lib/klog" mark)
	mtap_failed=0
	mtap_skipped=
	mtap_nr=$((mtap_nr + 1))
	"$1"
	"$here/lib/klog" check "$mtap_log" || fail "the kernel complained, see above"
	mtap_begin=$((SECONDS - mtap_begin))
	[ "$mtap_begin" -lt 5 ] || diag "$1: $mtap_begin s"
	if [ "$mtap_failed" -ne 0 ]; then
		mtap_nr_failed=$((mtap_nr_failed + 1))
		echo "not ok $mtap_nr $1"
	elif [ -n "$mtap_skipped" ]; then
		mtap_nr_skipped=$((mtap_nr_skipped + 1))
		echo "ok $mtap_nr $1 # SKIP $mtap_skipped"
	else
		echo "ok $mtap_nr $1"
	fi
}

# points NAME...: the whole plan; ends the script.
points()
{
	local mtap_point
	plan $#
	for mtap_point in "$@"; do
		point "$mtap_point"
	done
	[ "$mtap_nr_failed" -eq 0 ] || exit 1
	[ "$mtap_nr_skipped" -ne "$mtap_nr" ] || exit 4
	exit 0
}
