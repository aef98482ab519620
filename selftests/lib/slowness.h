/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits of time, for machines of any speed. */
#ifndef SLOWNESS_H
#define SLOWNESS_H

#include <stdlib.h>

/*
 * How many times slower this machine is than the one that the limits of the tests were chosen on.
 * run.sh measures it. Whoever gives up after some time, or expects something within some time,
 * multiplies the time with it.
 */
static inline int slowness(void)
{
	const char *times = getenv("MDEV_TEST_SLOWNESS");
	int n = times ? atoi(times) : 1;

	return n > 0 ? n : 1;
}

#endif /* SLOWNESS_H */
