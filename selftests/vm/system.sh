# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# The root "system": an installed Debian, with systemd, apt, libvirt and what builds packages. The
# others are unpacked only, and have no package database and no services.

kind_system()
{
	packages=(
		systemd systemd-sysv dbus udev kmod procps iproute2 strace python3
		# two kernels for DKMS, of which one boots; the other one's headers are added
		linux-image-amd64 linux-headers-amd64 dkms
		# our packages: what builds and checks them
		build-essential debhelper dh-dkms lintian clang llvm libbpf-dev libjson-c-dev
		uuid-dev libelf-dev zlib1g-dev pkgconf python3-docutils pahole
		# clients of our devices
		mdevctl qemu-system-x86 libvirt-daemon-system libvirt-clients bpftool bpftrace
		# shells whose completion is ours
		fish zsh
		# what the runner of the VM needs
		busybox-static xz-utils zstd e2fsprogs
	)
	suites=("$suite-backports")
	fixup=
	recipe=1
	installer=system_install
}

# The scripts of packages need users and device nodes, so this takes root.
system_install()
{
	local r=$1 from=$tmp/sources.list log=$tmp/mmdebstrap.log include
	[ "$(id -u)" -eq 0 ] || die "the root 'system' is a real installation, which takes root"
	apt_sources >"$from"
	[ -s "$from" ] || die "nothing says where ${suites[*]} is: apt-get update on a Debian machine"
	include=$(IFS=,; echo "${packages[*]}")
	# Nobody boots it by an initramfs. Its own initramfs.conf is what dpkg keeps.
	run_child mmdebstrap --mode=root --variant=apt --include="$include" \
		--dpkgopt=force-confold --dpkgopt='path-exclude=/usr/share/locale/*' \
		--essential-hook='mkdir -p "$1/etc/initramfs-tools" &&
			echo update_initramfs=no >"$1/etc/initramfs-tools/update-initramfs.conf"' \
		--customize-hook="$here/system-headers \"\$1\" $suite-backports" \
		"$suite" "$r" "$from" </dev/null >"$log" 2>&1 ||
		{ tail -n 15 "$log" >&2; die "could not install Debian: is the network up? (see above)"; }
	system_fixup "$r"
}

# Units that a VM has no use for, and that take long in an emulated one
system_masked=(
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	fstrim.timer man-db.timer systemd-firstboot.service systemd-timesyncd.service
	e2scrub_reap.service systemd-pstore.service systemd-hwdb-update.service
	ldconfig.service systemd-journal-catalog-update.service networking.service
)

# Drivers of what QEMU's machine has and nobody here uses
system_unused=(ahci i2c_i801 lpc_ich iTCO_wdt psmouse pcspkr joydev evdev button qemu_fw_cfg)

system_fixup()
{
	local r=$1 unit
	mkdir -p "$r/mnt/src" "$r/mnt/share" "$r/mnt/stage" "$r/usr/src/linux-source"
	rm -f "$r/etc/resolv.conf"
	echo mdev-bpf >"$r/etc/hostname"
	echo "127.0.0.1 localhost mdev-bpf" >"$r/etc/hosts"
	# Not the first boot, which would set up everything anew
	echo 6d646576627066000000000000000001 >"$r/etc/machine-id"
	for unit in "${system_masked[@]}"; do
		ln -sf /dev/null "$r/etc/systemd/system/$unit"
	done
	ln -sf /lib/systemd/system/multi-user.target "$r/etc/systemd/system/default.target"
}

# How the command of "vm run" begins there
system_stage()
{
	local units=$1/etc/systemd/system
	: >"$1/.vm/systemd"
	mkdir -p "$units/multi-user.target.wants"
	cat >"$units/vm-agent.service" <<-'END'
		[Unit]
		Description=The command of vm run
		After=basic.target

		[Service]
		ExecStart=/mnt/src/selftests/vm/agent
		StandardOutput=journal+console
		LimitMEMLOCK=infinity
		TasksMax=infinity
	END
	ln -s ../vm-agent.service "$units/multi-user.target.wants/"
	# On a loaded host, nothing has failed that takes longer than usual. For all services:
	mkdir "$units/service.d"
	printf '[Service]\nTimeoutStartSec=30min\nTimeoutStopSec=10min\nWatchdogSec=0\n' \
		>"$units/service.d/vm.conf"
}

# What the VM writes is on a disk, and survives its reboots.
system_disk()
{
	local disk=$tmp/disk.img
	truncate -s 8G "$disk"
	(in_root "$root" "$tmp" -- mke2fs -q -t ext4 -O ^has_journal /mnt/src/disk.img) ||
		die "cannot make the disk of the VM"
	append+=" systemd.getty_auto=no udev.event_timeout=1800 modprobe.blacklist=$(IFS=,; echo "${system_unused[*]}")"
	qemu+=(-drive "file=${disk//,/,,},format=raw,if=none,id=disk,cache=unsafe,discard=unmap"
	       -device "virtio-blk-pci,drive=disk")
}
