#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The other way round: modules that were built for our core run on the kernel's own, without a
# new build. A part of the selftests, each program of which is one test point here; all of them
# run by "make check MDEV_CORE=intree".
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

modules=/lib/modules/$(uname -r)

at_exit()
{
	modprobe -r mdev_bpf mdev
	modprobe mdev_bpf
	rm -rf "$mtap_tmp"
}

switch()
{
	await 20 is_unused || fail "mdev_bpf is in use"
	run 0 modprobe -r mdev_bpf mdev
	run 0 insmod "$modules/kernel/drivers/vfio/mdev/mdev.ko"
	run 0 insmod "$modules/updates/mdev_bpf.ko"
	has_not "$(</sys/module/mdev/taint)" O
	[ -e /sys/kernel/mdev_bpf/abi ] || fail "no mdev_bpf"
}

# What a program skips is said, and is not a failure.
program()
{
	local rc=0
	(cd "$here" && "./$1") >"$mtap_tmp/said" 2>&1 </dev/null || rc=$?
	diag "$(grep -E '# SKIP|^not ok' "$mtap_tmp/said")"
	[ "$rc" -eq 0 ] || [ "$rc" -eq 4 ] || { fail "$1: status $rc"; diag "$(<"$mtap_tmp/said")"; }
}

lifecycle() { program device/lifecycle; }
vfio_access() { program vfio/access; }
irq() { program irq/eventfd; }
detach() { program program/detach; }
rules() { program mdev/rules; }
order() { program mdev/order; }
faults() { program mdev/fail; }
uevents() { program mdev/uevent; }

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[[ $(</sys/module/mdev/taint) == *O* ]] || skip_all "this is the kernel's own core already"
trap at_exit EXIT
points switch lifecycle vfio_access irq detach rules order faults uevents
