#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-bpf load and inspect: what is loaded, where it is pinned, and what is refused in which words.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/cli.sh"

verifier_refuses()
{
	run 1 mdev-bpf load "$bad" --map write_offset --type "$prog"
	has "$err" "read-only"
	has "$err" "bad.bpf.c"
	[ "$(wc -l <<<"$err")" -lt 20 ] || fail "not a summary: $err"
	local short=${#err}
	run 1 mdev-bpf -d load "$bad" --map write_offset --type "$prog"
	[ "${#err}" -gt "$short" ] || fail "-d says no more"
	run 1 mdev-bpf load "$bad" --map read_user --type "$prog"
	has "$err" "bpf_probe_read_user"
	run 1 mdev-bpf -j load "$bad" --map write_offset --type "$prog"
	has "$(json "j['error']")" "read-only"
	[ ! -e "$pins/$prog" ] || fail "something is pinned"
}

kernel_refuses()
{
	load
	run 1 mdev-bpf load "$mtty" --type "$prog"
	has "$err" "loaded already"
	has "$err" "--replace"
	run 1 mdev-bpf load "$mtty" --type mem
	has "$err" "a device class of this name exists already"
	[ ! -e "$pins/mem" ] || fail "something is pinned"
	run 1 mdev-bpf load "$bad" --map sleepable --type "${prog}2"
	has "$err" "ops must not sleep"
	run 0 mdev-bpf unload "$prog"
}

# A program of newer headers: what the kernel lacks is named, unless the program does not use it.
kernel_is_older()
{
	local newer=$here/progs/newer.bpf.o
	run 1 mdev-bpf load "$newer" --map lacks_op --type "$prog"
	has "$err" "the kernel lacks op 'teleport'"
	run 1 mdev-bpf load "$newer" --map lacks_member --type "$prog"
	has "$err" "the kernel lacks member 'colour'"
	[ ! -e "/sys/class/$prog" ] || fail "it is loaded"
	run 0 mdev-bpf load "$newer" --map lacks_nothing --type "$prog"
	run 0 mdev-bpf unload "$prog"
}

# The size that a program asks for is known before anything runs.
state_too_small()
{
	run 1 mdev-bpf load "$bad" --map state_too_large --type "$prog"
	has "$err" "state_too_large_read"
	has "$err" "513"
	has "$err" "512"
	[ ! -e "/sys/class/$prog" ] || fail "it is loaded"
}

not_a_program()
{
	run 1 mdev-bpf load "$mtap_tmp/nothing.bpf.o"
	has "$err" nothing.bpf.o
	run 1 mdev-bpf load /bin/true
	sed 's/\.BTF\x00/.XTF\x00/' "$mtty" >"$mtap_tmp/no_btf.bpf.o"
	run 1 mdev-bpf load "$mtap_tmp/no_btf.bpf.o"
	has "$err" "BTF is required*cure: compile it with clang -g"
	run 1 mdev-bpf load "$here/progs/reuse.bpf.o"
	has "$err" "cure: one function cannot be two ops"
	run 1 mdev-bpf load "$objects/trace/ioctl.bpf.o"
	run 1 mdev-bpf load "$bad"
	has "$err" "--map"
	run 1 mdev-bpf load "$mtty" --map nonsense
	run 2 mdev-bpf load "$mtty" --type "no/name"
	run 2 mdev-bpf load "$mtty" --type sixteen-letters-
	run 2 mdev-bpf load "$mtty" --type _first
	run 2 mdev-bpf load "$mtty" --type=-first
}

dry_run()
{
	run 0 mdev-bpf load "$mtty" --type "$prog" --dry-run
	[ ! -e "/sys/class/$prog" ] || fail "it is loaded"
	[ ! -e "$pins/$prog" ] || fail "something is pinned"
	run 1 mdev-bpf load "$bad" --map endless --dry-run
	has "$err" "cure: use mdev_bpf_for()"
	run 1 mdev-bpf load "$bad" --map odd_bar --dry-run
	has "$err" "regions\[0\].size 0x18 is no power of two"
	run 1 mdev-bpf -j load "$bad" --map newer_abi --dry-run
	has "$(json "j['error']")" "built for abi 99"
	run 0 mdev-bpf -j load "$mtty" --dry-run
	is "$(json "j['state']")" verified
}

# The verifier follows each round of a plain loop: minutes, on an emulated processor.
limit_of_time()
{
	run 1 mdev-bpf load "$here/progs/cures.bpf.o" --map many_rounds --type "$prog" --limit 2
	has "$err" "the verifier was not done after 2 seconds"
	has "$err" "mdev_bpf_for"
	[ ! -e "/sys/class/$prog" ] || fail "it is loaded"
	run 1 mdev-bpf -j load "$here/progs/cures.bpf.o" --map many_rounds --limit 1
	has "$(json "j['error']")" "not done after 1 seconds"
}

inspect()
{
	run 0 mdev-bpf inspect "$mtty"
	has "$out" mtty
	has "$out" "Dual port serial"
	run 0 mdev-bpf inspect "$kdev"
	has "$out" magic
	run 0 mdev-bpf inspect "$here/progs/kpci.bpf.o"
	has "$out" "flags pm express flr"
	has "$(tr -s ' ' <<<"$out")" "vendor specific 0x09 18 no no -"
	has "$(tr -s ' ' <<<"$out")" "serial number 0x0003 12 yes no 1"
	run 0 mdev-bpf -j inspect "$here/progs/kpci.bpf.o"
	has "$out" '"id":"0x09","size":16,"extended":false,"low":true,"version":null}'
	has "$out" '"id":"0x000b","size":24,"extended":true,"low":false,"version":3}'
	run 0 mdev-bpf inspect "$here/progs/kirq.bpf.o"
	has "$out" bar2+0x800
	has "$out" bar2+0x900
	run 0 mdev-bpf inspect "$here/progs/kapi.bpf.o"
	has "$out" vfio-platform
	has_not "$out" pci_caps
	run 0 mdev-bpf inspect "$here/progs/kbell.bpf.o"
	has "$(tr -s ' ' <<<"$out")" "PORT bar3 0x04 1 1 1 no 0x00 0xff work 7"
	has "$(tr -s ' ' <<<"$out")" "TAIL bar2 0x100 4 54 8 no 0x00090000 0x0000ffff work 10-63"
	run 0 mdev-bpf inspect "$bad"
	has "$err" "'sleepable_read' cannot be loaded"
	run 1 mdev-bpf inspect /bin/true
	[ ! -e /sys/class/kdev ] || fail "inspect loads"
}

# Global variables: read back through the device
set_variables()
{
	run 0 mdev-bpf load "$kdev" --type "$prog" --set magic=0x12345678
	run 0 mdev-bpf create "$prog-a" --uuid "$uuid"
	run 0 mdev-bpf peek "$uuid" bar1 0x50 4
	is "$out" 0x12345678
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
	run 2 mdev-bpf load "$kdev" --type "$prog" --set magic=0x123456789
	run 2 mdev-bpf load "$kdev" --type "$prog" --set nonsense=1
	has "$err" nonsense
	run 2 mdev-bpf load "$kdev" --type "$prog" --set magic=x
	[ ! -e "/sys/class/$prog" ] || fail "it is loaded"
}

pin_elsewhere()
{
	load --pin /sys/fs/bpf/kst_pins
	[ -e "/sys/fs/bpf/kst_pins/$prog" ] || fail "not pinned there"
	[ ! -e "$pins/$prog" ] || fail "pinned here"
	run 0 mdev-bpf show "$prog"
	has "$out" "/sys/fs/bpf/kst_pins/$prog"
	run 0 mdev-bpf unload "$prog"
	[ ! -e "/sys/fs/bpf/kst_pins/$prog" ] || fail "the pin is still there"
	rmdir /sys/fs/bpf/kst_pins
	run 1 mdev-bpf load "$mtty" --type "$prog" --pin "$mtap_tmp/no-bpffs"
	has "$err" "not in a bpf file system"
	run 1 mdev-bpf load "$bad" --map odd_bar --type "$prog" --pin /sys/fs/bpf/kst_pins/a/b
	[ ! -e /sys/fs/bpf/kst_pins ] || fail "it has left directories"
	run 1 mdev-bpf load "$mtty" --type "$prog" --pin /sys/fs/bpf/kst_pins/no.dots/below
	has "$err" "no dots"
	[ ! -e /sys/fs/bpf/kst_pins ] || fail "it has left a directory"
	[ ! -e "/sys/class/$prog" ] || fail "it is loaded"
}

# The pin is what keeps a program attached.
pin_is_all()
{
	load
	rm "$pins/$prog"
	goes "/sys/class/$prog"
	run 1 mdev-bpf unload "$prog"
}

replace()
{
	load --replace
	has "$err" "there was no '$prog' to replace"
	run 1 mdev-bpf load "$kdev" --type "$prog" --replace
	has "$err" "types\[\] differ from those in use"
	create
	run 0 mdev-bpf poke "$uuid" bar0 7 1 0x77
	run 1 mdev-bpf load "$kdev" --type "$prog" --replace
	has "$err" "types\[\] differ from those in use"
	run 0 mdev-bpf peek "$uuid" bar0 7 1
	is "$out" 0x77
	run 2 mdev-bpf load "$mtty" --type "$prog" --replace --pin /sys/fs/bpf/kst_pins
	[ ! -e /sys/fs/bpf/kst_pins ] || fail "it has made the directory"
	load --replace
	has_not "$err" "there was no"
	is "$(state)" attached
	run 0 mdev-bpf -j load "$mtty" --type "$prog" --replace
	is "$(json "j['replaced']")" True
	[ -e "$pins/$prog" ] || fail "the pin is gone"
	run 0 mdev-bpf peek "$uuid" bar0 7 1
	is "$out" 0x77
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

wipe
points verifier_refuses kernel_refuses kernel_is_older state_too_small not_a_program dry_run \
	limit_of_time inspect set_variables pin_elsewhere pin_is_all replace
