#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A drop-in, proven by others' code: the kernel's own users of mdev.h run on this core, symbol
# versions are the kernel's, and what is installed takes the place of the kernel's module.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
parts=$here/mdev

symbols="mdev_register_parent mdev_unregister_parent mdev_register_driver mdev_unregister_driver"
samples="mtty mdpy mbochs"
kernel=/lib/modules/$(uname -r)
uuid=5e1f7e57-0000-4000-8000-00000000d00
modules=$kernel/kernel/drivers

at_exit()
{
	local module
	for module in $samples; do
		[ ! -e "/sys/module/$module" ] || rmmod "$module"
	done
	! mountpoint -q "$kernel" || umount "$kernel"
	# Whatever core is loaded, the tests after this want the one that is installed.
	modprobe -r mdev_bpf mdev 2>/dev/null
	modprobe mdev_bpf
	rm -rf "$mtap_tmp"
}
trap at_exit EXIT

ours() { [[ $(</sys/module/mdev/taint) == *O* ]]; }

only_ours()
{
	if ! ours; then
		skip "the kernel's own core: nothing to compare"
	elif [ ! -e "$here/../Module.symvers" ]; then
		skip "not in the tree that the modules were built in"
	else
		return 0
	fi
	return 1
}

crc_in() { awk -v s="$2" '$2 == s { print $1 }' "$1"; }

symbol_versions()
{
	local s
	only_ours || return
	for s in $symbols; do
		has "$(crc_in "$here/../Module.symvers" "$s")" 0x
		is "$(crc_in "$here/../Module.symvers" "$s")" \
			"$(crc_in "$kernel/build/Module.symvers" "$s")"
	done
	# No more and no fewer names than the kernel's module exports
	is "$(awk '$3 ~ /(^|\/)mdev$/ { print $2, $4 }' "$here/../Module.symvers" | sort)" \
		"$(awk '$3 ~ /\/mdev$/ { print $2, $4 }' "$kernel/build/Module.symvers" | sort)"
}

# What Debian's kernel has of users, and what they were built with
kernel_users()
{
	local user s want checked=0
	only_ours || return
	if ! modprobe --dump-modversions "$modules/vfio/vfio.ko" 2>/dev/null | grep -q .; then
		skip "the kernel has no versions of symbols: CONFIG_MODVERSIONS"
		return
	fi
	while read -r user; do
		while read -r want s; do
			case " $symbols " in
			*" $s "*)
				is "$s $(($(crc_in "$here/../Module.symvers" "$s")))" "$s $((want))"
				checked=$((checked + 1))
				;;
			esac
		done < <(modprobe --dump-modversions "$kernel/$user")
	done < <(sed -n 's/^\(kernel[^:]*\):.*\/mdev\.ko.*/\1/p' "$kernel/modules.dep")
	diag "$checked symbol versions of the kernel's own users compared"
	[ "$checked" -ge 4 ] || fail "$checked compared"
}

# i915 without hardware does nothing, but it loads, and so does its user of ours.
kvmgt()
{
	[ -e "$modules/gpu/drm/i915/kvmgt.ko" ] || { skip "no kvmgt.ko: CONFIG_DRM_I915_GVT_KVMGT"; return; }
	run 0 modprobe kvmgt
	[ -e /sys/bus/mdev/drivers/intel_vgpu_mdev ] || fail "no driver of kvmgt"
	[ -e /sys/module/mdev/holders/kvmgt ] || fail "kvmgt does not use mdev"
	run 0 modprobe -r kvmgt
	[ ! -e /sys/bus/mdev/drivers/intel_vgpu_mdev ] || fail "the driver is still there"
}

load_samples()
{
	local module dependency
	for module in $samples; do
		for dependency in $(modinfo -F depends "$parts/samples/$module.ko" | tr , ' '); do
			run 0 modprobe "$dependency"
		done
		run 0 insmod "$parts/samples/$module.ko"
		[ -e "/sys/class/mdev_bus/$module" ] || fail "$module is no parent"
	done
}

types_of() { (cd "/sys/class/mdev_bus/$1/mdev_supported_types" && echo *); }
attr() { cat "/sys/class/mdev_bus/$1/mdev_supported_types/$2"; }

sample_types()
{
	is "$(types_of mtty)" "mtty-1 mtty-2"
	is "$(types_of mdpy)" "mdpy-hd mdpy-vga mdpy-xga"
	is "$(types_of mbochs)" "mbochs-large mbochs-medium mbochs-small"
	is "$(attr mtty mtty-2/name)" "Dual port serial"
	is "$(attr mtty mtty-1/available_instances)" 24
	is "$(attr mdpy mdpy-vga/description)" "virtual display, 640x480 framebuffer"
	is "$(attr mbochs mbochs-small/available_instances)" 64
	is "$(attr mbochs mbochs-large/device_api)" vfio-pci
	[ ! -e /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/description ] ||
		fail "mtty has a description"
}

# create NR TYPE
create()
{
	run 0 sh -c "echo $uuid$1 >/sys/class/mdev_bus/${2%-*}/mdev_supported_types/$2/create"
	is "$(basename "$(readlink "/sys/bus/mdev/devices/$uuid$1/mdev_type")")" "$2"
}

remove()
{
	run 0 sh -c "echo 1 >/sys/bus/mdev/devices/$uuid$1/remove"
	[ ! -e "/sys/bus/mdev/devices/$uuid$1" ] || fail "device $1 is still there"
}

sample_devices()
{
	local type nr=0 said=
	for type in mtty-1 mtty-2 mdpy-vga mbochs-small; do
		nr=$((nr + 1))
		create "$nr" "$type"
		run 0 "$parts/client" "$uuid$nr"
		said="$said$type $out"$'\n'
	done
	diag "$said"
	has "$said" "mtty-1 4348:3253 "
	has "$said" "mdpy-vga 1b36:000f "
	has "$said" "mbochs-small 1234:1111 "
	is "$(attr mtty mtty-1/available_instances)" 21
	run 1 bash -c "echo ${uuid}1 >/sys/class/mdev_bus/mdpy/mdev_supported_types/mdpy-hd/create"
	has "$err" "File exists"
	for nr in 1 2 3 4; do
		remove "$nr"
	done
	is "$(attr mtty mtty-1/available_instances)" 24
}

# A stock kernel finds the serial card of the kernel's own driver, which is on our core.
sample_guest()
{
	command -v qemu-system-x86_64 >/dev/null || { skip "no qemu-system-x86_64"; return; }
	create 5 mtty-2
	run 0 "$here/vm/nested" "${uuid}5" --timeout 150 --text native-mtty
	has "$out" "loopback: ok"
	remove 5
}

sample_unload()
{
	local module
	create 6 mtty-2
	create 7 mbochs-small
	for module in $samples; do
		run 0 rmmod "$module"
		[ ! -e "/sys/class/mdev_bus/$module" ] || fail "$module is still there"
	done
	is "$(ls /sys/bus/mdev/devices)" ""
}

# A module tree of its own, small enough for depmod under emulation. The programs go elsewhere.
small_tree()
{
	local file dir=$mtap_tmp/tree
	mkdir -p "$dir"
	cp -P "$kernel/build" "$kernel"/modules.{order,builtin,builtin.modinfo} "$dir/"
	modprobe --show-depends vfio_iommu_type1 | sed -n 's/^insmod *//p' |
	cat - <(find "$modules/vfio" -name '*.ko') | sort -u |
	while read -r file; do
		install -D -m 644 "$file" "$dir/${file#"$kernel/"}"
	done
	mount --bind "$dir" "$kernel"
	depmod
}

from_tree()
{
	run 0 make -s -C "$here/.." "$1" PREFIX="$mtap_tmp/prefix" BPFDIR="$mtap_tmp/bpf"
	modinfo -n mdev
}

# is_core WHOSE: load what modprobe finds
is_core()
{
	run 0 modprobe mdev
	if ours; then is "$1" ours; else is "$1" kernel; fi
	run 0 modprobe -r mdev
}

installed_and_back()
{
	only_ours || return
	command -v make >/dev/null || { skip "no make"; return; }
	run 0 modprobe -r mdev_bpf mdev
	small_tree
	is "$(modinfo -n mdev)" "$modules/vfio/mdev/mdev.ko"
	is_core kernel
	is "$(from_tree install)" "$kernel/updates/mdev.ko"
	is "$(modinfo -n mdev_bpf)" "$kernel/updates/mdev_bpf.ko"
	is_core ours
	is "$(from_tree uninstall)" "$modules/vfio/mdev/mdev.ko"
	is_core kernel
	run 1 modinfo -n mdev_bpf
	is "$(find "$mtap_tmp/prefix" -type f)$(ls -d "$mtap_tmp/bpf" 2>/dev/null)" ""
	umount "$kernel"
	run 0 modprobe mdev_bpf
}

modprobe mdev || skip_all "no mdev"
if [ -e "$parts/samples/mtty.ko" ]; then
	sample_points="load_samples sample_types sample_devices sample_guest sample_unload"
else
	diag "no source of the kernel's samples where this was built: they are not tested"
	sample_points=
fi
# shellcheck disable=SC2086
points symbol_versions kernel_users kvmgt $sample_points installed_and_back
