#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What every device of bpf/ lives through, whatever it is: a test point for each object, in which
# mdev-bpf test goes through the life of devices of each type. A new device is tested by being
# installed.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

objects=/usr/lib/mdev-bpf

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"
command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"
[ -e "$objects/mtty.bpf.o" ] || skip_all "no $objects/mtty.bpf.o"

# live NAME: what mdev-bpf test prints is for a person who looks for the reason.
live()
{
	run 0 mdev-bpf test "$objects/$1.bpf.o" --accesses 1500
	has_not "$out" "not ok"
}

names=()
for object in "$objects"/*.bpf.o; do
	name=$(basename "$object" .bpf.o)
	names+=("$name")
	eval "$name() { live $name; }"
done

points "${names[@]}"
