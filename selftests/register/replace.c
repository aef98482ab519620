// SPDX-License-Identifier: GPL-2.0-only
/* Reads of registers beside ops, other programs, resets and failures. */
#include <bpf/libbpf.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "kreg.h"
#include "progs/kreg.h"

#define KREG	"progs/kreg.bpf.o"

static bool stopped;
static unsigned int torn, reads, errors;

static void load_as(struct prog *p, const char *map)
{
	ASSERT_EQ(prog_open(p, KREG, map), 0);
	ASSERT_EQ(prog_load(p), 0);
}

static void load(void)
{
	dev_need_module();
	load_as(&dev_prog, "kreg");
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void open_a(void)
{
	dev_open("kreg-a");
	stopped = false;
	torn = 0;
	reads = 0;
	errors = 0;
}

MTAP_TEST(read_while_an_op_runs)
{
	kreg_read_beside_op(0, KREG_CTRL, KREG_CTRL_RESET);
}

/* n in the one half is ~n in the other, or the register is as a reset left it. */
static void check_stamp(__u64 val)
{
	if (val && (__u32)val != (__u32)~(val >> 32))
		__sync_fetch_and_add(&torn, 1);
}

static void *read_stamps(void *flag)
{
	const bool *stop = flag;
	__u64 pos = dev.region[0].offset + KREG_STAMP, val;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		if (pread(dev.device, &val, sizeof(val), pos) == sizeof(val))
			check_stamp(val);
		else
			__sync_fetch_and_add(&errors, 1);
		__sync_fetch_and_add(&reads, 1);
	}
	return NULL;
}

static void *write_stamps(void *flag)
{
	const bool *stop = flag;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED))
		if (vfio_set(&dev, 0, KREG_NEXT, 4, 1))
			__sync_fetch_and_add(&errors, 1);
	return NULL;
}

static pthread_t threads[2];

static void start(void)
{
	ASSERT_EQ(pthread_create(&threads[0], NULL, read_stamps, &stopped), 0);
	ASSERT_EQ(pthread_create(&threads[1], NULL, write_stamps, &stopped), 0);
}

static void end(void)
{
	__atomic_store_n(&stopped, true, __ATOMIC_RELAXED);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
}

/* Has there been some reading meanwhile? */
static bool enough(void)
{
	return __atomic_load_n(&reads, __ATOMIC_RELAXED) > 100;
}

/* Each update puts the registers elsewhere, in a new state. */
MTAP_TEST(read_while_programs_are_replaced)
{
	unsigned int i;

	start();
	for (i = 0; i < 20 || i % 2 || !enough(); i++) {
		EXPECT_EQ(prog_open(&dev_prog2, KREG, i % 2 ? "kreg" : "moved"), 0);
		EXPECT_EQ(prog_load(&dev_prog2), 0);
		EXPECT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
		prog_close(&dev_prog2);
	}
	end();
	EXPECT_EQ(torn, 0);
	EXPECT_EQ(errors, 0);
	EXPECT_EQ(dev_get(0, KREG_CTRL, 4), KREG_CTRL_RESET);
}

MTAP_TEST(read_while_reset)
{
	unsigned int i;

	start();
	for (i = 0; i < 100 || !enough(); i++)
		EXPECT_EQ(vfio_reset(&dev), 0);
	end();
	EXPECT_EQ(torn, 0);
	EXPECT_EQ(errors, 0);
}

MTAP_TEST(detached)
{
	dev_set(0, KREG_WIDE, 8, 0x1122);
	prog_detach(&dev_prog);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_WIDE, 8), -ENODEV);
	EXPECT_EQ(vfio_set(&dev, 0, KREG_WIDE, 8, 1), -ENODEV);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_ID, 4), -ENODEV);
	prog_close(&dev_prog);
	load_as(&dev_prog, "moved");
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(dev_get(0, KREG_WIDE, 8), 0x1122);
	EXPECT_EQ(dev_get(0, KREG_ID, 4), KREG_ID_VALUE);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_a, .after = dev_close, .teardown = dev_unload,
};
