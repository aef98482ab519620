#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What each command prints, as text and as JSON, to the letter: transcripts below golden/. A change
# of the output that is wanted changes them: cli/renew.sh, on the host, writes them anew; look at
# the difference and commit it with the change. With UPDATE=DIR, this writes them to DIR. Arguments
# are the test points to run.
# shellcheck disable=SC2317,SC2119 # test points are called by name; load may have no options

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/cli.sh"

[ -z "$(ls /sys/class/mdev_bus 2>/dev/null)" ] || skip_all "there are programs on this machine"

instances=/sys/kernel/tracing/instances
script=$mtap_tmp/transcript
# What varies and is not known to golden.py
words=("$(uname -r)=KERNEL" "$mtap_tmp=TMP" "$objects=OBJECTS" "$here=SELFTESTS")

# record WHAT [FILE]: for golden.py
record() { printf '\x1e%s\n' "$1"; [ -z "${2-}" ] || cat "$2"; }

# once ARGUMENTS: a command of mdev-bpf, with its output, its messages and its status
once()
{
	local rc=0 what=text
	[ "$1" != -j ] || what=json
	mdev-bpf "$@" >"$mtap_tmp/out" 2>"$mtap_tmp/err" </dev/null || rc=$?
	{
		record "\$ mdev-bpf $*"
		record "$what" "$mtap_tmp/out"
		record errors "$mtap_tmp/err"
		[ "$rc" -eq 0 ] || record "status $rc"
	} >>"$script"
}

# both ARGUMENTS: as text and as JSON
both()
{
	once "$@"
	once -j "$@"
}

# matches NAME: the transcript is that of golden/NAME.
matches()
{
	python3 "$here/cli/golden.py" "${words[@]}" <"$script" >"$script.new" || fail "no transcript"
	mv "$script.new" "$script"
	if [ -n "${UPDATE-}" ]; then
		cp "$script" "$UPDATE/$1"
	else
		cmp -s "$script" "$here/cli/golden/$1" ||
			fail "other output than golden/$1:"$'\n'"$(diff -u "$here/cli/golden/$1" "$script")"
	fi
	! grep -q "^NOT " "$script" || fail "$(grep "^NOT " "$script")"
	rm "$script"
}

quietly() { run 0 mdev-bpf "$@"; }

help()
{
	local command
	both help
	while read -r command; do
		once help "$command"
	done < <(mdev-bpf -j help | python3 -c 'import json, sys
for command in json.load(sys.stdin): print(command["command"])')
	both help bogus
	both lo
	both show --force
	both create --uuid
	matches help
}

without_module()
{
	local line
	run 0 modprobe -r mdev_virtio mdev_bpf
	both version
	both doctor
	both list
	both show "$uuid"
	while read -r line; do
		# shellcheck disable=SC2086 # words
		once $line
	done <<-END
		types
		devices
		show
		show $prog
		stats
		load $mtty
		unload $prog
		create $prog-1
		remove $uuid
		peek $uuid bar0 0
		dump $uuid
		trace
		top
		test $mtty
	END
	run 0 modprobe mdev_bpf
	matches without_module
}

# A machine on which nothing is loaded
empty()
{
	local command
	for command in version doctor list types devices show stats "devices $prog" "show $prog" \
		"show $uuid" "stats $prog"; do
		# shellcheck disable=SC2086 # words
		both $command
	done
	matches empty
}

inspect()
{
	both inspect "$mtty"
	once inspect "$here/progs/kpci.bpf.o"
	once inspect "$here/progs/kbell.bpf.o"
	both inspect /bin/true
	matches inspect
}

# From the loading of a program to its end
life()
{
	once load "$mtty" --type "$prog"
	quietly unload "$prog"
	once -j load "$mtty" --type "$prog"
	both load "$mtty" --type "$prog"
	both load "$mtty" --type "$prog" --dry-run
	once create "$prog-2" --uuid "$uuid" --set port1=1
	once -j create "$prog-1" --uuid "$other"
	both create "$prog-2" --uuid "$uuid"
	both list
	both types
	both devices
	both show "$prog"
	both show "$uuid"
	once show --registers "$uuid"
	once -j show
	both unload "$prog"
	once unload "$prog" --force
	both list
	both show "$prog"
	both show "$uuid"
	both peek "$uuid" SCR0
	both unload "$prog"
	both load "$mtty" --type "$prog" --replace
	both load "$mtty" --type "$prog" --replace
	once remove "$uuid"
	once -j remove "$other"
	once unload "$prog"
	both unload "$prog"
	matches life
}

access()
{
	load
	create
	both peek "$uuid" LSR0
	both peek "$uuid" bar0 5 1
	both peek "$uuid" config 0
	both poke "$uuid" SCR1 0x5a
	both peek "$uuid" bar0 8 1
	both peek "$uuid" SCR2
	both poke "$uuid" SCR1 0x100
	both memory "$uuid" bar0 save "$mtap_tmp/save"
	both console "$uuid"
	both dump "$uuid"
	quietly remove "$uuid"
	quietly unload "$prog"
	matches access
}

failure()
{
	run 0 mdev-bpf load "$here/progs/kfail.bpf.o" --type "$prog"
	run 0 mdev-bpf create "$prog-1" --uuid "$uuid"
	both stats
	run 0 mdev-bpf stats on
	quietly peek "$uuid" bar0 4
	both stats
	both stats "$other"
	echo 1 >/sys/kernel/mdev_bpf/slow_op_us
	quietly poke "$uuid" bar0 0x1c 300000
	echo 0 >/sys/kernel/mdev_bpf/slow_op_us
	quietly poke "$uuid" bar0 4 7
	run 0 mdev-bpf stats off
	both show "$uuid"
	both peek "$uuid" bar0 4
	quietly remove "$uuid"
	quietly unload "$prog"
	matches failure
}

# said_by EVENT: the trace has one of these.
said_by() { grep -q "$1" "$mtap_tmp/said"; }

begin_trace()
{
	mdev-bpf "$@" >"$mtap_tmp/said" &
	teller=$!
	left_pids[teller]=$teller
	await 20 grep -qs 1 "$instances/mdev-bpf-$teller/events/mdev_bpf/enable" ||
		fail "$* does not begin"
}

end_trace()
{
	kill -TERM "$teller"
	wait "$teller"
	unset "left_pids[teller]"
}

# Each kind of event once, sorted: what an op does later comes when it comes.
kinds()
{
	python3 -c '
import json, sys
seen = {}
for line in sys.stdin:
    if line.startswith("{"):
        j = json.loads(line)
        kind = [j.get(key) for key in ("event", "what", "cmd", "op", "reg")]
    else:
        words = line.split()
        kind = words[2:4] + [w for w in words if w.startswith("reg=")]
    # What else is slow depends on the machine; what is read while it waits, too.
    if "slow_op" in kind and "region_write" not in str(kind) or (
            "read" in kind and "reg" not in line.split("ret")[1]):
        continue
    seen.setdefault(str(kind), line)
sys.stdout.writelines(seen[kind] for kind in sorted(seen))' <"$mtap_tmp/said"
}

# One event of each kind, except for interrupts and queues, which need a client. Requests do, too,
# but this one fails at once: the device has no memory of a guest.
events()
{
	local file=/sys/kernel/mdev_bpf/slow_op_us
	quietly create "$prog-1" --uuid "$uuid"
	echo 1 >"$file"
	quietly poke "$uuid" bar0 0x1c 300000
	echo 0 >"$file"
	quietly poke "$uuid" bar0 0x10 1
	quietly poke "$uuid" bar0 4 7
	await 20 said_by failure || fail "no failure"
	quietly create "${prog}f-1" --uuid "$other" --set disk="$mtap_tmp/disk"
	quietly poke "$other" bar0 0x30 8 512
	quietly poke "$other" bar0 0x38 8 0x103
	await 5 at_last file-read "$other" bar0 0x50 8 || fail "no request has completed"
	quietly remove "$other"
	quietly create "${prog}m-2" --uuid "$other"
	quietly poke "$other" SCR1 0x5a
	quietly peek "$other" SCR1
	quietly load "$mtty" --type "${prog}m" --replace
	quietly remove "$other"
	quietly remove "$uuid"
	await 20 said_by "$uuid.*remove" || fail "no removal"
}

# at_last EVENT ACCESS...: it has come; what it waits for goes on while the device is open
at_last()
{
	mdev-bpf peek "${@:2}" >/dev/null
	said_by "$1"
}

trace()
{
	truncate -s 64k "$mtap_tmp/disk"
	quietly load "$here/progs/kfail.bpf.o" --type "$prog"
	quietly load "$here/progs/kfile.bpf.o" --type "${prog}f"
	quietly load "$mtty" --type "${prog}m"
	begin_trace trace
	events
	end_trace
	record text <(kinds) >>"$script"
	begin_trace -j trace
	events
	end_trace
	kinds | while read -r line; do
		record json <(echo "$line")
	done >>"$script"
	quietly unload "$prog"
	quietly unload "${prog}f"
	quietly unload "${prog}m"
	both trace "$uuid"
	matches trace
}

# Only the first of what it goes on to print
top()
{
	local option what
	run 0 mdev-bpf load "$here/progs/kfail.bpf.o" --type "$prog"
	for option in "" -j; do
		what=${option:+json}
		what=${what:-text}
		# Only its own words: until it has begun, it is a shell that TERM would have clean up.
		rm -f "$mtap_tmp/said"
		# shellcheck disable=SC2086 # none is no argument
		mdev-bpf $option top >"$mtap_tmp/said" &
		teller=$!
		left_pids[teller]=$teller
		await 20 test -s "$mtap_tmp/said" || fail "top says nothing"
		end_trace
		head -n 1 "$mtap_tmp/said" >"$mtap_tmp/first"
		record "$what" "$mtap_tmp/first" >>"$script"
	done
	both top nonsense
	run 0 mdev-bpf unload "$prog"
	matches top
}

test_of_a_program()
{
	once test "$here/progs/klife.bpf.o" --map refuses --accesses 100
	once -j test "$here/progs/klife.bpf.o" --map right --accesses 100
	both test "$here/progs/klife.bpf.o"
	matches test
}

new()
{
	cd "$mtap_tmp" || return
	both new golden_card
	quietly new golden_card2 2>/dev/null
	both new 1st
	cd "$here" || return
	matches new
}

# What is refused, in which words. Those of the verifier depend on the kernel, and are not here.
refusals()
{
	local map
	for map in odd_bar newer_abi state_too_large; do
		once load "$bad" --map "$map" --dry-run
	done
	once -j load "$bad" --map odd_bar --dry-run
	once load "$bad"
	once load "$mtty" --type no/name
	once load "$here/progs/kdev.bpf.o" --set magic=x
	matches refusals
}

wipe
[ $# -gt 0 ] || set -- help without_module empty inspect life access failure trace top \
	test_of_a_program new refusals
points "$@"
