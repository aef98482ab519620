#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm/check must not pass what failed, and must get by with VMs that die or hang. Its VMs are a
# script here, which does what the name of a test says.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

suite=$mtap_tmp/suite
mkdir -p "$suite/vm" "$suite/lib"
cp "$here/lib/names.sh" "$here/lib/slowness.sh" "$suite/lib"
cp "$here/vm/check" "$here/vm/worker" "$here/vm/klog-check" "$suite/vm"
echo timeout=1 >"$suite/settings"

cat >"$suite/vm/vm" <<'END'
#!/bin/bash
state=${0%/vm/vm}
while [ "$1" != -- ]; do
	case $1 in
	--keep-log)	log=$2 ;;
	--smp)		smp=$2 ;;
	esac
	shift
done
echo "Run /init as init process" >"$log"
boots=$(cat "$state/boots" 2>/dev/null)
echo "$((boots + 1))" >"$state/boots"
if [ -e "$state/unbootable" ]; then
	echo "vm: no such kernel" >&2
	exit 2
fi
echo "TAP version 13"
echo "# slowness: 0 (so that a test that hangs does so for a second)"
while read -r name; do
	echo "# selftests: $name"
	case $name in
	dies)		echo "vm: last words" >&2; exit 125 ;;
	resets)		exit 123 ;;
	resets_once)	[ -e "$state/once" ] || { : >"$state/once"; exit 123; } ;;
	no_boot)	[ -e "$state/once" ] || { : >"$state/once"; echo "panic" >"$log"; exit 125; } ;;
	hangs)		exec sleep 1000 ;;
	guest_stuck)	[ -e "$state/once" ] || { : >"$state/once"; trap 'kill $!; exit 123' TERM; sleep 1000 & wait; } ;;
	warns)		echo "WARNING: from a test of this one" >>"$log" ;;
	fails)		echo "not ok 1 selftests: fails # 1 s, 2 passed, 1 failed, 3 skipped"; continue ;;
	smp)		[ "$smp" -eq 2 ] || exit 125 ;;
	esac
	echo "ok 1 selftests: $name # 1 s, 4 passed, 0 failed, 0 skipped"
done
echo "4 passed, 0 failed, 0 skipped"
END
chmod +x "$suite/vm/vm"

# check STATUS SUMMARY TEST...: what it says is left in $said.
check()
{
	local want=$1 summary=$2
	shift 2
	rm -f "$suite/once" "$suite/boots"
	printf '%s\n' "$@" >"$suite/tests"
	run "$want" env VMS=2 TESTS= "$suite/vm/check"
	said=$out
	is "${out##*$'\n'}" "$summary"
	is "$(sed -n 2p <<<"$said")" "1..$#"
}

passes()
{
	check 0 "16 passed, 0 failed, 0 skipped" a mdev/b "smp smp" "c long"
	has "$said" "ok * selftests: mdev/b # 1 s"
	is "$(grep '^ok' <<<"$said" | cut -d ' ' -f 2 | paste -s -d ' ')" "1 2 3 4"
	has "$said" "# kernel logs: no reports"
}

fails()
{
	check 1 "6 passed, 1 failed, 3 skipped" fails a
	has "$said" "not ok * selftests: fails # 1 s"
}

# The others run in the next VM.
vm_dies()
{
	check 1 "12 passed, 1 failed, 0 skipped" a dies b "c smp"
	has "$said" "# vm: last words"$'\n'"not ok * selftests: dies # the VM died"
}

# Before it has come to the tests
vm_does_not_boot()
{
	check 0 "12 passed, 0 failed, 0 skipped" a no_boot b
	has "$said" "# no_boot: tried again"
}

vm_hangs()
{
	check 1 "8 passed, 1 failed, 0 skipped" a hangs b
	has "$said" "not ok * selftests: hangs # the VM hangs"
}

# In a guest of its own, by a fault of the emulator
vm_is_stuck()
{
	check 0 "12 passed, 0 failed, 0 skipped" a guest_stuck b
	has "$said" "# guest_stuck: tried again"
}

vm_is_reset()
{
	check 0 "12 passed, 0 failed, 0 skipped" a resets_once b
	has "$said" "# resets_once: tried again"
	check 1 "8 passed, 1 failed, 0 skipped" a resets b
	has "$said" "not ok * selftests: resets # the VM died three times"
}

# Some would do with one boot each.
no_vm()
{
	: >"$suite/unbootable"
	check 1 "0 passed, 9 failed, 0 skipped" 1 2 3 4 5 6 7 8 9
	has "$said" "# vm: no such kernel"
	has "$said" " selftests: 9 # not run"
	[ "$(<"$suite/boots")" -le 4 ] || fail "$(<"$suite/boots") boots"
	rm "$suite/unbootable"
}

kernel_log()
{
	check 1 "8 passed, 1 failed, 0 skipped" a warns
	has "$said" "# *WARNING: from a test of this one"
}

some()
{
	printf '%s\n' a mdev/b "c.sh smp" c.sh.x mdev/x irq/x irq/y >"$suite/tests"
	run 0 env VMS=2 TESTS="c mdev/b" "$suite/vm/check"
	is "${out##*$'\n'}" "8 passed, 0 failed, 0 skipped"
	run 2 env VMS=2 TESTS="c d" "$suite/vm/check"
	has "$err" "there is no test d"
	run 2 env VMS=2 TESTS="x" "$suite/vm/check"
	has "$err" "x is not one test: mdev/x irq/x"
	run 0 env VMS=2 TESTS="mdev/x b irq" "$suite/vm/check"
	is "${out##*$'\n'}" "16 passed, 0 failed, 0 skipped"
}

points passes fails vm_dies vm_does_not_boot vm_hangs vm_is_stuck vm_is_reset no_vm kernel_log some
