#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mdev-bpf doctor, trace, top and new: what they find, show of a device, and make.
# shellcheck disable=SC2317,SC2119 # test points are called by name; load may have no options

. "$(dirname "$0")/../lib/mtap.sh"
. "$(dirname "$0")/../lib/cli.sh"

instances=/sys/kernel/tracing/instances
jit=/proc/sys/net/core/bpf_jit_enable
rules=/etc/udev/rules.d

# doctor_if STATUS COMMANDS: on a machine where they have changed something, which only it sees
doctor_if()
{
	run "$1" unshare -m bash -e -c "$2; exec mdev-bpf doctor"
	out=$(tr -s ' ' <<<"$out")
}

doctor()
{
	run 0 mdev-bpf doctor
	has "$(tr -s ' ' <<<"$out")" "mdev_bpf good loaded"
	has_not "$out" " bad "
	run 0 mdev-bpf -j doctor
	is "$(json "sorted({c['state'] for c in j} - {'good', 'note'})")" "[]"
	is "$(json "[c['found'] for c in j if c['check'] == 'kernel']")" "['$(uname -r)']"
	is "$(json "all(c['cure'] for c in j if c['state'] != 'good')")" True
}

doctor_finds()
{
	doctor_if 1 "mount -t tmpfs none /sys/kernel"
	has "$out" "kernel BTF bad missing use a kernel with CONFIG_DEBUG_INFO_BTF"
	has "$out" "mdev_bpf bad installed, not loaded modprobe mdev_bpf"
	doctor_if 1 "mount -t tmpfs none /sys/kernel; mount -t tmpfs none /lib/modules"
	has "$out" "mdev_bpf bad not loaded, and not in /lib/modules/$(uname -r) build it for this kernel"
	doctor_if 1 "mount -t tmpfs none /sys/kernel; mount -t tmpfs none /lib/modules
		mkdir /lib/modules/$(uname -r)
		echo updates/dkms/mdev_bpf.ko.xz: updates/dkms/mdev.ko.xz >/lib/modules/$(uname -r)/modules.dep"
	has "$out" "mdev_bpf bad installed, not loaded modprobe mdev_bpf"
	doctor_if 1 "mount -t tmpfs none /sys/kernel; mount -t tmpfs none /lib/modules
		mount -t tmpfs none /usr/src; mkdir /usr/src/mdev-bpf-1; touch /usr/src/mdev-bpf-1/dkms.conf"
	has "$out" "apt-get install linux-headers-\$(uname -r), for DKMS"
	doctor_if 1 "echo 0 >$mtap_tmp/off; mount --bind $mtap_tmp/off $jit"
	has "$out" "BPF JIT bad off sysctl net.core.bpf_jit_enable=1"
	# The debug kernel has /dev/iommu, too
	doctor_if 1 "mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3"
	has "$out" "VFIO bad no IOMMU backend is loaded modprobe vfio_iommu_type1"
	doctor_if 0 "mount -t tmpfs none /sys/fs/bpf"
	has "$out" "bpf file system note not mounted"
	doctor_if 0 "mount -t tmpfs none /sys/kernel/security
		echo 'none [integrity] confidentiality' >/sys/kernel/security/lockdown"
	has "$out" "lockdown note integrity sign the modules"
	doctor_if 0 "mount --bind /dev/null /usr/bin/pahole"
	has "$out" "pahole note not installed apt-get install pahole"
	printf '#!/bin/sh\necho bpftool v7.6.0\n' >"$mtap_tmp/bpftool"
	chmod +x "$mtap_tmp/bpftool"
	doctor_if 0 "PATH=$mtap_tmp:\$PATH"
	has "$out" "bpftool note 7.6 do not use bpftool struct_ops"
}

# Debian's rule of mdevctl runs a file that the package does not have.
doctor_finds_rule()
{
	local rule="mkdir -p $rules; mount -t tmpfs none $rules; cat >$rules/60-mdevctl.rules"
	doctor_if 0 "$rule <<<'RUN+=\"/bin/sh -c '\\''{ /none/mdevctl start-parent-mdevs %k; }'\\''\"'"
	has "$out" "mdevctl note its udev rule runs /none/mdevctl, which is not there ln -s"
	doctor_if 0 "ln -s /bin/true $mtap_tmp/mdevctl
		$rule <<<'RUN+=\"$mtap_tmp/mdevctl start-parent-mdevs %k\"'"
	has "$out" "mdevctl good its udev rule is in order"
}

# begin FILE COMMAND...: in the background, with its output in $said, until the file has a 1
begin()
{
	local file=$1
	shift
	said=$mtap_tmp/said
	mdev-bpf "$@" >"$said" &
	teller=$!
	left_pids[teller]=$teller
	await 20 grep -qs 1 "${file//PID/$teller}" || fail "$* does not begin"
}

# It ends well by Ctrl-C. A background process of a script does not get that, but this is the same.
finish()
{
	kill -TERM "$teller"
	wait "$teller" || fail "it does not end well"
	unset "left_pids[teller]"
}

begin_trace() { begin "$instances/mdev-bpf-PID/events/mdev_bpf/enable" "$@" trace "$uuid"; }

end_trace()
{
	finish
	[ ! -e "$instances/mdev-bpf-$teller" ] || fail "the instance is still there"
}

trace()
{
	load
	create
	run 0 mdev-bpf create "$prog-1" --uuid "$other"
	mkdir "$instances/mdev-bpf-99999999"
	begin_trace
	[ ! -e "$instances/mdev-bpf-99999999" ] || fail "that of a dead process is still there"
	run 0 mdev-bpf peek "$other" SCR0
	run 0 mdev-bpf poke "$uuid" SCR1 0x5a
	run 0 mdev-bpf peek "$uuid" SCR1
	await 20 grep -q "read region=bar1" "$said" || fail "no read"
	end_trace
	out=$(<"$said")
	has "$out" "$uuid lifecycle open ret=0"
	has "$out" "$uuid ioctl cmd=VFIO_DEVICE_GET_REGION_INFO ret=0"
	has "$out" "$uuid region write region=bar1 offset=0x7 size=1 val=0x5a ret=0 reg=SCR1"
	has "$out" "$uuid region read region=bar1 offset=0x7 size=1 val=0x5a ret=0 reg=SCR1"
	has_not "$out" "$other"
	begin_trace -j
	run 0 mdev-bpf peek "$uuid" LSR0
	await 20 grep -q LSR0 "$said" || fail "no read"
	end_trace
	out=$(grep LSR0 "$said")
	is "$(json "j['uuid'], j['event'], j['what'], j['region'], j['val'], j['ret']")" \
		"$uuid region read bar0 0x60 0"
	run 0 mdev-bpf remove "$other"
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
	run 1 mdev-bpf trace "$uuid"
	has "$err" "no device $uuid"
	run 2 mdev-bpf trace nonsense
}

top()
{
	run 0 mdev-bpf load "$here/progs/kfail.bpf.o" --type "$prog"
	run 0 mdev-bpf create "$prog-1" --uuid "$uuid"
	begin /sys/kernel/mdev_bpf/stats -j top
	until grep -q region_read "$said"; do
		run 0 mdev-bpf peek "$uuid" bar0 4
		[ "$SECONDS" -lt $((60 * slowness)) ] || { fail "no call is shown"; break; }
	done
	finish
	is "$(</sys/kernel/mdev_bpf/stats)" 0
	out=$(grep -m 1 region_read "$said")
	is "$(json "[(r['uuid'], r['type'], r['errors_per_second']) for r in j if r['op'] == 'region_read']")" \
		"[('$uuid', '$prog-1', 0)]"
	is "$(json "all(0 <= r['busy_percent'] <= 100 and r['average_ns'] > 0 for r in j)")" True
	run 0 mdev-bpf stats on
	begin /sys/kernel/mdev_bpf/stats top "$prog"
	await 20 grep -q "no op was called" "$said" || fail "$(<"$said")"
	finish
	is "$(</sys/kernel/mdev_bpf/stats)" 1
	run 0 mdev-bpf stats off
	run 1 mdev-bpf top nonsense
	is "$(</sys/kernel/mdev_bpf/stats)" 0
	run 0 mdev-bpf remove "$uuid"
	run 0 mdev-bpf unload "$prog"
}

# It builds and passes as it is.
new()
{
	cd "$mtap_tmp" || return
	run 0 mdev-bpf new kst_card
	is "$out" kst_card
	has_not "$(cat kst_card/*)" NAME
	if [ -d /usr/local/include/mdev-bpf ] && command -v clang >/dev/null; then
		run 0 make -C kst_card test
		has "$out" passed
		run 0 mdev-bpf -j list
		has_not "$out" kst_card
	else
		fail "no clang, or no headers of mdev-bpf"
	fi
	run 1 mdev-bpf new kst_card
	has "$err" "cannot create the directory kst_card"
	for name in 1st a-b sixteen_letters_ ../a ""; do
		run 2 mdev-bpf new "$name"
		has "$err" "a name is 1 to 15"
	done
	cd "$here" || return
}

wipe
points doctor doctor_finds doctor_finds_rule trace top new
