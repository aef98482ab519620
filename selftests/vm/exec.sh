# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The VM root as a build chroot: the VM's compiler, headers and kernel at native speed.

# in_root ROOT [TREE [STAGE]] -- COMMAND...: become COMMAND in ROOT. An ordinary user is root in a
# user namespace for it; files it makes in TREE are that user's.
in_root()
{
	local args=() user=() src=
	while [ "$1" != -- ]; do
		args+=("$1")
		shift
	done
	shift
	[ "$(id -u)" -eq 0 ] || user=(-r)
	[ -z "$source" ] || [ ! -d "$source" ] || src=$source
	unshare -m "${user[@]}" true 2>/dev/null ||
		die "no mount namespaces here: in a container it needs CAP_SYS_ADMIN; else user" \
		    "namespaces are switched off, which root does without"
	exec unshare -m "${user[@]}" "$here/enter" "${args[0]}" "${args[1]-}" "${args[2]-}" \
		"$src" "$@"
}

exec_main()
{
	local debug=
	if [ "${1-}" = --debug ]; then
		debug_ensure
		export VM_KERNEL=$debug
		shift
	elif [ "${1-}" = --layer ]; then
		VM_LAYER=$(realpath "${2?exec: --layer needs a directory}")
		export VM_LAYER
		shift 2
	fi
	[ "${1-}" != -- ] || shift
	[ $# -gt 0 ] || die "exec: no command"
	root_ensure
	in_root "$root" "$tree" -- "$@"
}
