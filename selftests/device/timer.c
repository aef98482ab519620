// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and work of a device: when they are called, and when not. "Not" is told by another
 * timer, of the same device or of the system, that goes off later.
 */
#include <poll.h>
#include <unistd.h>

#include "dev.h"
#include "progs/ktimer.h"

#define KTIMER	"progs/ktimer.bpf.o"
#define MSI	VFIO_PCI_MSI_IRQ_INDEX
#define MS	1000u	/* microseconds */

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

static unsigned int works(unsigned int id)
{
	return dev_get(0, KTIMER_WORKS + 4 * id, 4);
}

static void one_shot(void)
{
	ASSERT_EQ(arm(3, 20 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[3]), 1);
	EXPECT(dev_get(0, KTIMER_ELAPSED + 4 * 3, 4) >= 20 * MS);
	ASSERT_EQ(arm(1, 40 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT_EQ(calls(3), 1);
}

static void periodic_until_cancelled(void)
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

static void arming_again_replaces(void)
{
	ASSERT_EQ(arm(0, 10 * MS, 0), 0);
	ASSERT_EQ(arm(0, 40 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT(dev_get(0, KTIMER_ELAPSED, 4) >= 40 * MS);
	EXPECT_EQ(calls(0), 1);
}

/* From within a call */
static void cancelled_by_another(void)
{
	dev_set(0, KTIMER_VICTIM, 4, 5);
	ASSERT_EQ(arm(0, 20 * MS, 0), 0);
	ASSERT_EQ(arm(5, 40 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	ASSERT_EQ(arm(1, 60 * MS, 0), 0);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT_EQ(calls(5), 0);
}

static void timers_are_independent(void)
{
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(arm(i, (10 + i) * MS, 0), 0);
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(event_wait(event[i]), 1);
		EXPECT_EQ(calls(i), 1);
	}
}

static void out_of_range(void)
{
	EXPECT_EQ(arm(8, MS, 0), -EINVAL);
	EXPECT_EQ(arm(0, MS, MDEV_BPF_MIN_PERIOD - 1), -EINVAL);
	dev_set(0, KTIMER_CANCEL, 4, 8);
	EXPECT_EQ(result(), -EINVAL);
	dev_set(0, KTIMER_WORK, 4, 8);
	EXPECT_EQ(result(), -EINVAL);
	EXPECT_EQ(arm(0, MS, MDEV_BPF_MIN_PERIOD), 0);
	EXPECT(event_wait(event[0]) > 0);
}

static void work_is_called(void)
{
	int i;

	for (i = 0; i < 8; i++) {
		dev_set(0, KTIMER_WORK, 4, i);
		EXPECT_EQ(event_wait(event[8 + i]), 1);
		EXPECT_EQ(works(i), 1);
	}
}

static void reset_cancels(void)
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
static void frozen_while_closed(void)
{
	ASSERT_EQ(arm(0, 1000 * MS, 0), 0);
	vfio_close(&dev);
	mtap_pass(1200 * MS);
	reopen();
	EXPECT_EQ(calls(0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT_EQ(calls(0), 1);
}

static void frozen_while_detached(void)
{
	ASSERT_EQ(arm(0, 1000 * MS, 0), 0);
	prog_detach(&dev_prog);
	mtap_pass(1200 * MS);
	EXPECT_EQ(event_take(event[0]), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(calls(0), 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT_EQ(calls(0), 1);
}

/* Periodic timers of a device that is closed, detached and removed; KASAN and lockdep watch. */
static void gone_with_the_device(void)
{
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(arm(i, 0, MDEV_BPF_MIN_PERIOD), 0);
	EXPECT(event_wait(event[7]) > 0);
	prog_detach(&dev_prog);
	vfio_close(&dev);
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	mtap_pass(20 * MS);
	for (i = 0; i < 8; i++)
		event_take(event[i]);
	mtap_pass(20 * MS);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(event_take(event[i]), 0);
}

static const struct mtap_test tests[] = {
	MTAP_TEST(one_shot),
	MTAP_TEST(periodic_until_cancelled),
	MTAP_TEST(arming_again_replaces),
	MTAP_TEST(cancelled_by_another),
	MTAP_TEST(timers_are_independent),
	MTAP_TEST(out_of_range),
	MTAP_TEST(work_is_called),
	MTAP_TEST(reset_cancels),
	MTAP_TEST(frozen_while_closed),
	MTAP_TEST(frozen_while_detached),
	MTAP_TEST(gone_with_the_device),
};

int main(int argc, char **argv)
{
	const struct mtap_suite suite = {
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.setup = load,
		.before = open_device,
		.after = close_device,
		.teardown = dev_unload,
	};

	return mtap_main(argc, argv, &suite);
}
