// SPDX-License-Identifier: GPL-2.0-only
/* Implements kreg.h. */
#include <pthread.h>

#include "dev.h"
#include "kreg.h"
#include "progs/kreg.h"

static void *spin(void *v)
{
	vfio_set(v, 0, KREG_SPIN, 4, 1);
	return NULL;
}

/* Had the read to wait for the op, the op would have ended by itself, and would not be inside. */
void kreg_read_beside_op(unsigned int region, __u64 offset, __u32 want)
{
	struct kreg_global *g = prog_globals(&dev_prog);
	unsigned int tries, inside = 0;
	pthread_t thread;

	ASSERT(g);
	dev_op_limit(10000);
	/* The op may be over before this task has seen it, where a processor is another's */
	for (tries = 0; !inside && tries < 100; tries++) {
		__atomic_store_n(&g->go, 0, __ATOMIC_RELAXED);
		ASSERT_EQ(pthread_create(&thread, NULL, spin, &dev), 0);
		while (!__atomic_load_n(&g->inside, __ATOMIC_RELAXED) &&
		       vfio_get(&dev, 0, KREG_CTRL, 4) >= 0)
			;
		EXPECT_EQ(vfio_get(&dev, region, offset, 4), (__s64)want);
		inside = __atomic_load_n(&g->inside, __ATOMIC_RELAXED);
		__atomic_store_n(&g->go, 1, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		EXPECT_EQ(vfio_reset(&dev), 0);
	}
	EXPECT_EQ(inside, 1);
}
