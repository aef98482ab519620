#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh [RUN OPTION...]: the Debian packages of make deb: built, installed with apt in an installed
# Debian, whose DKMS builds for two kernels (packages.root, at native speed), and used, upgraded and
# purged in a VM of that (packages.guest). Takes some minutes: make check-packages.

here=$(cd "$(dirname "$0")/.." && pwd)
vm=$here/vm/vm
skip() { echo "TAP version 13"; echo "1..0 # SKIP $*"; exit 4; }

[ ! -e /.vm ] || skip "it boots a VM of its own: selftests/system/packages.sh, on the host"
[ "$(id -u)" -eq 0 ] || skip "the root 'system' is a real installation, which takes root"

root=$("$vm" root --root system) || exit 1
layer=$(mktemp -d "${root%/*}/layer.XXXXXX")
trap 'rm -rf "$layer"' EXIT
trap 'exit 143' TERM

make -s -C "$here/.." deb >"$layer/log" 2>&1 || { cat "$layer/log"; exit 1; }
"$vm" exec --root system --layer "$layer" -- selftests/system/packages.root
rc=$?
echo "# in a VM"
"$vm" run --root system --layer "$layer" "$@" -- selftests/system/packages.guest || rc=$?
exit $rc
