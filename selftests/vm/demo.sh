#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside the VM: a serial card, a display, a disk and a network card that are BPF programs, from
# their loading to a stock kernel using them in a guest. The picture of the guest's screen is left
# as demo.png in the folder that is shared with the host, if there is one.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
programs=/usr/lib/mdev-bpf
serial='' display='' disk='' net=''
tmp=$(mktemp -d)
picture=$tmp/demo.png
[ ! -d /mnt/share ] || picture=/mnt/share/demo.png
limit=120	# seconds for an answer

title() { printf '\n== %s\n' "$*"; }

# Show a command as one would type it, and do it.
run()
{
	echo "\$ $*"
	"$@"
}

# create VARIABLE ARGUMENTS: of mdev-bpf create; the UUID is left in the variable.
create()
{
	local -n created=$1
	shift
	echo "\$ mdev-bpf create $*"
	created=$(mdev-bpf create "$@")
	echo "$created"
}

# monitor COMMAND: one of QEMU's, which answers
monitor()
{
	local answer=
	echo "$1" >&"$ask"
	until [[ $answer == *'"return"'* ]]; do
		read -r -t "$limit" answer <&"$answers" || return 1
	done
}

take_picture()
{
	monitor '{"execute": "qmp_capabilities"}' &&
		monitor "{\"execute\": \"screendump\", \"arguments\":
			{\"device\": \"card\", \"format\": \"png\", \"filename\": \"$picture\"}}"
}

# The guest has a shell on its second serial port. Whatever happens here, tell it to end.
use_console()
{
	local line='' rc=1
	echo "\$ mdev-bpf console $serial port1"
	mkfifo "$tmp/keys" "$tmp/shown"
	mdev-bpf console "$serial" port1 <"$tmp/keys" >"$tmp/shown" &
	console=$!
	exec {keys}>"$tmp/keys" {shown}<"$tmp/shown"
	echo "echo hello to the host from \$(uname -sr)" >&"$keys"
	if read -r -t "$limit" line <&"$shown"; then
		echo "$line"
		take_picture && rc=0
	fi
	echo exit >&"$keys"
	kill "$console"
	return "$rc"
}

title "The plumbing: a kernel module, no device yet"
run modprobe mdev_bpf

title "The devices: BPF programs, checked by the kernel's verifier"
for name in mtty bochs virtio_blk e1000; do
	run mdev-bpf load "$programs/$name.bpf.o"
done
run mdev-bpf types

title "Cards: two serial ports, one of which leads to the host; a display, a disk, a network"
truncate -s 16M "$tmp/disk.img"
create serial mtty-2 --set port1=1
create display bochs-medium
create disk virtio_blk-1 --set disk="$tmp/disk.img"
create net e1000-1 --set mac=52:54:00:12:34:56

title "A guest with a stock Debian kernel and these cards in PCI slots"
echo "\$ qemu-system-x86_64 -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$serial ..."
mkfifo "$tmp/qmp.in" "$tmp/qmp.out"
exec {ask}<>"$tmp/qmp.in" {answers}<>"$tmp/qmp.out"
rc=failed
used=no
while IFS= read -r line; do
	echo "guest| $line"
	[ "$line" != "shell: ready" ] || { use_console && used=yes; } || :
	[[ $line != "loopback: ok" ]] || rc=ok
done < <("$here/nested" "$display" --also "$serial" --also "$disk" --also "$net" \
	--screen "$tmp/qmp" --with "$here/demo.guest" --module bochs --module virtio_pci \
	--module virtio_blk --module e1000 --timeout 300 --text hello-from-the-guest 2>&1)

title "What the host finds on the disk"
run head -n 1 "$tmp/disk.img"

title "The host's view of the serial card"
run mdev-bpf show "$serial"

title "And away"
for uuid in "$serial" "$display" "$disk" "$net"; do
	run mdev-bpf remove "$uuid"
done
for name in mtty bochs virtio_blk e1000; do
	run mdev-bpf unload "$name"
done

if [ "$rc" != ok ] || [ "$used" != yes ] || [ ! -s "$picture" ]; then
	title "FAILED"
	exit 1
fi
title "Done: text came back through the card, and the guest has answered on the host's console."
