// SPDX-License-Identifier: GPL-2.0-only
/* Implements cost.h. */
#include <x86intrin.h>

#include "cost.h"
#include "median.h"

#define CALLS	301
#define WARM_UP	50

static void nothing(void)
{
}

__u64 cost_after(void (*before)(void), void (*op)(void))
{
	static __u64 took[CALLS];
	int i;

	for (i = -WARM_UP; i < CALLS; i++) {
		__u64 start;

		before();
		start = __rdtsc();
		op();
		took[i < 0 ? 0 : i] = __rdtsc() - start;
	}
	return median(took, CALLS);
}

__u64 cost(void (*op)(void))
{
	return cost_after(nothing, op);
}
