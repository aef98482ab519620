#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The documentation's examples do what it says: each complete program in it, built by docs.mk, is
# loaded and used, and what clients print is what the documentation prints.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

docs=$here/../Documentation
ex=$here/docs/built
uuid=5e1f7e57-0000-4000-8000-00000000d0c5
target=5e1f7e57-0000-4000-8000-00000000d0c6

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[ -e "$ex/done" ] || skip_all "the examples are not built"
command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"

# up FILE TYPE-ID: the program with a device; undone by "gone".
up()
{
	run 0 mdev-bpf load "$ex/$1.bpf.o"
	run 0 mdev-bpf create "$2" --uuid "$uuid"
}

gone()
{
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$1"
}

at_exit()
{
	for device in "$uuid" "$target"; do
		[ ! -e "/sys/bus/mdev/devices/$device" ] || mdev-bpf remove "$device"
	done
	for program in skel counter fifo vault minimal alarm fetch gather table adder mailbox \
		engine lanes disk eeprom; do
		[ ! -e "/sys/class/mdev_bus/$program" ] || mdev-bpf unload "$program" --force
	done
	rm -rf "$mtap_tmp"
}
trap at_exit EXIT

# shown PAGE: each line of the last command's output stands in that page.
shown()
{
	local line
	[ -n "$out" ] || fail "nothing was printed"
	while read -r line; do
		grep -qF -- "    $line" "$docs/abi/$1" || fail "$1 has no line \"$line\""
	done <<<"$out"
}

# documented PROGRAM: what the client prints stands in the page that shows the client.
documented()
{
	run 0 "$ex/client" "$uuid" "$1"
	shown vfio.rst
}

peek_is() { run 0 mdev-bpf peek "$uuid" bar0 "$1"; is "$out" "$2"; }

skeleton()
{
	up skeleton skel-1
	peek_is 0 0x00000001
	peek_is 0 0x00000002
	gone skel
}

minimal()
{
	up minimal minimal-1
	peek_is 0 0x21465042
	run 0 mdev-bpf poke "$uuid" bar0 4 0x2a
	peek_is 4 0x0000002a
	run 0 mdev-bpf poke "$uuid" bar0 4 0x1234
	run 0 mdev-bpf peek "$uuid" bar0 5 1
	is "$out" 0x12
	peek_is 8 0x00000000
	gone minimal
}

counter()
{
	up counter counter-1
	documented counter
	gone counter
}

fifo()
{
	up fifo fifo-small
	documented fifo
	gone fifo
}

vault()
{
	up vault vault-1
	documented vault
	gone vault
	up vault vault-blind
	documented vault
	gone vault
}

# The bit in the status register that is set while the line is up
line_is()
{
	run 0 mdev-bpf peek "$uuid" config 6 2
	is "$out" "$1"
}

alarm()
{
	up alarm alarm-1
	peek_is 4 0x00000064
	run 0 mdev-bpf poke "$uuid" bar0 0 100
	peek_is 8 0x00000001
	line_is 0x0218
	run 0 mdev-bpf poke "$uuid" bar0 8 1
	peek_is 8 0x00000000
	line_is 0x0210
	run 0 mdev-bpf peek "$uuid" config 0x40 1
	is "$out" 0x02
	run 0 mdev-bpf poke "$uuid" bar0 4 100
	peek_is 8 0x00000001
	peek_is 0xc 0x00000000
	run 0 mdev-bpf load "$ex/alarm2.bpf.o" --replace
	peek_is 4 0x00000064
	peek_is 0xc 0x00000001
	gone alarm
}

# The script of the loop of work, beside the program
try()
{
	run 0 sh "$ex/try.sh"
	has "$out" 0x00000001
}

# A pipe in place of a network
# shellcheck disable=SC2016 # the inner shell expands it
migrate()
{
	up alarm alarm-1
	run 0 mdev-bpf create alarm-1 --uuid "$target"
	run 0 mdev-bpf poke "$uuid" bar0 4 7
	run 0 bash -o pipefail -c '"$0" save "$1" | "$0" load "$2"' "$ex/migrate" "$uuid" "$target"
	run 0 mdev-bpf peek "$target" bar0 4
	is "$out" 0x00000007
	# A stream that is cut off
	run 0 bash -c '"$0" save "$1" >"$2"' "$ex/migrate" "$uuid" "$mtap_tmp/stream"
	truncate -s 100 "$mtap_tmp/stream"
	run 1 bash -c '"$0" load "$1" <"$2"' "$ex/migrate" "$target" "$mtap_tmp/stream"
	run 0 mdev-bpf remove "$target"
	gone alarm
}

disk()
{
	run 0 mdev-bpf load /usr/lib/mdev-bpf/disk.bpf.o
	run 0 mdev-bpf create disk-1 --uuid "$uuid" --set read_only=1
	run 0 mdev-bpf dump "$uuid"
	out=$(grep '^queue' <<<"$out")
	shown ../devices/disk.rst
	gone disk
}

mailbox()
{
	up mailbox mailbox-1
	peek_is 0 0x4d424f58
	run 0 mdev-bpf poke "$uuid" bar0 4 1
	run 0 mdev-bpf poke "$uuid" bar0 0x120 7
	peek_is 8 0x00000004
	line_is 0x0218
	run 0 mdev-bpf poke "$uuid" bar0 0x120 8
	peek_is 0xc 0x00000001
	peek_is 0xc 0x00000000
	run 0 mdev-bpf poke "$uuid" bar0 8 4
	line_is 0x0210
	peek_is 0x120 0x00000008
	gone mailbox
}

# A device works while it is open, which it is for each read.
head_is() { run 0 mdev-bpf peek "$uuid" "HEAD[2]"; [ "$out" = "$1" ]; }

engine()
{
	up engine engine-1
	run 0 mdev-bpf poke "$uuid" "TAIL[2]" 5
	await 20 head_is 0x00000005 || fail "the work is not called"
	run 0 mdev-bpf peek "$uuid" "TAIL[2]"
	is "$out" 0x00000005
	gone engine
}

sum_is() { run 0 mdev-bpf peek "$uuid" bar0 4; [ "$out" = "$1" ]; }

lanes()
{
	up lanes lanes-1
	run 0 mdev-bpf poke "$uuid" "UPTO[1]" 1000
	run 0 mdev-bpf peek "$uuid" "UPTO[1]"
	is "$out" 0x000003e8
	await 20 sum_is 0x0007a314 || fail "the queue is not called"
	gone lanes
}

fetch()
{
	up fetch fetch-1
	documented fetch
	gone fetch
}

# The tool does not turn on bus mastering, so both requests fail, and say so.
gather()
{
	up gather gather-1
	peek_is 0x10 0x00000000
	run 0 mdev-bpf poke "$uuid" bar0 0 0x1000
	run 0 mdev-bpf poke "$uuid" bar0 8 2
	peek_is 0x10 0x00000002
	gone gather
}

table()
{
	up table table-1
	peek_is 8 0x00000066
	run 0 mdev-bpf poke "$uuid" bar0 8 7
	peek_is 8 0x00000007
	peek_is 0x18 0xffffffff
	documented table
	gone table
}

# transcript FILE: its commands, which follow a prompt, print its other lines.
transcript()
{
	sed -n 's/^# //p' "$ex/$1" >"$mtap_tmp/commands"
	run 0 env uuid="$uuid" bash -e "$mtap_tmp/commands"
	is "$out" "$(sed '/^# /d' "$ex/$1")"
}

adder()
{
	up adder adder-1
	echo >/sys/kernel/tracing/trace
	transcript adder.transcript
	echo 0 >/sys/kernel/tracing/events/mdev_bpf/mdev_bpf_print/enable
	gone adder
}

eeprom()
{
	up eeprom eeprom-1
	run 0 mdev-bpf peek "$uuid" bar2 0
	is "$out" 0x4550524d
	run 0 mdev-bpf poke "$uuid" bar2 0x1000 7
	run 0 mdev-bpf poke "$uuid" WP 1
	run 1 mdev-bpf poke "$uuid" bar2 0x1000 8
	out=$err
	shown memory.rst
	run 0 mdev-bpf peek "$uuid" bar2 0x1000
	is "$out" 0x00000007
	run 0 mdev-bpf poke "$uuid" WP 0
	run 0 mdev-bpf poke "$uuid" bar2 0x1000 8
	gone eeprom
}

# The page breaks the line of the message.
refused()
{
	run 1 mdev-bpf load "$ex/refused.bpf.o"
	err=$(grep -v "the verifier has been at work for" <<<"$err")
	out=${err/0x10 to/0x10$'\n'to}
	shown refusals.rst
}

devices()
{
	run 0 sh "$ex/devices.sh"
	out=$(grep "^$uuid" <<<"$out")
	shown sysfs.rst
}

sysfs()
{
	up minimal minimal-1
	devices
	run 0 mdev-bpf unload minimal --force
	devices
	run 0 mdev-bpf remove "$uuid"
}

features()
{
	run 0 "$ex/features"
	shown constants.rst
}

# The 15 lines of libbpf: the program stays while its pin is there, and goes with it.
libbpf_loader()
{
	run 0 "$ex/load" "$ex/skeleton.bpf.o" /sys/fs/bpf/kst_docs
	is "$(</sys/class/mdev_bus/skel/mdev_bpf/state)" attached
	rm /sys/fs/bpf/kst_docs
	await 20 test ! -e /sys/class/mdev_bus/skel || fail "the program is still there"
}

points skeleton minimal counter fifo vault alarm try migrate disk mailbox engine lanes fetch \
	gather table adder eeprom refused sysfs features libbpf_loader
