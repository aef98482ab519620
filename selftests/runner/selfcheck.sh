#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The runner must not pass what failed: run.sh on small tests that fail in every way it knows.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

# A suite in a directory of its own: run.sh changes to where it is. One run for all of the tests,
# since each program start takes its time under emulation.
suite=$mtap_tmp/suite
mkdir -p "$suite/lib"
cp "$here/run.sh" "$suite"
cp "$here/lib/klog" "$here/lib/names.sh" "$here/lib/slowness.sh" "$suite/lib"
echo timeout=3 >"$suite/settings"

add()
{
	printf '#!/bin/bash\n%s\n' "$2" >"$suite/$1.sh"
	chmod +x "$suite/$1.sh"
	echo "$1.sh" >>"$suite/tests"
}

add good 'echo "TAP version 13"; echo 1..2; echo "ok 1 a"; echo "ok 2 b"'
add failing 'echo 1..3; echo "ok 1 a"; echo "# why"; echo "not ok 2 b"; echo "ok 3 c"; exit 1'
add skipping 'echo 1..2; echo "ok 1 a"; echo "ok 2 b # SKIP CONFIG_NONE"'
add skipped 'echo "1..0 # SKIP CONFIG_NONE"; exit 4'
add early 'echo 1..3; echo "ok 1 a"; exit 0'
add status 'echo 1..1; echo "ok 1 a"; exit 1'
add crashes 'echo 1..1; echo "ok 1 a"; kill -SEGV $$'
add silent 'true'
add bails 'echo "Bail out! no"; exit 1'
add slow 'echo 1..2; echo "ok 1 a"; sleep 100'

runs()
{
	run 1 "$suite/run.sh"
	# What every one of them passed, failed and skipped
	is "${out##*$'\n'}" "9 passed, 7 failed, 2 skipped"
	said=$out
}

passes()
{
	has "$said" $'\nok 1 selftests: good.sh'
	has "$said" $'\n# ok 2 b\n'
	has "$said" $'\nok 3 selftests: skipping.sh'
	has "$said" $'\nok 4 selftests: skipped.sh # SKIP'
}

fails()
{
	has "$said" $'\nnot ok 2 selftests: failing.sh'
	has "$said" $'\n# # why\n'
	has "$said" $'\nnot ok 6 selftests: status.sh'
	has "$said" $'\nnot ok 7 selftests: crashes.sh'
	has "$said" $'\nnot ok 8 selftests: silent.sh'
	has "$said" $'\nnot ok 9 selftests: bails.sh'
}

is_incomplete()
{
	has "$said" "early.sh: status 0, 3 test points planned, 2 not reported"
	has "$said" $'\nnot ok 5 selftests: early.sh'
	has "$said" "slow.sh: took longer than * s"
	has "$said" $'\nnot ok 10 selftests: slow.sh'
}

# A script that waits longer than it may says so before it is ended.
says_what_is_missing()
{
	cat >"$mtap_tmp/waits.sh" <<-END
		. "$here/lib/mtap.sh"
		waits() { await 100 false || fail "it does not come"; }
		points waits
	END
	run 1 env MDEV_TEST_LIMIT=4 timeout 100 bash "$mtap_tmp/waits.sh"
	has "$out" "waits.sh:2: it does not come"
	has "$out" $'\nnot ok 1 waits'
}

# Nothing passed, so nothing was tested.
only_skips()
{
	run 1 "$suite/run.sh" skipped
	is "${out##*$'\n'}" "0 passed, 0 failed, 1 skipped"
}

no_such_test()
{
	run 1 "$suite/run.sh" nothing
	is "${out##*$'\n'}" "0 passed, 1 failed, 0 skipped"
}

# User space can write to the kernel log, but as user space (facility 1), which is ignored...
kernel_log()
{
	local log
	log=$("$here/lib/klog" mark)
	run 0 "$here/lib/klog" check "$log"
	echo "WARNING: from a selftest, to be ignored" >/dev/kmsg
	run 0 "$here/lib/klog" check "$log"
	# ...and looked for here, to see that it would be found.
	run 1 "$here/lib/klog" check "$log" 1
	has "$out" "# kernel: WARNING: from a selftest"
	log=$("$here/lib/klog" mark)
	echo "nothing to see" >/dev/kmsg
	run 0 "$here/lib/klog" check "$log" 1
}

# stale OOPS CODE: a kernel log as one with such a report in the middle.
stale()
{
	printf '[    1.%06d] %s\n' 1 "Booting" 2 "WARNING: from a selftest, to be ignored" \
		3 "Oops: $1 [#1] PREEMPT SMP" 4 "RIP: 0010:schedule+0x1/0x2" 5 "Code: $2 48 89" \
		6 "Oops: int3: 0000 [#2]" 7 "Code: 0f <1f> 44" >"$mtap_tmp/log"
	"$here/vm/stale-code" "$mtap_tmp/log"
}

# The runner tries again when the emulator is to blame, so what passes for that must be nothing
# else: a breakpoint that is there, another trap, an unreadable place, a report before it.
stale_code()
{
	run 0 stale "int3: 0000" "48 eb <6b>"
	run 0 stale "int3: 0000" "48 0c <6b>"
	run 0 stale "int3: 0000" "cc c0 <6b>"
	run 1 stale "int3: 0000" "48 cc <6b>"
	run 1 stale "int3: 0000" "Unable to access opcode bytes at 0xffffffffc0000000."
	run 1 stale "invalid opcode: 0000" "48 eb <6b>"
	stale "int3: 0000" "48 eb <6b>" && sed -i '1i[    0.1] WARNING: CPU: 0' "$mtap_tmp/log"
	run 1 "$here/vm/stale-code" "$mtap_tmp/log"
	echo "nothing to see" >"$mtap_tmp/log"
	run 1 "$here/vm/stale-code" "$mtap_tmp/log"
}

# stuck FLAGS REST BASE...: registers as QEMU's monitor prints them, for each BASE of GS
stuck()
{
	local base flags=$1 rest=$2
	shift 2
	for base in "$@"; do
		printf '%s\n' "CPU#${base%:*}" "RIP=ffffffff81d0fa3f RFL=$flags [-----P-] $rest" \
			"CS =0010 0000000000000000 ffffffff 00af9b00" \
			"GS =0000 ${base#*:} 00000000 00000000"
	done >"$mtap_tmp/registers"
	"$here/vm/stuck-guest" "$mtap_tmp/registers"
}

# In the same processor, twice: the kernel of a guest, which waits and has disabled interrupts
stuck_guest()
{
	local runs="CPL=0 II=0 A20=1 SMM=0 HLT=0" guest=ffff88800f600000 vm=ffff888079200000
	run 0 stuck 00000046 "$runs" "0:$guest" "0:$guest"
	run 0 stuck 00010002 "$runs" "0:$vm" "1:$guest" "0:$vm" "1:$guest"
	run 1 stuck 00000046 "$runs" "0:$guest" "0:$vm"
	run 1 stuck 00000046 "$runs" "0:$guest" "1:$guest"
	run 1 stuck 00000046 "$runs" "0:$vm" "0:$vm"
	run 1 stuck 00000246 "$runs" "0:$guest" "0:$guest"
	run 1 stuck 00000046 "${runs/HLT=0/HLT=1}" "0:$guest" "0:$guest"
	run 1 stuck 00000046 "${runs/CPL=0/CPL=3}" "0:$guest" "0:$guest"
	: >"$mtap_tmp/registers"
	run 1 "$here/vm/stuck-guest" "$mtap_tmp/registers"
}

points runs passes fails is_incomplete says_what_is_missing only_skips no_such_test kernel_log stale_code stuck_guest
