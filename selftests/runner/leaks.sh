#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After the other tests, on a kernel with debug options (run.sh adds it there): nothing that our
# modules allocated is lost, while they are loaded and after; and the kernel's checks still go on,
# which end quietly for good after a first report, or when their tables are full.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

leaks=/sys/kernel/debug/kmemleak
symbols=$mtap_tmp/symbols
# Objects younger than five seconds are no leaks to kmemleak.
age=6

[ -e "$leaks" ] || skip_all "CONFIG_DEBUG_KMEMLEAK is not set"

# A pointer on its way from one place to another is missed by a scan, so it takes two.
scan()
{
	sleep "$age"
	run 0 sh -c "echo scan >$leaks && echo scan >$leaks"
	cat "$leaks"
}

# Name functions of modules that are gone. Addresses of equal length compare as strings.
named()
{
	awk -v symbols="$symbols" '
		BEGIN {
			while ((getline line <symbols) > 0) {
				split(line, word)
				address[++n] = word[1]
				name[n] = word[3] " " word[4]
			}
		}
		match($0, /0xffffffff[0-9a-f]+$/) {
			at = substr($0, RSTART + 2)
			for (i = n; i > 0 && address[i] > at; i--)
				;
			if (i)
				$0 = "    " name[i]
		}
		{ print }'
}

none()
{
	local found
	found=$(scan | named)
	[ -z "$found" ] || fail "$(grep -c "^unreferenced object" <<<"$found") lost:"$'\n'"$found"
}

# The kernel's log has said why not.
still_checking() { is "$(awk '/debug_locks:/ { print $2 }' /proc/lockdep_stats)" 1; }

while_loaded() { none; }

# What only a module's own data pointed at is lost with the module.
when_unloaded()
{
	grep -F '[mdev' /proc/kallsyms | sort >"$symbols"
	run 0 modprobe -r mdev_virtio mdev_bpf mdev
	none
	run 0 modprobe mdev_bpf
}

: >"$symbols"
points still_checking while_loaded when_unloaded
