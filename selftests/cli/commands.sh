#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-bpf, the command: what it does, what it prints, how it fails.
# shellcheck disable=SC2317,SC2119 # test points are called by name; load may have no options

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/cli.sh"

help_and_version()
{
	local command
	run 0 mdev-bpf help
	for command in load unload list types devices show create remove inspect peek poke memory \
		console dump stats test top trace new doctor version; do
		has "$out" "  $command "
	done
	run 0 mdev-bpf help load
	has "$out" "--replace"
	run 0 mdev-bpf load --help
	has "$out" "--replace"
	run 0 mdev-bpf version
	has "$out" "abi"
	run 0 mdev-bpf -j version
	is "$(json "j['abi'] == j['kernel_abi'] == $(</sys/kernel/mdev_bpf/abi)")" True
	is "$(json "j['kernel_abi_min'] == $(</sys/kernel/mdev_bpf/abi_min)")" True
	is "$(json "'fail' in j['features'] and 'timers' in j['features']")" True
	is "$(json "len(j['features']) == bin($(</sys/kernel/mdev_bpf/features)).count('1')")" True
}

# A wrong command line is status 2, says why on stderr, and prints nothing else.
usage()
{
	local line
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run 2 mdev-bpf $line
		is "$out" ""
		[ -n "$err" ] || fail "mdev-bpf $line says nothing"
	done <<-END

		frobnicate
		l
		load
		load a b
		unload
		list x
		show a b
		create
		create --uuid
		peek $uuid bar0
		peek $uuid bar9 0
		peek $uuid bar0 x
		peek $uuid bar0 0 3
		poke $uuid bar0 0
		list --force
		--nonsense list
		load $mtty --limit
		load $mtty --limit x
		load $mtty --limit -1
		help bogus
	END
	run 2 mdev-bpf load
	has "$err" "usage: mdev-bpf load OBJECT \[OPTIONS\]"
	run 2 mdev-bpf load "$mtty" --type
	has "$err" "'--type' needs a value"
	run 2 mdev-bpf poke "$uuid" bar0 7 1 -1
	has "$err" "'-1' is not an option, and no number here is negative"
	run 2 mdev-bpf -j help bogus
	has "$(json "j['error']")" "no command 'bogus'"
	run 2 mdev-bpf -j
	has "$(json "j['error']")" "no command"
	run 2 mdev-bpf list -xj
	has "$(json "j['error']")" "'-x'"
	run 2 mdev-bpf list --force=1
	has "$err" "'--force=1': --force takes no value"
	run 2 mdev-bpf l
	has "$err" load
	has "$err" list
}

prefixes()
{
	run 0 mdev-bpf ver
	has "$out" abi
	run 0 mdev-bpf li
	run 0 mdev-bpf ty
	run 0 mdev-bpf sh
	run 0 mdev-bpf he lo
	has "$out" "--replace"
}

empty_lists()
{
	local command
	if [ -n "$(ls /sys/class/mdev_bus 2>/dev/null)" ]; then
		skip "there are programs on this machine"
		return
	fi
	for command in list types devices show; do
		run 0 mdev-bpf "$command"
		is "$out" ""
		has "$err" "mdev-bpf "
		run 0 mdev-bpf -j "$command"
		is "$out" "[]"
		is "$err" ""
	done
}

# Lists of a module that is not there are no empty lists.
no_module()
{
	local command
	for command in list types devices show stats "stats on" "show $uuid" "show $prog" \
		"unload $prog" "create $prog-1" "load $mtty"; do
		# shellcheck disable=SC2086 # words
		run 1 unshare -m sh -c "mount -t tmpfs none /sys/kernel && exec mdev-bpf $command"
		has "$err" "mdev_bpf is not loaded: modprobe mdev_bpf"
		is "$out" ""
	done
	run 0 unshare -m sh -c "mount -t tmpfs none /sys/kernel && exec mdev-bpf version"
}

load_and_list()
{
	load
	[ -e "$pins/$prog" ] || fail "the link is not pinned"
	run 0 mdev-bpf list
	has "$out" "$prog"
	has "$out" attached
	run 0 mdev-bpf -j list
	is "$(json "[p['state'] for p in j if p['name'] == '$prog']")" "['attached']"
	run 0 mdev-bpf types
	has "$out" "$prog-1"
	has "$out" "$prog-2"
	run 0 mdev-bpf show "$prog"
	has "$out" "$pins/$prog"
	run 0 mdev-bpf unload "$prog"
	[ ! -e "$pins/$prog" ] || fail "the pin is still there"
	goes "/sys/class/$prog"
	run 0 mdev-bpf list
	has_not "$out" "$prog"
}

devices()
{
	load
	create
	is "$out" "$uuid"
	run 1 mdev-bpf create "$prog-1" --uuid "$uuid"
	[ -n "$err" ] || fail "no reason"
	run 1 mdev-bpf create "$prog-9" --uuid "$other"
	has "$err" "$prog-9"
	run 0 mdev-bpf show "$uuid"
	has "$out" "$prog-2"
	run 0 mdev-bpf devices
	has "$(tr -s ' ' <<<"$out")" "$uuid $prog-2 $prog attached no"
	run 0 mdev-bpf -j devices "$prog"
	is "$(json "[(d['uuid'], d['state']) for d in j]")" "[('$uuid', 'attached')]"
	run 1 mdev-bpf devices "${prog}2"
	has "$err" "no program"
	run 0 mdev-bpf create "$prog-1"
	run 0 mdev-bpf remove "$out"
	run 0 mdev-bpf remove "$uuid"
	is "$out" ""
	[ ! -e "/sys/bus/mdev/devices/$uuid" ] || fail "the device is still there"
	run 1 mdev-bpf remove "$uuid"
	run 1 mdev-bpf show "$uuid"
	run 0 mdev-bpf unload "$prog"
}

# The file of a device in /dev/vfio/devices, which only some kernels have
cdevs()
{
	local cdev
	load
	create
	run 0 mdev-bpf -j devices "$prog"
	cdev=$(json "j[0]['vfio_cdev']")
	run 0 mdev-bpf -j show "$uuid"
	if grep -q vfio_df_ioctl_bind_iommufd /proc/kallsyms; then
		[ -c "/dev/vfio/devices/$cdev" ] || fail "there is no $cdev"
		is "$(json "j['vfio_cdev']")" "/dev/vfio/devices/$cdev"
	else
		is "$cdev" None
		is "$(json "'vfio_cdev' in j")" False
	fi
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

# make_devices FROM TO: those with numbers from the one to before the other
make_devices()
{
	local i
	for ((i = $1; i < $2; i++)); do
		printf '5e1f7e57-0000-4000-8000-%012x' $((0x10000 + i)) \
			>"/sys/class/mdev_bus/$prog/mdev_supported_types/$prog-1/create" || fail "no device"
	done
}

# calls COMMAND...: the number of its system calls
calls()
{
	run 0 strace -o "$mtap_tmp/strace" mdev-bpf "$@"
	calls=$(wc -l <"$mtap_tmp/strace")
}

# least_time COMMAND...: processor time of its own in milliseconds, the least of some tries
least_time()
{
	local TIMEFORMAT=%3U times i
	for i in 1 2; do
		times+=$({ time mdev-bpf "$@" >/dev/null 2>&1; } 2>&1)$'\n'
	done
	times=$(sort -n <<<"${times%$'\n'}" | head -n 1)
	echo $((10#${times/./}))
}

# Five times as many devices cost five times as much to list, and nothing more to show one of them.
many_devices()
{
	local list show one text json
	run 0 mdev-bpf load "$here/progs/kfail.bpf.o" --type "$prog"
	make_devices 0 8
	calls devices; list=$calls
	calls show; show=$calls
	calls show 5e1f7e57-0000-4000-8000-000000010000; one=$calls
	make_devices 8 40
	calls devices
	[ "$calls" -lt $((list * 6)) ] || fail "devices: $list system calls for 8, $calls for 40"
	calls show
	[ "$calls" -lt $((show * 6)) ] || fail "show: $show system calls for 8, $calls for 40"
	calls show 5e1f7e57-0000-4000-8000-000000010000
	[ "$calls" -lt $((one + 20)) ] || fail "show UUID: $one system calls among 8, $calls among 40"
	text=$(least_time show)
	json=$(least_time -j show)
	[ "$text" -lt $((json * 3 + 20)) ] || fail "show: $text ms, and $json ms for JSON"
	wipe
}

exhausted()
{
	load
	for _ in {1..12}; do
		run 0 mdev-bpf create "$prog-2"
		echo "$out" >>"$mtap_tmp/made"
	done
	run 1 mdev-bpf create "$prog-2"
	[ -n "$err" ] || fail "no reason"
	while read -r out; do
		run 0 mdev-bpf remove "$out"
	done <"$mtap_tmp/made"
	run 0 mdev-bpf unload "$prog"
}

peek_and_poke()
{
	load
	create
	run 0 mdev-bpf peek "$uuid" bar0 5 1
	is "$out" 0x60
	run 0 mdev-bpf poke "$uuid" bar1 7 1 0x5a
	is "$out" ""
	run 0 mdev-bpf peek "$uuid" bar1 7 1
	is "$out" 0x5a
	run 0 mdev-bpf peek "$uuid" bar0 7
	is "$out" 0x00
	run 0 mdev-bpf peek "$uuid" config 0 4
	is "$out" 0x32534348
	run 0 mdev-bpf peek "$uuid" 7 0 2
	is "$out" 0x4348
	run 0 mdev-bpf -j peek "$uuid" bar0 5 1
	is "$(json "j['region'], j['size'], int(j['value'], 16)")" "bar0 1 96"
	run 1 mdev-bpf peek "$uuid" bar0 8 1
	run 1 mdev-bpf peek "$uuid" bar2 0 1
	run 0 mdev-bpf peek "$uuid" LSR0
	is "$out" 0x60
	run 0 mdev-bpf poke "$uuid" SCR1 0xa5
	run 0 mdev-bpf -j peek "$uuid" SCR1
	is "$(json "j['register'], j['region'], j['offset'], j['value']")" "SCR1 bar1 7 0xa5"
	run 2 mdev-bpf poke "$uuid" SCR1 0x100
	run 1 mdev-bpf peek "$uuid" SCR2
	has "$err" "no register 'SCR2'"
	run 2 mdev-bpf peek "$uuid" bar1
	has "$err" "an offset is missing"
	run 0 mdev-bpf show --registers "$uuid"
	has "$out" "LSR1 * bar1 * 0x05"
	run 0 mdev-bpf show "$uuid"
	has_not "$out" LSR1
	run 2 mdev-bpf poke "$uuid" bar0 7 1 0x100
	run 1 mdev-bpf peek "$other" bar0 5 1
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

parameters()
{
	local kparam=$here/progs/kparam.bpf.o
	run 0 mdev-bpf load "$kparam" --map kparam --type "$prog"
	run 0 mdev-bpf show "$prog"
	has "$out" "capacity * number * 4096"
	run 0 mdev-bpf create "$prog-a" --uuid "$uuid" --set capacity=64k --set serial=S-1 \
		--set cache=no
	run 0 mdev-bpf -j show "$uuid"
	is "$(json "j['params']")" \
		"{'cache': '0', 'capacity': '65536', 'host': '0', 'queues': '1', 'room': '16384', 'serial': 'S-1'}"
	run 0 mdev-bpf peek "$uuid" bar0 0 8
	is "$out" 0x0000000000010000
	run 0 mdev-bpf remove "$uuid"
	run 1 mdev-bpf create "$prog-a" --uuid "$uuid" --set capacity=1
	has "$err" "1 is not from 4096 to 1099511627776"
	run 1 mdev-bpf create "$prog-a" --uuid "$uuid" --set colour=1
	has "$err" "has no such parameter"
	run 1 mdev-bpf create "$prog-a" --uuid "$uuid" --set serial=
	has "$err" "0 bytes are not from 2"
	[ ! -e "/sys/bus/mdev/devices/$uuid" ] || fail "the device is still there"
	run 2 mdev-bpf create "$prog-a" --set capacity
	run 2 mdev-bpf create "$prog-a" --set ../remove=1
	run 0 mdev-bpf unload "$prog"
}

memory()
{
	local kmem=$here/progs/kmem.bpf.o image=$mtap_tmp/image copy=$mtap_tmp/copy
	run 0 mdev-bpf load "$kmem" --type "$prog"
	run 0 mdev-bpf create "$prog-1" --uuid "$uuid"
	head -c 7001 /dev/urandom >"$image"
	run 0 mdev-bpf memory "$uuid" bar1 load "$image"
	is "$out" ""
	run 0 mdev-bpf memory "$uuid" bar1 save "$copy"
	cmp -n 7001 "$image" "$copy" || fail "the region has other bytes"
	is "$(stat -c '%a %s' "$copy")" "600 65536"
	truncate -s 65537 "$image"
	run 1 mdev-bpf memory "$uuid" bar1 load "$image"
	has "$err" "has 65537 bytes, more than region bar1, which has 65536"
	run 1 mdev-bpf memory "$uuid" 9 load "$mtap_tmp/none"
	has "$err" "No such file"
	run 1 mdev-bpf memory "$uuid" bar5 load "$image"
	has "$err" "bar5 cannot be written"
	run 1 mdev-bpf memory "$uuid" bar3 save "$copy"
	has "$err" "no region bar3"
	run 2 mdev-bpf memory "$uuid" bar1 keep "$copy"
	run 2 mdev-bpf memory "$uuid" foo save "$copy"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

every_command_json()
{
	run 0 mdev-bpf -j load "$mtty" --type "$prog"
	is "$(json "j['name'], j['state']")" "$prog attached"
	run 0 mdev-bpf -j create "$prog-2" --uuid "$uuid"
	has "$(json j)" "$uuid"
	run 0 mdev-bpf -j types
	is "$(json "sorted(t['type'] for t in j if t['type'].startswith('$prog'))")" \
		"['$prog-1', '$prog-2']"
	run 0 mdev-bpf -j show
	is "$(json "[d['type'] for d in j if d['uuid'] == '$uuid']")" "['$prog-2']"
	run 0 mdev-bpf -j show "$uuid"
	is "$(json "j['uuid'], j['state'], j['open']")" "$uuid attached False"
	run 0 mdev-bpf -p show "$prog"
	is "$(json "j['name']")" "$prog"
	[ "$(wc -l <<<"$out")" -gt 5 ] || fail "-p is not for people: $out"
	run 0 mdev-bpf -j inspect "$mtty"
	has "$(json j)" mtty
	run 0 mdev-bpf -j poke "$uuid" bar0 7 1 1
	is "$out" null
	run 0 mdev-bpf -j remove "$uuid"
	is "$out" null
	run 1 mdev-bpf -j remove "$uuid"
	has "$(json "j['error']")" "$uuid"
	run 0 mdev-bpf -j unload "$prog"
	is "$out" null
	run 0 mdev-bpf -j help
	is "$(json "len(j) > 10")" True
	run 0 mdev-bpf -j help load
	is "$(json "j['command'], 'replace' in j['options']")" "load True"
	run 0 mdev-bpf -j load --help
	is "$(json "j['command']")" load
	run 0 mdev-bpf -j --help
	is "$(json "len(j) > 10")" True
}

# A device that its program fails, as people and scripts see it
failed_device()
{
	load_kfail
	run 0 mdev-bpf -j show "$uuid"
	is "$(json "j['state'], j['failure'], j['slow_ops']")" "attached None []"
	run 0 mdev-bpf poke "$uuid" bar0 4 0xfffffff9
	run 0 mdev-bpf show "$uuid"
	has "$out" "state * failed"
	has "$out" "op region_write"
	has "$out" "text reason -7"
	run 0 mdev-bpf -j show "$uuid"
	is "$(json "j['state'], j['failure']['op'], j['failure']['code'], j['failure']['text']")" \
		"failed region_write -7 reason -7"
	has "$(json "j['failure']['program']")" "_kfail_write"
	has "$(json "j['failure']['time']")" "T"
	is "$(json "j['failure']['boot_time'] > 0")" True
	id=$(json "j['failure']['prog_id']")
	run 0 bpftool -j prog show id "$id"
	is "$(json "j['name']")" kfail_write
	run 1 mdev-bpf peek "$uuid" bar0 4
	has "$err" "mdev-bpf show"
	run 0 mdev-bpf dump "$uuid"
	has "$out" "state: failed"
	has "$out" "failure: region_write, code -7: reason -7"
	run 0 mdev-bpf -j dump "$uuid"
	has "$(json "j['dump']")" "state: failed"
	run 0 mdev-bpf load "$here/progs/kfail.bpf.o" --type "$prog" --replace
	run 0 mdev-bpf peek "$uuid" bar0 4
	is "$(state)" attached
	run 0 mdev-bpf remove "$uuid"
	run 1 mdev-bpf dump "$uuid"
	run 0 mdev-bpf unload "$prog"
}

load_kfail()
{
	run 0 mdev-bpf load "$here/progs/kfail.bpf.o" --type "$prog"
	run 0 mdev-bpf create "$prog-1" --uuid "$uuid"
}

dump_of_mtty()
{
	load
	create
	run 0 mdev-bpf poke "$uuid" bar1 7 1 0x5a
	run 0 mdev-bpf dump "$uuid"
	has "$out" "state: attached"
	has "$out" "port 1: IER 00"
	has "$out" "SCR 5a"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

stats()
{
	load_kfail
	run 0 mdev-bpf stats "$uuid"
	is "$out" ""
	has "$err" "mdev-bpf stats on"
	run 0 mdev-bpf stats on
	is "$(</sys/kernel/mdev_bpf/stats)" 1
	run 0 mdev-bpf peek "$uuid" bar0 4
	run 0 mdev-bpf peek "$uuid" bar0 4
	run 0 mdev-bpf -j stats off
	is "$out" null
	run 0 mdev-bpf peek "$uuid" bar0 4
	run 0 mdev-bpf stats "$uuid"
	has "$out" "region_read * 2 * 0 "
	has "$out" "open * 2 * 0 "
	for what in "$uuid" "$prog" "$prog-1" ""; do
		# shellcheck disable=SC2086 # none is no argument
		run 0 mdev-bpf -j stats $what
		is "$(json "[s['calls'] for s in j if s['op'] == 'region_read' and s['uuid'] == '$uuid']")" \
			"[2]"
		is "$(json "all(s['average_ns'] <= s['max_ns'] <= s['total_ns'] for s in j)")" True
	done
	run 1 mdev-bpf stats nonsense
	has "$err" nonsense
	run 1 mdev-bpf stats "$other"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

told() { dmesg | tail -n 20 | grep -q "$1"; }

slow_ops()
{
	local line="region_write of $prog (link [0-9]*, map [0-9]*) took [0-9]* us, more than 100"
	load_kfail
	echo 100 >/sys/kernel/mdev_bpf/slow_op_us
	run 0 mdev-bpf poke "$uuid" bar0 0x1c 300000
	echo 0 >/sys/kernel/mdev_bpf/slow_op_us
	run 0 mdev-bpf -j show "$uuid"
	is "$(json "sorted((s['which'], s['op']) for s in j['slow_ops'])[1]")" \
		"('worst', 'region_write')"
	is "$(json "j['slow_ops'][1]['ns'] > 100000")" True
	# It is printed later
	await 20 told "$line" || fail "the kernel's log does not tell of it"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

# What did not get out is not a success.
full_disk()
{
	run 1 bash -c "mdev-bpf version >/dev/full"
	has "$err" "cannot write"
	run 1 bash -c "mdev-bpf -j list >/dev/full"
}

# Names are compared whole.
names_too_long()
{
	load
	run 1 mdev-bpf show "${prog}_with_more_letters"
	run 0 mdev-bpf load "$mtty" --type abcdefghijklmno
	run 1 mdev-bpf unload abcdefghijklmnop
	[ -e "$pins/abcdefghijklmno" ] || fail "another program was unloaded"
	run 0 mdev-bpf unload abcdefghijklmno
	run 0 mdev-bpf unload "$prog"
}

unload_with_devices()
{
	load
	create
	run 0 mdev-bpf poke "$uuid" bar0 7 1 0x33
	run 1 mdev-bpf unload "$prog"
	has "$err" "$uuid"
	has "$err" "--force"
	is "$(state)" attached
	run 0 mdev-bpf unload "$prog" --force
	has "$err" "1 device is left without a program"
	is "$(state)" detached
	[ ! -e "$pins/$prog" ] || fail "the pin is still there"
	run 0 mdev-bpf -j list
	is "$(json "[p['state'] for p in j if p['name'] == '$prog']")" "['detached']"
	run 1 mdev-bpf create "$prog-1" --uuid "$other"
	has "$err" "detached"
	run 1 mdev-bpf peek "$uuid" bar0 7 1
	has "$err" "detached"
	run 1 mdev-bpf unload "$prog"
	run 1 mdev-bpf load "$kdev" --type "$prog"
	has "$err" "types\[\] differ from those in use"
	load
	is "$(state)" attached
	run 0 mdev-bpf peek "$uuid" bar0 7 1
	is "$out" 0x33
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
	run 1 mdev-bpf unload "$prog"
	has "$err" "$prog"
}

# A user who has the device open: "remove" minds, "remove --force" asks for it.
in_use()
{
	local said from pid
	load
	create
	coproc HOLD { exec "$here/cli/hold" "$uuid"; }
	# shellcheck disable=SC2153 # set by coproc, until that ends
	pid=$HOLD_PID
	exec {from}<&"${HOLD[0]}"
	read -r -t $((20 * slowness)) said <&"$from"
	is "$said" open
	run 0 mdev-bpf -j show "$uuid"
	is "$(json "j['open']")" True
	run 1 mdev-bpf peek "$uuid" bar0 5 1
	has "$err" "use"
	run 1 mdev-bpf remove "$uuid"
	has "$err" "use"
	[ -e "/sys/bus/mdev/devices/$uuid" ] || fail "the device is gone"
	run 0 mdev-bpf unload "$prog" --force
	load
	run 0 timeout $((30 * slowness)) mdev-bpf remove "$uuid" --force
	has "$err" "in use by process $pid: waiting until it is closed"
	read -r -t $((20 * slowness)) said <&"$from"
	is "$said" asked
	wait "$pid"
	exec {from}<&-
	[ ! -e "/sys/bus/mdev/devices/$uuid" ] || fail "the device is still there"
	run 0 mdev-bpf unload "$prog"
}

# A removal that waits for a user who does not react: the device is there, and says so.
removal_pending()
{
	local said pid from remover
	load
	create
	coproc HOLD { exec "$here/cli/hold" "$uuid"; }
	# shellcheck disable=SC2153 # set by coproc, until that ends
	pid=$HOLD_PID
	exec {from}<&"${HOLD[0]}"
	read -r -t $((20 * slowness)) said <&"$from"
	is "$said" open
	kill -STOP "$pid"
	mdev-bpf remove "$uuid" --force &
	remover=$!
	await 20 test ! -e "/sys/class/mdev_bus/$prog/$uuid/mdev_bpf" || fail "no removal begins"
	run 0 mdev-bpf -j show "$uuid"
	is "$(json "j['state'], j['program']")" "being removed $prog"
	run 0 mdev-bpf -j show
	is "$(json "[d['state'] for d in j if d['uuid'] == '$uuid']")" "['being removed']"
	run 0 mdev-bpf -j list
	is "$(json "[p['devices'] for p in j if p['name'] == '$prog']")" "[1]"
	run 1 mdev-bpf unload "$prog"
	has "$err" "$uuid"
	run 1 timeout $((20 * slowness)) mdev-bpf remove "$uuid" --force
	has "$err" "being removed"
	run 1 mdev-bpf peek "$uuid" bar0 5 1
	has "$err" "being removed"
	kill -CONT "$pid"
	wait "$remover" || fail "remove failed"
	wait "$pid"
	exec {from}<&-
	run 0 mdev-bpf unload "$prog"
}

# link_ids_to ID: make links, of a program that does nothing, until the next one will have this id.
link_ids_to()
{
	python3 - "$1" <<-'END'
		import ctypes, os, struct, sys
		def buf(data):
		    b = ctypes.create_string_buffer(data, len(data))
		    keep.append(b)
		    return ctypes.addressof(b)
		def bpf(cmd, attr):
		    return ctypes.CDLL(None).syscall(321, cmd, ctypes.c_void_p(buf(attr)), len(attr))
		PROG_LOAD, GET_INFO, RAW_TP_OPEN, RAW_TP = 5, 15, 17, 17
		wanted, keep = int(sys.argv[1]), []
		insns = bytes.fromhex("b700000000000000" "9500000000000000")
		prog = bpf(PROG_LOAD, struct.pack("IIQQ24x", RAW_TP, 2, buf(insns), buf(b"GPL\0")))
		link_id = 0
		while link_id < wanted - 1:
		    link = bpf(RAW_TP_OPEN, struct.pack("QI4x", buf(b"task_rename\0"), prog))
		    info = buf(bytes(64))
		    if link < 0 or bpf(GET_INFO, struct.pack("IIQ", link, 64, info)):
		        sys.exit(1)
		    link_id = struct.unpack("II", ctypes.string_at(info, 8))[1]
		    os.close(link)
		sys.exit(link_id != wanted - 1)
	END
}

# The information about a map or a program begins like that of a link: type 9 is an LRU hash, and
# then there is the id.
foreign_pins()
{
	local pin=/sys/fs/bpf/kst_pins id
	# In this order, and with two pins, one is looked at before the link's: whether the kernel
	# lists a directory from the newest entry on, as 6.12 does, or from the oldest.
	mkdir -p "$pins"
	mkdir "$pin"
	run 0 bpftool map create "$pin/map" type lru_hash key 4 value 4 entries 1 name kst
	run 0 bpftool -j map show pinned "$pin/map"
	id=$(json "j['id']")
	ln "$pin/map" "$pins/kst_map"
	run 0 link_ids_to "$id"
	load
	run 0 mdev-bpf -j list
	is "$(json "[p['link_id'] for p in j if p['name'] == '$prog']")" "[$id]"
	is "$(json "[p['pin'] for p in j if p['name'] == '$prog']")" "['$pins/$prog']"
	run 0 mdev-bpf unload "$prog"
	[ ! -e "$pins/$prog" ] || fail "the pin is still there"
	[ -e "$pin/map" ] || fail "the map is gone"
	[ -e "$pins/kst_map" ] || fail "the map's other pin is gone"
	rm -f "$pins/kst_map"
	# A name that is taken by it stays taken.
	mv "$pin/map" "$pin/$prog"
	run 1 mdev-bpf load "$mtty" --type "$prog" --pin "$pin"
	has "$err" "is taken"
	[ -e "$pin/$prog" ] || fail "the map is gone"
	[ ! -e "/sys/class/mdev_bus/$prog" ] || fail "it is loaded"
	rm -r "$pin"
}

wipe
points help_and_version usage prefixes empty_lists no_module load_and_list devices cdevs many_devices exhausted \
	peek_and_poke memory parameters every_command_json failed_device dump_of_mtty stats \
	slow_ops full_disk names_too_long unload_with_devices in_use removal_pending foreign_pins
