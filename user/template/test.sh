#!/bin/sh
# Load NAME.bpf.o, create a device, and try its registers. Needs root, and the module mdev_bpf.
set -eu
cd "$(dirname "$0")"

# What any device has to survive
mdev-bpf test NAME.bpf.o

# What this one does
mdev-bpf load NAME.bpf.o
trap 'mdev-bpf unload NAME --force' EXIT
uuid=$(mdev-bpf create NAME-1)
trap 'mdev-bpf remove "$uuid"; mdev-bpf unload NAME' EXIT

# expect REGISTER VALUE
expect()
{
	value=$(mdev-bpf peek "$uuid" "$1")
	[ "$value" = "$2" ] || { echo "FAILED: $1 is $value, not $2"; exit 1; }
}

expect ID 0x4d444556
mdev-bpf poke "$uuid" A 40
mdev-bpf poke "$uuid" B 2
expect SUM 0x00000000
mdev-bpf poke "$uuid" START 0
expect SUM 0x0000002a
expect STATUS 0x00000001
mdev-bpf poke "$uuid" STATUS 1
expect STATUS 0x00000000
echo "passed"
