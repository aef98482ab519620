# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# A nested guest of a test script (vm/nested) that is talked to: "hear" waits for what it says on
# its console, "tell" sends a line to its second serial port. To be included after mtap.sh.

nested_pid=
nested_ctl=$mtap_tmp/ctl
nested_heard=$mtap_tmp/heard
nested_limit=$((120 * slowness))
# The line that was heard last
said=
# It has said that it is ready: there is a guest
nested_is_ready=

# nested_boot UUID [OPTION VALUE]...: with the arguments of vm/nested
nested_boot()
{
	mkfifo "$nested_ctl.in" "$nested_ctl.out"
	: >"$nested_heard"
	exec {nested_says}< <(exec "$here/vm/nested" "$@" --until "$nested_ctl" 2>&1)
	nested_pid=$!
	left_pids[nested_pid]=$nested_pid
}

# hear PATTERN: wait until the guest says something like it; leave that in $said.
hear()
{
	# shellcheck disable=SC2053
	while IFS= read -r -t "$nested_limit" said <&"$nested_says"; do
		echo "$said" >>"$nested_heard"
		[[ $said != $1 ]] || return 0
	done
	fail "the guest does not say \"$1\"; it has said:"
	diag "$(tail -n 20 "$nested_heard")"
	return 1
}

# tell LINE: opened for both, the FIFO never blocks, even if nobody reads it any more.
tell() { echo "$1" 1<>"$nested_ctl.in"; }

# said_of KEY: what follows "KEY: " in what was heard
said_of() { sed -n "s/^$1: //p" "$nested_heard"; }

# nested_ends: the guest says that all went well, and is gone.
nested_ends()
{
	hear 'loopback: *' || return
	is "$said" "loopback: ok"
	wait "$nested_pid" || fail "nested ended with $?"
	unset "left_pids[nested_pid]"
}

# nested_ready PATTERN: hear it; from then on there is a guest.
nested_ready() { hear "$1" && nested_is_ready=yes; }

# has_guest: skip the test point if there is none.
has_guest()
{
	[ -n "$nested_is_ready" ] || skip "no guest"
	[ -n "$nested_is_ready" ]
}

# ok NAME...: the guest has said that of each.
ok()
{
	local name
	for name in "$@"; do
		[ "$(said_of "$name")" = ok ] || {
			fail "$name: \"$(said_of "$name")\""
			diag "$(grep -A 20 "^$name" "$nested_heard")"
		}
	done
}

# fio_figures: what fio has said of each depth of its queue, for who reads the log
fio_figures() { diag "$(grep '^fio, depth' "$nested_heard")"; }

# nested_replaces ROUNDS OBJECT...: replace these programs so often while the guest is busy with
# their devices. It is busy until nested_stops.
nested_replaces()
{
	local i object
	replacements=$1
	shift
	hear busy || return
	for ((i = 0; i < replacements; i++)); do
		for object in "$@"; do
			run 0 mdev-bpf load "$object" --replace
		done
	done
}

# nested_stops: all that the guest has done meanwhile was right.
nested_stops()
{
	tell stop
	hear 'busy: *' || return
	diag "$said; replaced $replacements times"
	has "$said" ok
}
