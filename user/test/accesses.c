// SPDX-License-Identifier: GPL-2.0-only
/* Accesses that a guest may make, but no driver would. */
#include <errno.h>
#include <stdio.h>

#include "end.h"
#include "output.h"
#include "test/accesses.h"

#define SIZE_MAX_ACCESS	64
#define NEAR		512	/* bytes at the start of a region, where most registers are */

/* splitmix64: the same sequence on each machine */
static __u64 next_random(struct accesses *last)
{
	__u64 z = last->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned int choose_region(struct accesses *last, const struct subject *s)
{
	unsigned int region = 0;

	for (int tries = 0; tries < 8; tries++) {
		region = next_random(last) % (s->info.num_regions ?: 1);
		if (s->region[region].size)
			break;
	}
	return region;
}

void access_any(struct accesses *last, const struct subject *s, const struct unit *u)
{
	__u64 val[SIZE_MAX_ACCESS / sizeof(__u64)], size;

	last->region = choose_region(last, s);
	size = s->region[last->region].size;
	last->write = next_random(last) & 1;
	last->offset = next_random(last) % (next_random(last) & 1 ? NEAR : size + 9);
	/* Mostly as a processor does it */
	last->size = next_random(last) & 3 ? 1ULL << next_random(last) % 4 :
		     next_random(last) % (SIZE_MAX_ACCESS + 1);
	if (next_random(last) & 1)
		last->offset -= last->offset % (last->size ?: 1);
	for (size_t i = 0; i < sizeof(val) / sizeof(*val); i++)
		val[i] = next_random(last) >> next_random(last) % 64;
	if (last->write)
		last->ret = unit_write(s, u, last->region, last->offset, val, last->size);
	else
		last->ret = unit_read(s, u, last->region, last->offset, val, last->size);
}

static int failed_at(const struct accesses *last, const struct subject *s, const struct unit *u,
		     unsigned int nr)
{
	char when[160];

	snprintf(when, sizeof(when), "at or before access %u of seed %llu, a %s of %u bytes at 0x%llx of %s",
		 nr, s->test->seed, last->write ? "write" : "read", last->size, last->offset,
		 subject_region(s, last->region));
	return unit_check(u, when);
}

int accesses_run(struct accesses *last, const struct subject *s, const struct unit *u,
		 unsigned int nr)
{
	for (unsigned int i = 1; i <= nr && !end_came(); i++) {
		access_any(last, s, u);
		if (last->ret == -ENODEV)
			return p_err("an access fails with ENODEV although the program is attached");
		if ((last->ret == -EIO || i == nr) && failed_at(last, s, u, i))
			return -1;
	}
	return 0;
}
