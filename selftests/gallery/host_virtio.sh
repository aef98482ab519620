#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Virtio devices of programs on the bus of this kernel itself (mdev_virtio): the kernel's own drivers
# make a disk and a source of random numbers of them. The programs are those that serve guests.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
class=/sys/class/mdev_virtio
uuid=5e1f7e57-0000-4000-8000-0000000000f1
rng=5e1f7e57-0000-4000-8000-0000000000f2
file=$mtap_tmp/file
mnt=$mtap_tmp/mnt
limit=$((60 * slowness))

bad=5e1f7e57-0000-4000-8000-0000000000f3
parameters=/sys/module/mdev_virtio/parameters

left_devices=("$uuid" "$rng" "$bad")
left_programs=(virtio_blk virtio_rng kst_virtio)

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
modprobe -n mdev_virtio 2>/dev/null ||
	skip_all "no mdev_virtio: it needs a kernel with CONFIG_VIRTIO and CONFIG_ARCH_HAS_DMA_OPS"
modprobe -n virtio_blk 2>/dev/null || skip_all "no virtio_blk: CONFIG_VIRTIO_BLK"
for tool in fio mkfs.ext4 e2fsck mdev-bpf; do
	command -v "$tool" >/dev/null || skip_all "no $tool"
done

# What is mounted goes first.
eval "mtap_$(declare -f at_exit)"
at_exit()
{
	umount -l "$mnt" 2>/dev/null
	mtap_at_exit
}

# bound UUID: leave the name of its disk in $disk.
bound()
{
	local at
	disk=
	for at in "$class/$1"/virtio*/block/*; do
		[ ! -e "$at" ] || disk=/dev/${at##*/}
	done
	[ -b "$disk" ] || fail "device $1 has no disk"
}

put() { run 0 timeout "$limit" bash -c "echo $1 >$class/bind"; }

# A disk in the file, on the bus
disk_of_file()
{
	run 0 mdev-bpf create virtio_blk-1 --uuid "$uuid" --set "disk=$file" --set serial=host-1
	put "$uuid"
	bound "$uuid"
}

# verify: fio writes and reads back. Leave its status in $fio_rc.
verify()
{
	fio_rc=0
	timeout "$limit" fio --name=verify --filename="$mnt/data" --size=4m --bsrange=4k-64k \
		--rw=randwrite --direct=1 --ioengine=libaio --iodepth=8 --verify=crc32c \
		--verify_fatal=1 --output="$mtap_tmp/fio" 2>&1 || fio_rc=$?
}

# A file system that was shut down is sound when its journal was read: e2fsck has 1 for that.
repaired()
{
	e2fsck -fp "$file" >"$mtap_tmp/fsck" 2>&1
	[ $? -le 1 ] || fail "e2fsck: $(<"$mtap_tmp/fsck")"
	run 0 e2fsck -fn "$file"
}

appears()
{
	truncate -s 32M "$file"
	mkdir "$mnt"
	modprobe virtio_blk
	run 0 modprobe mdev_virtio
	run 0 mdev-bpf load "$objects/virtio_blk.bpf.o"
	disk_of_file
	is "$(blockdev --getsize64 "$disk")" $((32 << 20))
	is "$(cat "/sys/block/${disk##*/}/serial")" host-1
	is "$(cat "/sys/block/${disk##*/}/queue/write_cache")" "write back"
}

file_system()
{
	run 0 mkfs.ext4 -q -F "$disk"
	run 0 mount "$disk" "$mnt"
	verify
	is "$fio_rc" 0
	echo text >"$mnt/text"
	run 0 fstrim "$mnt"
	run 0 umount "$mnt"
	run 0 e2fsck -fn "$disk"
	run 0 cmp -n $((32 << 20)) "$disk" "$file"
}

# One user at a time; the module stays as long as it has a device.
is_in_use()
{
	run 1 bash -c "echo $uuid >$class/bind"
	has "$err" busy
	run 1 mdev-bpf peek "$uuid" STATUS
	run 1 rmmod mdev_virtio
	run 1 bash -c "echo $rng >$class/bind"
	has "$err" "No such device"
	run 1 bash -c "echo ${uuid}0 >$class/bind"
	has "$err" "Invalid argument"
}

# Until there is a file "enough"; its status is that of fio
verify_on()
{
	fio_rc=0
	while [ "$fio_rc" -eq 0 ] && [ ! -e "$mtap_tmp/enough" ]; do
		verify
	done
	return "$fio_rc"
}

replaced_under_it()
{
	local pid i
	run 0 mount "$disk" "$mnt"
	verify_on &
	pid=$!
	for ((i = 0; i < 3; i++)); do
		run 0 mdev-bpf load "$objects/virtio_blk.bpf.o" --replace
	done
	: >"$mtap_tmp/enough"
	wait "$pid" || fail "fio ended with $?: $(<"$mtap_tmp/fio")"
	is "$(grep -c 'err= 0' "$mtap_tmp/fio")" 1
}

# Without a program, writes wait. The next one finds them.
detached_while_mounted()
{
	local pid
	run 0 mdev-bpf unload virtio_blk --force
	dd if=/dev/urandom of="$mnt/waits" bs=64k count=4 oflag=direct 2>/dev/null &
	pid=$!
	await 5 inflight || fail "nothing waits for the program"
	kill -0 "$pid" 2>/dev/null || fail "dd has ended without a program"
	run 0 mdev-bpf load "$objects/virtio_blk.bpf.o"
	wait "$pid" || fail "dd ended with $?"
	is "$(stat -c %s "$mnt/waits")" $((4 * 65536))
}

inflight() { [ "$(awk '{ print $1 + $2 }' "/sys/block/${disk##*/}/inflight")" -gt 0 ]; }

# What is in the page cache is written before the disk goes, as when a card is pulled in order.
removed_while_mounted()
{
	seq 10000 >"$mnt/cached"
	run 0 timeout "$limit" mdev-bpf remove "$uuid" --force
	[ ! -e "$class/$uuid" ] || fail "the device is still on the bus"
	[ ! -e "$disk" ] || [ ! -e "/sys/block/${disk##*/}" ] || fail "$disk is still there"
	run 1 cat "$mnt/text"
	run 0 umount "$mnt"
	repaired
	disk_of_file
	run 0 mount "$disk" "$mnt"
	is "$(<"$mnt/text")" text
	is "$(cksum <"$mnt/cached")" "$(seq 10000 | cksum)"
}

# No program ever comes again: requests fail, and the device can be removed.
removed_without_program()
{
	local pid
	run 0 mdev-bpf unload virtio_blk --force
	dd if=/dev/urandom of="$mnt/lost" bs=64k count=1 oflag=direct 2>/dev/null &
	pid=$!
	await 5 inflight || fail "nothing waits for the program"
	run 0 timeout "$limit" bash -c "echo 1 >/sys/bus/mdev/devices/$uuid/remove"
	wait "$pid" && fail "dd has not failed"
	run 0 umount "$mnt"
	[ ! -e "$class/$uuid" ] || fail "the device is still on the bus"
	run 0 mdev-bpf load "$objects/virtio_blk.bpf.o"
}

# The device is free for others after it was taken from the bus, and can come back.
unbound()
{
	disk_of_file
	run 0 timeout "$limit" bash -c "echo $uuid >$class/unbind"
	run 1 bash -c "echo $uuid >$class/unbind"
	run 0 mdev-bpf peek "$uuid" STATUS
	is "$out" 0x00
	put "$uuid"
	bound "$uuid"
	run 0 dd if="$disk" of=/dev/null bs=1M iflag=direct
}

# The driver of the virtio bus can come and go, too.
another_driver()
{
	local name
	name=$(basename "$class/$uuid"/virtio*)
	run 0 bash -c "echo $name >/sys/bus/virtio/drivers/virtio_blk/unbind"
	run 0 bash -c "echo $name >/sys/bus/virtio/drivers/virtio_blk/bind"
	bound "$uuid"
	run 0 dd if="$disk" of=/dev/null bs=1M count=8 iflag=direct
}

random_numbers()
{
	modprobe virtio-rng || { skip "no virtio-rng: CONFIG_HW_RANDOM_VIRTIO"; return; }
	run 0 mdev-bpf load "$objects/virtio_rng.bpf.o"
	run 0 mdev-bpf create virtio_rng-1 --uuid "$rng"
	put "$rng"
	has "$(cat /sys/class/misc/hw_random/rng_available)" virtio_rng
	name=$(grep -o 'virtio_rng[.0-9]*' /sys/class/misc/hw_random/rng_available | tail -n 1)
	echo "$name" >/sys/class/misc/hw_random/rng_current
	is "$(timeout "$limit" head -c 256 /dev/hwrng | wc -c)" 256
	run 0 mdev-bpf remove "$rng" --force
}

# A serial card is no virtio device, and the host takes no virtio console.
others_are_refused()
{
	run 0 mdev-bpf load "$objects/virtio_console.bpf.o"
	left_programs+=(virtio_console)
	run 0 mdev-bpf create virtio_console-1 --uuid "$rng"
	run 1 bash -c "echo $rng >$class/bind"
	has "$(</sys/kernel/mdev_bpf/last_error)" "no virtio device of type 3"
	run 0 mdev-bpf remove "$rng"
	run 0 mdev-bpf unload virtio_console
	run 0 mdev-bpf load "$objects/edu.bpf.o" --type kst_edu
	left_programs+=(kst_edu)
	run 0 mdev-bpf create kst_edu-1 --uuid "$rng"
	run 1 bash -c "echo $rng >$class/bind"
	has "$(</sys/kernel/mdev_bpf/last_error)" "vendor 0x1af4"
	run 0 mdev-bpf remove "$rng"
	run 0 mdev-bpf unload kst_edu
}

# wrong NAME: put a disk on the bus that does this wrong (progs/kvirtio.h). Its driver looks for
# partitions, so it has done that when this returns.
wrong()
{
	local number
	number=$(sed -n 's/^\tKVIRTIO_\([A-Z_]*\),.*/\1/p' "$here/progs/kvirtio.h" |
		grep -nx "$1" | cut -d : -f 1)
	log=$(dmesg | wc -l)
	run 0 mdev-bpf create kst_virtio-1 --uuid "$bad" --set "wrong=$((number - 1))"
	put "$bad"
}

# says TEXT: the kernel, since wrong
says() { has "$(dmesg | tail -n "+$((log + 1))")" "$1"; }

# gone: the disk can be removed, whatever its program does.
gone()
{
	run 0 timeout "$limit" mdev-bpf remove "$bad" --force
	[ ! -e "$class/$bad" ] || fail "the device is still on the bus"
}

reads() { run "$1" timeout "$limit" dd if="$disk" of=/dev/null bs=4k count=8 iflag=direct; }

# No byte can be read: each request fails, or the driver was told so before it knew the size.
reads_nothing()
{
	timeout "$limit" dd if="$disk" of=/dev/null bs=4k count=8 iflag=direct 2>"$mtap_tmp/dd" ||
		return 0
	has "$(<"$mtap_tmp/dd")" "0+0 records in"
}

# What the program was not given, it cannot access: mapped for the other direction, behind a buffer,
# not mapped at all, the address that the kernel has, and what the driver has back.
reaches_nothing_else()
{
	run 0 mdev-bpf load "$here/progs/kvirtio.bpf.o"
	wrong REACH
	bound "$bad"
	reads 0
	run 0 mdev-bpf dump "$bad"
	is "$(sed -n 's/^reached [0-9]: //p' <<<"$out" | paste -s -d ' ')" "-1 -1 -2 -2 -2 -2"
	gone
}

# The driver's ring is not the one that the program writes to.
spoils_no_ring()
{
	wrong RING
	bound "$bad"
	reads 0
	gone
}

returns_what_it_does_not_have()
{
	local what
	for what in RANGE TWICE MANY; do
		wrong "$what"
		says "its requests fail from now on"
		says "the program returns"
		bound "$bad"
		reads_nothing
		gone
	done
	wrong LENGTH
	bound "$bad"
	reads 0
	gone
}

asks_for_a_reset()
{
	wrong NEEDS_RESET
	says "needs a reset"
	gone
}

# A task that waits for a program in vain waits for as long as the parameter says.
never_answers()
{
	echo 2 >"$parameters/patience"
	wrong SILENT
	says "no request was completed for 2 s"
	gone
	# The disk that does not reset has to work before
	echo 30 >"$parameters/patience"
	wrong NO_RESET
	bound "$bad"
	gone
	says "does not reset it"
}

interrupts_all_the_time()
{
	wrong STORM
	bound "$bad"
	reads 0
	run 0 mdev-bpf unload kst_virtio --force
	run 0 mdev-bpf load "$here/progs/kvirtio.bpf.o"
	reads 0
	gone
}

has_any_configuration()
{
	wrong CONFIG
	bound "$bad"
	is "$(cat "/sys/block/${disk##*/}/size")" $((0x7fffffffffffffff >> 9))
	is "$(cat "/sys/block/${disk##*/}/queue/max_segments")" 62
	reads 0
	gone
}

# Its driver reads the configuration until it stands still.
configuration_never_stands_still()
{
	wrong GENERATION
	says "its configuration has changed 1000 times in a row"
	gone
	run 0 mdev-bpf unload kst_virtio
}

ends_well()
{
	run 0 mdev-bpf remove "$uuid" --force
	run 0 mdev-bpf unload virtio_blk
	repaired
	run 0 rmmod mdev_virtio
}

points appears file_system is_in_use replaced_under_it detached_while_mounted \
	removed_while_mounted removed_without_program unbound another_driver random_numbers \
	others_are_refused reaches_nothing_else spoils_no_ring returns_what_it_does_not_have \
	asks_for_a_reset never_answers interrupts_all_the_time has_any_configuration \
	configuration_never_stands_still ends_well
