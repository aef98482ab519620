# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What tests of the command mdev-bpf share: a program's name, devices, and what removes them.

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
mtty=$objects/mtty.bpf.o
kdev=$here/progs/kdev.bpf.o
bad=$here/progs/bad.bpf.o
pins=/sys/fs/bpf/mdev
prog=kst_cli
uuid=5e1f7e57-0000-4000-8000-00000000e003
other=5e1f7e57-0000-4000-8000-00000000e004

# Whatever a test point left
wipe()
{
	local device
	for device in /sys/bus/mdev/devices/5e1f7e57-*; do
		[ ! -e "$device" ] || echo 1 >"$device/remove"
	done
	rm -rf "$pins"/kst_* /sys/fs/bpf/kst_pins
	# The programs go later.
	for device in /sys/class/mdev_bus/kst_*; do
		goes "$device"
	done
}

at_exit() { wipe; rm -rf "$mtap_tmp"; }
trap at_exit EXIT

# json EXPRESSION: a Python expression of the document j, which is what was printed last
json()
{
	python3 -c "import json, sys; j = json.load(sys.stdin); print($1)" <<<"$out" 2>&1
}

load() { run 0 mdev-bpf load "$mtty" --type "$prog" "$@"; }
create() { run 0 mdev-bpf create "$prog-2" --uuid "$uuid"; }
state() { cat "/sys/bus/mdev/devices/$uuid/mdev_bpf/state"; }

command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"
[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
