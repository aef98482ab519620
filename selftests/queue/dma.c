// SPDX-License-Identifier: GPL-2.0-only
/* DMA of queues: requests that their ops make, and windows that they access. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dirty.h"
#include "guest.h"
#include "irqs.h"
#include "mig.h"
#include "missing.h"
#include "progs/kqdma.h"

#define S(name)	VFIO_DEVICE_STATE_##name
#define IOVA	0x100000000ULL
#define GONE	0x200000000ULL
#define PAGE	4096u
#define PAGES	16u
#define DATA(off)	MDEV_BPF_STATE((__u64)16 + (off))

static struct kqdma_global *global;
static int event[KQD_MSI];
static __u8 *mem;
static char stream[1 << 20];

static void enable(void)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KQD_MSI, event), 0);
	guest_bus_master(true);
}

static void load_and_open(void)
{
	int i;

	dev_need_module();
	ASSERT_EQ(prog_open(&dev_prog, "progs/kqdma.bpf.o", NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	global = prog_globals(&dev_prog);
	ASSERT(global);
	for (i = 0; i < KQD_MSI; i++)
		event[i] = event_new();
	dev_open("kqdma-1");
	enable();
	mem = guest_alloc(PAGES * PAGE, 3);
	ASSERT_EQ(guest_map(IOVA, mem, PAGES * PAGE, PROT_RW), 0);
}

static void close_all(void)
{
	int i;

	if (global) {
		__sync_lock_test_and_set(&global->go, 1);
		for (i = 0; i < KQD_QUEUES; i++) {
			global->q[i].again = 0;
			global->q[i].look = 0;
			global->q[i].clock = 0;
		}
	}
	missing_end();
	guest_close();
	for (i = 0; i < KQD_MSI; i++)
		close(event[i]);
	dev_unload();
	global = NULL;
}

/* An op runs that was told to stay. */
static bool inside(void)
{
	return __sync_fetch_and_add(&global->inside, 0);
}

static __u64 done(unsigned int q)
{
	return __sync_fetch_and_add(&global->q[q].done, 0);
}

static void ring(unsigned int q)
{
	dev_set(0, KQD_TAIL(q), 4, 1);
}

static void prepare(unsigned int q, unsigned int op, __u64 iova, __u64 where, __u64 size)
{
	global->q[q].req = (struct mdev_bpf_request) {
		.op = op, .iova = iova, .where = where, .size = size,
	};
	global->q[q].nr = 1;
}

/* Make the request that was prepared: what the kfunc returned, - 1000; else what was told. */
static int finish(unsigned int q)
{
	__u64 n = done(q), calls = global->q[q].calls;

	ring(q);
	ASSERT(mtap_await(__sync_fetch_and_add(&global->q[q].calls, 0) > calls));
	if (global->q[q].result)
		return global->q[q].result - 1000;
	ASSERT(mtap_await(done(q) == n + 1));
	return global->q[q].error;
}

static int copy(unsigned int q, unsigned int op, __u64 iova, __u64 where, __u64 size)
{
	prepare(q, op, iova, where, size);
	return finish(q);
}

static void expect_order(void)
{
	unsigned int q;

	for (q = 0; q < KQD_QUEUES; q++)
		EXPECT_EQ(global->q[q].disorder, 0);
}

/* Through the state of each queue, which is its own */
MTAP_TEST(copies)
{
	unsigned int q;

	for (q = 0; q < KQD_QUEUES; q++) {
		EXPECT_EQ(copy(q, MDEV_BPF_DMA_READ, IOVA + q * 100, DATA(0), PAGE), 0);
		EXPECT_EQ(global->q[q].moved, PAGE);
		EXPECT_EQ(event_wait(event[q]), 1);
	}
	for (q = 0; q < KQD_QUEUES; q++) {
		EXPECT_EQ(copy(q, MDEV_BPF_DMA_WRITE, IOVA + (4 + q) * PAGE, DATA(0), PAGE), 0);
		EXPECT_EQ(memcmp(mem + (4 + q) * PAGE, mem + q * 100, PAGE), 0);
	}
	expect_order();
}

/* The clock of a queue is that of the device, which does not run while the device is stopped. */
MTAP_TEST(time_passes)
{
	__u64 began, passed, start = mtap_now_ns();

	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8), 0);
	began = global->q[0].time;
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	usleep(300000);
	ASSERT_EQ(mig_set(&dev, S(RUNNING), NULL), 0);
	EXPECT_EQ(copy(1, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8), 0);
	passed = global->q[1].time - began;
	EXPECT(passed && passed + 300000000 <= mtap_now_ns() - start);
}

/* It goes on from where it was, also for an op that runs while the device is being stopped. */
MTAP_TEST(time_never_goes_back)
{
	__u64 calls;
	int i;

	global->q[1].clock = 1;
	ring(1);
	for (i = 0; i < 40; i++) {
		calls = global->q[1].calls;
		EXPECT(mtap_await(__sync_fetch_and_add(&global->q[1].calls, 0) > calls + 10));
		vfio_close(&dev);
		ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	}
	EXPECT_EQ(global->q[1].back, 0);
}

/* A list that was fetched from guest memory */
MTAP_TEST(lists)
{
	static const struct mdev_bpf_sg list[] = {
		{ .iova = IOVA + 3 * PAGE + 5, .size = 100 }, { .iova = IOVA, .size = PAGE },
	};

	memcpy(mem + 8 * PAGE, list, sizeof(list));
	EXPECT_EQ(copy(1, MDEV_BPF_DMA_READ, IOVA + 8 * PAGE, DATA(0), sizeof(list)), 0);
	prepare(1, MDEV_BPF_DMA_READ, DATA(0), DATA(64), 200);
	global->q[1].req.flags = MDEV_BPF_DMA_LIST;
	global->q[1].req.count = 2;
	EXPECT_EQ(finish(1), 0);
	EXPECT_EQ(copy(1, MDEV_BPF_DMA_WRITE, IOVA + 9 * PAGE, DATA(64), 200), 0);
	EXPECT_EQ(memcmp(mem + 9 * PAGE, mem + 3 * PAGE + 5, 100), 0);
	EXPECT_EQ(memcmp(mem + 9 * PAGE + 100, mem, 100), 0);
}

/* As many as there may be, and no more; they are done in their order. */
MTAP_TEST(many)
{
	prepare(2, MDEV_BPF_DMA_READ, IOVA, DATA(0), 64);
	global->q[2].nr = MDEV_BPF_MAX_DMA + 1;
	ring(2);
	ASSERT(mtap_await(done(2) == MDEV_BPF_MAX_DMA));
	EXPECT_EQ(global->q[2].made, MDEV_BPF_MAX_DMA);
	EXPECT_EQ(global->q[2].result, -EBUSY);
	EXPECT_EQ(copy(2, MDEV_BPF_DMA_READ, IOVA, DATA(0), 64) <= 0, 1);
	expect_order();
}

static void *spin(void *unused)
{
	vfio_get(&dev, 0, KQD_SPIN, 4);
	return unused;
}

/* The data path of a queue needs nothing for which an op of the device could make it wait. */
MTAP_TEST(no_lock_of_the_device)
{
	pthread_t spinner;

	dev_op_limit(10000);
	prepare(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), PAGE);
	global->q[0].nr = 3;
	ASSERT_EQ(pthread_create(&spinner, NULL, spin, NULL), 0);
	ASSERT(mtap_await(inside()));
	vfio_set(&dev, 0, KQD_TAIL(0), 4, 1);
	EXPECT(mtap_await(done(0) == 3));
	EXPECT(inside());
	__sync_lock_test_and_set(&global->go, 1);
	pthread_join(spinner, NULL);
	EXPECT_EQ(global->q[0].error, 0);
	expect_order();
}

MTAP_TEST(refused)
{
	struct mdev_bpf_request *req = &global->q[0].req;

	EXPECT_EQ(copy(0, MDEV_BPF_DMA_PIN, IOVA, 0, PAGE), -EINVAL - 1000);
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 0), -EINVAL - 1000);
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), KQD_STATE), -EINVAL - 1000);
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, MDEV_BPF_MEMORY(0, 0), 8), -EINVAL - 1000);
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, -1ULL, DATA(0), 8), -EINVAL - 1000);
	prepare(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8);
	req->channel = MDEV_BPF_MAX_CHANNELS;
	EXPECT_EQ(finish(0), -EINVAL - 1000);
	prepare(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8);
	req->flags = MDEV_BPF_DMA_AGAIN;
	EXPECT_EQ(finish(0), -EINVAL - 1000);
	/* Up to the last byte of its state */
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), KQD_STATE - 16), 0);
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, GONE, DATA(0), 8), -ENOENT);
	guest_bus_master(false);
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8), -EACCES);
	expect_order();
}

/* Have a queue wait for memory that is not there, with more requests after it. */
static void get_stuck(unsigned int q, unsigned int more)
{
	missing_need();
	if (missing.uffd < 0) {
		ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * PAGE, 0)), 0);
		ASSERT_EQ(guest_map(GONE, missing.mem, MISSING_PAGES * PAGE, PROT_RW), 0);
	}
	prepare(q, MDEV_BPF_DMA_READ, GONE + q * PAGE, DATA(0), 8);
	global->q[q].nr = 1 + more;
	ring(q);
	ASSERT(missing_wanted());
}

static void bring(unsigned int q)
{
	missing_bring(q, mem);
}

MTAP_TEST(stuck_alone)
{
	unsigned int i;

	get_stuck(0, 2);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(copy(1 + i % 3, MDEV_BPF_DMA_READ, IOVA, DATA(0), PAGE), 0);
		EXPECT_EQ(dev_get(0, KQD_ANY, 4), 0x1234);
	}
	/* Its op is still called */
	global->q[0].nr = 0;
	ring(0);
	EXPECT(mtap_await(__sync_fetch_and_add(&global->q[0].calls, 0) == 2));
	EXPECT_EQ(done(0), 0);
	bring(0);
	EXPECT(mtap_await(done(0) == 3));
	EXPECT_EQ(global->q[0].error, 0);
	expect_order();
}

/* Within a queue, a channel that waits holds up no other, and keeps its own order. */
MTAP_TEST(stuck_channel)
{
	unsigned int i;

	get_stuck(0, 1);
	for (i = 0; i < 20; i++) {
		prepare(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), PAGE);
		global->q[0].req.channel = 1 + i % (MDEV_BPF_MAX_CHANNELS - 1);
		EXPECT_EQ(finish(0), 0);
		EXPECT_EQ(global->q[0].expect, i + 3);
	}
	global->q[0].expect = 0;
	global->q[0].disorder = 0;
	bring(0);
	EXPECT(mtap_await(done(0) == 22));
	EXPECT_EQ(global->q[0].expect, 2);
	expect_order();
}

MTAP_TEST(all_stuck)
{
	unsigned int q;

	for (q = 0; q < KQD_QUEUES; q++)
		get_stuck(q, 1);
	for (q = 0; q < KQD_QUEUES; q++)
		bring(q);
	for (q = 0; q < KQD_QUEUES; q++)
		EXPECT(mtap_await(done(q) == 2));
	expect_order();
}

MTAP_TEST(cancelled)
{
	get_stuck(0, 0);
	global->q[0].nr = 0;
	global->q[0].cancel = 1;
	ring(0);
	EXPECT(mtap_await(done(0) == 1));
	EXPECT_EQ(global->q[0].cancelled, 1);
	EXPECT_EQ(global->q[0].error, -ECANCELED);
	ring(0);
	EXPECT(mtap_await(__sync_fetch_and_add(&global->q[0].cancelled, 0) == -ENOENT));
}

MTAP_TEST(reset_while_stuck)
{
	get_stuck(0, 2);
	EXPECT_EQ(vfio_reset(&dev), 0);
	guest_bus_master(true);
	bring(0);
	global->q[0].expect = global->q[0].made;
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8), 0);
	EXPECT_EQ(done(0), 1);
	expect_order();
}

MTAP_TEST(close_while_stuck)
{
	get_stuck(3, 1);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	enable();
	ASSERT_EQ(guest_map(IOVA, mem, PAGES * PAGE, PROT_RW), 0);
	global->q[3].expect = global->q[3].made;
	EXPECT_EQ(copy(3, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8), 0);
	EXPECT_EQ(done(3), 1);
}

/* The requests are carried out for the next program. */
MTAP_TEST(detached_while_stuck)
{
	get_stuck(2, 3);
	prog_detach(&dev_prog);
	bring(2);
	EXPECT_EQ(done(2), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT(mtap_await(done(2) == 4));
	EXPECT_EQ(global->q[2].error, 0);
	expect_order();
}

/* They go along with the device. */
MTAP_TEST(migrated_while_stuck)
{
	ssize_t len;

	get_stuck(1, 3);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	ASSERT_EQ(mig_load(&dev, stream, len), 0);
	bring(1);
	EXPECT_EQ(done(1), 0);
	ASSERT_EQ(mig_set(&dev, S(RUNNING), NULL), 0);
	EXPECT(mtap_await(done(1) == 4));
	EXPECT_EQ(global->q[1].error, 0);
	expect_order();
}

enum { QUEUE_DMA_TAG = 10 };

struct dma_row {
	__u64 iova, where, size, offset, done;
	__u32 id, op, channel, flags, file, count, over, error;
};

static int load_changed(ssize_t len)
{
	mig_seal(stream, len);
	return mig_load(&dev, stream, len);
}

MTAP_TEST(wrong_streams)
{
	struct mig_section *head;
	struct dma_row *row;
	ssize_t len;

	get_stuck(1, 1);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	head = mig_find(stream, len, QUEUE_DMA_TAG);
	ASSERT(head);
	ASSERT_EQ(head->size, 2 * sizeof(*row));
	row = (void *)(head + 1);
	EXPECT_EQ(row->channel, 1);
	row->channel = KQD_QUEUES;
	EXPECT_EQ(load_changed(len), -EINVAL);
	row->channel = 0xffffffff;
	EXPECT_EQ(load_changed(len), -EINVAL);
	row->channel = MDEV_BPF_MAX_CHANNELS << 16 | 1;
	EXPECT_EQ(load_changed(len), -EINVAL);
	row->channel = (MDEV_BPF_MAX_CHANNELS - 1) << 16 | 1;
	row->op = MDEV_BPF_DMA_PIN;
	EXPECT_EQ(load_changed(len), -EINVAL);
	row->op = MDEV_BPF_DMA_READ;
	row->where = MDEV_BPF_STATE(KQD_STATE - 7);
	EXPECT_EQ(load_changed(len), -EINVAL);
	row->where = DATA(0);
	row->over = 2;
	EXPECT_EQ(load_changed(len), -EINVAL);
	row->over = 0;
	EXPECT_EQ(load_changed(len), 0);
	bring(1);
	ASSERT_EQ(mig_set(&dev, S(RUNNING), NULL), 0);
	EXPECT(mtap_await(done(1) == 2));
}

/* Requests without end, of all queues, keep nobody from what needs the device to stand still. */
MTAP_TEST(endless)
{
	unsigned int i, q;
	__u64 n;

	for (q = 0; q < KQD_QUEUES; q++) {
		prepare(q, q & 1 ? MDEV_BPF_DMA_READ : MDEV_BPF_DMA_WRITE, IOVA, DATA(0), 512);
		global->q[q].again = 1;
	}
	for (i = 0; i < 10; i++) {
		for (q = 0; q < KQD_QUEUES; q++) {
			global->q[q].expect = global->q[q].made;
			ring(q);
		}
		for (q = 0; q < KQD_QUEUES; q++) {
			n = done(q);
			EXPECT(mtap_await(done(q) > n + 10));
		}
		if (i % 2) {
			EXPECT_EQ(mig_set(&dev, S(STOP), NULL), 0);
			n = done(0);
			mtap_wait_us(2000);
			EXPECT_EQ(done(0), n);
			EXPECT_EQ(mig_set(&dev, S(RUNNING), NULL), 0);
			prog_detach(&dev_prog);
			ASSERT_EQ(prog_attach(&dev_prog), 0);
			EXPECT(mtap_await(done(0) > n + 10));
		}
		EXPECT_EQ(vfio_reset(&dev), 0);
		guest_bus_master(true);
	}
}

MTAP_TEST(fails)
{
	prepare(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8);
	global->q[0].fail = 1;
	ring(0);
	ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "op=queue_done\ncode=-5\n");
	global->q[0].fail = 0;
	EXPECT_EQ(vfio_reset(&dev), 0);
	guest_bus_master(true);
	EXPECT_EQ(copy(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8), 0);
}

static void pin(void)
{
	dev_set(0, KQD_PIN, 8, IOVA);
	ASSERT(mtap_await(__sync_fetch_and_add(&global->pinned, 0) == 1));
}

static void *unpin_and_stay(void *unused)
{
	vfio_set(&dev, 0, KQD_UNPIN, 8, 0);
	return unused;
}

/* An op that gives a window back may still have a pointer to it, so its pages stay meanwhile. */
MTAP_TEST(unpinned_in_an_op)
{
	pthread_t spinner;
	unsigned int i;

	dev_op_limit(10000);
	pin();
	EXPECT_EQ(guest_pinned_pages(), 1);
	ASSERT_EQ(pthread_create(&spinner, NULL, unpin_and_stay, NULL), 0);
	ASSERT(mtap_await(inside()));
	/* What would unpin them has a processor for itself. All looks take less than the limit. */
	for (i = 0; i < 300 && guest_pinned_pages(); i++)
		;
	EXPECT_EQ(i, 300);
	EXPECT(inside());
	__sync_lock_test_and_set(&global->go, 1);
	pthread_join(spinner, NULL);
	EXPECT(mtap_await(!guest_pinned_pages()));
}

MTAP_TEST(windows)
{
	unsigned int q;

	for (q = 0; q < KQD_QUEUES; q++)
		global->q[q].look = KQD_ONCE;
	ring(0);
	EXPECT(mtap_await(__sync_fetch_and_add(&global->q[0].calls, 0) == 1));
	EXPECT_EQ(global->q[0].seen, -1);
	pin();
	for (q = 0; q < KQD_QUEUES; q++) {
		__u64 calls = global->q[q].calls;

		mem[q] = 0x40 + q;
		ring(q);
		EXPECT(mtap_await(__sync_fetch_and_add(&global->q[q].calls, 0) == calls + 1));
		EXPECT_EQ(global->q[q].seen, 0x40 + q);
		EXPECT_EQ(mem[q], 0x41 + q);
	}
}

/* The memory goes while queues look at it all the time. */
MTAP_TEST(unmapped_under_load)
{
	unsigned int q, i;

	for (q = 0; q < KQD_QUEUES; q++)
		global->q[q].look = KQD_ALWAYS;
	for (i = 0; i < 5; i++) {
		global->pinned = 0;
		pin();
		for (q = 0; q < KQD_QUEUES; q++)
			ring(q);
		EXPECT(mtap_await(__atomic_load_n(&global->q[1].seen, __ATOMIC_RELAXED) >= 0));
		if (i & 1)
			dev_set(0, KQD_PIN, 8, 0);
		EXPECT_EQ(guest_unmap(IOVA, PAGES * PAGE), 0);
		EXPECT(mtap_await(__atomic_load_n(&global->q[1].seen, __ATOMIC_RELAXED) == -1));
		ASSERT_EQ(guest_map(IOVA, mem, PAGES * PAGE, PROT_RW), 0);
	}
}

/*
 * The op of a queue is in the window while the memory is unmapped, for longer than VFIO's type1
 * takes for all rounds of asking for it. After these it would crash the machine. The op itself
 * looks at the clock, because two other tasks spin while they wait for it.
 */
MTAP_TEST(unmapped_while_an_op_stays)
{
	dev_op_limit(10000);
	pin();
	global->stay = 4000000000ULL;
	global->q[0].look = KQD_STAY;
	ring(0);
	ASSERT(mtap_await(inside()));
	EXPECT_EQ(guest_unmap(IOVA, PAGES * PAGE), 0);
	EXPECT(!inside());
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
}

/* Who only asks how long the stream will be does not wait for the op of a queue. */
MTAP_TEST(size_does_not_wait)
{
	dev_op_limit(10000);
	global->q[0].look = KQD_STAY;
	ring(0);
	ASSERT(mtap_await(inside()));
	EXPECT(mig_data_size(&dev) > 0);
	EXPECT(inside());
	__sync_lock_test_and_set(&global->go, 1);
}

static void *write_command(void *stop)
{
	while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED))
		guest_bus_master(true);
	return NULL;
}

/* A guest that writes the command register, and leaves bus mastering on, disturbs no request. */
MTAP_TEST(bus_mastering_stays_on)
{
	bool stop = false;
	pthread_t thread;

	prepare(0, MDEV_BPF_DMA_READ, IOVA, DATA(0), 8);
	global->q[0].again = 1;
	ASSERT_EQ(pthread_create(&thread, NULL, write_command, &stop), 0);
	ring(0);
	EXPECT(mtap_await(done(0) > 10000 || global->q[0].errors));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	global->q[0].again = 0;
	EXPECT_EQ(global->q[0].errors, 0);
}

/* What a request has written is in the log when it has been told, and so is a window. */
MTAP_TEST_IF(dirty_possible, logged)
{
	__u64 bits = 0;

	EXPECT_EQ(copy(0, MDEV_BPF_DMA_WRITE, IOVA + PAGE, DATA(0), 8), 0);
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(copy(1, MDEV_BPF_DMA_WRITE, IOVA + 5 * PAGE - 1, DATA(0), 2), 0);
	EXPECT_EQ(copy(1, MDEV_BPF_DMA_READ, IOVA + 9 * PAGE, DATA(0), 8), 0);
	pin();
	global->q[2].look = KQD_ONCE;
	ring(2);
	EXPECT(mtap_await(__sync_fetch_and_add(&global->q[2].calls, 0) == 1));
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 1 << 4 | 1 << 5 | 1 << 0);
	EXPECT_EQ(dirty_stop(&dev), 0);
}

MTAP_TEST(files)
{
	char path[] = "/tmp/kqdma-XXXXXX";
	int fd = mkstemp(path);

	ASSERT(fd >= 0);
	ASSERT_EQ(pwrite(fd, mem, 8 * PAGE, 0), (int)(8 * PAGE));
	vfio_close(&dev);
	EXPECT_EQ(sysfs_write(path, MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	enable();
	ASSERT_EQ(guest_map(IOVA, mem, PAGES * PAGE, PROT_RW), 0);
	/* To guest memory, and by way of the state of the queue */
	prepare(0, MDEV_BPF_FILE_READ, IOVA + 10 * PAGE, 0, PAGE);
	global->q[0].req.offset = 2 * PAGE;
	EXPECT_EQ(finish(0), 0);
	EXPECT_EQ(memcmp(mem + 10 * PAGE, mem + 2 * PAGE, PAGE), 0);
	prepare(1, MDEV_BPF_FILE_READ, 0, DATA(0), PAGE);
	global->q[1].req.offset = 3 * PAGE;
	EXPECT_EQ(finish(1), 0);
	prepare(1, MDEV_BPF_FILE_WRITE, 0, DATA(0), PAGE);
	EXPECT_EQ(finish(1), 0);
	ASSERT_EQ(pread(fd, mem + 11 * PAGE, PAGE, 0), (int)PAGE);
	EXPECT_EQ(memcmp(mem + 11 * PAGE, mem + 3 * PAGE, PAGE), 0);
	expect_order();
	unlink(path);
	close(fd);
}

const struct mtap_suite mtap_suite = {
	.before = load_and_open,
	.after = close_all,
};
