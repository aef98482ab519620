// SPDX-License-Identifier: GPL-2.0-only
/* INTx while several threads drive, mask and unmask it; and the op irq_unmask. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "progs/kirq.h"
#include "task.h"

#define ROUNDS		1000

static int event, unmask_event;
static atomic_bool stop;
static atomic_ulong nr_unmask;

static void open_device(void)
{
	event = event_new();
	unmask_event = event_new();
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kirq.bpf.o", "kirq"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kirq-1");
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event), 0);
}

static void close_device(void)
{
	dev_close();
	close(event);
	close(unmask_event);
}

static void level(int up)
{
	dev_set(0, KIRQ_LEVEL, 4, up);
}

static void unmask(void)
{
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
}

static void unmask_by_eventfd(void)
{
	const __u64 one = 1;

	EXPECT_EQ(write(unmask_event, &one, sizeof(one)), sizeof(one));
}

/* Threads note nothing but their own failures, in what @arg points to. */
static void *drive(void *arg)
{
	long *bad = arg;
	__u32 up = 0;

	while (!stop) {
		up ^= 1;
		*bad += vfio_set(&dev, 0, KIRQ_LEVEL, 4, up) != 0;
	}
	return NULL;
}

static void *mask_unmask(void *arg)
{
	long *bad = arg;

	while (!stop) {
		*bad += vfio_irq_none(&dev, INTX, MASK, 1) != 0;
		nr_unmask++;
		*bad += vfio_irq_none(&dev, INTX, UNMASK, 1) != 0;
	}
	return NULL;
}

static void *signal_unmask(void *arg)
{
	long *bad = arg;
	const __u64 one = 1;

	while (!stop) {
		nr_unmask++;
		*bad += write(unmask_event, &one, sizeof(one)) != sizeof(one);
		usleep(100);
	}
	return NULL;
}

static void *test_fire(void *arg)
{
	long *bad = arg;

	while (!stop) {
		*bad += vfio_irq_none(&dev, INTX, TRIGGER, 1) != 0;
		usleep(100);
	}
	return NULL;
}

struct threads {
	pthread_t id[8];
	long bad[8];
	unsigned int nr;
};

static void start(struct threads *t, void *(*fn)(void *))
{
	ASSERT_EQ(pthread_create(&t->id[t->nr], NULL, fn, &t->bad[t->nr]), 0);
	t->nr++;
}

static void join(struct threads *t)
{
	stop = true;
	while (t->nr--) {
		pthread_join(t->id[t->nr], NULL);
		EXPECT_EQ(t->bad[t->nr], 0);
	}
	stop = false;
}

/* At the end, a line that is up gives one signal if it is unmasked, and none if it is masked. */
static void expect_exact(void)
{
	/* The eventfd unmasks in its own time; taking it away waits for that */
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, -1), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
	event_take(event);
	level(1);
	level(0);
	level(1);
	EXPECT_EQ(event_take(event), 0);
	unmask();
	EXPECT_EQ(event_take(event), 1);
	level(0);
	level(1);
	EXPECT_EQ(event_take(event), 0);
	unmask();
	EXPECT_EQ(event_take(event), 1);
	level(0);
	unmask();
	EXPECT_EQ(event_take(event), 0);
	level(1);
	EXPECT_EQ(event_take(event), 1);
	level(0);
}

/* All at once, for a number of signals; each but the first takes an unmask. */
MTAP_TEST(all_at_once)
{
	struct threads t = { };
	unsigned long signals = 0;
	int quiet = 0;

	nr_unmask = 0;
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, unmask_event), 0);
	start(&t, drive);
	start(&t, drive);
	start(&t, mask_unmask);
	start(&t, signal_unmask);
	start(&t, test_fire);
	while (signals < ROUNDS && quiet < 1000) {
		__u64 nr = event_take(event);

		signals += nr;
		quiet = nr ? 0 : quiet + 1;
		if (!nr)
			mtap_pause();
	}
	join(&t);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, -1), 0);
	signals += event_take(event);
	EXPECT(signals >= ROUNDS);
	if (signals > nr_unmask + 1)
		mtap_fail(__FILE__, __LINE__, "%lu signals, but only %lu unmasks", signals,
			  nr_unmask);
	expect_exact();
}

/* Each rise of the line gives a signal, even while other threads mask and unmask. */
MTAP_TEST(none_is_lost)
{
	struct threads t = { };
	unsigned int i;

	ASSERT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, unmask_event), 0);
	start(&t, mask_unmask);
	start(&t, signal_unmask);
	for (i = 0; i < ROUNDS; i++) {
		if (event_take(event))
			mtap_fail(__FILE__, __LINE__, "round %u: fired while the line was down", i);
		level(1);
		if (!event_wait(event)) {
			mtap_fail(__FILE__, __LINE__, "round %u: an interrupt was lost", i);
			break;
		}
		level(0);
		/* Up to here the others may have had it fire again */
		event_take(event);
		if (i & 1)
			unmask();
		else
			unmask_by_eventfd();
	}
	join(&t);
	expect_exact();
}

MTAP_TEST(masked_is_silent)
{
	struct threads t = { };
	unsigned int i;

	EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
	event_take(event);
	start(&t, drive);
	start(&t, drive);
	start(&t, test_fire);
	for (i = 0; i < ROUNDS; i++) {
		if (event_take(event))
			mtap_fail(__FILE__, __LINE__, "fired while masked");
		EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
	}
	join(&t);
	EXPECT_EQ(event_take(event), 0);
	expect_exact();
}

MTAP_TEST(dumped)
{
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "interrupts: INTx, line down\n");
	level(1);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "interrupts: INTx, line up, has fired\n");
	level(0);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "interrupts: INTx, line down, has fired\n");
	unmask();
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "interrupts: INTx, line down\n");
}

/* Turning INTx off and on, while it is driven and unmasked */
MTAP_TEST(off_and_on)
{
	struct threads t = { };
	unsigned int i;

	start(&t, drive);
	start(&t, signal_unmask);
	for (i = 0; i < ROUNDS / 4; i++) {
		EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, unmask_event), 0);
		EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 0), 0);
		event_take(event);
		if (event_take(event))
			mtap_fail(__FILE__, __LINE__, "fired while off");
		EXPECT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event), 0);
	}
	join(&t);
	expect_exact();
}

/* Who masks after an eventfd has unmasked finds it masked, even if nothing had come of that yet. */
MTAP_TEST(masked_last)
{
	unsigned int i;

	for (i = 0; i < ROUNDS / 10; i++) {
		EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, unmask_event), 0);
		unmask_by_eventfd();
		EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
		level(1);
		/* If anything is left to do, this does it */
		EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, -1), 0);
		EXPECT_EQ(event_take(event), 0);
		level(0);
		unmask();
	}
}

static __u32 unmasked(void)
{
	return dev_get(0, KIRQ_UNMASKED + 4 * INTX, 4);
}

MTAP_TEST(op)
{
	EXPECT_EQ(unmasked(), 0);
	level(1);
	EXPECT_EQ(event_take(event), 1);
	unmask();
	EXPECT(mtap_await(unmasked() == 1));
	/* By eventfd, too */
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, unmask_event), 0);
	unmask_by_eventfd();
	EXPECT(mtap_await(unmasked() == 2));
	EXPECT_EQ(event_take(event), 2);
	level(0);
	unmask();
	EXPECT(mtap_await(unmasked() == 3));
}

/* irq_unmask is not called for a line that was not masked. The worker has time to call it. */
MTAP_TEST(op_not_called)
{
	unsigned int i, j;

	for (i = 1; i <= 20; i++) {
		for (j = 0; j < 10; j++) {
			unmask();
			mtap_pause();
		}
		EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
		unmask();
		EXPECT(mtap_await(unmasked() >= i));
	}
	EXPECT_EQ(unmasked(), 20);
}

/* A program that lowers its line at the end of an interrupt */
MTAP_TEST(op_lowers)
{
	dev_set(0, KIRQ_EOI, 4, 1);
	level(1);
	EXPECT_EQ(event_take(event), 1);
	unmask();
	EXPECT(mtap_await(unmasked() == 1));
	/* Unmasking came first, so it fired again; but not after that. */
	event_take(event);
	unmask();
	EXPECT(mtap_await(unmasked() == 2));
	EXPECT_EQ(event_take(event), 0);
}

/* Without a program irq_unmask is not called; the next program gets the call. */
MTAP_TEST(op_of_the_next)
{
	level(1);
	EXPECT_EQ(event_take(event), 1);
	prog_detach(&dev_prog2);
	unmask();
	EXPECT_EQ(event_take(event), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT(mtap_await(unmasked() == 1));
	EXPECT_EQ(event_take(event), 1);
}

/* The processor time of a task, in nanoseconds */
static unsigned long long time_of(const char *dir)
{
	return strtoull(sysfs_str("%s/schedstat", dir), NULL, 10);
}

static unsigned long long own_time(void)
{
	return task_sum("/proc/self/task/*", "mdev_bpf*", time_of);
}

static unsigned long long kernel_time(void)
{
	return task_sum("/proc/[0-9]*", "kworker*", time_of);
}

/*
 * Each interrupt unmasks the line, which is up, so there is another one at once. The process that
 * wants it so spends its own time on this, and the line can go down.
 */
MTAP_TEST(unmasks_itself)
{
	unsigned long long own = own_time(), kernel = kernel_time();

	ASSERT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, event), 0);
	level(1);
	EXPECT(mtap_await(own_time() - own > 500000000));
	level(0);
	own = own_time() - own;
	kernel = kernel_time() - kernel;
	mtap_diag("own worker %llu ms, the kernel's %llu ms", own / 1000000, kernel / 1000000);
	EXPECT(kernel < own / 4);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, -1), 0);
	unmask();
	event_take(event);
	expect_exact();
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .before = open_device, .after = close_device,
};
