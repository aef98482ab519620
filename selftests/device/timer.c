// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and work of a device: when they are called, and when not. "Not" is told by another
 * timer, of the same device or of the system, that goes off later.
 */
#include <poll.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "progs/ktimer.h"

#define KTIMER	"progs/ktimer.bpf.o"
#define MS	1000u	/* microseconds */
#define FAR	(1000000 * MS)	/* does not come in this test */

static int event[KTIMER_MSI];

static void load(void)
{
	dev_load(KTIMER);
}

static void open_device(void)
{
	int i;

	for (i = 0; i < KTIMER_MSI; i++)
		event[i] = event_new();
	dev_open("ktimer-1");
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KTIMER_MSI, event), 0);
}

static void close_device(void)
{
	int i;

	dev_close();
	for (i = 0; i < KTIMER_MSI; i++)
		close(event[i]);
}

static int result(void)
{
	return dev_get(0, KTIMER_RESULT, 4);
}

static int arm(unsigned int id, unsigned int delay_us, unsigned int period_ns)
{
	dev_set(0, KTIMER_DELAY, 4, delay_us);
	dev_set(0, KTIMER_PERIOD, 4, period_ns);
	dev_set(0, KTIMER_ARM, 4, id);
	return result();
}

static unsigned int calls(unsigned int id)
{
	return dev_get(0, KTIMER_TIMERS + 4 * id, 4);
}

static int left(unsigned int id)
{
	return dev_get(0, KTIMER_LEFT + 4 * id, 4);
}

static unsigned int works(unsigned int id)
{
	return dev_get(0, KTIMER_WORKS + 4 * id, 4);
}

MTAP_TEST(one_shot)
{
	ASSERT_EQ(arm(3, 20 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[3]), 1);
	EXPECT(dev_get(0, KTIMER_ELAPSED + 4 * 3, 4) >= 20 * MS);
	ASSERT_EQ(arm(1, 40 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT_EQ(calls(3), 1);
}

MTAP_TEST(periodic_until_cancelled)
{
	unsigned int n;

	ASSERT_EQ(arm(0, MS, 5 * MS * 1000), 0);
	for (n = 0; n < 3; )
		n += event_wait(event[0]) ? 1 : 4;
	EXPECT_EQ(n, 3);
	dev_set(0, KTIMER_CANCEL, 4, 0);
	EXPECT_EQ(result(), 0);
	n = calls(0);
	ASSERT_EQ(arm(1, 30 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT_EQ(calls(0), n);
}

MTAP_TEST(arming_again_replaces)
{
	ASSERT_EQ(arm(0, FAR, 0), 0);
	ASSERT_EQ(arm(0, 40 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT(dev_get(0, KTIMER_ELAPSED, 4) >= 40 * MS);
	EXPECT_EQ(calls(0), 1);
}

/* From within a call */
MTAP_TEST(cancelled_by_another)
{
	dev_set(0, KTIMER_VICTIM, 4, 5);
	ASSERT_EQ(arm(5, FAR, 0), 0);
	EXPECT(left(5) > 0);
	ASSERT_EQ(arm(0, 20 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT_EQ(left(5), -ENOENT);
	EXPECT_EQ(calls(5), 0);
}

MTAP_TEST(timers_are_independent)
{
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(arm(i, (10 + i) * MS, 0), 0);
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(event_wait(event[i]), 1);
		EXPECT_EQ(calls(i), 1);
	}
}

MTAP_TEST(out_of_range)
{
	EXPECT_EQ(arm(MDEV_BPF_MAX_TIMERS, MS, 0), -EINVAL);
	EXPECT_EQ(arm(0, MS, MDEV_BPF_MIN_PERIOD - 1), -EINVAL);
	dev_set(0, KTIMER_CANCEL, 4, MDEV_BPF_MAX_TIMERS);
	EXPECT_EQ(result(), -EINVAL);
	dev_set(0, KTIMER_WORK, 4, MDEV_BPF_MAX_WORK);
	EXPECT_EQ(result(), -EINVAL);
	EXPECT_EQ(arm(0, MS, MDEV_BPF_MIN_PERIOD), 0);
	EXPECT(event_wait(event[0]) > 0);
}

MTAP_TEST(work_is_called)
{
	int i;

	for (i = 0; i < 8; i++) {
		dev_set(0, KTIMER_WORK, 4, i);
		EXPECT_EQ(event_wait(event[8 + i]), 1);
		EXPECT_EQ(works(i), 1);
	}
}

MTAP_TEST(reset_cancels)
{
	ASSERT_EQ(arm(0, 10 * MS, 0), 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	ASSERT_EQ(arm(1, 30 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT_EQ(calls(0), 0);
}

static void reopen(void)
{
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KTIMER_MSI, event), 0);
}

/* What a timer had left when the device was closed, it has when it is opened. */
MTAP_TEST(frozen_while_closed)
{
	ASSERT_EQ(arm(0, 1000 * MS, 0), 0);
	vfio_close(&dev);
	mtap_wait_us(1200 * MS);
	reopen();
	EXPECT_EQ(calls(0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT_EQ(calls(0), 1);
}

MTAP_TEST(frozen_while_detached)
{
	ASSERT_EQ(arm(0, 1000 * MS, 0), 0);
	prog_detach(&dev_prog);
	mtap_wait_us(1200 * MS);
	EXPECT_EQ(event_take(event[0]), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(calls(0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT_EQ(calls(0), 1);
}

/* Periodic timers of a device that is closed, detached and removed; KASAN and lockdep watch. */
MTAP_TEST(gone_with_the_device)
{
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(arm(i, 0, MDEV_BPF_MIN_PERIOD), 0);
	EXPECT(event_wait(event[7]) > 0);
	prog_detach(&dev_prog);
	vfio_close(&dev);
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	mtap_wait_us(20 * MS);
	for (i = 0; i < 8; i++)
		event_take(event[i]);
	mtap_wait_us(20 * MS);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(event_take(event[i]), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = close_device, .teardown = dev_unload,
};
