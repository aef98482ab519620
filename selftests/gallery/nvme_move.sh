#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Live migration of a stock guest that writes to one of our NVMe disks and verifies, while QEMU
# moves it, disk and all, to a second QEMU with another device.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
kernels=(/boot/vmlinu[xz]-*)
kernel=${kernels[0]}
here_uuid=5e1f7e57-0000-4000-8000-0000000000f3
there_uuid=5e1f7e57-0000-4000-8000-0000000000f4

left_devices=("$here_uuid" "$there_uuid")
left_programs=(nvme)

needs_guest nested

make_initrd()
{
	local root=$mtap_tmp/root file how number=100
	mkdir -p "$root"/{bin,proc,sys,dev,modules}
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$here/vm/guest-nvme-move" "$root/init"
	while read -r how file _; do
		[ "$how" = insmod ] || continue
		number=$((number + 1))
		cp "$file" "$root/modules/$number-${file##*/}"
	done < <(modprobe -S "${kernel##*/boot/vmlinu[xz]-}" --show-depends nvme)
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$mtap_tmp/initrd"
}

# start UUID TAG [OPTION...]: a QEMU with the device; its monitor reads from the pipe $TAG.monitor.
# guest/migrate.sh has the reasons for its options.
start()
{
	local device=vfio-pci,sysfsdev=/sys/bus/mdev/devices/$1 tag=$mtap_tmp/$2
	shift 2
	: >"$tag.console"
	mkfifo "$tag.monitor" "$tag.control.in" "$tag.control.out"
	timeout -k 5 $((300 * slowness)) qemu-system-x86_64 -accel kvm -accel tcg -M pc -cpu max -m 192M \
		-nodefaults -display none -no-reboot -kernel "$kernel" -initrd "$mtap_tmp/initrd" \
		-append "console=ttyS0 quiet panic=-1 no_timer_check cryptomgr.notests" \
		-serial "file:$tag.console" -serial "pipe:$tag.control" -monitor stdio \
		-device "$device,enable-migration=on,x-no-kvm-intx=on" \
		"$@" <>"$tag.monitor" >"$tag.out" 2>&1 &
	left_pids[$!]=$!
}

# Opened for both, a pipe never blocks, even if nobody reads it any more.
tell() { echo "$2" 1<>"$mtap_tmp/$1"; }

rounds() { grep -c '^rounds of' "$mtap_tmp/$1.console"; }
at_least() { [ "$(rounds "$1")" -ge "$2" ]; }
said() { grep -q "$2" "$mtap_tmp/$1.console"; }

show()
{
	local tag
	for tag in here there; do
		diag "$tag: console"
		diag "$(tail -n 12 "$mtap_tmp/$tag.console")"
		diag "$tag: QEMU"
		diag "$(tail -n 12 "$mtap_tmp/$tag.out")"
	done
}

guest_writes()
{
	run 0 mdev-bpf load "$objects/nvme.bpf.o"
	run 0 mdev-bpf create nvme-1 --uuid "$here_uuid" --set size=4M
	run 0 mdev-bpf create nvme-1 --uuid "$there_uuid" --set size=4M
	modprobe vfio_iommu_type1
	modprobe kvm_amd 2>/dev/null || modprobe kvm_intel 2>/dev/null || :
	make_initrd
	start "$here_uuid" here
	here_qemu=$!
	start "$there_uuid" there -incoming "unix:$mtap_tmp/socket"
	await 200 at_least here 6 || { fail "it does not"; show; }
}

migration_status()
{
	tell here.monitor "info migrate"
	sed -n 's/^.*Migration status: *\([a-z-]*\).*/\1/p' "$mtap_tmp/here.out" | tail -n 1
}

migrated() { [ "$(migration_status)" = completed ]; }

guest_moves()
{
	tell here.monitor "migrate_set_parameter downtime-limit 10000"
	tell here.monitor "migrate_set_parameter max-bandwidth 10G"
	tell here.monitor "migrate -d unix:$mtap_tmp/socket"
	await 120 migrated || { fail "not migrated"; show; }
	tell here.monitor quit
	wait "$here_qemu"
	unset "left_pids[here_qemu]"
	has_not "$(<"$mtap_tmp/here.console")" "disk:"
	is "$(<"/sys/bus/mdev/devices/$there_uuid/mdev_bpf/open")" 1
}

goes_on()
{
	await 100 at_least there 6 || { fail "it does not"; show; }
}

nothing_is_lost()
{
	tell there.control.in end
	await 100 said there "^disk:" || fail "the guest does not end"
	has "$(<"$mtap_tmp/there.console")" "disk: ok"
	has "$(<"$mtap_tmp/there.console")" "errors: 0"
	[ "$mtap_failed" -eq 0 ] || show
	diag "rounds before: $(rounds here), after: $(rounds there)"
}

points guest_writes guest_moves goes_on nothing_is_lost
