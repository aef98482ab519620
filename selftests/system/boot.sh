#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh [RUN OPTION...]: the Debian packages of make deb in an installed Debian: apt installs them, and
# DKMS builds the modules (packages.root, at native speed); then that is booted in a VM, and used,
# upgraded and purged there (boot.guest).

here=$(cd "$(dirname "$0")/.." && pwd)
vm=$here/vm/vm
skip() { echo "TAP version 13"; echo "1..0 # SKIP $*"; exit 4; }

[ ! -e /.vm ] || skip "it boots a VM of its own: selftests/system/boot.sh, on the host"
[ "$(id -u)" -eq 0 ] || skip "the root 'system' is a real installation, which takes root"
[ "${VM_ROOT:-base}" = base ] || skip "the root 'system' has the kernel of the root 'base'"

root=$("$vm" root --root system) || exit 1
layer=$(mktemp -d "${root%/*}/layer.XXXXXX")
trap 'rm -rf "$layer"' EXIT
trap 'exit 143' TERM

make -s -C "$here/.." deb >"$layer/log" 2>&1 || { cat "$layer/log"; exit 1; }
in_root() { "$vm" exec --root system --layer "$layer" -- selftests/system/packages.root "$@"; }

rc=0
points=(installs refuses_kernels builds_devices makes_upgrade)
[ -z "${MDEV_TEST_LONG-}" ] || points+=(builds_for_new_kernel)
in_root "${points[@]}" || rc=$?
echo "# in a VM"
"$vm" run --root system --layer "$layer" --smp 1 "$@" -- selftests/system/boot.guest || rc=$?
echo "# once more in the root"
in_root purges || rc=$?
exit $rc
