// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has a processor stand still, as a host does that does not run a virtual processor: when a timer
 * is armed that expires in an hour (kslow.bpf.c does that), it is kept busy with interrupts off.
 */
#include "mdev_bpf.bpf.h"
#include "kslow.h"
#include "kstall.h"

char _license[] SEC("license") = "GPL";

struct hrtimer {
	__s64 _softexpires;
} __attribute__((preserve_access_index));

struct kstall kstall;

static int is_over(__u32 round, __u64 *end)
{
	return bpf_ktime_get_ns() >= *end;
}

SEC("tp_btf/hrtimer_start")
int BPF_PROG(stall, const struct hrtimer *timer)
{
	__u64 end = bpf_ktime_get_ns();

	if (bpf_get_current_pid_tgid() >> 32 != kstall.pid ||
	    (__u64)timer->_softexpires < end + KSLOW_DELAY / 2)
		return 0;
	end += kstall.ns;
	bpf_loop(1 << 23, is_over, &end, 0);
	kstall.stalls++;
	return 0;
}
