# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What every part of the VM runner needs: words for the user, and cleaning up after itself.

say() { echo "vm: $*" >&2; }

die()
{
	echo "vm: $*" >&2
	exit 2
}

cache=${MDEV_BPF_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/mdev-bpf}

# Everything temporary of one run lives in one directory, so that one trap removes it.
tmp=
child=

on_exit()
{
	trap - EXIT INT TERM HUP
	if [ -n "$child" ]; then
		kill "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	fi
	[ -z "$tmp" ] || rm -rf -- "$tmp"
}

# EXIT alone would do in bash, but not with a status that tells the caller which signal it was.
make_tmp()
{
	trap on_exit EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	tmp=$(mktemp -d "${1:-${TMPDIR:-/tmp}/mdev-bpf-vm}.XXXXXX")
}

# Run a long child so that a signal to us is handled at once, not after the child has ended. Left
# to itself, the shell would make /dev/null its input.
run_child()
{
	"$@" <&0 &
	child=$!
	local rc=0
	wait "$child" || rc=$?
	child=
	return $rc
}
