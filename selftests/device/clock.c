// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time of a device, which passes only while its timers do, and the started op. That time does
 * not pass is told by the time of the system, which does.
 */
#include "dev.h"
#include "irqs.h"
#include "progs/ktimer.h"
#include "slowness.h"

#define KTIMER	"progs/ktimer.bpf.o"
#define MS	1000u	/* microseconds */
#define LONG	(10000 * MS)

static void load(void)
{
	dev_load(KTIMER);
}

static void open_device(void)
{
	dev_open("ktimer-1");
}

static unsigned int now(void)
{
	return dev_get(0, KTIMER_TIME, 4);
}

static int left(unsigned int id)
{
	return dev_get(0, KTIMER_LEFT + 4 * id, 4);
}

static void arm(unsigned int id, unsigned int delay_us)
{
	dev_set(0, KTIMER_DELAY, 4, delay_us);
	dev_set(0, KTIMER_ARM, 4, id);
	ASSERT_EQ(dev_get(0, KTIMER_RESULT, 4), 0);
}

static unsigned int started(void)
{
	return dev_get(0, KTIMER_STARTED, 4);
}

MTAP_TEST(time_passes)
{
	double real = mtap_now();
	unsigned int begin = now();

	mtap_wait_us(50 * MS);
	EXPECT(now() - begin >= 50 * MS);
	EXPECT(now() <= (mtap_now() - real) * 1e6 + begin);
}

/* Run @stop, wait, run @go: meanwhile, neither time nor a timer has moved. */
static void stands_still(void (*stop)(void), void (*go)(void))
{
	double ran = -mtap_now();
	unsigned int begin;
	int rest;

	arm(0, LONG);
	begin = now();
	rest = left(0);
	stop();
	ran += mtap_now();
	mtap_wait_us(100 * MS);
	ran -= mtap_now();
	go();
	EXPECT(now() >= begin);
	EXPECT(left(0) <= rest);
	begin = now() - begin;
	rest -= left(0);
	ran += mtap_now();
	EXPECT(begin <= ran * 1e6);
	EXPECT(rest <= ran * 1e6);
}

static void stop_closed(void)
{
	vfio_close(&dev);
}

static void go_open(void)
{
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

MTAP_TEST(not_while_closed)
{
	stands_still(stop_closed, go_open);
	EXPECT_EQ(started(), 0);
}

static void stop_detached(void)
{
	prog_detach(&dev_prog);
}

static void go_attached(void)
{
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

MTAP_TEST(not_while_detached)
{
	stands_still(stop_detached, go_attached);
}

MTAP_TEST(reset_keeps_time)
{
	unsigned int before = now();

	mtap_wait_us(10 * MS);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT(now() - before >= 10 * MS);
	EXPECT_EQ(left(0), -ENOENT);
	EXPECT_EQ(started(), 0);
}

MTAP_TEST(update_keeps_time)
{
	unsigned int before = now();

	arm(0, LONG);
	mtap_wait_us(10 * MS);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	EXPECT(now() - before >= 10 * MS);
	EXPECT(left(0) > 0);
	EXPECT(left(0) <= (int)(LONG - 10 * MS));
}

MTAP_TEST(timer_left)
{
	int before;

	EXPECT_EQ(left(2), -ENOENT);
	arm(2, LONG);
	before = left(2);
	EXPECT(before > 0 && before <= (int)LONG);
	mtap_wait_us(10 * MS);
	EXPECT(left(2) <= before - (int)(10 * MS));
	dev_set(0, KTIMER_CANCEL, 4, 2);
	EXPECT_EQ(left(2), -ENOENT);
	EXPECT_EQ((int)dev_get(0, KTIMER_FAR, 4), -EINVAL);
}

/* Wait until a timer was called so many times. */
static void was_called(unsigned int id, unsigned int calls)
{
	double end = mtap_now() + 30 * slowness();

	while (dev_get(0, KTIMER_TIMERS + 4 * id, 4) != calls && mtap_now() < end)
		mtap_wait_us(MS);
	EXPECT_EQ(dev_get(0, KTIMER_TIMERS + 4 * id, 4), calls);
}

/* The program has started something of its own, and was called before a timer that was due. */
static void taken_over(unsigned int calls)
{
	EXPECT_EQ(started(), calls);
	EXPECT_EQ(dev_get(0, KTIMER_WHY, 4), MDEV_BPF_STARTED_TAKEN_OVER);
	EXPECT_EQ(dev_get(VFIO_PCI_CONFIG_REGION_INDEX, 0x40, 4), MDEV_BPF_STARTED_TAKEN_OVER);
	was_called(7, calls);
}

MTAP_TEST(started_by_update)
{
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	taken_over(1);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	taken_over(2);
}

MTAP_TEST(started_before_a_timer)
{
	arm(1, 20 * MS);
	prog_detach(&dev_prog);
	mtap_wait_us(40 * MS);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	taken_over(1);
	was_called(1, 1);
	EXPECT_EQ(dev_get(0, KTIMER_ORDER, 4), 1);
}

MTAP_TEST(started_while_closed)
{
	vfio_close(&dev);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	taken_over(1);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = dev_close, .teardown = dev_unload,
};
