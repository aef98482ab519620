#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The module's own life: when it can go, what goes with it, and that it comes back.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
name=kst_module
uuid=5e1f7e57-0000-4000-8000-00000000e001

at_exit()
{
	modprobe mdev_bpf
	rm -rf "/sys/fs/bpf/mdev/$name" "$mtap_tmp"
}
trap at_exit EXIT

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
await 20 is_unused || skip_all "mdev_bpf is in use"
command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"

await_unused() { await 20 is_unused || fail "still $(</sys/module/mdev_bpf/refcnt) users"; }

held_by_program()
{
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	run 1 modprobe -r mdev_bpf
	has "$err" "in use"
	run 0 mdev-bpf unload "$name"
}

# A detached type does not hold the module; its devices go with it.
takes_devices_along()
{
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-2" --uuid "$uuid"
	run 0 mdev-bpf unload "$name" --force
	[ -e "/sys/bus/mdev/devices/$uuid" ] || fail "the device did not stay"
	await_unused
	run 0 modprobe -r mdev_bpf
	[ ! -e "/sys/bus/mdev/devices/$uuid" ] || fail "the device is still there"
	[ ! -e "/sys/class/$name" ] || fail "the class is still there"
	[ ! -e /sys/kernel/mdev_bpf ] || fail "/sys/kernel/mdev_bpf is still there"
}

without_module()
{
	[ ! -e /sys/kernel/mdev_bpf ] || fail "mdev_bpf is loaded"
	run 1 mdev-bpf list
	has "$err" "modprobe mdev_bpf"
	run 1 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	has "$err" "modprobe mdev_bpf"
}

comes_back()
{
	run 0 modprobe mdev_bpf
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-1" --uuid "$uuid"
	run 0 mdev-bpf peek "$uuid" bar0 5 1
	is "$out" 0x60
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points held_by_program takes_devices_along without_module comes_back
