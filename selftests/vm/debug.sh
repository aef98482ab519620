# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# The debug kernel: Debian's source of the root's kernel, with the options of
# selftests/config.debug. It is laid out as a part of a root, which is seen over the root:
# usr/lib/modules/, with the image too, and the headers in usr/src/. The rest of the build,
# gigabytes, does not stay.

# Bump when the build below changes: it is part of the cache key, as the options are.
debug_recipe=1

# What a kernel is built with, besides its source. For once, so not in the root.
debug_packages=(
	gcc libc6-dev make flex bison bc libelf-dev libssl-dev zlib1g-dev
	libdw-dev pahole kmod cpio lz4 rsync python3-minimal
	base-files base-passwd bash dash coreutils sed grep mawk diffutils findutils perl
	perl-base util-linux mount libc-bin gzip tar debianutils hostname xz-utils
)

debug_options=("$tree"/selftests/config{,.iommufd,.debug})

# Without remarks, which may change
debug_fragment() { cat "${debug_options[@]}" | grep -E '^(CONFIG_|# CONFIG_.* is not set)'; }

# Known once there is a root: the kernel is to be the root's own version.
debug_dir()
{
	local all=("$root"/boot/vmlinuz-*)
	local version=${all[-1]##*/vmlinuz-}
	echo "$cache/debug-$(hash "$debug_recipe" "${version%%+*}" "$source_package" \
		"${debug_packages[@]}" "$(debug_fragment)")"
}

# Sets debug, the directory; and debug_release, the kernel's name.
debug_ensure()
{
	root_ensure
	debug=$(debug_dir)
	build_once "$debug" 7000 debug_build debug
	root_hold
	touch -c "$debug" 2>/dev/null || :
	debug_release=$(cd "$debug/usr/lib/modules" && echo *)
}

# In a build chroot of its own. Killed as we are: a make without us would go on for long.
debug_make()
{
	local log=$tmp/make.log out rc=0
	exec 3> >(debug_progress >"$log")
	out=$!
	run_child in_root "$tmp/root" "$tmp" -- setpriv --pdeathsig TERM nice -n 10 \
		make -C linux -j"$(nproc)" "$@" </dev/null >&3 2>&1 3>&- || rc=$?
	exec 3>&-
	wait "$out" || :
	[ "$rc" -ne 0 ] || return 0
	tail -n 30 "$log" >&2
	die "cannot build the debug kernel (see above)"
}

# A line for each so many files, on the terminal too
debug_progress()
{
	awk '{ print; fflush() }
	     /^ *(CC|AR|LD|AS|BTF) / && ++n % 250 == 0 {
		print "vm: debug kernel:", n, "files" >"/dev/stderr"
	     }'
}

debug_build()
{
	local new=$1 wrong
	say "building the debug kernel, once: half an hour of processor time ($(nproc) processors" \
	    "here), and 6 GB of disk until it is done: $debug"
	extract "$tmp/root" "$source_package" "${debug_packages[@]}"
	root_usable "$tmp/root"
	mkdir "$tmp/linux"
	debug_fragment >"$tmp/fragment"
	(in_root "$tmp/root" "$tmp" -- tar -C linux --strip-components=1 \
		-xf "/usr/src/$source_package.tar.xz") || die "cannot unpack $source_package"
	debug_make -s tinyconfig
	(in_root "$tmp/root" "$tmp" -- sh -c 'cd linux && scripts/kconfig/merge_config.sh -m .config \
		../fragment') >/dev/null 2>&1 || die "cannot merge the options"
	debug_make -s olddefconfig
	wrong=$(grep -vxFf "$tmp/linux/.config" "$tmp/fragment") &&
		die "this kernel has no such options, or others prevent them: ${wrong//$'\n'/ }"
	debug_make bzImage modules
	debug_install "$new"
}

# As Debian's packages have it. Of the image itself a module needs the types only.
debug_install()
{
	local new=$1 release headers
	release=$(cat "$tmp/linux/include/config/kernel.release")
	headers=usr/src/linux-headers-$release
	mkdir -p "$new/usr/lib" "$new/usr/src/linux-source"
	ln -s usr/lib "$new/lib"
	debug_make -s modules_install INSTALL_MOD_PATH=/mnt/src/new INSTALL_MOD_STRIP=1
	debug_make -s run-command \
		KBUILD_RUN_COMMAND="scripts/package/install-extmod-build /mnt/src/new/$headers"
	# It warns of segments that are empty now.
	(in_root "$tmp/root" "$tmp" -- objcopy --only-section=.BTF linux/vmlinux \
		"new/$headers/vmlinux") 2>/dev/null || die "no types of the debug kernel"
	# Not in boot/: guests of the VM boot what they find there.
	cp "$tmp/linux/arch/x86/boot/bzImage" "$new/lib/modules/$release/vmlinuz"
	cp "$tmp/linux/.config" "$new/lib/modules/$release/config"
	ln -sfn "/$headers" "$new/lib/modules/$release/build"
}
