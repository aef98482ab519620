# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Live migration of a guest with one of our devices, by QEMU, from a first QEMU ("here") to a second
# one ("there") with another device. To be included after mtap.sh and initrd.sh; the test sets
# here_uuid and there_uuid, and what is called "of the test" below.

move_kernels=(/boot/vmlinu[xz]-*)
# A stock one, whatever kernel the VM runs. One that is not compressed boots sooner: the guest is
# emulated.
move_kernel=${move_kernels[0]}
# Of the test: the guest's memory, more for its command line, and more devices of it
move_memory=128M
move_append=
here_more=()
there_more=()

# move_device UUID [PROPERTY,...]: what QEMU's option -device has
# enable-migration: dirty tracking is the container's, which QEMU takes only if told so.
# x-no-kvm-intx: with its shortcut from VFIO to KVM, QEMU 10.0 does not notice at the target that
# the guest's interrupt controller, when its state has come, wants INTx on another line.
move_device()
{
	local fixed=enable-migration=on,x-no-kvm-intx=on
	echo "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$1,$fixed${2:+,$2}"
}

# start UUID TAG [OPTION...]: a QEMU with the device; its monitor reads from the pipe $TAG.monitor.
# The initrd is $mtap_tmp/initrd.
start()
{
	local device tag=$mtap_tmp/$2 guest_append="slowness=$slowness $move_append"
	device=$(move_device "$1")
	shift 2
	: >"$tag.console"
	mkfifo "$tag.monitor" "$tag.control.in" "$tag.control.out"
	timeout -k 5 $((300 * slowness)) qemu-system-x86_64 -accel kvm -accel tcg -M pc -cpu max \
		-m "$move_memory" -nodefaults -display none -no-reboot -kernel "$move_kernel" \
		-initrd "$mtap_tmp/initrd" \
		-append "$initrd_append $guest_append" \
		-serial "file:$tag.console" -serial "pipe:$tag.control" -monitor stdio \
		-device "$device" "$@" <>"$tag.monitor" >"$tag.out" 2>&1 &
	left_pids[$!]=$!
}

# What QEMUs need of the kernel
start_modules()
{
	slow_ops
	modprobe vfio_iommu_type1
	modprobe kvm_amd 2>/dev/null || modprobe kvm_intel 2>/dev/null || :
}

# start_both: the guest runs here, and there a QEMU waits for it.
start_both()
{
	start_modules
	start "$here_uuid" here "${here_more[@]}"
	here_qemu=$!
	start "$there_uuid" there "${there_more[@]}" -incoming "unix:$mtap_tmp/socket"
}

# tell PIPE LINE: opened for both, a pipe never blocks, even if nobody reads it any more.
tell() { echo "$2" 1<>"$mtap_tmp/$1"; }

# said TAG PATTERN: has the guest said that?
said() { grep -q "$2.*"$'\r$' "$mtap_tmp/$1.console"; }

# no_complaints TAG: the guest, which has ended, has found none in its kernel's log (vm/guest-worker).
no_complaints()
{
	said "$1" "^complaints: 0" ||
		fail "the guest's kernel complains: $(tail -n 25 "$mtap_tmp/$1.console")"
}

# show: the last words of all guests, and of their QEMUs
show()
{
	local console tag
	for console in "$mtap_tmp"/*.console; do
		tag=${console%.console}
		diag "${tag##*/}: console"
		diag "$(tail -n 12 "$console")"
		diag "${tag##*/}: QEMU"
		# Perhaps registers, and before them what they are shown for
		diag "$(tail -n 40 "$tag.out")"
	done
}

migration_status()
{
	tell here.monitor "info migrate"
	sed -n 's/^.*Migration status: *\([a-z-]*\).*/\1/p' "$mtap_tmp/here.out" | tail -n 1
}

migrated() { [ "$(migration_status)" = completed ]; }

# move_guest PATTERN: from here to there, before the guest has said that.
move_guest()
{
	# However slow the machine, what is left to send when the guest is stopped can be sent: QEMU
	# does not stop it before that takes no longer than it may.
	tell here.monitor "migrate_set_parameter downtime-limit 10000"
	tell here.monitor "migrate_set_parameter max-bandwidth 10G"
	tell here.monitor "migrate -d unix:$mtap_tmp/socket"
	await 120 migrated || { fail "not migrated"; show; }
	tell here.monitor quit
	wait "$here_qemu"
	unset "left_pids[here_qemu]"
	has_not "$(<"$mtap_tmp/here.console")" "$1"
	is "$(<"/sys/bus/mdev/devices/$there_uuid/mdev_bpf/open")" 1
}

# end_guest PATTERN: have it end, and say that.
end_guest()
{
	tell there.control.in end
	await 100 said there "^$1" || fail "the guest does not end"
	has "$(<"$mtap_tmp/there.console")" "$1 ok"
}
