// SPDX-License-Identifier: GPL-2.0-only
/* Random bytes for a program (progs/krandom.bpf.c). */
#include "dev.h"

#define FIRST	8	/* of the bytes, 16 in all */

static void load(void)
{
	dev_load("progs/krandom.bpf.o");
}

static void before(void)
{
	dev_open("krandom-1");
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = before, .after = dev_close, .teardown = dev_unload,
};

static int get(unsigned int size)
{
	dev_set(0, 0, 4, size);
	return dev_get(0, 0, 4);
}

/* As many as were asked for, and others each time */
MTAP_TEST(bytes)
{
	__u64 first;

	EXPECT_EQ(get(8), 0);
	first = dev_get(0, FIRST, 8);
	EXPECT(first != 0);
	EXPECT_EQ(dev_get(0, FIRST + 8, 8), 0);
	EXPECT_EQ(get(8), 0);
	EXPECT(dev_get(0, FIRST, 8) != first);
}

MTAP_TEST(limit)
{
	EXPECT_EQ(get(0), 0);
	EXPECT_EQ(get(MDEV_BPF_MAX_RANDOM), 0);
	EXPECT(dev_get(0, FIRST, 8) != 0);
	EXPECT_EQ(get(MDEV_BPF_MAX_RANDOM + 1), -E2BIG);
	EXPECT_EQ(dev_get(0, FIRST, 8), 0);
}
