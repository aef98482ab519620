// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the verifier refuses of large programs, and the cures that the documentation has: each
 * program loads when it is written so.
 */
#include <stdio.h>
#include <string.h>

#include "dev.h"
#include "wrong.h"

#define CURES	"progs/cures.bpf.o"

static void refused(const char *map, const char *why)
{
	expect_not_loaded(CURES, map, why);
}

static void loads(const char *map)
{
	ASSERT_EQ(prog_open(&dev_prog2, CURES, map), 0);
	if (prog_load(&dev_prog2))
		mtap_fail(__FILE__, __LINE__, "%s does not load: %s", map, prog_log_tail());
	prog_close(&dev_prog2);
}

static void cured(const char *map, const char *why)
{
	char other[40];

	refused(map, why);
	snprintf(other, sizeof(other), "%s_cured", map);
	loads(other);
}

MTAP_TEST(too_many_jumps)
{
	cured("complex", "The sequence of 8193 jumps is too complex");
}

MTAP_TEST(frames)
{
	cured("frames", "attach to unsupported member");
	EXPECT_HAS(why_refused(), "frames_read: the call at ");
	EXPECT_HAS(why_refused(), " is more than 8 functions deep: make some __always_inline");
}

MTAP_TEST(stack)
{
	cured("stack", "combined stack size of 2 calls is");
}

MTAP_TEST(constant)
{
	cured("constant", "write into map forbidden");
}

MTAP_TEST(unbounded)
{
	cured("unbounded", "unbounded memory access, make sure to bounds check any such access");
	cured("any_size", "unbounded memory access, use 'var &= const' or 'if (var < const)'");
}

MTAP_TEST(loops)
{
	cured("endless", "infinite loop detected");
	/* Without the cure, it takes an emulated processor minutes to refuse it */
	loads("many_rounds_cured");
	cured("running_index", "invalid access to memory");
}

MTAP_TEST(global)
{
	refused("global", "Caller passes invalid args into func#1 ('global_dev')");
}

/* A function that is verified once gets the device that the op is for. */
MTAP_TEST(functions)
{
	loads("functions");
	ASSERT_EQ(prog_open(&dev_prog2, CURES, "functions"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("bad-1");
	EXPECT_EQ(dev_get(0, 0, 4), 2 << 16 | 80);
	EXPECT_EQ(dev_get(0, 0, 4), 4 << 16 | 160);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
