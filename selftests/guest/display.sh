#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What does a stock VMM show of a display? QEMU has the device with "display=on", maps the region
# that its planes are in, and what QEMU dumps of its screen must be what the program and the guest
# have drawn, to the pixel. No guest runs: with QEMU's own test protocol, qtest, a line of text is
# one access of a CPU.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

name=kst_display
uuid=5e1f7e57-0000-4000-8000-00000000e005
qtest=$mtap_tmp/qtest
shot=$mtap_tmp/shot.ppm
answer=

# Where BARs 0 and 2 are put, and registers of progs/kgfx.h
bar0=0xe0000000
bar2=0xe0100000
region=0x00 format=0x14 width=0x18 height=0x1c stride=0x20 result=0x80 draw=0xa0
xrgb=0x34325258 xbgr=0x34324258

left_devices=("$uuid")
left_programs=("$name")

needs_guest nested

# access WORDS: one of the "guest"; what is read is left in $answer.
access()
{
	echo "$*" >&"$cpu"
	read -r -t $((30 * slowness)) answer <&"$cpu_says" || answer=none
	[[ $answer == OK* ]] || fail "\"$*\" is answered with \"$answer\""
	answer=${answer#OK}
	answer=${answer# }
}

set_reg() { access writel $((bar0 + $1)) "$2"; }
get_reg() { access readl $((bar0 + $1)); }

# A register of configuration space; the device is in slot 2.
config()
{
	access outl 0xcf8 $((0x80001000 | $1))
	access outl 0xcfc "$2"
}

enable()
{
	config 0x10 "$bar0"
	config 0x18 "$bar2"
	config 0x04 6	# memory, bus mastering
}

# hear KEY: wait until QEMU says something with it.
hear()
{
	while read -r -t $((20 * slowness)) answer <&"$monitor_says"; do
		[[ $answer != *"\"$1\""* ]] || return 0
		[[ $answer != *'"error"'* ]] || break
	done
	fail "waiting for $1: $answer"
	diag "$(<"$mtap_tmp/qemu")"
	return 1
}

# qmp COMMAND [ARGUMENTS]
qmp()
{
	echo "{\"execute\": \"$1\", \"arguments\": {${2:-}}}" >&"$monitor"
	hear return
}

# mode WIDTH HEIGHT STRIDE FORMAT: the program shows that, and draws all of it.
mode()
{
	local line
	set_reg "$region" 2
	set_reg "$width" "$1"
	set_reg "$height" "$2"
	set_reg "$stride" "$3"
	set_reg "$format" "$4"
	for ((line = 0; line < $2; line++)); do
		set_reg "$draw" "$line"
	done
}

screendump() { qmp screendump "\"device\": \"card\", \"filename\": \"$shot\""; }

# shows WIDTH HEIGHT PIXEL: each pixel is PIXEL, a Python expression of x and y for (r, g, b).
shows()
{
	screendump
	is "$(python3 "$mtap_tmp/shows" "$shot" "$@" 2>&1)" ok
}

cat >"$mtap_tmp/shows" <<'END'
import sys
name, width, height, pixel = sys.argv[1:]
kind, size, depth, data = open(name, "rb").read().split(b"\n", 3)
if size.decode() != width + " " + height:
    sys.exit("it has " + size.decode())
width, height = int(width), int(height)
if kind != b"P6" or depth != b"255" or len(data) != width * height * 3:
    sys.exit("it is no picture")
pixel = eval("lambda x, y: " + pixel)
for y in range(height):
    for x in range(width):
        got = tuple(data[3 * (y * width + x):][:3])
        if got != tuple(pixel(x, y)):
            sys.exit(f"pixel {x}, {y} is {got}, not {pixel(x, y)}")
print("ok")
END

drawn="((y << 12 | x) >> 16 & 255, (y << 12 | x) >> 8 & 255, x & 255)"

starts()
{
	run 0 mdev-bpf load "$here/progs/kgfx.bpf.o" --map kgfx_region --type "$name"
	run 0 mdev-bpf create "$name-a" --uuid "$uuid"
	modprobe vfio_iommu_type1
	mkfifo "$qtest.in" "$qtest.out"
	coproc QEMU {
		exec timeout -k 5 $((120 * slowness)) qemu-system-x86_64 -accel tcg -S -M pc -m 32M -nodefaults \
			-display none -qtest "pipe:$qtest" -qtest-log /dev/null -qmp stdio \
			-device "vfio-pci,id=card,addr=2,display=on,sysfsdev=/sys/bus/mdev/devices/$uuid" \
			2>"$mtap_tmp/qemu"
	}
	left_pids[QEMU_PID]=$QEMU_PID
	exec {monitor_says}<&"${QEMU[0]}" {monitor}>&"${QEMU[1]}"
	exec {cpu}<>"$qtest.in" {cpu_says}<>"$qtest.out"
	qmp qmp_capabilities || return
	enable
	get_reg "$format"
	is $((answer)) 0
}

what_the_program_draws()
{
	[ "$mtap_nr_failed" -eq 0 ] || { fail "there is no QEMU"; exit 1; }
	mode 160 40 640 "$xrgb"
	shows 160 40 "$drawn"
}

what_the_guest_draws()
{
	access memset $((bar2 + 640 * 10)) 640 0x5a
	access writel $((bar2 + 640 * 30 + 4 * 33)) 0x123456
	shows 160 40 "(90, 90, 90) if y == 10 else (18, 52, 86) if (x, y) == (33, 30) else $drawn"
}

other_modes()
{
	mode 104 24 512 "$xrgb"
	shows 104 24 "$drawn"
	mode 256 60 1024 "$xbgr"
	shows 256 60 "${drawn}[::-1]"
	mode 160 40 640 "$xrgb"
	shows 160 40 "$drawn"
}

# Whatever it shows then, QEMU goes on.
nothing_and_nonsense()
{
	set_reg "$format" 0
	screendump
	set_reg "$format" "$xrgb"
	set_reg "$height" 100000
	screendump
	set_reg "$height" 40
	set_reg "$result" 0xfffffff5
	screendump
	set_reg "$result" 0
	shows 160 40 "$drawn"
	has "$(<"$mtap_tmp/qemu")" "VFIO_DEVICE_QUERY_GFX_PLANE: Resource temporarily unavailable"
	has "$(<"$mtap_tmp/qemu")" "VFIO_DEVICE_QUERY_GFX_PLANE: Input/output error"
}

# It is asked for; when it is carried out, the device's command register is 0.
is_reset()
{
	access outl 0xcf8 0x80001004
	access inl 0xcfc
	[ $((answer & 7)) -eq 0 ]
}

reset_clears_it()
{
	qmp system_reset
	await 20 is_reset || fail "no reset"
	enable
	get_reg "$format"
	is $((answer)) 0
	set_reg "$width" 160
	set_reg "$height" 40
	set_reg "$stride" 640
	set_reg "$region" 2
	set_reg "$format" "$xrgb"
	shows 160 40 "(0, 0, 0)"
}

device_is_left()
{
	qmp quit
	wait "$QEMU_PID"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$name"
}

points starts what_the_program_draws what_the_guest_draws other_modes nothing_and_nonsense \
	reset_clears_it device_is_left
