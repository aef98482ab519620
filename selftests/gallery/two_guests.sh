#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two guests with stock kernels side by side, and two cables between them: one connects their
# virtio_net cards, the other one their e1000 cards. They ping each other, measure by iperf3 how fast
# that is, and send data by TCP, both ways at the same time, whose sum comes back; so they do while
# the programs are replaced.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/initrd.sh"
. "$(dirname "$0")/../lib/move.sh"

objects=${MDEV_BPF_OBJECTS:-/usr/lib/mdev-bpf}
# Cards of the guests "one" and "two": the last digits are 1 and 2
virtio=5e1f7e57-0000-4000-8000-00000002e00
e1000=5e1f7e57-0000-4000-8000-00000002e10
rounds=2

left_devices=("${virtio}1" "${virtio}2" "${e1000}1" "${e1000}2")
left_programs=(virtio_net e1000)

# With iperf3
move_memory=160M

needs_guest nested
command -v iperf3 >/dev/null || skip_all "no iperf3"

# guest TAG NUMBER
guest()
{
	run 0 mdev-bpf create virtio_net-1 --uuid "$virtio$2" --set "mac=52:54:00:02:e0:0$2" \
		--set cable=v --set "packed=$(($2 - 1))"
	run 0 mdev-bpf create e1000-1 --uuid "$e1000$2" --set "mac=52:54:00:02:e1:0$2" --set cable=e
	start "$virtio$2" "$1" -device "$(move_device "$e1000$2")"
}

# both COMMAND...: with "one" and "two", which are the hosts 1 and 2
both()
{
	"$1" one "${@:2}"
	"$1" two "${@:2}"
}

expect_said() { await 60 said "$1" "$2" || { fail "$1 does not say \"$2\""; show; }; }

boots()
{
	local name
	initrd_begin "$mtap_tmp/root" "$here/vm/guest-worker"
	for name in virtio_pci virtio_net e1000; do
		initrd_module "$mtap_tmp/root" "$move_kernel" "$name"
	done
	initrd_tool "$mtap_tmp/root" iperf3
	initrd_end "$mtap_tmp/root" "$mtap_tmp/initrd"
	run 0 mdev-bpf load "$objects/virtio_net.bpf.o"
	run 0 mdev-bpf load "$objects/e1000.bpf.o"
	start_modules
	guest one 1
	guest two 2
	both expect_said "^ready"
}

# joined NAME NET: both guests have a card with that driver, and the link is up.
joined()
{
	tell one.control.in "join $1 $2 1"
	tell two.control.in "join $1 $2 2"
	expect_said one "^joined: $1 52:54:00:02:e.:01"
	expect_said two "^joined: $1 52:54:00:02:e.:02"
}

links_come_up()
{
	joined virtio_net 8
	joined e1000 9
}

# rounds TAG JOB; at_least N TAG JOB...
rounds() { grep -c "^rounds of $2:" "$mtap_tmp/$1.console"; }

at_least()
{
	local n=$1 tag=$2 job
	for job in "${@:3}"; do
		[ "$(rounds "$tag" "$job")" -ge "$n" ] || return
	done
}

all_go_on()
{
	await 60 at_least "$1" one 10.9.8.2 10.9.9.2 || { fail "one does not go on"; show; }
	await 60 at_least "$1" two 10.9.8.1 10.9.9.1 || { fail "two does not go on"; show; }
}

pings()
{
	tell one.control.in "begin ping 10.9.8.2"
	tell two.control.in "begin ping 10.9.9.1"
	await 60 at_least 3 one ping || fail "one does not get answers"
	await 60 at_least 3 two ping || fail "two does not get answers"
	both stops
}

stops()
{
	tell "$1.control.in" stop
	expect_said "$1" "^stopped:"
	has "$(grep "^stopped:" "$mtap_tmp/$1.console" | tail -n 1)" "stopped: ok"
	[ "$mtap_failed" -eq 0 ] || show
}

# measured WORDS: as "measure" of the guest
measured()
{
	tell one.control.in "measure $1"
	expect_said one "^iperf3: $1 [0-9]"
	diag "$(grep "^iperf3: $1 " "$mtap_tmp/one.console")"
}

measures()
{
	local to
	for to in 10.9.8.2 10.9.9.2; do
		measured "$to"
		measured "$to -R"
	done
	has_not "$(<"$mtap_tmp/one.console")" "failed"
}

# Both ways, by both cables, at the same time
transfers()
{
	tell one.control.in "begin net 10.9.8.2"
	tell two.control.in "begin net 10.9.8.1"
	tell one.control.in "begin net 10.9.9.2"
	tell two.control.in "begin net 10.9.9.1"
	all_go_on 2
}

replaced_under_it()
{
	local i
	for ((i = 0; i < rounds; i++)); do
		run 0 mdev-bpf load "$objects/virtio_net.bpf.o" --replace
		run 0 mdev-bpf load "$objects/e1000.bpf.o" --replace
	done
	all_go_on 5
}

# sums_of TAG ADDRESS
sums_of() { diag "$1 to $2: $(rounds "$1" "$2") times 100000 bytes, and their sum back"; }

ends_well()
{
	tell one.control.in stop
	tell two.control.in stop
	both stopped_again
	# Now: a frame that a guest sends while its QEMU ends may be dropped.
	run 0 mdev-bpf dump "${virtio}1"
	has "$out" "wrong 0, unfit 0"
	sums_of one 10.9.8.2
	sums_of one 10.9.9.2
	sums_of two 10.9.8.1
	sums_of two 10.9.9.1
	both ends
}

stopped_times() { [ "$(grep -c "^stopped: ok" "$mtap_tmp/$1.console")" -ge "$2" ]; }
stopped_again() { await 60 stopped_times "$1" 2 || { fail "$1 has failed"; show; }; }

ends()
{
	tell "$1.control.in" end
	expect_said "$1" "^ended: ok"
	no_complaints "$1"
}

points boots links_come_up pings measures transfers replaced_under_it ends_well
