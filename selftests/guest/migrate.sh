#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Live migration with a stock VMM: a guest sends a file through its serial card and receives it
# there, while QEMU moves it, card and all, to a second QEMU with another device.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
# A stock one, whatever kernel the VM runs. One that is not compressed boots sooner: the guest is
# emulated.
kernels=(/boot/vmlinu[xz]-*)
kernel=${kernels[0]}
name=kst_move
here_uuid=5e1f7e57-0000-4000-8000-00000000e00a
there_uuid=5e1f7e57-0000-4000-8000-00000000e00b

left_devices=("$here_uuid" "$there_uuid")
left_programs=("$name")

needs_guest guest-transfer

make_initrd()
{
	local root=$mtap_tmp/root
	mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev"
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$here/vm/guest-transfer" "$root/init"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$mtap_tmp/initrd"
}

# start UUID TAG [OPTION...]: a QEMU with the device; its monitor reads from the pipe $TAG.monitor.
# enable-migration: dirty tracking is the container's, which QEMU takes only if told so.
# x-no-kvm-intx: with its shortcut from VFIO to KVM, QEMU 10.0 does not notice at the target that
# the guest's interrupt controller, when its state has come, wants INTx on another line.
start()
{
	local device=vfio-pci,sysfsdev=/sys/bus/mdev/devices/$1 tag=$mtap_tmp/$2
	shift 2
	: >"$tag.console"
	mkfifo "$tag.monitor" "$tag.control.in" "$tag.control.out"
	timeout -k 5 $((240 * slowness)) qemu-system-x86_64 -accel kvm -accel tcg -M pc -cpu max -m 128M \
		-nodefaults -display none -no-reboot -kernel "$kernel" -initrd "$mtap_tmp/initrd" \
		-append "console=ttyS0 quiet panic=-1 no_timer_check cryptomgr.notests 8250.nr_uarts=8" \
		-serial "file:$tag.console" -serial "pipe:$tag.control" -monitor stdio \
		-device "$device,enable-migration=on,x-no-kvm-intx=on" \
		"$@" <>"$tag.monitor" >"$tag.out" 2>&1 &
	left_pids[$!]=$!
}

# Opened for both, a pipe never blocks, even if nobody reads it any more.
tell() { echo "$2" 1<>"$mtap_tmp/$1"; }

received()
{
	tr -d '\r' <"$mtap_tmp/$1.console" | sed -n 's/^received \([0-9]*\) bytes$/\1/p' | tail -n 1
}

at_least() { [ "$(received "$1")" -ge "$2" ] 2>/dev/null; }
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

transfer_begins()
{
	run 0 mdev-bpf load "$objects/mtty.bpf.o" --type "$name"
	run 0 mdev-bpf create "$name-1" --uuid "$here_uuid"
	run 0 mdev-bpf create "$name-1" --uuid "$there_uuid"
	modprobe vfio_iommu_type1
	modprobe kvm_amd 2>/dev/null || modprobe kvm_intel 2>/dev/null || :
	make_initrd
	start "$here_uuid" here
	here_qemu=$!
	start "$there_uuid" there -incoming "unix:$mtap_tmp/socket"
	await 120 at_least here 10000 || { fail "no transfer"; show; }
}

migration_status()
{
	tell here.monitor "info migrate"
	sed -n 's/^.*Migration status: *\([a-z-]*\).*/\1/p' "$mtap_tmp/here.out" | tail -n 1
}

migrated() { [ "$(migration_status)" = completed ]; }

guest_moves()
{
	# However slow the machine, what is left to send when the guest is stopped can be sent: QEMU
	# does not stop it before that takes no longer than it may.
	tell here.monitor "migrate_set_parameter downtime-limit 10000"
	tell here.monitor "migrate_set_parameter max-bandwidth 10G"
	tell here.monitor "migrate -d unix:$mtap_tmp/socket"
	await 120 migrated || { fail "not migrated"; show; }
	before=$(received here)
	tell here.monitor quit
	wait "$here_qemu"
	unset "left_pids[here_qemu]"
	has_not "$(<"$mtap_tmp/here.console")" "transfer:"
	is "$(<"/sys/bus/mdev/devices/$there_uuid/mdev_bpf/open")" 1
}

transfer_goes_on()
{
	await 60 at_least there $((before + 20000)) || { fail "it does not"; show; }
}

nothing_is_lost()
{
	tell there.control.in end
	await 60 said there "^transfer:" || fail "the transfer does not end"
	has "$(<"$mtap_tmp/there.console")" "transfer: ok"
	[ "$mtap_failed" -eq 0 ] || show
	diag "received before: $before bytes; after: $(grep "^received.*, " "$mtap_tmp/there.console")"
}

points transfer_begins guest_moves transfer_goes_on nothing_is_lost
