// SPDX-License-Identifier: GPL-2.0-only
/* Implements floor.h. */
#include <fcntl.h>
#include <unistd.h>

#include "floor.h"
#include "mdev.h"
#include "mtap.h"

static int zero = -1, null = -1;

void floor_open(void)
{
	if (exists("/sys/kernel/debug/kmemleak") || exists("/sys/module/kasan"))
		mtap_skip("the kernel has CONFIG_KASAN or CONFIG_DEBUG_KMEMLEAK");
	zero = open("/dev/zero", O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	ASSERT(zero >= 0 && null >= 0);
}

void floor_read(void)
{
	char byte;

	ASSERT_EQ(pread(zero, &byte, 1, 0), 1);
}

void floor_write(void)
{
	ASSERT_EQ(pwrite(null, "\x5a", 1, 0), 1);
}
