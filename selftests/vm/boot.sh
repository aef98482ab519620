# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Booting the VM. What the guest gets: the root, a "stage" laid over it (this tree's modules and
# programs installed, and the command to run), the project tree, all read-only; init puts a tmpfs
# over them. The kernel log is the serial port; the command's output and its exit status have a
# virtio port each, so that they mix with nothing.

kernel=
# Where that is, and the directory that has lib/modules/
image=
kernel_dir=
debug=
smp=2
mem=
icount=
accel=
share=
stdin=
limit=
keep_log=
monitor=
layer=
# What the initramfs needs for the root of this kind
disk_modules=()

options()
{
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		[ $# -ge 2 ] || [[ $1 == --@(icount|stdin|debug|monitor) ]] || die "run: $1 needs a value"
		case $1 in
		--kernel)	kernel=$2 ;;
		--smp)		smp=$2 ;;
		--mem)		mem=$2 ;;
		--share)	share=$(cd "$2" && pwd -P) || die "run: no directory $2" ;;
		--timeout)	limit=$2 ;;
		--keep-log)	keep_log=$2 ;;
		--layer)	layer=$(cd "$2/up" && pwd -P) || die "run: no layer $2" ;;
		--icount)	icount=1; shift; continue ;;
		--stdin)	stdin=1; shift; continue ;;
		--monitor)	monitor=1; shift; continue ;;
		--debug)	debug=1; shift; continue ;;
		*)		die "run: unknown option $1 (see: vm help)" ;;
		esac
		shift 2
	done
	[ $# -eq 0 ] || shift
	command_line=("$@")
}

# The root's own QEMU, so that it is the same one everywhere. It runs outside of the root, where the
# paths of the shares mean something.
choose_qemu()
{
	emulator=("$root/lib64/ld-linux-x86-64.so.2"
		  --library-path "$root/usr/lib/x86_64-linux-gnu"
		  "$root/usr/bin/qemu-system-x86_64"
		  -L "$root/usr/share/seabios" -L "$root/usr/share/qemu")
}

# The debug kernel writes down each allocation: more memory, if nobody says how much.
choose_kernel()
{
	if [ -n "$debug" ]; then
		debug_ensure
		kernel=$debug_release
		kernel_dir=$debug
		image=$debug/lib/modules/$kernel/vmlinuz
		mem=${mem:-4G}
		export VM_KERNEL=$debug
		return
	fi
	local all
	mapfile -t all < <(kernels "$root" | sort -V)
	kernel=${kernel:-${all[-1]}}
	kernel_dir=$root
	image=$root/boot/vmlinux-$kernel
	[ -e "$image" ] || image=$root/boot/vmlinuz-$kernel
	mem=${mem:-2G}
	[ -e "$image" ] ||
		die "no kernel $kernel in the VM root, there are: ${all[*]}"
}

# modules_of MODULE...: their files in the order to load them. What is built in has none.
modules_of()
{
	awk -v want=" $* " '{
		file = $1; sub(":$", "", file)
		name = file; sub(".*/", "", name); sub("[.]ko$", "", name); gsub("-", "_", name)
		if (!index(want, " " name " "))
			next
		for (i = NF; i > 1; i--)
			print $i
		print file
	}' "$kernel_dir/lib/modules/$kernel/modules.dep" | awk '!seen[$0]++'
}

# A few milliseconds of work: not worth a cache, nor a cpio on the host.
initrd_build()
{
	local d=$tmp/initrd file
	mkdir -p "$d/bin" "$d/proc" "$d/sys" "$d/dev" "$d/modules"
	cp "$root/usr/bin/busybox" "$d/bin/"
	cp "$here/init" "$d/init"
	: >"$d/modules/order"
	modules_of virtio_console 9p 9pnet_virtio overlay "${disk_modules[@]}" | while read -r file; do
		cp "$kernel_dir/lib/modules/$kernel/$file" "$d/modules/"
		echo "${file##*/}" >>"$d/modules/order"
	done
	(cd "$d" && find . | bin/busybox cpio -o -H newc 2>/dev/null) >"$tmp/initrd.img"
}

# depmod looks at one tree only, and ours holds no module of the kernel's: lend it those. It runs
# here because it would take a minute under emulation.
stage_depmod()
{
	local m=$tmp/stage/lib/modules/$kernel ko
	for ko in "$m"/updates/*.ko; do
		[ -e "$ko" ] || continue
		grep -aq "vermagic=$kernel " "$ko" && continue
		say "${ko##*/} is not built for $kernel: not installed in the VM"
		rm "$ko"
	done
	mkdir -p "$m"
	ln -s "/lib/modules/$kernel/kernel" "$m/kernel"
	cp "$kernel_dir/lib/modules/$kernel"/modules.{order,builtin,builtin.modinfo} "$m/"
	(in_root "$root" "$tree" "$tmp/stage" -- depmod -b /mnt/stage "$kernel") || die "no depmod"
	rm "$m/kernel"
}

stage_build()
{
	local s=$tmp/stage
	mkdir -p "$s/usr/lib" "$s/.vm"
	ln -s usr/lib "$s/lib"
	[ "$kind" != system ] || system_stage "$s"
	[ -z "$share" ] || : >"$s/.vm/share"
	[ -z "$layer" ] || { : >"$s/.vm/layer"; return; }
	# Only what is built: a VM is of use before everything is.
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s --no-print-directory -C "$tree" \
		install-files DESTDIR="$s" KVER="$kernel" PREFIX=/usr/local DEPMOD=: >&2 ||
		die "cannot install the tree for the VM"
	# As DKMS does; the kernel reads all of a file, and that is slow in an emulated machine.
	[ "$kind" != system ] || (in_root "$root" "$tree" "$s" -- sh -c 'strip -g /mnt/stage/lib/modules/*/updates/*.ko')
	stage_depmod
	[ -z "$debug" ] || : >"$s/.vm/kernel"
}

# fs TAG DIR [OPTION]: QEMU's arguments to share a directory. A comma in a path is doubled.
fs()
{
	qemu+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap${3-}"
	       -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# KVM is there when a VM runs with it: the device may exist and be of no use. Asked once for each
# boot of the host; after a failure, which may be of the moment, again in a while.
choose_accel()
{
	accel=${VM_ACCEL:-}
	[ -z "$accel" ] || return 0
	accel=tcg
	[ -w /dev/kvm ] || return 0
	local known
	known=$cache/accel-$(cat /proc/sys/kernel/random/boot_id)
	if [ -n "$(find "$known" -mmin -10 2>/dev/null)" ] || grep -qsx kvm "$known"; then
		read -r accel <"$known" || accel=tcg
		return
	fi
	rm -f "$cache"/accel-*
	if probe_kvm; then
		accel=kvm
	else
		say "no VM runs with this machine's KVM: emulating the processor, several times slower"
	fi
	echo "$accel" >"$tmp/accel"
	mv "$tmp/accel" "$known"
}

probe_kvm()
{
	local log=$tmp/probe.log
	run_child timeout 10 "${emulator[@]}" -accel kvm -M q35 -cpu max,la57=off -m 256M \
		-nodefaults -display none -no-reboot -kernel "$image" \
		-initrd "$tmp/initrd.img" -append "console=ttyS0 panic=-1 mdev_bpf_probe" \
		-serial "file:${log//,/,,}" </dev/null >/dev/null 2>&1 &&
	grep -q mdev-bpf-probe-ok "$log"
}

qemu_machine()
{
	append="console=ttyS0 panic=-1 oops=panic log_buf_len=16M no_timer_check"
	# On a loaded host nothing is stuck that has not moved for the usual 20 or 30 s.
	append+=" watchdog_thresh=60 workqueue.watchdog_thresh=120"
	append+=" rcupdate.rcu_cpu_stall_timeout=120 sysctl.kernel.hung_task_timeout_secs=240"
	qemu=("${emulator[@]}" -M q35 -cpu "max,la57=off" -m "$mem" -nodefaults -display none
	      -no-reboot -kernel "$image" -initrd "$tmp/initrd.img"
	      -chardev "file,id=log,path=${log//,/,,}" -serial chardev:log
	      -d cpu_reset -D "$tmp/qemu.log"
	      -device virtio-serial-pci)
	if [ -n "$icount" ]; then
		qemu+=(-icount "shift=0,sleep=off" -smp 1 -accel "tcg,thread=single" -seed 1
		       -rtc "base=2026-01-01,clock=vm")
		append+=" nokaslr norandmaps cryptomgr.notests"
	else
		choose_accel
		qemu+=(-smp "$smp" -accel "$accel")
	fi
	if [ -n "$debug" ]; then
		# On a loaded machine, the time before the clock is found can look like a stall.
		append+=" preempt=full kasan_multi_shot rcupdate.rcu_cpu_stall_suppress_at_boot=1"
		fs kernel "$debug" ,readonly=on
	fi
	fs root "$root" ,readonly=on
	fs stage "$tmp/stage" ,readonly=on
	fs src "$tree" ,readonly=on
	[ -z "$share" ] || fs share "$share"
	[ -z "$layer" ] || fs layer "$layer" ,readonly=on
	[ "$kind" != system ] || system_disk
	qemu+=(-append "$append")
}

prepare()
{
	host_setup
	root_ensure
	choose_qemu
	choose_kernel
	make_tmp
	log=$tmp/kernel.log
	if [ -n "$keep_log" ]; then
		: >"$keep_log" || die "cannot write $keep_log"
		log=$(realpath "$keep_log")
	fi
	[ "$kind" != system ] || disk_modules=(virtio_blk crc32c_generic ext4)
	initrd_build
	stage_build
	qemu_machine
}

# boot: run QEMU until it ends. Should we be killed in a way no trap sees, it ends as well.
boot()
{
	run_child setpriv --pdeathsig TERM ${limit:+timeout --foreground -k 5 "$limit"} \
		"${qemu[@]}"
}

# The command's input is a third port. QEMU takes it from a pipe, whatever our standard input is.
# What fills that pipe must not have the one of the output open: the VM may end before its input.
pass_stdin()
{
	: >"$tmp/stage/.vm/stdin"
	exec 5<&0
	exec 4< <(exec cat <&5 3>&-)
	exec 5<&-
	qemu+=(-add-fd "fd=4,set=2"
	       -chardev "file,id=in,path=/dev/null,input-path=/dev/fdset/2"
	       -device "virtserialport,chardev=in,nr=3")
}

# A port of the guest is QEMU's monitor (QMP), so that a program can have QEMU log what it executes.
# They are connected by two pipes. Opening one end of a pipe waits for the other, so each is opened
# for both directions first.
pass_monitor()
{
	mkfifo "$tmp/to" "$tmp/from"
	exec 6<>"$tmp/to" 8>"$tmp/to" 6<"$tmp/to"
	exec 7<>"$tmp/from" 9>"$tmp/from" 7<"$tmp/from"
	qemu+=(-add-fd "fd=6,set=6" -add-fd "fd=7,set=7" -add-fd "fd=8,set=8" -add-fd "fd=9,set=9"
	       -chardev "file,id=port,path=/dev/fdset/8,input-path=/dev/fdset/7,append=on"
	       -device "virtserialport,chardev=port,nr=4"
	       -chardev "file,id=qmp,path=/dev/fdset/9,input-path=/dev/fdset/6,append=on"
	       -mon "chardev=qmp,mode=control")
}

# The human monitor is two files: what it has said is in $tmp/said, and ask_monitor asks it. Opened
# for both directions, a pipe never blocks.
add_monitor()
{
	mkfifo "$tmp/ask"
	: >"$tmp/said"
	exec {ask}<>"$tmp/ask" {asked}<"$tmp/ask"
	qemu+=(-add-fd "fd=$asked,set=10"
	       -chardev "file,id=ask,path=${tmp//,/,,}/said,input-path=/dev/fdset/10,append=on"
	       -mon "chardev=ask,mode=readline")
}

# ask_monitor COMMAND PATTERN N: wait until it has said PATTERN in N lines.
ask_monitor()
{
	local tries
	echo "$1" >&"$ask"
	for ((tries = 0; tries < 50; tries++)); do
		[ "$(grep -c "$2" "$tmp/said")" -lt "$3" ] || return 0
		sleep 0.1
	done
}

# Somebody has no more patience with the VM. Its processors may tell why it hangs.
on_term()
{
	local cpus=$smp times
	[ -z "$icount" ] || cpus=1
	if [ -n "$child" ] && [ -s "$log" ]; then
		for times in 1 2; do
			ask_monitor "info registers -a" '^EFER=' "$((times * cpus))"
		done
		tail -n 40 "$log" >&2
		grep -E '^(CPU#|RIP=|GS =)' "$tmp/said" >&2 || :
		if "$here/stuck-guest" "$tmp/said"; then
			say "QEMU has interrupted a guest of the VM that had disabled interrupts"
			exit 123
		fi
	fi
	exit 143
}

run_main()
{
	local rc=0 out tries=3 boots
	options "$@"
	[ ${#command_line[@]} -gt 0 ] || die "run: no command (see: vm help)"
	prepare
	printf '%q ' "${command_line[@]}" >"$tmp/stage/.vm/command"
	# QEMU gets a pipe, whatever our standard output is, and "append": it must not truncate a
	# file, and cannot truncate a pipe.
	exec 3> >(exec cat)
	out=$!
	: >"$tmp/status"
	qemu+=(-add-fd "fd=3,set=1" -chardev "file,id=out,path=/dev/fdset/1,append=on"
	       -device "virtserialport,chardev=out,nr=1"
	       -chardev "file,id=status,path=${tmp//,/,,}/status"
	       -device "virtserialport,chardev=status,nr=2")
	# What has been read, or is on the disk, is not as it was for a second try.
	[ "$kind" != system ] || tries=1
	[ -z "$stdin" ] || { pass_stdin; tries=1; }
	[ -z "$monitor" ] || { pass_monitor; tries=1; }
	add_monitor
	trap on_term TERM
	boot </dev/null || rc=$?
	for ((boots = 1; boots < 10; boots++)); do
		rebooted || break
		cat "$log" >>"$tmp/log-before"
		rc=0
		boot </dev/null || rc=$?
	done
	[ ! -e "$tmp/log-before" ] || keep_logs
	while is_emulators "$rc" && [ $((--tries)) -gt 0 ]; do
		say "once again"
		rc=0
		boot </dev/null || rc=$?
	done
	exec 3>&-
	wait "$out" || :
	verdict "$rc" "$tries"
}

# The command has said that it will reboot the machine, whose disk stays.
rebooted() { [ "$(<"$tmp/status")" = reboot ]; }

# The kernel log of all boots
keep_logs()
{
	cat "$log" >>"$tmp/log-before"
	cat "$tmp/log-before" >"$log"
}

why_reset()
{
	if grep -q "Triple fault" "$tmp/qemu.log"; then
		echo "a triple fault"
	else
		echo "it has asked for that"
	fi
}

# is_emulators RC: whether the VM died of what looks like QEMU's, so that it is worth another try:
# stale code, which is proven; a failed assertion of QEMU, or the like; or a reset without a word
# (QEMU ends with 0 then). A kernel says what it dies of, but not between a nested guest and itself,
# where no handler is in place.
is_emulators()
{
	# A command that has ended is not run again
	if [ -s "$tmp/status" ] || [ "$accel" != tcg ]; then
		return 1
	elif "$here/stale-code" "$log"; then
		grep -a -m 3 -E "Oops|RIP|Code: " "$log" >&2
		say "QEMU has run code that is no longer in memory, and the VM died"
	elif [ "$1" -eq 0 ] && "$here/klog-check" "$log" >/dev/null; then
		tail -n 3 "$log" >&2
		say "the VM was reset without a word from its kernel: $(why_reset)"
	elif [ "$1" -eq 134 ] || [ "$1" -eq 139 ]; then
		say "QEMU has crashed: signal $(($1 - 128))"
	else
		return 1
	fi
}

# The command's own status if there is one, and else what became of the VM.
verdict()
{
	local rc=$1 tries=$2 status
	read -r status <"$tmp/status" || status=
	[ -z "$status" ] || exit "$status"
	[ "$tries" -gt 0 ] || exit 123
	echo "--- end of the kernel log ---" >&2
	tail -n 40 "$log" >&2
	if [ -n "$limit" ] && { [ "$rc" -eq 124 ] || [ "$rc" -eq 137 ]; }; then
		say "timeout: not finished after $limit s"
		exit 124
	fi
	[ "$rc" -eq 0 ] || die "QEMU failed with status $rc"
	say "the VM died before the command had ended (see the log above)"
	exit 125
}

shell_main()
{
	options "$@"
	if [ ! -t 0 ] || [ ! -t 1 ]; then die "shell: not a terminal"; fi
	prepare
	stty size >"$tmp/stage/.vm/shell"
	echo "${TERM:-vt100}" >"$tmp/stage/.vm/term"
	qemu+=(-chardev "stdio,id=tty,signal=off" -device "virtconsole,chardev=tty,nr=1")
	boot
}
