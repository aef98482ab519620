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

__u64 kupgrade_global(struct prog *p, size_t off)
{
	__u64 val = 0;

	EXPECT_EQ(prog_global(p, &val, off, sizeof(val)), 0);
	return val;
}

void kupgrade_expect_nothing_wrong(void)
{
	if (dev_prog.obj)
		EXPECT_EQ(GLOBAL(&dev_prog, wrong), 0);
	if (dev_prog2.obj)
		EXPECT_EQ(GLOBAL(&dev_prog2, wrong), 0);
}

void kupgrade_unload(void)
{
	dev_close_unload();
	if (!mtap_await(!exists(PARENT)))
		mtap_fail(__FILE__, __LINE__, "the type does not go away");
}
