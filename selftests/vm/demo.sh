#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside the VM: a serial card that is a BPF program, from its loading to a stock kernel using it
# in a guest.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)

title() { printf '\n== %s\n' "$*"; }

# Show a command as one would type it, and do it.
run()
{
	echo "\$ $*"
	"$@"
}

title "The plumbing: two kernel modules, no device yet"
run modprobe mdev_bpf

title "The device: a BPF program, checked by the kernel's verifier"
run mdev-bpf load /usr/lib/mdev-bpf/mtty.bpf.o --type mtty
run mdev-bpf types

title "One card with two serial ports"
echo '$ mdev-bpf create mtty-2'
uuid=$(mdev-bpf create mtty-2)
echo "$uuid"

title "A guest with a stock Debian kernel and that card in a PCI slot"
echo "\$ qemu-system-x86_64 -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$uuid ..."
exec 3>&1
rc=0
"$here/nested" "$uuid" --timeout 120 --text hello-from-the-guest \
	2> >(sed -u 's/^/qemu | /' >&3) | sed -u 's/^/guest| /' || rc=${PIPESTATUS[0]}

title "The host's view of it"
run mdev-bpf show "$uuid"

title "And away"
run mdev-bpf remove "$uuid"
run mdev-bpf unload mtty

title "$([ "$rc" -eq 0 ] && echo "Done: the text came back through the card." || echo "FAILED")"
exit "$rc"
