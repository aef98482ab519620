/* SPDX-License-Identifier: GPL-2.0-only */
/* What an operation costs: in guest instructions, in a VM with --icount. */
#ifndef SELFTESTS_COST_H
#define SELFTESTS_COST_H

#include <linux/types.h>

/* The median of the time stamp counter's advance over many calls of @op */
__u64 cost(void (*op)(void));
/* The same; @before is called before each, and does not count. */
__u64 cost_after(void (*before)(void), void (*op)(void));

#endif /* SELFTESTS_COST_H */
