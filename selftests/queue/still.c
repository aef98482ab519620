// SPDX-License-Identifier: GPL-2.0-only
/*
 * While queues are busy: whatever needs a device that stands still finds one. Reset, migration,
 * another program, detaching and closing, each in the middle of the load of all queues.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "mig.h"
#include "queues.h"

#define S(name)	VFIO_DEVICE_STATE_##name
#define ROUNDS	40

static char stream[1 << 20];
static pthread_t ringer;
static atomic_bool ringing;

/* An op that stops all queues waits for each of them, which counts, and may be slow in a VM. */
static void load_and_open(void)
{
	dev_op_limit(10000);
	queues_load("kqueue");
	queues_open();
}

/* Ring all queues until told to stop; errors are none of this thread's business. */
static void *ring_all(void *unused)
{
	__u32 val = 0;
	unsigned int q;

	while (ringing) {
		val = (val + 1) & 0xffff;
		for (q = 0; q < KQ_QUEUES; q++)
			vfio_pwrite(&dev, KQ_BAR, KQ_TAIL(q), &val, sizeof(val));
	}
	return unused;
}

static void begin(void)
{
	unsigned int q;

	queue_global->rounds = 300;
	for (q = 0; q < KQ_QUEUES; q++)
		queue_global->mode[q] = q & 1 ? KQ_SELF : KQ_COMPUTE;
	ringing = true;
	ASSERT_EQ(pthread_create(&ringer, NULL, ring_all, NULL), 0);
}

static void end(void)
{
	if (!ringing)
		return;
	ringing = false;
	pthread_join(ringer, NULL);
	queues_calm();
}

static __u64 calls(void)
{
	return __sync_fetch_and_add(&queue_global->calls, 0);
}

/* Queues run: not only the op that may have begun before, but more. */
static bool run_on(void)
{
	__u64 before = calls();

	return mtap_await(calls() > before + 2);
}

/* No queue is called any more. */
static bool stand_still(void)
{
	__u64 before = calls();

	mtap_wait_us(2000);
	return calls() == before;
}

static void close_and_check(void)
{
	end();
	if (queue_global)
		queues_expect_sound();
	queues_close();
	prog_close(&dev_prog2);
}

MTAP_TEST(device_op)
{
	unsigned int i;

	begin();
	for (i = 0; i < 10 * ROUNDS; i++)
		EXPECT_EQ(dev_get(0, KQ_ALL_STILL, 4), 0);
	EXPECT(run_on());
}

MTAP_TEST(reset)
{
	unsigned int i;

	begin();
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(vfio_reset(&dev), 0);
		if (i % 8 == 0)
			EXPECT(run_on());
	}
}

/* A reset discards what was rung, and leaves the states empty. */
MTAP_TEST(reset_forgets)
{
	queue_ring(1, 5);
	EXPECT_EQ(event_wait(queue_event[1]), 1);
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	queue_ring(2, 6);
	EXPECT_EQ(queue_reg(2, KQ_CALLS), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(mig_state(&dev), S(RUNNING));
	queue_ring(3, 7);
	EXPECT_EQ(event_wait(queue_event[3]), 1);
	EXPECT_EQ(queue_reg(1, KQ_CALLS), 0);
	EXPECT_EQ(queue_reg(2, KQ_CALLS), 0);
	EXPECT_EQ(queue_reg(2, KQ_NOW), KQ_TAIL_RESET);
	EXPECT_EQ(queue_reg(3, KQ_CALLS), 1);
}

MTAP_TEST(stop)
{
	unsigned int i;

	begin();
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
		if (i % 8 == 0)
			EXPECT(stand_still());
		ASSERT_EQ(mig_set(&dev, S(RUNNING), NULL), 0);
		if (i % 8 == 0)
			EXPECT(run_on());
	}
}

/* Out of the load, and back into the same device */
MTAP_TEST(save_and_load)
{
	unsigned int i;
	ssize_t len;

	begin();
	for (i = 0; i < ROUNDS; i++) {
		len = mig_save(&dev, stream, sizeof(stream));
		ASSERT(len > 0);
		EXPECT_EQ(mig_load(&dev, stream, len), 0);
		ASSERT_EQ(mig_set(&dev, S(RUNNING), NULL), 0);
		if (i % 8 == 0)
			EXPECT(run_on());
	}
}

static struct vfio target = { .container = -1, .group = -1, .device = -1 };

static void open_target(void)
{
	struct mdev m = mdev_uuid(0xd2);

	ASSERT_EQ(mdev_create(&m, "kqueue-1"), 0);
	ASSERT_EQ(vfio_open(&target, &m), 0);
	ASSERT_EQ(vfio_irq_fds(&target, MSI, 0, KQ_MSI, queue_event), 0);
}

static __s64 target_reg(unsigned int q, unsigned int reg)
{
	return vfio_get(&target, 0, KQ_QUEUE(q) + reg, 4);
}

/* The states of the queues go along, and so does a ring that came while the device was stopped. */
MTAP_TEST(migrates)
{
	unsigned int q;
	ssize_t len;

	for (q = 0; q < KQ_QUEUES; q++)
		dev_set(0, KQ_QUEUE(q) + KQ_MARK, 4, 0xa0 + q);
	queue_ring(6, 0x66);
	EXPECT_EQ(event_wait(queue_event[6]), 1);
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	queue_ring(4, 0x44);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	open_target();
	ASSERT_EQ(mig_load(&target, stream, len), 0);
	EXPECT_EQ(event_take(queue_event[4]), 0);
	ASSERT_EQ(mig_set(&target, S(RUNNING), NULL), 0);
	EXPECT_EQ(event_wait(queue_event[4]), 1);
	EXPECT_EQ(target_reg(4, KQ_SEEN), KQ_TAIL_RESET | 0x44);
	EXPECT_EQ(target_reg(4, KQ_CALLS), 1);
	EXPECT_EQ(target_reg(6, KQ_SEEN), KQ_TAIL_RESET | 0x66);
	EXPECT_EQ(vfio_get(&target, KQ_BAR, KQ_TAIL(6), 4), KQ_TAIL_RESET | 0x66);
	for (q = 0; q < KQ_QUEUES; q++)
		EXPECT_EQ(target_reg(q, KQ_MARK), 0xa0 + q);
	vfio_close(&target);
}

enum { QUEUES_TAG = 8 };

struct queues_section {
	__u64 due;
	__u32 nr, size;
};

static int load_changed(ssize_t len)
{
	mig_seal(stream, len);
	return mig_load(&target, stream, len);
}

/* A section that no such device could have saved */
MTAP_TEST(wrong_streams)
{
	struct queues_section *s;
	struct mig_section *head;
	ssize_t len;

	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	head = mig_find(stream, len, QUEUES_TAG);
	ASSERT(head);
	s = (void *)(head + 1);
	EXPECT_EQ(s->nr, KQ_QUEUES);
	open_target();
	s->due = 1 << KQ_QUEUES;
	EXPECT_EQ(load_changed(len), -EINVAL);
	s->due = 0;
	s->nr++;
	EXPECT_EQ(load_changed(len), -EINVAL);
	s->nr = 0xffffffff;
	EXPECT_EQ(load_changed(len), -EINVAL);
	s->nr = KQ_QUEUES;
	s->size += 8;
	EXPECT_EQ(load_changed(len), -EINVAL);
	s->size -= 16;
	EXPECT_EQ(load_changed(len), -EINVAL);
	s->size += 8;
	head->version = 2;
	EXPECT_EQ(load_changed(len), -EINVAL);
	head->version = 1;
	head->tag = 7;
	EXPECT(load_changed(len) < 0);
	head->tag = QUEUES_TAG;
	EXPECT_EQ(load_changed(len), 0);
	vfio_close(&target);
}

static void load_moved(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, KQUEUE, "moved"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
}

MTAP_TEST(upgrade)
{
	struct kqueue_global *other;
	unsigned int i, q;
	__u64 n;

	load_moved();
	other = prog_globals(&dev_prog2);
	for (q = 0; q < KQ_QUEUES; q++) {
		other->mode[q] = q & 1 ? KQ_SELF : KQ_COMPUTE;
		dev_set(0, KQ_QUEUE(q) + KQ_MARK, 4, 0xb0 + q);
	}
	other->rounds = 300;
	begin();
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
		if (i % 8 == 0)
			EXPECT(mtap_await(__sync_fetch_and_add(&other->calls, 0) > 2));
		ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
		n = __sync_lock_test_and_set(&other->calls, 0);
		EXPECT_EQ(n > 2 || i % 8, 1);
		if (i % 8 == 0)
			EXPECT(run_on());
		/* The last call of the old program ended before the update did */
		EXPECT_EQ(__sync_fetch_and_add(&other->calls, 0), 0);
	}
	end();
	EXPECT_EQ(other->overlaps, 0);
	EXPECT_EQ(other->early, 0);
	EXPECT_EQ(other->torn, 0);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	for (q = 0; q < KQ_QUEUES; q++)
		EXPECT_EQ(queue_reg(q, KQ_MARK), 0xb0 + q);
}

/* What was rung while the state had another layout, or there was no program, is not lost. */
MTAP_TEST(rings_of_a_detached_device)
{
	load_moved();
	prog_detach(&dev_prog);
	queue_ring(5, 0x123);
	EXPECT_EQ(event_take(queue_event[5]), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(event_wait(queue_event[5]), 1);
	EXPECT_EQ(queue_reg(5, KQ_SEEN), KQ_TAIL_RESET | 0x123);
	EXPECT_EQ(queue_reg(5, KQ_CALLS), 1);
}

MTAP_TEST(detach)
{
	unsigned int i;

	begin();
	for (i = 0; i < ROUNDS; i++) {
		prog_detach(&dev_prog);
		if (i % 8 == 0)
			EXPECT(stand_still());
		ASSERT_EQ(prog_attach(&dev_prog), 0);
		if (i % 8 == 0)
			EXPECT(run_on());
	}
}

MTAP_TEST(failure)
{
	unsigned int i;

	begin();
	for (i = 0; i < ROUNDS; i++) {
		dev_set(0, KQ_FAIL, 4, 1);
		EXPECT_EQ(vfio_get(&dev, 0, KQ_ANY, 4), -EIO);
		if (i % 8 == 0)
			EXPECT(stand_still());
		EXPECT_EQ(vfio_reset(&dev), 0);
		if (i % 8 == 0)
			EXPECT(run_on());
	}
}

/* The rings are those of the queues themselves, since a closed device has no one else. */
MTAP_TEST(close_and_open)
{
	unsigned int i;

	for (i = 0; i < ROUNDS / 4; i++) {
		begin();
		EXPECT(run_on());
		ringing = false;
		pthread_join(ringer, NULL);
		vfio_close(&dev);
		EXPECT(stand_still());
		ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
		ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KQ_MSI, queue_event), 0);
		EXPECT(run_on());
	}
}

const struct mtap_suite mtap_suite = {
	.before = load_and_open,
	.after = close_and_check,
};
