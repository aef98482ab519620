#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Live migration of a stock guest that writes to one of our NVMe disks and verifies, while QEMU
# moves it, disk and all, to a second QEMU with another device.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/initrd.sh"
. "$(dirname "$0")/../lib/move.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
here_uuid=5e1f7e57-0000-4000-8000-0000000000f3
there_uuid=5e1f7e57-0000-4000-8000-0000000000f4
move_memory=192M

left_devices=("$here_uuid" "$there_uuid")
left_programs=(nvme)

needs_guest nested

rounds() { grep -c '^rounds of' "$mtap_tmp/$1.console"; }
at_least() { [ "$(rounds "$1")" -ge "$2" ]; }

guest_writes()
{
	run 0 mdev-bpf load "$objects/nvme.bpf.o"
	run 0 mdev-bpf create nvme-1 --uuid "$here_uuid" --set size=4M
	run 0 mdev-bpf create nvme-1 --uuid "$there_uuid" --set size=4M
	initrd_begin "$mtap_tmp/root" "$here/vm/guest-nvme-move"
	initrd_module "$mtap_tmp/root" "$move_kernel" nvme
	initrd_end "$mtap_tmp/root" "$mtap_tmp/initrd"
	start_both
	await 200 at_least here 6 || { fail "it does not"; show; }
}

guest_moves() { move_guest "disk:"; }

goes_on()
{
	await 100 at_least there 6 || { fail "it does not"; show; }
}

nothing_is_lost()
{
	end_guest "disk:"
	has "$(<"$mtap_tmp/there.console")" "errors: 0"
	[ "$mtap_failed" -eq 0 ] || show
	diag "rounds before: $(rounds here), after: $(rounds there)"
}

points guest_writes guest_moves goes_on nothing_is_lost
