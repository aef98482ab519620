#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Documentation/libvirt.rst: its commands and XML for libvirt, as they are there, with virsh and a
# guest that libvirt starts. For a machine on which libvirtd runs (vm run --root system).
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/initrd.sh"

ex=$here/docs/built
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
attrs=/sys/bus/mdev/devices/$uuid
node=mdev_83b8f4f2_509f_382f_3c1e_e6bfe0fa1001_mtty
left_devices=("$uuid")
left_programs=(mtty)
kernels=(/boot/vmlinu[xz]-*)
work=/var/lib/libvirt/images/kst_libvirt

command -v virsh >/dev/null || skip_all "no virsh"
virsh -q uri >/dev/null 2>&1 || skip_all "no libvirtd runs"
[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[ -e "$ex/card.xml" ] || skip_all "the examples are not built"

left()
{
	virsh -q destroy vm >/dev/null 2>&1
	virsh -q nodedev-destroy "$node" >/dev/null 2>&1
	virsh -q nodedev-undefine "$node" >/dev/null 2>&1
	rm -rf "$work"
	at_exit
}
trap left EXIT

# documented FILE: run one of the page's blocks, where its XML is.
documented() { run 0 bash -e -c "cd '$ex' && . ./$1"; }

has_parent() { virsh nodedev-list --cap mdev_types | grep -q '^mtty_mtty$'; }

nodedev()
{
	run 0 mdev-bpf load /usr/lib/mdev-bpf/mtty.bpf.o
	modprobe vfio_iommu_type1
	await 20 has_parent || fail "libvirt does not see the parent"
	documented nodedev.sh
	has "$out" "mtty_mtty"
	has "$out" "<type id='mtty-2'/>"
	has "$out" "<uuid>$uuid</uuid>"
	is "$(<"$attrs/params/port1")" 1
}

says() { [ "$(grep -c "^$1" "$work/console")" -ge "$2" ]; }
is_open() { [ "$(<"$attrs/mdev_bpf/open")" = "$1" ]; }

# As libvirt has it: with KVM, if there is one
kind()
{
	modprobe -q kvm_amd || modprobe -q kvm_intel || :
	[ -w /dev/kvm ] && echo kvm || echo qemu
}

domain()
{
	mkdir -p "$work"
	initrd_begin "$mtap_tmp/root" "$here/vm/guest-plug"
	initrd_end "$mtap_tmp/root" "$work/initrd"
	cp "${kernels[0]}" "$work/kernel"
	: >"$work/console"
	chmod -R a+rwX "$work"
	cat >"$work/vm.xml" <<-END
		<domain type='$(kind)'>
		  <name>vm</name>
		  <memory unit='MiB'>128</memory>
		  <os>
		    <type arch='x86_64' machine='pc'>hvm</type>
		    <kernel>$work/kernel</kernel>
		    <initrd>$work/initrd</initrd>
		    <cmdline>console=ttyS0 quiet panic=-1 no_timer_check</cmdline>
		  </os>
		  <features><acpi/></features>
		  <devices>
		    <serial type='file'><source path='$work/console'/></serial>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
	run 0 virsh create "$work/vm.xml"
	await 120 says "guest: ready" 1 || fail "the guest does not boot"
}

hotplug()
{
	documented hotplug.sh
	await 120 says "card: plugged" 1 || fail "the guest does not see the card"
	is_open 1 || fail "the device is not open"
}

hotunplug()
{
	documented hotunplug.sh
	await 120 says "card: gone" 1 || fail "the guest still has the card"
	await 20 is_open 0 || fail "the device is still open"
	run 0 virsh destroy vm
}

unlisted() { run 0 virsh nodedev-list --cap mdev --all && [[ $out != *"$node"* ]]; }

# libvirt notices what mdevctl has done.
nodedev_end()
{
	documented nodedev-end.sh
	[ ! -e "$attrs" ] || fail "the device is still there"
	await 20 unlisted || fail "it is still listed"
}

points nodedev domain hotplug hotunplug nodedev_end
