// SPDX-License-Identifier: GPL-2.0-only
/* Implements kupgrade.h. */
#include "kupgrade.h"

void kupgrade_program(struct prog *p, const char *map)
{
	prog_close(p);
	ASSERT_EQ(prog_open(p, KUP, map), 0);
	ASSERT_EQ(prog_load(p), 0);
}

void kupgrade_load(void)
{
	kupgrade_program(&dev_prog, "map_v1");
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	kupgrade_program(&dev_prog2, "map_v2");
}

int to_v1(void)
{
	return prog_update(&dev_prog, &dev_prog);
}

int to_v2(void)
{
	return prog_update(&dev_prog, &dev_prog2);
}

static void expect_nothing_wrong(struct prog *p)
{
	__u64 nr = 1;

	if (!p->obj)
		return;
	EXPECT_EQ(prog_global(p, &nr, offsetof(struct kup_global, wrong), sizeof(nr)), 0);
	EXPECT_EQ(nr, 0);
}

void kupgrade_expect_nothing_wrong(void)
{
	expect_nothing_wrong(&dev_prog);
	expect_nothing_wrong(&dev_prog2);
}

void kupgrade_unload(void)
{
	dev_close_unload();
	if (!mtap_await(!exists(PARENT)))
		mtap_fail(__FILE__, __LINE__, "the type does not go away");
}
