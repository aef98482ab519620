#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh [RUN OPTION...]: boot.guest in a VM with systemd, mdevctl and libvirt.

here=$(cd "$(dirname "$0")/.." && pwd)
skip() { echo "TAP version 13"; echo "1..0 # SKIP $*"; exit 4; }

[ ! -e /.vm ] || skip "it boots a VM of its own: selftests/system/boot.sh, on the host"
[ "$(id -u)" -eq 0 ] || skip "the root 'system' is a real installation, which takes root"
[ "${VM_ROOT:-base}" = base ] || skip "the tree is built for the kernel of the root '$VM_ROOT'"
exec "$here/vm/vm" run --root system --smp 1 "$@" -- selftests/system/boot.guest
