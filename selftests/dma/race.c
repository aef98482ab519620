// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA that does not end: guest memory whose pages user space has to bring (userfaultfd), and
 * chains of requests without end. Whatever may happen to a device happens meanwhile, and nobody
 * but those who have to wait for it does.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "guest.h"
#include "missing.h"

#define READ	MDEV_BPF_DMA_READ
#define WRITE	MDEV_BPF_DMA_WRITE
#define PIN	MDEV_BPF_DMA_PIN
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x300000000ULL
#define PAGE	4096u

static int missing_map(void)
{
	missing_need();
	return missing_register(guest_alloc(4 * PAGE, 0)) ?:
	       guest_map(IOVA, missing.mem, 4 * PAGE, PROT_RW);
}

static void close_missing(void)
{
	missing_end();
	guest_close();
}

/* A thread that does one thing, which may take long */
struct task {
	pthread_t thread;
	int (*fn)(void);
	int ret;
	atomic_bool over;
};

static void *task_main(void *arg)
{
	struct task *t = arg;

	t->ret = t->fn();
	t->over = true;
	return NULL;
}

static void task_start(struct task *t, int (*fn)(void))
{
	memset(t, 0, sizeof(*t));
	t->fn = fn;
	ASSERT_EQ(pthread_create(&t->thread, NULL, task_main, t), 0);
}

static int task_end(struct task *t)
{
	pthread_join(t->thread, NULL);
	EXPECT(t->over);
	return t->ret;
}

static int go_read(void)
{
	return kdma_start(READ, 7, IOVA + 8, DATA(0), 100);
}

static int go_write(void)
{
	return kdma_start(WRITE, 7, IOVA + 8, DATA(0), 100);
}

static int reset_device(void)
{
	return vfio_reset(&dev);
}

static int close_device(void)
{
	return close(dev.device);
}

static __u64 all_done(void)
{
	__u64 n = 0;

	EXPECT_EQ(prog_global(&dev_prog, &n, 0, sizeof(n)), 0);
	return n;
}

static void go_from_work(void)
{
	kdma_prepare(IOVA + 8, DATA(0), 100);
	kdma_set(KDMA_GO_WORK, READ | 7 << 8);
}

/* Loading, attaching and detaching take a lock that all of BPF shares. */
static void others_come_and_go(void)
{
	ASSERT_EQ(prog_up(&dev_prog2, KDEV), 0);
	prog_close(&dev_prog2);
}

static __u8 page[PAGE];

/* One write: what it returns does not need the program. */
static int go_read_only(void)
{
	return vfio_set(&dev, KDMA_REG, KDMA_GO, 8, READ | 7 << 8);
}

static void detached_while_stuck(bool by_worker)
{
	__u64 before = all_done();
	struct task t;
	__u8 got[100];

	ASSERT_EQ(missing_map(), 0);
	guest_fill(page, PAGE, 1);
	kdma_prepare(IOVA + 8, DATA(0), 100);
	if (by_worker)
		kdma_set(KDMA_GO_WORK, READ | 7 << 8);
	else
		task_start(&t, go_read_only);
	ASSERT(missing_wanted());
	prog_detach(&dev_prog);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "detached");
	others_come_and_go();
	missing_bring(0, page);
	if (!by_worker)
		EXPECT_EQ(task_end(&t), 0);
	EXPECT_EQ(all_done(), before);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	ASSERT(kdma_await(1));
	EXPECT_EQ(kdma_id(0), 7);
	EXPECT_EQ(kdma_error(0), 0);
	kdma_bytes_get(0, got, sizeof(got));
	EXPECT(!memcmp(got, page + 8, sizeof(got)));
}

/* Detaching a program never waits for a task that waits for user space. */
MTAP_TEST(detach_and_a_stuck_task)
{
	detached_while_stuck(false);
}

MTAP_TEST(detach_and_a_stuck_worker)
{
	detached_while_stuck(true);
}

MTAP_TEST(update_and_a_stuck_task)
{
	struct task t;

	ASSERT_EQ(missing_map(), 0);
	task_start(&t, go_read);
	ASSERT(missing_wanted());
	ASSERT_EQ(prog_open(&dev_prog2, KDMA, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
	EXPECT_EQ(task_end(&t), 0);
	missing_bring(0, page);
	ASSERT(kdma_await(1));
	EXPECT_EQ(kdma_error(0), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
}

/* Accesses to the device do not wait; later requests do, because they are done in order. */
MTAP_TEST(device_goes_on)
{
	__u8 *mem = guest_alloc(PAGE, 3);
	struct task t;
	unsigned int i;

	ASSERT_EQ(missing_map(), 0);
	ASSERT_EQ(guest_map(IOVA + 4 * PAGE, mem, PAGE, PROT_RW), 0);
	task_start(&t, go_write);
	ASSERT(missing_wanted());
	for (i = 0; i < 10; i++)
		EXPECT_EQ(kdma_start(READ, 20 + i, IOVA + 4 * PAGE, DATA(0), 8), 0);
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
	missing_bring(0, page);
	EXPECT_EQ(task_end(&t), 0);
	ASSERT(kdma_await(11));
	EXPECT_EQ(kdma_get(KDMA_DONE), 11);
	EXPECT_EQ(kdma_id(0), 7);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(kdma_id(1 + i), 20 + i);
}

/* Reset ends what is being done, and forgets it, and what would have come after. */
MTAP_TEST(reset_while_stuck)
{
	__u64 before = all_done();
	struct task t;

	ASSERT_EQ(missing_map(), 0);
	task_start(&t, go_read);
	ASSERT(missing_wanted());
	EXPECT_EQ(kdma_start(READ, 8, IOVA + PAGE, DATA(0), 8), 0);
	EXPECT_EQ(reset_device(), 0);
	EXPECT_EQ(task_end(&t), 0);
	missing_bring(0, page);
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
	/* dma_done may have been faster than the reset, for the first of them */
	EXPECT(all_done() <= before + 1);
	guest_bus_master(true);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
	EXPECT_EQ(kdma_get(KDMA_DONE), 1);
}

/* Close interrupts it; what was queued is not done for the next user. */
MTAP_TEST(closed_while_stuck)
{
	__u64 before = all_done();

	ASSERT_EQ(missing_map(), 0);
	go_from_work();
	ASSERT(missing_wanted());
	EXPECT_EQ(kdma_start(READ, 8, IOVA + PAGE, DATA(0), 8), 0);
	EXPECT_EQ(close_device(), 0);
	dev.device = vfio_open_again(&dev, &dev_mdev);
	ASSERT(dev.device >= 0);
	guest_reopen();
	EXPECT(all_done() <= before + 1);
	before = all_done();
	missing_bring(0, page);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
	EXPECT_EQ(all_done(), before + 1);
}

/* The process that uses the device is killed while it waits for its own memory. */
static void die_stuck(void)
{
	struct task t;

	if (vfio_open(&dev, &dev_mdev) || missing_map())
		return;
	guest_bus_master(true);
	task_start(&t, go_read);
	if (missing_wanted())
		child_ready(0);
}

/*
 * The same with a worker, which no signal reaches. Files are closed from the last to the first when
 * a task dies, and the device shall be closed before what brings its memory.
 */
static void die_with_worker(void)
{
	int first = open("/dev/null", O_RDONLY);

	if (vfio_open(&dev, &dev_mdev) || missing_map() || dup2(missing.uffd, first) != first)
		return;
	guest_bus_master(true);
	go_from_work();
	if (missing_wanted() && !close(missing.uffd))
		child_ready(0);
}

static void killed(void (*stick)(void))
{
	struct child child;

	missing_need();
	vfio_close(&dev);
	child_start(&child, stick);
	child_kill(&child);
	ASSERT(mtap_await(!vfio_open(&dev, &dev_mdev) || (vfio_close(&dev), false)));
	guest_reopen();
	ASSERT_EQ(missing_map(), 0);
	missing_bring(0, page);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
}

MTAP_TEST(killed_while_stuck)
{
	killed(die_stuck);
}

MTAP_TEST(killed_while_worker_is_stuck)
{
	killed(die_with_worker);
}

/* Begin a chain that only ends when the device is reset or closed. */
static void endless(void)
{
	__u8 *mem = guest_alloc(PAGE, 4);

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	kdma_set(KDMA_CHAIN, ~0ULL);
	ASSERT_EQ(kdma_start(READ, 0, IOVA, DATA(0), 1), 0);
}

MTAP_TEST(chain_and_reset)
{
	unsigned int i;

	for (i = 0; i < 50; i++) {
		endless();
		ASSERT(kdma_await(i % 5 * 20 + 1));
		ASSERT_EQ(vfio_reset(&dev), 0);
		EXPECT_EQ(kdma_get(KDMA_DONE), 0);
		guest_bus_master(true);
		EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
		EXPECT_EQ(kdma_get(KDMA_DONE), 1);
		ASSERT_EQ(guest_unmap(IOVA, PAGE), 0);
	}
}

/* Every request of the chain is done once, in order, with whatever program is there. */
MTAP_TEST(chain_and_detach)
{
	unsigned int i, first, n;
	__u64 done;

	endless();
	for (i = 0; i < 50; i++) {
		ASSERT(kdma_await(i * 100 + 1));
		prog_detach(&dev_prog);
		done = all_done();
		others_come_and_go();
		EXPECT_EQ(all_done(), done);
		ASSERT_EQ(prog_attach(&dev_prog), 0);
	}
	kdma_set(KDMA_CHAIN, 0);
	/* The last one may still be on its way */
	n = kdma_get(KDMA_DONE);
	first = n - KDMA_LOG_LEN + 8;
	for (i = first; i < n; i++)
		EXPECT_EQ(kdma_id(i), i);
}

MTAP_TEST(chain_and_close)
{
	unsigned int i;
	__u64 done;

	for (i = 0; i < 30; i++) {
		endless();
		ASSERT(kdma_await(1));
		vfio_close(&dev);
		done = all_done();
		ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
		EXPECT_EQ(all_done(), done);
		guest_reopen();
		ASSERT_EQ(vfio_reset(&dev), 0);
		guest_bus_master(true);
	}
}

MTAP_TEST(chain_and_remove)
{
	__u8 *mem = guest_alloc(PAGE, 5);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(guest_map(IOVA + PAGE, mem, PAGE, PROT_RW), 0);
		ASSERT_EQ(kdma_start(PIN, 0, IOVA + PAGE, 0, PAGE), 0);
		endless();
		ASSERT(kdma_await(2));
		if (i % 2)
			prog_detach(&dev_prog);
		vfio_close(&dev);
		EXPECT_EQ(mdev_remove(&dev_mdev), 0);
		if (i % 2)
			ASSERT_EQ(prog_attach(&dev_prog), 0);
		dev_open("kdma-1");
		guest_reopen();
	}
}

/* The program pins again whatever is unmapped. VFIO asks ten times. */
MTAP_TEST(unmap_and_pin_again)
{
	__u8 *mem = guest_alloc(PAGE, 6);
	unsigned int i;
	__u64 asked;

	kdma_set(KDMA_REPIN, 1);
	ASSERT_EQ(kdma_start(PIN, 0, IOVA, 0, PAGE), 0);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
		ASSERT(mtap_await(kdma_is_pinned(0)));
		asked = kdma_get(KDMA_UNMAPS);
		ASSERT_EQ(guest_unmap(IOVA, PAGE), 0);
		EXPECT(kdma_get(KDMA_UNMAPS) - asked <= 2);
	}
	kdma_set(KDMA_REPIN, 0);
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = guest_open, .after = close_missing,
	.teardown = dev_unload,
};
