// SPDX-License-Identifier: GPL-2.0-only
/* Implements median.h. */
#include <stdlib.h>

#include "median.h"

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

__u64 median(__u64 *values, size_t nr)
{
	qsort(values, nr, sizeof(values[0]), compare);
	return values[nr / 2];
}
