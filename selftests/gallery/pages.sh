#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The pages of the gallery's devices: the commands that a page shows, "    # COMMAND", are run in
# their order, and have to print what the page prints below them.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

pages=$here/../Documentation/devices
objects=/usr/lib/mdev-bpf

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
[ -e "$objects" ] || skip_all "no $objects"
command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"

# sessions PAGE: its commands, and what is printed, without the indentation
sessions() { sed -n '/^    # mdev-bpf\|^    # uuid=/,/^$/s/^    //p' "$1"; }

# What a load prints names a link, which has another number each time.
compare()
{
	[[ $command == "mdev-bpf load"* ]] || is "$printed" "$wanted"
}

# page NAME: the uuid that it sets is that of its device, which is removed afterwards.
page()
{
	local line command='' wanted='' printed='' uuid='' number=0
	left_programs+=("$1")
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
	done < <(sessions "$pages/$1.rst")
	compare
	[ "$number" -gt 3 ] || fail "only $number commands"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$1"
}

edu() { page edu; }
mdpy() { page mdpy; }
bochs() { page bochs; }
nvme() { page nvme; }
e1000() { page e1000; }
pl011() { page pl011; }
ccw() { page ccw; }
ap() { page ap; }
virtio_net() { page virtio_net; }

points edu mdpy bochs nvme e1000 pl011 ccw ap virtio_net
