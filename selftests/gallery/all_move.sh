#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The life of devices under load, with their stock drivers: one guest has a device of each kind in
# the table below, and works with all of them at the same time. It goes on while QEMU moves it to a
# second QEMU with other devices; with MDEV_TEST_LONG=1 also while each device is reset, while the
# programs are replaced, and while the devices are removed, one after the other. What the drivers
# see must be right all the time. A new device is a line of the tables, and a job of
# vm/guest-worker.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/initrd.sh"
. "$(dirname "$0")/../lib/move.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
uuids=5e1f7e57-0000-4000-8000-0000000a11
move_memory=224M
move_append="8250.nr_uarts=8 vt.global_cursor_default=0"
replaced=2	# times
more=1		# rounds of each job that show that it goes on
[ -z "$long" ] || more=2

# Program, type, parameters. Cables lead from device to device of the same guest: each QEMU has its
# own, whose names get its tag.
devices=(
	"nvme 1 size=4M"
	"virtio_blk 1 packed=1"
	"virtio_net 1 mac=52:54:00:0a:11:01 cable=v"
	"virtio_net 1 mac=52:54:00:0a:11:02 cable=v packed=1"
	"e1000 1 mac=52:54:00:0a:11:03 cable=e"
	"e1000 1 mac=52:54:00:0a:11:04 cable=e"
	"virtio_rng 1"
	"virtio_console 1 loopback=1"
	"mtty 1"
	"bochs medium"
)
modules=(nvme virtio_pci virtio_blk virtio_net e1000 virtio-rng virtio_console bochs)
# What the guest is told to set up, and to do, and how it calls that
set_up=("pair virtio_net 8" "pair e1000 9")
jobs=("disk nvme0n1" "disk vda" "net 10.9.8.2" "net 10.9.9.2" random "echo hvc0" "echo serial"
	screen)
names=(nvme0n1 vda 10.9.8.2 10.9.9.2 random hvc0 serial screen)
# How the guest resets the card behind each job, which is then interrupted so many times
virtio=/sys/bus/virtio/drivers
pci=/sys/bus/pci/drivers
resets=(
	"reset nvme0n1 $pci/nvme/0*"
	"rebind vda $virtio/virtio_blk/virtio* 2"
	"rebind 10.9.8.2 $virtio/virtio_net/virtio*/net/* 0 virtio_net 8"
	"rebind 10.9.9.2 $pci/e1000/0*/net/* 0 e1000 9"
	"rebind random $virtio/virtio_rng/virtio* 1"
	"rebind hvc0 $virtio/virtio_console/virtio* 1"
	"rebind serial $pci/serial/0* 1"
	"rebind screen $pci/bochs-drm/0* 1"
)

needs_guest nested

programs() { printf '%s\n' "${devices[@]%% *}" | sort -u; }
mapfile -t left_programs < <(programs)

# uuid TAG NUMBER
uuid()
{
	local side=1
	[ "$1" = here ] || side=2
	printf '%s%d%01x' "$uuids" "$side" "$2"
}

# create TAG NUMBER: device of the table, and an option for QEMU in $options
create()
{
	local id words word args=()
	id=$(uuid "$1" "$2")
	read -r -a words <<<"${devices[$2]}"
	for word in "${words[@]:2}"; do
		[[ $word != cable=* ]] || word+=-$1
		args+=(--set "$word")
	done
	left_devices+=("$id")
	run 0 mdev-bpf create "${words[0]}-${words[1]}" --uuid "$id" "${args[@]}"
	case ${words[0]} in
	bochs)	bridged "$id" "$2" id=card,display=on ;;
	mtty)	bridged "$id" "$2" ;;
	*)	# "start" has the first one
		[ "$2" -eq 0 ] || options+=(-device "$(move_device "$id")") ;;
	esac
}

# bridged UUID NUMBER [PROPERTY,...]: a card that knows no function level reset, behind a bridge that
# can reset all that is behind it
bridged()
{
	options+=(-device "pci-bridge,id=bridge$2,chassis_nr=$2,shpc=off")
	options+=(-device "$(move_device "$1" "bus=bridge$2${3:+,$3}")")
}

create_all()
{
	local i
	options=()
	for i in "${!devices[@]}"; do
		create "$1" "$i"
	done
}

guest_has_it_all()
{
	local name line
	for name in $(programs); do
		run 0 mdev-bpf load "$objects/$name.bpf.o"
	done
	here_uuid=$(uuid here 0)
	there_uuid=$(uuid there 0)
	create_all here
	here_more=("${options[@]}")
	create_all there
	there_more=("${options[@]}")
	initrd_begin "$mtap_tmp/root" "$here/vm/guest-worker"
	for name in "${modules[@]}"; do
		initrd_module "$mtap_tmp/root" "$move_kernel" "$name"
	done
	initrd_end "$mtap_tmp/root" "$mtap_tmp/initrd"
	start_both
	await 200 said here "^ready" || { fail "it does not boot"; show; }
	for line in "${set_up[@]}"; do
		tell here.control.in "$line"
		read -r _ name _ <<<"$line"
		await 60 said here "^paired: $name" || { fail "\"$line\" failed"; show; }
	done
}

# rounds TAG NAME
rounds() { grep -c "^rounds of $2:" "$mtap_tmp/$1.console"; }

# has_done TAG NUMBER: each job has done so many rounds since "mark"
has_done()
{
	local name
	for name in "${names[@]}"; do
		[ "$(rounds "$1" "$name")" -ge $((${marked[$name]:-0} + $2)) ] || return
	done
}

declare -A marked
mark()
{
	local name
	for name in "${names[@]}"; do
		marked[$name]=$(rounds "$1" "$name")
	done
}

has_done_or_failed() { said "$1" "^failed:" || has_done "$@"; }

# dump TAG: what the devices of that guest say of themselves
dump()
{
	local i id
	for i in "${!devices[@]}"; do
		id=$(uuid "$1" "$i")
		diag "${devices[$i]}: $(<"/sys/bus/mdev/devices/$id/mdev_bpf/failure")"
		diag "$(mdev-bpf dump "$id")"
	done
}

# tell_stuck TAG: somebody waits in that guest, in its QEMU, or here: who, and for what?
tell_stuck()
{
	local question task
	for question in status lapic pic registers; do
		tell "$1.monitor" "info $question"
	done
	tell "$1.control.in" look
	await 30 said "$1" "^looked:" || diag "$1: the guest does not answer"
	tell "$1.monitor" "info registers"
	diag "$(sed -n '/^looks:/,$p' "$mtap_tmp/$1.console")"
	for task in $(pgrep -f "file:$mtap_tmp/$1.console" | sed 's,.*,/proc/&/task/*,'); do
		diag "$task, $(<"$task/comm"): $(<"$task/stack")"
	done
	diag "$(dmesg | tail -n 30)"
	diag "$(sed -n '/info status/,$p' "$mtap_tmp/$1.out")"
	dump "$1"
}

goes_on()
{
	local name
	mark "$1"
	await $((60 * more)) has_done_or_failed "$1" "$more"
	! has_done "$1" "$more" || return 0
	for name in "${names[@]}"; do
		fail "$name: ${marked[$name]} rounds, then $(rounds "$1" "$name")"
	done
	diag "$(grep -A 8 "^failed:" "$mtap_tmp/$1.console")"
	tell_stuck "$1"
	show
	return 1
}

# works TAG: it begins all jobs.
works()
{
	local line
	for line in "${jobs[@]}"; do
		tell "$1.control.in" "begin $line"
	done
	goes_on "$1"
}

works_here() { works here; }

# Drivers that know of resets hide them; the others leave the card, and find it anew.
reset_under_it()
{
	local line name
	for line in "${resets[@]}"; do
		tell here.control.in "$line"
		read -r _ name _ <<<"$line"
		await 100 said here "^reset: $name,\|^failed:"
		said here "^reset: $name," || { fail "\"$line\" failed"; show; dump here; return; }
	done
	goes_on here
	diag "$(grep "^reset:" "$mtap_tmp/here.console")"
}

replaced_under_it()
{
	local i name
	for ((i = 0; i < replaced; i++)); do
		for name in $(programs); do
			run 0 mdev-bpf load "$objects/$name.bpf.o" --replace
		done
	done
	goes_on here
}

# picture TAG LOWER: "ok" if the upper half of the screen is as "paint" makes it, and the lower half
# is LOWER
picture()
{
	tell "$1.monitor" "screendump $mtap_tmp/$1.ppm card"
	python3 "$here/lib/shows.py" "$mtap_tmp/$1.ppm" 1024 768 \
		"(0x7a,) * 3 if y < 384 else $2" 2>&1
}

shows() { [ "$(picture "$@")" = ok ]; }

# The upper half of the screen is painted here, the lower half there.
moves()
{
	has "$(<"$mtap_tmp/here.console")" "screen: 1024,768"
	tell here.control.in paint
	await 60 shows here None || fail "here: $(picture here None)"
	move_guest "stopped:"
}

works_there()
{
	local name
	goes_on there || return
	tell there.control.in stop
	await 100 said there "^stopped:" || { fail "it does not stop"; tell_stuck there; return; }
	said there "^stopped: ok" || fail "not stopped well"
	has "$(<"$mtap_tmp/there.console")" "errors of nvme: 0"
	! said there "^failed" || diag "$(sed -n '/^failed/,$p' "$mtap_tmp/there.console" | head -n 150)"
	[ "$mtap_failed" -eq 0 ] || { show; dump there; }
	for name in "${names[@]}"; do
		diag "$name: rounds before $(rounds here "$name"), after $(rounds there "$name")"
	done
}

picture_has_moved()
{
	await 20 shows there "(0x63,) * 3" || fail "$(picture there "(0x63,) * 3")"
}

is_lost() { said there "^lost: $1"; }
is_gone() { [ ! -e "/sys/bus/mdev/devices/$1" ]; }

# The guest is asked to let each device go, and its driver does, whatever it is doing. QEMU (10.0)
# has a device with a display open until it ends: its console refers to the device, and QEMU closes
# the console when nothing refers to the device.
removed_in_use()
{
	local i id name
	tell there.control.in lose
	works there
	for i in "${!devices[@]}"; do
		id=$(uuid there "$i")
		# No signal ends its wait
		mdev-bpf remove "$id" --force >/dev/null 2>&1 &
		[[ ${devices[$i]} == bochs* ]] || await 100 is_gone "$id" ||
			fail "${devices[$i]} is not gone"
	done
	for name in "${names[@]}"; do
		# A connection waits for its network
		[[ $name == 10.* ]] || await 60 is_lost "$name" || fail "$name is not lost"
	done
	[ "$mtap_failed" -eq 0 ] || show
}

all_are_gone()
{
	local i
	for i in "${!devices[@]}"; do
		is_gone "$(uuid there "$i")" || return
	done
}

ends_well()
{
	end_guest "ended:"
	no_complaints there
	[ -z "$long" ] || await 60 all_are_gone || fail "not all devices are gone"
}

points guest_has_it_all works_here ${long:+reset_under_it replaced_under_it} moves works_there \
	picture_has_moved ${long:+removed_in_use} ends_well
