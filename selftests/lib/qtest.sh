# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A VMM with a device of ours, and no guest: with QEMU's own test protocol, qtest, a line of text is
# one access of a CPU. For scripts that have read mtap.sh; they begin with "needs_guest nested".

qtest=$mtap_tmp/qtest
qtest_shot=$mtap_tmp/shot.ppm
qtest_errors=$mtap_tmp/qemu	# what QEMU says of itself
qtest_pid=
qtest_card=card	# the id of the device that "shows" looks at
qtest_found=
answer=

# qtest_start ARGUMENTS: of QEMU. Leaves the two ends of qtest in $cpu and $cpu_says.
qtest_start()
{
	modprobe vfio_iommu_type1
	mkfifo "$qtest.in" "$qtest.out"
	coproc QEMU {
		exec timeout -k 5 $((120 * slowness)) qemu-system-x86_64 -M pc -m 32M -nodefaults \
			-display none -qtest "pipe:$qtest" -qtest-log /dev/null -qmp stdio "$@" \
			2>"$qtest_errors"
	}
	qtest_pid=$QEMU_PID
	left_pids[qtest_pid]=$qtest_pid
	exec {monitor_says}<&"${QEMU[0]}" {monitor}>&"${QEMU[1]}"
	exec {cpu}<>"$qtest.in" {cpu_says}<>"$qtest.out"
	qmp qmp_capabilities || { qtest_pid=; return 1; }
}

# A processor that halts at once, so that time passes: -bios "$(qtest_idle)" in place of -S
qtest_idle()
{
	python3 -c "import sys
sys.stdout.buffer.write(bytes(0xfff0) + b'\xfa\xf4\xeb\xfd' + bytes(12))" >"$mtap_tmp/idle"
	echo "$mtap_tmp/idle"
}

qtest_end()
{
	[ -n "$qtest_pid" ] || return
	qmp quit
	wait "$qtest_pid"
	unset "left_pids[qtest_pid]"
}

# access WORDS: one of the "guest"; what is read is left in $answer.
access()
{
	echo "$*" >&"$cpu"
	read -r -t $((30 * slowness)) answer <&"$cpu_says" || answer=none
	[[ $answer == OK* ]] || fail "\"$*\" is answered with \"$answer\""
	answer=${answer#OK}
	answer=${answer# }
}

# config SLOT REGISTER VALUE: write 32 bits of configuration space.
config()
{
	access outl 0xcf8 $((0x80000000 | $1 << 11 | $2))
	access outl 0xcfc "$3"
}

# get_config SLOT REGISTER
get_config()
{
	access outl 0xcf8 $((0x80000000 | $1 << 11 | $2))
	access inl 0xcfc
}

# qmp_hears KEY: wait until QEMU says something with it.
qmp_hears()
{
	while read -r -t $((20 * slowness)) answer <&"$monitor_says"; do
		[[ $answer != *"\"$1\""* ]] || return 0
		[[ $answer != *'"error"'* ]] || break
	done
	fail "waiting for $1: $answer"
	diag "$(<"$qtest_errors")"
	return 1
}

# qmp COMMAND [ARGUMENTS]
qmp()
{
	echo "{\"execute\": \"$1\", \"arguments\": {${2:-}}}" >&"$monitor"
	qmp_hears return
}

# Ask for a reset. When it is carried out, the command register of SLOT is 0.
is_reset()
{
	get_config "$1" 0x04
	[ $((answer & 7)) -eq 0 ]
}

qtest_reset()
{
	qmp system_reset
	await 20 is_reset "$1" || fail "no reset"
}

screendump() { qmp screendump "\"device\": \"$qtest_card\", \"filename\": \"$qtest_shot\""; }

# shown WIDTH HEIGHT PIXEL: is each pixel PIXEL, a Python expression of x and y, or of y alone, for
# (r, g, b)? If not, $qtest_found says what differs.
shown()
{
	screendump
	qtest_found=$(python3 "$here/lib/shows.py" "$qtest_shot" "$@" 2>&1)
	[ "$qtest_found" = ok ]
}

shows() { shown "$@" || fail "$qtest_found"; }

# The same for what is shown some time later
comes_to_show() { await 20 shown "$@" || fail "$qtest_found"; }
