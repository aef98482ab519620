#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Documentation/libvirt.rst: its commands for mdevctl, QEMU and bpftool, as they are there, with these
# tools and a stock guest.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/initrd.sh"

ex=$here/docs/built
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
other=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
attrs=/sys/bus/mdev/devices/$uuid
left_devices=("$uuid" "$other")
left_programs=(mtty)
kernels=(/boot/vmlinu[xz]-*)
vm="-accel kvm -accel tcg -M pc -cpu max -nodefaults -display none"

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[ -e "$ex/plug.monitor" ] || skip_all "the examples are not built"
for tool in mdev-bpf mdevctl qemu-system-x86_64 bpftool; do
	command -v $tool >/dev/null || skip_all "no $tool"
done
[ ! -e /sys/class/mdev_bus/mtty ] || skip_all "there is a program mtty on this machine"

# documented STATUS FILE: run one of the page's blocks.
documented() { run "$1" env uuid="$uuid" vm="$vm" bash -e "$ex/$2"; }

load()
{
	run 0 mdev-bpf load /usr/lib/mdev-bpf/mtty.bpf.o
	modprobe vfio_iommu_type1
}

define()
{
	load
	mkdir -p /etc/mdevctl.d
	documented 0 mdevctl-define.sh
	has "$out" mtty-1
	has "$out" "Available instances: 24"
	has "$out" "Device API: vfio-pci"
	run 0 mdevctl list -d --uuid "$uuid"
	has "$out" "$uuid mtty mtty-2 auto"
}

start()
{
	documented 0 mdevctl-start.sh
	has "$out" "$uuid mtty mtty-2"
	is "$(tail -n 1 <<<"$out")" 1
}

# Item by item, what an administrator gets wrong
refused()
{
	run 0 mdevctl stop --uuid "$uuid"
	run 0 mdevctl modify --uuid "$uuid" --addattr=params/port1 --value=2
	run 1 mdevctl start --uuid "$uuid"
	[ ! -e "$attrs" ] || fail "there is a device without its parameter"
	has "$(</sys/kernel/mdev_bpf/last_error)" "port1"
	run 0 mdevctl modify --uuid "$uuid" --delattr --index=1
	run 0 mdevctl modify --uuid "$uuid" --addattr=params/colour --value=1
	run 1 mdevctl start --uuid "$uuid"
	[ ! -e "$attrs" ] || fail "there is a device without its parameter"
	run 0 mdevctl modify --uuid "$uuid" --delattr --index=1
	run 0 mdevctl start --uuid "$uuid"
	is "$(<"$attrs/params/port1")" 1
}

stop()
{
	documented 0 mdevctl-stop.sh
	[ ! -e "$attrs" ] || fail "the device is still there"
	run 0 mdevctl list -d
	is "$out" ""
}

statistics()
{
	run 0 mdev-bpf create mtty-2 --uuid "$uuid"
	documented 0 bpftool.sh
	has "$out" "name mtty_read"
	has "$out" "run_cnt [1-9]"
	documented 0 bpftool-program.sh
	has "$out" "exit"
	has "$out" "$(mdev-bpf list | awk '$1 == "mtty" { print $3 }'): struct_ops "
}

globals()
{
	local id
	left_programs+=(kst_docs)
	run 0 mdev-bpf load "$here/progs/kdev.bpf.o" --type kst_docs --set magic=0x12345678
	id=$(bpftool map list | sed -n 's/^\([0-9]*\): .* name [^ ]*data .*/\1/p' | tail -n 1)
	id=$id documented 0 bpftool-globals.sh
	has "$out" "struct_ops * name kdev"
	has "$(tr -d ' ' <<<"$out")" '"magic":305419896'
	run 0 mdev-bpf unload kst_docs
}

tell() { echo "$2" 1<>"$mtap_tmp/$1.monitor"; }

# monitor TAG FILE: what the page says to the monitor of QEMU
monitor()
{
	local line
	while read -r line; do
		tell "$1" "$line"
	done < <(sed -n "s/UUID/$uuid/; s/^(qemu) //p" "$ex/$2")
}

# qemu TAG OPTION...: with a monitor that reads from the pipe $TAG.monitor
qemu()
{
	local tag=$mtap_tmp/$1
	shift
	mkfifo "$tag.monitor"
	# shellcheck disable=SC2086 # words
	timeout -k 5 $((300 * slowness)) qemu-system-x86_64 $vm "$@" -monitor stdio \
		<>"$tag.monitor" >"$tag.out" 2>&1 &
	left_pids[$!]=$!
	last_qemu=$!
}

says() { [ "$(grep -c "^$1" "$mtap_tmp/console")" -ge "$2" ]; }
is_open() { [ "$(<"/sys/bus/mdev/devices/${2-$uuid}/mdev_bpf/open")" = "$1" ]; }

# seen PATTERN NUMBER: the guest comes to say it so often
seen()
{
	await 120 says "$1" "$2" && return
	fail "the guest does not say \"$1\""
	diag "$(tail -n 10 "$mtap_tmp/console" "$mtap_tmp/vm.out")"
	return 1
}

guest_boots()
{
	initrd_begin "$mtap_tmp/root" "$here/vm/guest-plug"
	initrd_end "$mtap_tmp/root" "$mtap_tmp/initrd"
	modprobe kvm_amd 2>/dev/null || modprobe kvm_intel 2>/dev/null || :
	: >"$mtap_tmp/console"
	qemu vm -m 128M -no-reboot -kernel "${kernels[0]}" -initrd "$mtap_tmp/initrd" \
		-append "$initrd_append" \
		-serial "file:$mtap_tmp/console"
	guest=$last_qemu
	seen "guest: ready" 1
}

plug()
{
	monitor vm plug.monitor
	seen "card: plugged" 1
	is_open 1 || fail "the device is not open"
	has "$(<"$mtap_tmp/vm.out")" "PCI device 4348:3253"
}

unplug()
{
	monitor vm unplug.monitor
	seen "card: gone" 1
	await 20 is_open 0 || fail "the device is still open"
}

# From the host: the kernel asks QEMU, and QEMU the guest.
live_detach()
{
	monitor vm plug.monitor
	seen "card: plugged" 2 || return
	documented 0 detach.sh
	has "$err" "in use by process"
	seen "card: gone" 2
	[ ! -e "$attrs" ] || fail "the device is still there"
	tell vm quit
	wait "$guest"
	unset "left_pids[guest]"
}

# The address of the card's first port, which the firmware has chosen
port()
{
	tell here "info pci"
	sed -n 's/.*BAR0: I\/O at \(0x[0-9a-f]*\) .*/\1/p' "$mtap_tmp/here.out" | tail -n 1
}

has_port() { [[ $(port) == 0x?* && $(port) != 0xffff* ]]; }

migrated()
{
	tell here "info migrate"
	grep -q "Migration status: completed" "$mtap_tmp/here.out"
}

# The source may be done when the target has not yet read all.
arrived() { run 0 mdev-bpf dump "$other" && [[ $out == *"SCR 5a"* ]]; }

# No guest is needed: its firmware finds the card, and the test writes to it by QEMU's monitor.
migrate()
{
	local card=vfio-pci,sysfsdev=$attrs,id=card target
	vm+=" -m 32M"
	run 0 mdev-bpf create mtty-2 --uuid "$uuid"
	qemu here -device "$card,enable-migration=on,x-no-kvm-intx=on"
	await 60 has_port || { fail "the card has no address: $(<"$mtap_tmp/here.out")"; return; }
	tell here "o /b $(printf '0x%x' $(($(port) + 7))) 0x5a"
	# shellcheck disable=SC2016 # the inner shell expands it
	target=$(uuid=$uuid vm=$vm bash -ec '. "$0" >/dev/null 2>"$1"; echo $!' \
		"$ex/migrate-target.sh" "$mtap_tmp/target.out" 2>&1)
	left_pids[target]=$target
	await 30 test -S /run/migration || { fail "no target: $(<"$mtap_tmp/target.out")"; return; }
	monitor here migrate.monitor
	await 60 migrated || fail "not migrated: $(<"$mtap_tmp/here.out")"
	tell here quit
	wait "$last_qemu"
	unset "left_pids[last_qemu]"
	is "$(<"/sys/bus/mdev/devices/$other/mdev_bpf/open")" 1
	await 30 arrived || fail "its register has not arrived: $out"
	kill "$target"
	await 30 is_open 0 "$other" || fail "the target has the device open"
	unset "left_pids[target]"
	rm -f /run/migration /run/target.monitor
}

points define start refused stop statistics globals guest_boots plug unplug live_detach migrate
