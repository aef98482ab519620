# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a guest inside the VM finds in its initial RAM disk: busybox, an /init, programs, and modules
# of its kernel, whose names have the order in which they are loaded.

# What the guest's kernel is told. It has no KASLR, because vm/stuck-guest looks for a guest by the
# address of its memory.
# shellcheck disable=SC2034 # for who includes this
initrd_append="console=ttyS0 quiet panic=-1 no_timer_check cryptomgr.notests nokaslr"

# initrd_begin DIR INIT
initrd_begin()
{
	mkdir -p "$1"/{bin,proc,sys,dev,tmp,modules,tools}
	cp "$(command -v busybox)" "$1/bin/busybox"
	cp "$2" "$1/init"
}

# initrd_module DIR KERNEL NAME: a module, after what it depends on
initrd_module()
{
	local file how number
	modprobe -S "${2##*/boot/vmlinu[xz]-}" --show-depends "$3" | while read -r how file _; do
		[ "$how" = insmod ] || continue
		[ -z "$(find "$1/modules" -name "*-${file##*/}")" ] || continue
		number=$(find "$1/modules" -type f | wc -l)
		cp "$file" "$1/modules/$(printf %03u "$number")-${file##*/}"
	done
}

# initrd_tool DIR PROGRAM: one of this machine's, which is in the guest's PATH; its libraries are
# where they are here.
initrd_tool()
{
	local path lib
	path=$(command -v "$2") || { echo "initrd: no program $2" >&2; return 1; }
	cp -L "$path" "$1/tools/${2##*/}"
	# gcc's, beside libc, is loaded later, by pthread_cancel()
	ldd "$path" | grep -o '/[^ ]*' | sed 's,^\(.*/\)libc\.so.*,&\n\1libgcc_s.so.1,' |
		while read -r lib; do
		[ -e "$1$lib" ] || { mkdir -p "$1${lib%/*}"; cp -L "$lib" "$1$lib"; }
	done
}

# initrd_end DIR FILE: pack it.
initrd_end() { (cd "$1" && find . | busybox cpio -o -H newc 2>/dev/null) >"$2"; }
