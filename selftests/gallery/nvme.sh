#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The real client: the stock nvme driver in a guest, with one of our disks in a file and one in
# memory. One boot serves all of it, since it takes long: identity, ext4, fio with verification,
# resets, and the program replaced in the middle. At last the file has the guest's file system.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/nested.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
# Their serial numbers are the ends of these
uuid=5e1f7e57-0000-4000-8000-0000000000f1
memory=5e1f7e57-0000-4000-8000-0000000000f2
disk=$mtap_tmp/disk
rounds=$((long ? 4 : 2))

left_devices=("$uuid" "$memory")
left_programs=(nvme)

needs_guest nested
for tool in fio nvme mkfs.ext4 e2fsck fstrim; do
	command -v "$tool" >/dev/null || skip_all "no $tool"
done

# What the guest has said of something, also in the layout of nvme-cli
of() { sed -n "s/^$1[[:blank:]]*: *//p" "$nested_heard"; }

boots()
{
	truncate -s 64M "$disk"
	run 0 mdev-bpf load "$objects/nvme.bpf.o"
	run 0 mdev-bpf create nvme-1 --uuid "$uuid" --set "disk=$disk"
	run 0 mdev-bpf create nvme-1 --uuid "$memory" --set size=16M
	nested_boot "$uuid" --express "$memory" --with "$here/vm/guest-disk" --with "$here/vm/guest-nvme" \
		--module nvme --module ext4 --module crc32c_generic --tool fio --tool nvme \
		--tool mkfs.ext4 --tool e2fsck --tool fstrim --vendor '' \
		--smp "${long:+4}" --timeout "$((long ? 1800 : 600))"
	nested_ready 'disks: *'
}

finds_the_disk()
{
	has_guest || return
	hear 'effects log: *' || return
	is "$(of model)" "mdev-bpf NVMe"
	is "$(of serial)" 400080000000000000f1
	is "$(of subsysnqn)" "nqn.2014-08.org.nvmexpress:uuid:$uuid"
	is "$(of state)" live
	is "$(of uuid)" "$uuid"
	is "$(of nguid)" "$uuid"
	is "$(of size)" 131072
	is "$(of 'write cache')" "write back"
	# The admin queue, and one for each processor
	is "$(of interrupts)" "$((long ? 5 : 2))"
}

# What nvme-cli prints
shows_sane_data()
{
	has_guest || return
	is "$(of critical_warning)" 0
	has "$(of temperature)" "40 °C"
	is "$(of available_spare)" 100%
	is "$(of power_cycles)" 1
	# The driver asks for what later versions have: Linux 6.12 for one thing, 7.3 for two.
	errors=$(of num_err_log_entries)
	[[ $errors = [12] ]] || fail "$errors errors in the log, expected 1 or 2"
	is "$(of vid)" 0x1234
	is "$(of ver)" 0x10400
	is "$(of oacs)" 0x100
	ok "error log" "effects log"
}

file_system()
{
	has_guest || return
	hear 'verify in the file system: *' || return
	ok mkfs mount unmount fsck "mount again" content fstrim "verify in the file system"
}

verifies()
{
	has_guest || return
	hear 'busy queues: *' || return
	is "$said" "busy queues: $((long ? 4 : 1))"
	fio_figures
	ok "verify, depth 1" "verify, depth 32"
}

resets()
{
	has_guest || return
	hear 'verify after resets: *' || return
	ok "controller reset" "function level reset" "verify after resets"
}

# The program is replaced while the guest writes and verifies.
replaced_under_it()
{
	has_guest || return
	nested_replaces "$rounds" "$objects/nvme.bpf.o" || return
	nested_stops
}

ends_well()
{
	has_guest || return
	hear 'last fsck: *' || return
	ok "content again" "last unmount" "last fsck"
	is "$(of 'after: num_err_log_entries')" "$errors"
	nested_ends
}

# The guest is gone; the file has what it has written.
file_has_it()
{
	has_guest || return
	run 0 e2fsck -fn "$disk"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf remove "$memory"
	run 0 mdev-bpf unload nvme
}

points boots finds_the_disk shows_sane_data file_system verifies resets replaced_under_it \
	ends_well file_has_it
