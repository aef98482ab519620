#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmarks that "make bench" runs, and "make check" does not: each still works, and prints what
# bench/all.sh looks for.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

uuid=5e1f7e57-0000-4000-8000-00000000be01
left_devices=("$uuid")
left_programs=(kdma kempty)

[ -e /sys/kernel/mdev_bpf ] || skip_all "mdev_bpf is not loaded"

# prints PATTERN...: each is a line of what was printed
prints()
{
	local pattern
	for pattern in "$@"; do
		grep -qE "$pattern" <<<"$out" || fail "no line \"$pattern\" in \"$out\""
	done
}

vfio_user()
{
	run 0 "$here/bench/vfio_user"
	prints '^vfio_user_read [1-9][0-9]*$' '^vfio_user_write [1-9][0-9]*$'
	run 1 "$here/bench/vfio_user" "$mtap_tmp/none" 0 0
	has "$err" "No such file"
}

lsr()
{
	run 0 mdev-bpf load "$here/progs/kempty.bpf.o"
	run 0 mdev-bpf create kempty-1 --uuid "$uuid"
	run 0 "$here/bench/lsr" "$uuid"
	prints '^read LSR +[0-9]+ +[0-9]+$' '^write SCR +[0-9]+ +[0-9]+$' \
		'^read config +[0-9]+ +[0-9]+$'
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload kempty
}

dma()
{
	run 0 mdev-bpf load "$here/progs/kdma.bpf.o"
	run 0 mdev-bpf create kdma-1 --uuid "$uuid"
	run 0 "$here/bench/dma" "$uuid"
	prints '^state +4096 +[0-9]+$' '^memory +4096 +[0-9]+$' '^by work +4096 +[0-9]+$' \
		'^pinned +4096 +[0-9]+$'
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload kdma
}

memory()
{
	run 0 "$here/bench/memory.sh" 20
	prints '^memory_null -?[0-9]+$' '^memory_empty -?[0-9]+$'
}

report()
{
	printf '%s\n' 'null_read 10' 'called_read 20' >"$mtap_tmp/lines"
	run 0 sh -c "'$here/bench/report.py' '$mtap_tmp' <'$mtap_tmp/lines'"
	prints '^the same: no-op in C .* 2\.00'
	run 0 grep -q '"called_read": 20' "$mtap_tmp/bench.json"
	run 0 grep -q '^<svg ' "$mtap_tmp/bench.svg"
	run 1 sh -c "'$here/bench/report.py' '$mtap_tmp' </dev/null"
	has "$err" "nothing was measured"
}

points vfio_user lsr dma memory report
