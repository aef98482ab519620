#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tracing with what the system has: bpftool and tracefs. The accesses are those of other tests.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

object=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}/trace/ioctl.bpf.o
pins=/sys/fs/bpf/kst_trace
tracing=/sys/kernel/tracing
uuid=5e1f7e57-0000-4000-8000-0000000000d0

at_exit()
{
	[ ! -d "$tracing/events/mdev_bpf" ] || echo 0 >"$tracing/events/mdev_bpf/enable"
	rm -rf "$pins" "$mtap_tmp"
}
trap at_exit EXIT

command -v bpftool >/dev/null || skip_all "no bpftool"
[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[ -d "$tracing/events" ] || skip_all "no tracefs"

clear_trace() { echo >"$tracing/trace"; }

loads()
{
	run 0 bpftool prog loadall "$object" "$pins" autoattach
	[ -n "$(ls "$pins" 2>/dev/null)" ] || fail "nothing is pinned in $pins"
}

# What another test does to its device, in the trace buffer when this returns
ioctls()
{
	clear_trace
	run 0 "$here/vfio/info" irqs reset unknown_ioctls
	trace=$(grep -v "^#" "$tracing/trace")
}

by_name()
{
	ioctls
	has "$trace" "$uuid VFIO_DEVICE_GET_REGION_INFO (0x3b6c) = 0"
	has "$trace" "$uuid VFIO_DEVICE_GET_REGION_INFO (0x3b6c) = -22"
	has "$trace" "$uuid VFIO_DEVICE_GET_IRQ_INFO (0x3b6d) = 0"
	has "$trace" "$uuid VFIO_DEVICE_GET_IRQ_INFO (0x3b6d) = -22"
	has "$trace" "$uuid VFIO_DEVICE_RESET (0x3b6f) = 0"
	has "$trace" "$uuid VFIO_DEVICE_QUERY_GFX_PLANE (0x3b72) = -25"
	has "$trace" "$uuid device specific ("
	is "$(grep -c "VFIO_DEVICE_RESET " <<<"$trace")" 1
}

# The words of the issue: "bpftool prog tracelog" shows them.
tracelog()
{
	local log=$mtap_tmp/log pid
	ioctls
	bpftool prog tracelog >"$log" 2>&1 </dev/null &
	pid=$!
	# The buffer is full already; this waits for bpftool to have read it.
	await 20 grep -q "VFIO_DEVICE_RESET" "$log" || fail "bpftool is silent"
	kill "$pid"
	wait "$pid" 2>/dev/null
	log=$(<"$log")
	has "$log" "$uuid VFIO_DEVICE_GET_IRQ_INFO (0x3b6d) = 0"
	has "$log" "$uuid VFIO_DEVICE_RESET (0x3b6f) = 0"
}

# Off is off.
unloads()
{
	rm -rf "$pins"
	ioctls
	has_not "$trace" "$uuid"
}

ioctl_event()
{
	echo 1 >"$tracing/events/mdev_bpf/mdev_bpf_ioctl/enable"
	ioctls
	echo 0 >"$tracing/events/mdev_bpf/mdev_bpf_ioctl/enable"
	has "$trace" "mdev_bpf_ioctl: dev=$uuid cmd=0x3b6f ret=0"
	has "$trace" "mdev_bpf_ioctl: dev=$uuid cmd=0x3b6d ret=-22"
	has_not "$trace" "mdev_bpf_region:"
}

region_event()
{
	clear_trace
	echo 1 >"$tracing/events/mdev_bpf/mdev_bpf_region/enable"
	run 0 "$here/vfio/access" bytes_in_order partial
	echo 0 >"$tracing/events/mdev_bpf/mdev_bpf_region/enable"
	trace=$(grep -v "^#" "$tracing/trace")
	has "$trace" "dev=$uuid write region=0 offset=0x0 size=4 val=0x4030201 ret=0"
	has "$trace" "dev=$uuid write region=0 offset=0x4 size=2 val=0x605 ret=0"
	has "$trace" "dev=$uuid read region=0 offset=0x4 size=4 val=0x8070605 ret=0"
	has "$trace" "dev=$uuid read region=0 offset=0x8 size=4 val=0x0 ret=-1"
}

register_names()
{
	clear_trace
	echo 1 >"$tracing/events/mdev_bpf/mdev_bpf_region/enable"
	run 0 "$here/register/access" only_written_bits_change
	run 0 "$here/device/doorbell" eventfd_keeps
	echo 0 >"$tracing/events/mdev_bpf/mdev_bpf_region/enable"
	trace=$(grep -v "^#" "$tracing/trace")
	has "$trace" "dev=$uuid read region=0 offset=0x0 size=4 val=0x4b524547 ret=0 reg=ID\[0]"
	has "$trace" "write region=0 offset=0x18 size=8 val=0x123456789abcdef ret=0 reg=WIDE\[0]"
	has "$trace" "write region=2 offset=0x138 size=4 val=0x12 ret=0 reg=TAIL\[7]"
	has "$trace" "write region=2 offset=0x144 size=4 val=0x33 ret=0 reg=-\[0]"
}

# As Documentation/tracing.rst has it
register_counters()
{
	local event=$tracing/events/mdev_bpf/mdev_bpf_region
	local hist="hist:keys=reg,index,write if name == \"$uuid\""
	[ -e "$event/hist" ] || { skip "the kernel has no CONFIG_HIST_TRIGGERS"; return; }
	echo "$hist" >"$event/trigger"
	run 0 "$here/register/access" only_written_bits_change
	out=$(tr -s ' ' <"$event/hist")
	echo "!$hist" >"$event/trigger"
	has "$out" "{ reg: WIDE , index: 0, write: 1 } hitcount: 1"
	has "$out" "{ reg: CTRL , index: 0, write: 0 } hitcount: 1"
}

# The events that are not about accesses, of a test that has all of them
other_events()
{
	local event
	clear_trace
	for event in irq lifecycle failure slow_op; do
		echo 1 >"$tracing/events/mdev_bpf/mdev_bpf_$event/enable"
	done
	run 0 "$here/device/stats" counts_each_op slow_ops
	run 0 "$here/device/fail" record
	echo 0 >"$tracing/events/mdev_bpf/enable"
	trace=$(grep -v "^#" "$tracing/trace")
	has "$trace" "mdev_bpf_irq: dev=$uuid index=1 vector=0 taken=1"
	has "$trace" "mdev_bpf_irq: dev=$uuid index=1 vector=1 taken=1"
	for event in create open close reset remove; do
		has "$trace" "mdev_bpf_lifecycle: dev=$uuid $event ret=0"
	done
	has "$trace" "mdev_bpf_failure: dev=$uuid op=region_write code=-5 text=reason -5"
	has "$trace" "mdev_bpf_slow_op: dev=$uuid op=region_write ns="
	has "$trace" "mdev_bpf_slow_op: dev=$uuid op=timer ns="
	has_not "$trace" "mdev_bpf_region:"
}

# Requests of files and of guest memory, from tests that make them
request_event()
{
	clear_trace
	echo 1 >"$tracing/events/mdev_bpf/mdev_bpf_dma/enable"
	run 0 "$here/dma/file" list discard
	run 0 "$here/dma/file" binding
	echo 0 >"$tracing/events/mdev_bpf/enable"
	trace=$(grep -v "^#" "$tracing/trace")
	has "$trace" " file-read iova=0x200090000000040 size=5600 channel=0 count=2 file=0 offset=512 error=0"
	has "$trace" " file-write iova=0x200090000000040 size=5600 channel=0 count=2 file=0 offset=0 error=0"
	has "$trace" " file-discard iova=0x0 size=65536 channel=0 count=0 file=0 offset=32768 error=0"
}

points loads by_name tracelog unloads ioctl_event region_event register_names \
	register_counters other_events request_event
