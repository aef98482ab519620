#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The pages of the gallery's devices: the commands that a page shows as "    # COMMAND" are run in
# their order, and have to print what the page prints below them. (Those of "    $ COMMAND" are
# for a guest or a terminal, or show what something looks like.) The tests that a page names in the
# one command that runs them are tests of "make check".
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/names.sh"

pages=$here/../Documentation/devices
objects=/usr/lib/mdev-bpf

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[ -e "$objects" ] || skip_all "no $objects"
command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"

# session PAGE NUMBER: its commands, and what is printed, without the indentation
session()
{
	sed -n '/^    # /,/^$/s/^    //p; /^$/p' "$pages/$1.rst" | awk -v RS= -v n="$2" 'NR == n'
}

# What a load prints names a link, which has another number each time.
compare()
{
	[[ $command == "mdev-bpf load"* ]] || is "$printed" "$wanted"
}

# run_session PAGE [NUMBER]: the uuid that it sets is that of its device; it is left in $uuid.
run_session()
{
	local line command='' wanted='' printed='' number=0
	uuid=
	while IFS= read -r line; do
		if [[ $line != "# "* ]]; then
			wanted+=${wanted:+$'\n'}$line
			continue
		fi
		compare
		command=${line#\# }
		wanted=
		number=$((number + 1))
		eval "$command" >"$mtap_tmp/out" 2>&1 || fail "$command: $(<"$mtap_tmp/out")"
		printed=$(<"$mtap_tmp/out")
		[ -z "$uuid" ] || left_devices=("$uuid")
	done < <(session "$1" "${2:-1}")
	compare
	[ "$number" -ge 3 ] || fail "only $number commands"
}

# page NAME [PROGRAM [NUMBER]]: a session, and its device is removed afterwards.
page()
{
	local program=${2:-$1}
	left_programs+=("$program")
	run_session "$1" "${3:-1}"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$program"
}

mtty() { page mtty; }
edu() { page edu; }
mdpy() { page mdpy; }
bochs() { page bochs; }
disk() { page disk; }
nvme() { page nvme; }
e1000() { page e1000; }
pl011() { page pl011; }
ccw() { page ccw; }
ap() { page ap; }
virtio_net() { page virtio_net; }
virtio_rng() { page virtio virtio_rng; }

# Its second session is that on the host itself.
virtio_host()
{
	modprobe -a -n mdev_virtio virtio_blk 2>/dev/null || { skip "no mdev_virtio or virtio_blk"; return; }
	[ ! -e /sys/block/vda ] || { skip "there is another vda"; return; }
	left_programs+=(virtio_blk)
	run_session virtio 2
	run 0 umount /mnt
	echo "$uuid" >/sys/class/mdev_virtio/unbind || fail "it cannot be unbound"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload virtio_blk
	rm -f /tmp/disk
}

virtio_blk()
{
	page virtio virtio_blk 3
	rm -f /tmp/disk.img
}

virtio_console() { page virtio virtio_console 4; }

# All sessions of all pages are in this script.
all_are_run()
{
	local page number
	for page in "$pages"/*.rst; do
		page=${page##*/}
		page=${page%.rst}
		number=1
		[ "$page" != virtio ] || number=4
		[ -n "$(session "$page" "$number")" ] || fail "$page: no session $number"
		[ -z "$(session "$page" $((number + 1)))" ] || fail "$page: more than $number sessions"
		[ "$page" = virtio ] || [ "$(type -t "$page")" = function ] || fail "$page is not run"
	done
}

# In "run.sh NAME...", or a script of the gallery as it is
named_tests_exist()
{
	local page names name
	for page in "$pages"/*.rst; do
		names=$(grep -oE 'gallery/[a-z0-9_]+(\.sh)?' "$page" | sort -u)
		[ -n "$names" ] || [[ $page == */disk.rst ]] || fail "${page##*/} names no test"
		for name in $names; do
			tests_named "$here/tests" "$name" >/dev/null 2>&1 || fail "${page##*/}: \"$name\" is no test"
		done
	done
}

points mtty edu mdpy bochs disk nvme e1000 pl011 ccw ap virtio_net virtio_rng virtio_host virtio_blk \
	virtio_console all_are_run named_tests_exist
