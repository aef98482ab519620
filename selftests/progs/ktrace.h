/* SPDX-License-Identifier: GPL-2.0-only */
/* What ktrace.bpf.c has seen; it is the start of its .bss. */
#ifndef KTRACE_H
#define KTRACE_H

#include <linux/types.h>

#define KTRACE_EVENTS	8

struct ktrace {
	__u64 irqs;
	__u32 irq_index;
	__u32 irq_vector;
	__u32 irq_taken;
	__s32 code;
	__u64 slow_ns;
	__u64 events[KTRACE_EVENTS];
	char op[32];
	char text[128];
	char slow_op[32];
};

#endif /* KTRACE_H */
