# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The VM root: a Debian tree, extracted without running any maintainer script. That needs no
# privilege, is several times faster than an installation, and nothing in it is ever a service.
#
# There are several kinds of roots, each of them cached. kind_NAME, below, sets what makes a kind:
#   packages	what is in it, with all that these depend on. NAME/SUITE takes a package from SUITE.
#   suites	those that packages are taken from besides $suite and its updates
#   fixup	a function that is called with the root after root_fixup, or empty
#   installer	a function that makes the root, in place of unpacking packages, or empty
#   recipe	to be bumped when a fix-up changes: it is part of the cache key, as the packages are

suite=trixie
kinds=(base backports system)

base_packages=(
	# kernel, and what a module, its BTF and a BPF program are made with
	linux-image-amd64 linux-headers-amd64 linux-bpf-dev clang llvm libbpf-dev bpftool pahole
	make gcc libc6-dev uuid-dev libjson-c-dev libelf-dev zlib1g-dev pkgconf
	# clients of our devices
	qemu-system-x86 mdevctl udev kmod zstd
	# make lint, make html, manual pages
	python3-docutils python3-sphinx sparse shellcheck codespell clang-format
	# tools of tests
	procps strace iproute2 busybox-static
	# what guests do with our disks and network cards
	e2fsprogs fio nvme-cli iperf3
	# "extract" brings no essential package by itself
	base-files base-passwd bash dash coreutils sed grep mawk diffutils findutils perl
	perl-base util-linux mount libc-bin gzip tar debianutils hostname xz-utils
)

kind_base()
{
	packages=("${base_packages[@]}")
	suites=()
	fixup=
	installer=
	recipe=3
}

# The newest kernel that Debian has for this release.
kind_backports()
{
	local i
	kind_base
	suites=("$suite-backports")
	for i in "${!packages[@]}"; do
		case ${packages[i]} in
		linux-image-amd64|linux-headers-amd64)	packages[i]+=/$suite-backports ;;
		esac
	done
}

# Of the kernel's source, only lint scripts, samples and test headers are kept, see source_ensure().
source_files=(
	scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch
	scripts/kernel-doc samples/vfio-mdev tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
)

hash() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

# choose_root KIND: whose root the functions below make and use.
choose_root()
{
	[[ " ${kinds[*]} " == *" $1 "* ]] || die "no root '$1', there are: ${kinds[*]}"
	"kind_$1"
	kind=$1
	root=$cache/root-$([ "$1" = base ] || echo "$1-")$(hash "$suite" "$recipe" "${packages[@]}")
	source=
}

# The source of the root's kernel: which one that is depends on when the root was made.
choose_source()
{
	local all=("$root"/boot/vmlinuz-*)
	[[ ${all[-1]##*/} =~ ^vmlinuz-([0-9]+\.[0-9]+) ]] || die "no kernel in $root"
	source_package=linux-source-${BASH_REMATCH[1]}
	source=$cache/source-$(hash "$suite" "$source_package" "${source_files[@]}")
}

host_missing()
{
	command -v mmdebstrap >/dev/null || echo mmdebstrap
	command -v make >/dev/null || echo make
	command -v unshare >/dev/null || echo util-linux
	command -v mount >/dev/null || echo mount
}

host_setup()
{
	local missing
	mapfile -t missing < <(host_missing)
	[ ${#missing[@]} -gt 0 ] || return 0
	if ! command -v apt-get >/dev/null; then
		die "missing on this host: ${missing[*]} (Debian package names)"
	elif [ "$(id -u)" -ne 0 ]; then
		die "missing host packages, as root: apt-get install ${missing[*]}"
	fi
	say "installing on this host: ${missing[*]}"
	host_install "${missing[@]}" || die "apt-get failed: is the network up? its words are above"
}

# The package lists of a fresh machine are absent or stale; update only when they do not do.
host_install()
{
	local get=(apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "$@") words
	export DEBIAN_FRONTEND=noninteractive
	"${get[@]}" >/dev/null 2>&1 && return
	words=$({ apt-get -qq update && "${get[@]}"; } 2>&1) && return
	echo "$words" >&2
	return 1
}

# Take packages from where this machine takes its own: its administrator chose that mirror. No
# line at all (no lists yet, not Debian) makes mmdebstrap use its default.
apt_sources()
{
	command -v apt-get >/dev/null || return 0
	# shellcheck disable=SC2016 # the format is apt's
	apt-get indextargets --format '$(LABEL) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
	awk -v s="$suite" -v more="${suites[*]}" '
		BEGIN { n = split(s " " s "-updates " more, suites) }
		$2 != "main" || seen[$1]++ { next }
		$1 == "Debian" { for (i = 1; i <= n; i++) print "deb", $3, suites[i], "main" }
		$1 == "Debian-Security" { print "deb", $3, s "-security", "main" }'
}

# extract DIR PACKAGE...: unpack packages and all they depend on.
extract()
{
	local dir=$1 from=$tmp/sources.list log=$tmp/mmdebstrap.log
	shift
	apt_sources >"$from" 2>/dev/null || :
	[ -s "$from" ] || from=
	[ -n "$from" ] || [ ${#suites[@]} -eq 0 ] ||
		die "nothing says where ${suites[*]} is: as root, apt-get update on a Debian machine"
	local include
	include=$(IFS=,; echo "$*")
	# The check is about maintainer scripts run as root; "extract" runs none.
	run_child mmdebstrap --mode=chrootless --variant=extract --skip=check/chrootless \
		--include="$include" "$suite" "$dir" ${from:+"$from"} </dev/null >"$log" 2>&1 && return
	tail -n 15 "$log" >&2
	die "could not get Debian packages: is the network up, the disk full? (see above)"
}

# build_once DIR MEGABYTES BUILDER [NAME]: have BUILDER fill $tmp/new, and rename that to DIR. The
# lock makes a second run wait instead of building the same; the rename makes a killed one harmless.
# What takes long has a lock of its own, by its NAME.
build_once()
{
	local dir=$1 mb=$2 builder=$3 name=${4-} free
	[ ! -d "$dir" ] || return 0
	mkdir -p "$cache" || die "cannot make the cache directory $cache"
	exec 9>"$cache/lock${name:+-$name}"
	flock -n 9 || { say "waiting for another run to finish its set-up"; flock 9; }
	[ ! -d "$dir" ] || { exec 9>&-; return 0; }

	free=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$mb" ] || die "$cache: $mb MB of disk needed, $free MB free"
	# Left behind by a run that was killed; the lock says that nobody is using them.
	rm -rf -- "$cache/new${name:+-$name}".*
	make_tmp "$cache/new${name:+-$name}"
	# apt fetches as an unprivileged user when we are root.
	chmod 755 "$tmp"
	mkdir "$tmp/new"
	"$builder" "$tmp/new"
	mv -T "$tmp/new" "$dir"
	on_exit
	tmp=
	[ "$dir" = "$source" ] || root_prune "$dir"
	exec 9>&-
}

# Remove what former recipes made of the same kind as DIR, up to gigabytes each: if nobody is in
# one, as "vm clean", and those of the last day only later, for who goes back and forth between two
# versions of this tree.
root_prune()
{
	local kind=${1##*/}
	exec 7>"$cache/in-use" 8>&-
	if flock -n 7; then
		find "$cache" -maxdepth 1 -name "${kind%-*}-????????????" ! -path "$1" -mtime +0 \
			-exec rm -rf -- {} +
	fi
	exec 7>&-
}

# The shared lock, held until we and our children are gone, keeps "vm clean" off.
root_hold()
{
	exec 8>"$cache/in-use"
	flock -s 8
}

root_ensure()
{
	[ -d "$root" ] || host_setup
	# For root_prune, which looks when a root was last used.
	touch -c "$root" 2>/dev/null || :
	build_once "$root" 4000 root_build
	root_hold
	choose_source
}

# kernels ROOT: those that are installed, and not only their headers
kernels()
{
	local dir
	for dir in "$1"/lib/modules/*/kernel; do
		dir=${dir%/kernel}
		echo "${dir##*/}"
	done
}

root_build()
{
	local r=$1 k
	say "making the VM root (Debian $suite, $kind, a minute): $root"
	if [ -n "$installer" ]; then
		"$installer" "$r"
	else
		extract "$r" "${packages[@]}"
		root_fixup "$r"
	fi
	[ -z "$fixup" ] || "$fixup" "$r"
	for k in $(kernels "$r"); do
		root_kernel "$r" "$k"
	done
}

# What the packages' scripts would have done, as far as anything here wants it.
root_fixup()
{
	local r=$1
	root_usable "$r"
	cp "$r/usr/share/base-passwd/passwd.master" "$r/etc/passwd"
	cp "$r/usr/share/base-passwd/group.master" "$r/etc/group"
	# The host's own are of no use in there.
	rm -f "$r/etc/resolv.conf" "$r/etc/fstab"
	# Sphinx imports what loads them, and goes nowhere.
	mkdir -p "$r/etc/ssl/certs"
	cat "$r"/usr/share/ca-certificates/*/*.crt >"$r/etc/ssl/certs/ca-certificates.crt"
	echo mdev-bpf >"$r/etc/hostname"
	echo "127.0.0.1 localhost mdev-bpf" >"$r/etc/hosts"
	ln -sf /proc/self/mounts "$r/etc/mtab"
}

# Of that, what a build needs. Mount points, since the root is read-only wherever it is used.
root_usable()
{
	ln -sf mawk "$1/usr/bin/awk"
	ln -sf gcc "$1/usr/bin/cc"
	mkdir -p "$1/mnt/src" "$1/mnt/share" "$1/mnt/stage" "$1/usr/src/linux-source"
}

# Modules are decompressed once here: depmod of a tree of ours then takes one second, not six, and
# a modprobe under emulation does not run xz. So is the kernel, which emulated decompresses itself in
# about the time of the rest of its boot. What follows it in the file makes zstd complain at the end.
# Since 7.3, it is the script of a package that brings the kernel to /boot.
root_kernel()
{
	local script
	# shellcheck disable=SC2016 # for the shell in there
	script='find "/lib/modules/$0" -name "*.ko.xz" -print0 | xargs -0 -r -n 64 -P "$(nproc)" xz -d
		depmod "$0"
		[ -e "/boot/vmlinuz-$0" ] ||
			ln -s "../lib/modules/$0/vmlinuz" "/boot/vmlinuz-$0"
		at=$(LC_ALL=C grep -m 1 -abo -P "\x28\xb5\x2f\xfd" "/boot/vmlinuz-$0" | head -n 1)
		[ -n "$at" ] || exit 0
		tail -c "+$((${at%%:*} + 1))" "/boot/vmlinuz-$0" | zstd -dcq >"/boot/vmlinux-$0" 2>/dev/null || :
		readelf -n "/boot/vmlinux-$0" | grep -q Xen || rm "/boot/vmlinux-$0"'
	(VM_ROOT_RW=1; export VM_ROOT_RW; in_root "$1" -- sh -ec "$script" "$2") ||
		die "cannot prepare the modules of kernel $2"
}

# The root has the xz that a small host may not have.
source_ensure()
{
	root_ensure
	build_once "$source" 1500 source_build
}

source_build()
{
	local ball=usr/src/$source_package.tar.xz
	say "fetching the kernel's lint scripts and samples ($source_package)"
	extract "$tmp/pkg" "$source_package"
	(in_root "$root" "$tmp" -- tar -C new --strip-components=1 -xf "pkg/$ball" \
		"${source_files[@]/#/$source_package/}") || die "cannot unpack $source_package"
}

cache_clean()
{
	[ -d "$cache" ] || return 0
	exec 9>"$cache/lock" 8>"$cache/in-use" 7>"$cache/lock-debug"
	if ! flock -n 9 || ! flock -n 8 || ! flock -n 7; then die "another run is using $cache"; fi
	# MDEV_BPF_CACHE may name a directory with other things in it.
	rm -rf -- "$cache"/{root,source,debug}-???????????? "$cache"/root-*-???????????? "$cache"/{new,new-debug,layer}.?????? \
		"$cache"/accel-????????-*
	rm -f -- "$cache/lock" "$cache/lock-debug" "$cache/in-use"
	rmdir -- "$cache" 2>/dev/null || say "$cache has more than ours in it, and stays"
}
