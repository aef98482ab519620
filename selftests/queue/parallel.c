// SPDX-License-Identifier: GPL-2.0-only
/* Queues: how they are rung, what their op can do, and that their ops run at the same time. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "queues.h"

static void load_and_open(void)
{
	queues_load("kqueue");
	queues_open();
}

static void close_and_check(void)
{
	if (queue_global)
		queues_expect_sound();
	queues_close();
}

/* A write to a doorbell calls the op, which finds the value; no other queue notices. */
MTAP_TEST(doorbells)
{
	unsigned int q;

	for (q = 0; q < KQ_QUEUES; q++) {
		EXPECT_EQ(dev_get(KQ_BAR, KQ_TAIL(q), 4), KQ_TAIL_RESET);
		queue_ring(q, 0x100 + q);
		EXPECT_EQ(event_wait(queue_event[q]), 1);
		EXPECT_EQ(queue_reg(q, KQ_CALLS), 1);
		EXPECT_EQ(queue_reg(q, KQ_SEEN), KQ_TAIL_RESET | (0x100 + q));
		EXPECT_EQ(queue_reg(q, KQ_NOW), KQ_TAIL_RESET | (0x100 + q));
		EXPECT_EQ(dev_get(KQ_BAR, KQ_TAIL(q), 4), KQ_TAIL_RESET | (0x100 + q));
	}
	dev_set(KQ_BAR, KQ_TAIL(2) + 1, 1, 0x77);
	EXPECT_EQ(event_wait(queue_event[2]), 1);
	EXPECT_EQ(queue_reg(2, KQ_SEEN), KQ_TAIL_RESET | 0x7702);
	dev_set(KQ_BAR, KQ_BELL, 2, 0xffff);
	EXPECT_EQ(event_wait(queue_event[KQ_BELL_QUEUE]), 1);
	EXPECT_EQ(dev_get(KQ_BAR, KQ_BELL, 2), 0);
	EXPECT_EQ(queue_reg(KQ_BELL_QUEUE, KQ_CALLS), 2);
	EXPECT_EQ(queue_global->calls, KQ_QUEUES + 2);
}

MTAP_TEST(ioeventfd)
{
	int fd = event_new();
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_IOEVENTFD_32, .data = 0x55, .fd = fd,
		.offset = dev.region[KQ_BAR].offset + KQ_TAIL(6),
	};
	__u64 one = 1;

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg), 0);
	EXPECT_EQ(write(fd, &one, sizeof(one)), sizeof(one));
	EXPECT_EQ(event_wait(queue_event[6]), 1);
	EXPECT_EQ(queue_reg(6, KQ_SEEN), KQ_TAIL_RESET | 0x55);
	close(fd);
}

MTAP_TEST(kicks)
{
	dev_set(0, KQ_KICK, 4, 7);
	EXPECT_EQ(event_wait(queue_event[7]), 1);
	EXPECT_EQ(dev_get(0, KQ_KICK, 4), 0);
	EXPECT_EQ(queue_reg(7, KQ_SEEN), KQ_TAIL_RESET);
	queue_global->mode[3] = KQ_NEXT;
	queue_ring(3, 1);
	EXPECT_EQ(event_wait(queue_event[4]), 1);
	EXPECT_EQ(queue_reg(3, KQ_CALLS), 1);
	EXPECT_EQ(queue_reg(4, KQ_CALLS), 1);
}

/* Memory of a region, and work, which is done by an op of the device */
MTAP_TEST(reaches_the_device)
{
	unsigned int i;

	queue_global->mode[1] = KQ_COUNT;
	for (i = 1; i <= 3; i++) {
		queue_ring(1, i);
		EXPECT_EQ(event_wait(queue_event[1]), 1);
		EXPECT_EQ(dev_get(KQ_MEMORY, 4, 4), i);
	}
	queue_global->mode[2] = KQ_TO_WORK;
	queue_ring(2, 0);
	EXPECT(mtap_await(dev_get(0, KQ_WORKS, 4) == 1));
}

/* Each op waits until it has seen the others: it ends early only if all run at the same time. */
MTAP_TEST(two_at_once)
{
	dev_op_limit(10000);
	queue_global->mode[0] = KQ_MEET;
	queue_global->mode[5] = KQ_MEET;
	queue_global->meet = 2;
	queue_ring(0, 1);
	queue_ring(5, 1);
	EXPECT_EQ(event_wait(queue_event[0]), 1);
	EXPECT_EQ(event_wait(queue_event[5]), 1);
	EXPECT_EQ(queue_global->met, 2);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
}

/* One alone runs into the limit: the point before can fail. */
MTAP_TEST(one_alone)
{
	queue_global->mode[0] = KQ_MEET;
	queue_global->meet = 2;
	queue_ring(0, 1);
	ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
	EXPECT_EQ(queue_global->met, 0);
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "op=queue\ncode=-62\nprogram=kqueue\n");
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "text=the op ran longer than 100 ms");
}

static bool spinning(void)
{
	return __sync_fetch_and_add(&queue_global->inside, 0);
}

/* Let a queue run until go(), and wait until it does. */
static void spin(unsigned int q)
{
	queue_global->mode[q] = KQ_SPIN;
	queue_ring(q, 1);
	ASSERT(mtap_await(spinning()));
}

static void go(void)
{
	__sync_lock_test_and_set(&queue_global->go, 1);
}

/* Ops of the device, and those of other queues, do not wait for a queue; nor do doorbells. */
MTAP_TEST(nobody_waits)
{
	dev_op_limit(10000);
	spin(0);
	EXPECT_EQ(dev_get(0, KQ_ANY, 4), 0x1234);
	queue_ring(0, 2);
	EXPECT_EQ(dev_get(KQ_BAR, KQ_TAIL(0), 4), KQ_TAIL_RESET | 2);
	dev_set(0, KQ_KICK, 4, 1);
	EXPECT_EQ(event_wait(queue_event[1]), 1);
	EXPECT(spinning());
	go();
	EXPECT(event_wait(queue_event[0]) > 0);
}

/*
 * An op of the device that wants a queue's state waits for the op of this queue, which sets the
 * mark some time after it has seen that it is wanted.
 */
MTAP_TEST(stop_waits)
{
	/* Both ops wait, which counts */
	dev_op_limit(10000);
	dev_set(0, KQ_QUEUE(0) + KQ_MARK, 4, 99);
	queue_global->wanted = 0;
	queue_global->mode[0] = KQ_WANTED;
	queue_ring(0, 1);
	ASSERT(mtap_await(spinning()));
	EXPECT_EQ(queue_reg(0, KQ_MARK), KQ_WANTED);
	EXPECT_EQ(queue_global->torn, 0);
	EXPECT_EQ(dev_get(0, KQ_ALL_STILL, 4), 0);
	/* The queue goes on afterwards */
	event_wait(queue_event[0]);
	queue_global->mode[0] = KQ_NOTHING;
	queue_ring(0, 3);
	EXPECT_EQ(event_wait(queue_event[0]), 1);
}

/* Whoever reads the statistics does not wait for the ops of queues. */
MTAP_TEST(statistics_do_not_wait)
{
	dev_op_limit(10000);
	ASSERT_EQ(sysfs_write("1", "/sys/kernel/mdev_bpf/stats"), 0);
	spin(0);
	EXPECT_HAS(device_attr(&dev_mdev, "stats"), "op calls errors");
	device_attr(&dev_mdev, "slow_op");
	EXPECT(spinning());
	EXPECT_EQ(sysfs_write("0", "/sys/kernel/mdev_bpf/stats"), 0);
	go();
	EXPECT_EQ(event_wait(queue_event[0]), 1);
}

/* The statistics count the calls of all queues, and the dump says which are due. */
MTAP_TEST(counted)
{
	unsigned int q;

	ASSERT_EQ(sysfs_write("1", "/sys/kernel/mdev_bpf/stats"), 0);
	for (q = 0; q < KQ_QUEUES; q++) {
		queue_ring(q, 1);
		EXPECT_EQ(event_wait(queue_event[q]), 1);
	}
	/* The event comes first */
	EXPECT(mtap_await(strstr(device_attr(&dev_mdev, "stats"), "\nqueue 8 0 ")));
	EXPECT_EQ(sysfs_write("0", "/sys/kernel/mdev_bpf/stats"), 0);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "queues: 8, due none\n");
}

/* Every program of before had none; this one says how many. */
MTAP_TEST(feature)
{
	unsigned long features = strtoul(sysfs_str("/sys/kernel/mdev_bpf/features"), NULL, 0);

	EXPECT(features & MDEV_BPF_FEATURE_QUEUES);
}

const struct mtap_suite mtap_suite = {
	.before = load_and_open,
	.after = close_and_check,
};
