#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Documentation/tracing.rst: its commands for tracefs, bpftrace and bpftool, as they are there, with an
# access to a device meanwhile. system/boot runs it, where bpftrace is.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

ex=$here/docs/built
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
other=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
third=83b8f4f2-509f-382f-3c1e-e6bfe0fa1003
tracing=/sys/kernel/tracing
events=$tracing/events/mdev_bpf
left_devices=("$uuid" "$other")
left_programs=(mtty)

for tool in mdev-bpf bpftrace bpftool; do
	command -v $tool >/dev/null || skip_all "no $tool"
done
[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[ -e "$ex/bpftrace-count.sh" ] || skip_all "the examples are not built"

left()
{
	[ ! -d "$events" ] || echo 0 >"$events/enable"
	rm -rf /sys/fs/bpf/t /sys/fs/bpf/failures
	at_exit
}
trap left EXIT

# begin FILE: run one of the page's blocks in the background, until "finish".
begin()
{
	said=$mtap_tmp/said
	setsid bash -e "$ex/$1" >"$said" 2>&1 </dev/null &
	teller=$!
	left_pids[teller]=$teller
}

# Ctrl-C is for all of its processes. One of the background has to be asked otherwise.
finish()
{
	kill "-${1:-TERM}" -- "-$teller" 2>/dev/null
	wait "$teller" 2>/dev/null
	unset "left_pids[teller]"
}

access()
{
	run 0 mdev-bpf peek "$1" LSR0
	run 0 mdev-bpf poke "$1" SCR0 0x5a
}

# has_said PATTERN: after an access more
has_said() { access "$uuid"; grep -q "$1" "$said"; }
tells() { await 30 has_said "$1" || fail "no \"$1\" in: $(tail -n 5 "$said")"; }

with_device()
{
	run 0 mdev-bpf load /usr/lib/mdev-bpf/mtty.bpf.o
	run 0 mdev-bpf create mtty-2 --uuid "$uuid"
	run 0 mdev-bpf create mtty-2 --uuid "$other"
	modprobe vfio_iommu_type1
}

tracefs()
{
	echo >"$tracing/trace"
	begin tracefs.sh
	tells "mdev_bpf_region: dev=$uuid read .* val=0x60 ret=0 reg=LSR0"
	finish
}

filter()
{
	run 0 bash -e "$ex/tracefs-filter.sh"
	echo >"$tracing/trace"
	access "$uuid"
	access "$other"
	echo 0 >"$events/enable"
	run 0 grep "dev=" "$tracing/trace"
	has "$out" "mdev_bpf_ioctl: dev=$uuid"
	has_not "$out" "dev=$other"
	has_not "$out" mdev_bpf_region
	echo 0 >"$events/filter"
}

hist()
{
	run 0 bash -e "$ex/tracefs-hist.sh"
	access "$uuid"
	access "$uuid"
	access "$other"
	out=$(tr -s ' ' <"$events/mdev_bpf_region/hist")
	has "$out" "{ reg: LSR0 *, index: 0, write: 0 } hitcount: 2"
	has "$out" "{ reg: SCR0 *, index: 0, write: 1 } hitcount: 2"
	run 0 bash -e "$ex/tracefs-hist-end.sh"
	has_not "$(<"$events/mdev_bpf_region/trigger")" "hist:"
}

# attached EVENT: somebody listens to it with BPF, or perf.
attached() { bpftool perf show 2>/dev/null | grep -q "tracepoint *$1" || bpftool link show | grep -q "$1"; }

# bpftrace_tells FILE EVENT PATTERN: what it prints at its end
bpftrace_tells()
{
	begin "$1"
	await 60 attached "$2" || fail "it does not begin: $(<"$said")"
	access "$uuid"
	finish INT
	has "$(<"$said")" "$3"
}

bpftrace_count() { bpftrace_tells bpftrace-count.sh mdev_bpf_region "@\[0, 1\]: 1"; }

bpftrace_slow()
{
	bpftrace_tells bpftrace-slow.sh mdev_bpf_slow_op "@*|@"
	echo 0 >/sys/kernel/mdev_bpf/slow_op_us
}

# What the page says that bpftrace cannot do. If it can, the page is to be changed.
bpftrace_strings()
{
	# shellcheck disable=SC2016 # for bpftrace
	echo 'exec bpftrace -e "tracepoint:mdev_bpf:mdev_bpf_region { @[args.name] = count(); }"' \
		>"$mtap_tmp/strings.sh"
	ex=$mtap_tmp bpftrace_tells strings.sh mdev_bpf_region "@*: "
	has_not "$(<"$said")" "$uuid"
}

ioctls()
{
	begin ioctls.sh
	tells "$uuid VFIO_DEVICE_GET_REGION_INFO (0x3b6c) = 0"
	finish
	run 0 rm -r /sys/fs/bpf/t
}

# The block loads the program, and prints what it has counted so far.
failures()
{
	left_programs+=(kst_docs)
	run 0 mdev-bpf load "$here/progs/kfail.bpf.o" --type kst_docs
	left_devices+=("$third")
	run 0 mdev-bpf create kst_docs-1 --uuid "$third"
	run 0 bash -e -c "cd '$ex' && . ./failures.sh"
	is "$out" "[]"
	# Its register RETURN: the write ends with EPERM.
	run 1 mdev-bpf poke "$third" bar0 0x24 0xffffffff
	run 0 bpftool map dump name failures
	has "$(tr -s ' \n' ' ' <<<"$out")" '"value": 1'
}

points with_device tracefs filter hist bpftrace_count bpftrace_slow bpftrace_strings ioctls failures
