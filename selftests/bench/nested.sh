#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# nested.sh [ROUNDS|where]: in the VM, boot a guest with our devices and QEMU's own of the same kind, and measure
# both in it (vm/guest-bench, guest_io). Lines "NAME N": what the guest has seen, in the unit of its
# time stamp counter, the median of ROUNDS (1) in which all take turns; and NAME_exits and NAME_switches: exits of KVM, and context switches of the
# guest's QEMU, during the whole measurement. "nothing" is one that should be none, with the text
# that the guest prints each time. Progress goes to stderr. With "where", few measurements are made,
# and QEMU logs what is executed during each (bench/nested_where.sh).
set -eu -o pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ctl=$tmp/ctl
rounds=1
text=hello
log=
case ${1-} in
where)	text=where
	log=${MDEV_EXECLOG:?} ;;
*)	rounds=${1:-1} ;;
esac

die() { echo "nested.sh: $*" >&2; exit 1; }

# hear: the next line of the guest is in $line. It is silent for minutes only if it hangs.
hear() { IFS= read -r -t "$((600 * ${MDEV_TEST_SLOWNESS:-1}))" line <&"$says"; }

# ours PROGRAM TYPE [OPTION]...: create one, its UUID is in $uuid.
ours()
{
	[ -e "/sys/class/mdev_bus/$1" ] || mdev-bpf load "$objects/$1.bpf.o" >/dev/null
	uuid=$(mdev-bpf create "${@:2}")
}

# pci SLOT: QEMU's argument for $uuid
pci() { echo "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$uuid,addr=$1"; }

# disk FILE: 16 MiB that are not sparse
disk() { dd if=/dev/urandom of="$1" bs=1M count=16 status=none; }

# All that QEMU's threads have been taken off a processor
switches() { cat "/proc/$qemu/task/"*/status 2>/dev/null | awk '/ctxt_switches/ { n += $2 } END { print n }'; }

exits() { cat /sys/kernel/debug/kvm/exits; }

begin_boot()
{
	local args=() serial
	ours mtty mtty-1
	serial=$uuid
	ours edu edu-1
	args+=(--qemu "$(pci 0x4)")
	ours bochs bochs-small
	args+=(--qemu "$(pci 0x5)")
	disk "$tmp/ours"
	ours nvme nvme-1 --set "disk=$tmp/ours"
	args+=(--qemu "$(pci 0x6)")
	ours nvme nvme-1 --set size=16M
	args+=(--qemu "$(pci 0x7)")
	disk "$tmp/ours_virtio"
	ours virtio_blk virtio_blk-1 --set "disk=$tmp/ours_virtio"
	args+=(--qemu "$(pci 0x8)")
	disk "$tmp/theirs"
	disk "$tmp/theirs_virtio"
	args+=(--qemu "-device pci-serial,addr=0x10" --qemu "-device edu,addr=0x11"
	       --qemu "-device bochs-display,addr=0x12"
	       --qemu "-drive if=none,id=d1,format=raw,file=$tmp/theirs"
	       --qemu "-device nvme,drive=d1,serial=1,addr=0x13"
	       --qemu "-blockdev null-co,node-name=d2,size=16777216,read-zeroes=on"
	       --qemu "-device nvme,drive=d2,serial=2,addr=0x14"
	       --qemu "-drive if=none,id=d3,format=raw,file=$tmp/theirs_virtio"
	       --qemu "-device virtio-blk-pci,drive=d3,addr=0x15")
	mkfifo "$ctl.in" "$ctl.out"
	exec {says}< <(exec "$here/vm/nested" "$serial" --with "$here/vm/guest-bench" \
		--tool "$here/bench/guest_io" --module nvme --module virtio_pci --module virtio_blk \
		--vendor '' --text "$text" --until "$ctl" --timeout 1800 "${args[@]}" 2>&1)
}

# monitor JSON: have QEMU execute that.
monitor()
{
	local answer
	echo "$1" >&"$qmp"
	until [[ ${answer-} == *'"return"'* ]]; do
		IFS= read -r -t 600 answer <&"$qmp" || die "QEMU's monitor does not answer"
	done
}

# The human monitor's, since QMP cannot change what is logged
human() { monitor "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"$1\"}}"; }

# logs [NAME]: from now on, log each instruction to that file; or do not any more.
logs()
{
	[ -n "$log" ] || return 0
	if [ $# -gt 0 ]; then
		human "logfile $log/$1.log"
		human "one-insn-per-tb on"
		human "log exec,nochain"
	else
		human "log none"
		human "one-insn-per-tb off"
	fi
}

# One measurement: the guest waits until the counters were read.
measured()
{
	local name=$1 before
	qemu=$(pgrep -o qemu-system)
	before=("$(exits)" "$(switches)")
	logs "$name"
	echo go 1<>"$ctl.in"
	while hear; do
		[[ $line != "cost: $name "* ]] || break
		echo "$line" >&2
	done
	logs
	line=${line#cost: }
	[[ $line =~ ^[a-z0-9_]+\ [0-9]+$ ]] || { echo "$line" >&2; return; }
	{
		echo "$line"
		echo "${name}_exits $(($(exits) - before[0]))"
		echo "${name}_switches $(($(switches) - before[1]))"
	} | tee -a "$tmp/lines" | paste -s -d ' ' >&2
}

another_round()
{
	rounds=$((rounds - 1))
	if [ "$rounds" -gt 0 ]; then
		echo again 1<>"$ctl.in"
	else
		echo enough 1<>"$ctl.in"
	fi
}

# The median for each name, in the order of the first round
medians()
{
	local name values
	cut -d ' ' -f 1 "$tmp/lines" | awk '!seen[$0]++' | while read -r name; do
		mapfile -t values < <(sed -n "s/^$name //p" "$tmp/lines" | sort -n)
		echo "$name ${values[${#values[@]} / 2]}"
	done
}

modprobe -a mdev_bpf vfio_iommu_type1
begin_boot
if [ -n "$log" ]; then
	exec {qmp}<>/dev/vport0p4
	monitor '{"execute": "qmp_capabilities"}'
	cat /proc/kallsyms >/mnt/share/symbols
fi
while hear; do
	case $line in
	"ready: "*)	measured "${line#ready: }" ;;
	"round: over")	another_round ;;
	"loopback: ok")	ended=yes; break ;;
	*)		echo "$line" >&2 ;;
	esac
done
medians
[ -n "${ended-}" ] || die "the guest has not come to the end"
