#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The real client: the stock virtio drivers in a guest, with our source of random numbers, a disk in
# a file, one in memory with packed rings, and a console. One boot serves all of it.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/nested.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
rng=5e1f7e57-0000-4000-8000-0000000000e1
blk=5e1f7e57-0000-4000-8000-0000000000e2
console=5e1f7e57-0000-4000-8000-0000000000e3
memory=5e1f7e57-0000-4000-8000-0000000000e4
disk=$mtap_tmp/disk
rounds=$((long ? 4 : 2))
nested_limit=$((240 * slowness))

left_devices=("$rng" "$blk" "$console" "$memory")
left_programs=(virtio_rng virtio_blk virtio_console)

needs_guest nested
for tool in fio mkfs.ext4 e2fsck fstrim; do
	command -v "$tool" >/dev/null || skip_all "no $tool"
done

boots()
{
	local name
	truncate -s 64M "$disk"
	for name in rng blk console; do
		run 0 mdev-bpf load "$objects/virtio_$name.bpf.o"
	done
	run 0 mdev-bpf create virtio_rng-1 --uuid "$rng"
	run 0 mdev-bpf create virtio_blk-1 --uuid "$blk" --set "disk=$disk" --set serial=S-1
	run 0 mdev-bpf create virtio_blk-1 --uuid "$memory" --set packed=1 --set serial=S-2
	run 0 mdev-bpf create virtio_console-1 --uuid "$console" --set loopback=1
	nested_boot "$rng" --express "$blk" --also "$console" --also "$memory" \
		--with "$here/vm/guest-disk" --with "$here/vm/guest-virtio" \
		--module virtio_pci --module virtio_blk --module virtio-rng --module virtio_console \
		--module ext4 --module crc32c_generic --tool fio --tool mkfs.ext4 --tool e2fsck \
		--tool fstrim --vendor '' --smp "${long:+4}" --timeout "$((long ? 1800 : 600))"
	nested_ready 'driven: *' || return
	is "$said" "driven: 1 1"
}

random_numbers()
{
	has_guest || return
	hear 'random: *' || return
	has "$(said_of source)" virtio_rng
	is "$(said_of 'random bytes')" "1024 1024"
	ok random
}

file_system()
{
	has_guest || return
	hear 'busy queues: *' || return
	is "$said" "busy queues: $((long ? 4 : 1))"
	fio_figures
	is "$(said_of size)" 131072
	is "$(said_of cache)" "write back"
	is "$(said_of packed)" 1
	ok mkfs mount unmount fsck "mount again" content fstrim "verify in the file system" \
		"verify, depth 1" "verify, depth 32"
}

text_comes_back()
{
	has_guest || return
	hear 'console: *' || return
	is "$said" "console: text-by-hvc0"
	run 0 mdev-bpf dump "$console"
	has "$out" "text-by-hvc0"
}

function_level_reset()
{
	has_guest || return
	hear 'mount after reset: *' || return
	ok flr "mount after reset"
}

# The programs are replaced while the guest writes and verifies.
replaced_under_it()
{
	has_guest || return
	nested_replaces "$rounds" "$objects/virtio_blk.bpf.o" "$objects/virtio_rng.bpf.o" || return
	nested_stops
}

# The guest is gone; the file has what it has written.
ends_well()
{
	has_guest || return
	hear 'last fsck: *' || return
	ok "content again" "last unmount" "last fsck"
	nested_ends
	run 0 e2fsck -fn "$disk"
}

points boots random_numbers file_system text_comes_back function_level_reset replaced_under_it \
	ends_well
