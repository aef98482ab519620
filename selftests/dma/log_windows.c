// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of what a program writes to pinned windows: the pages that it has got a pointer to. And
 * what all of the log is for: who copies what is reported, and at the end once more while the
 * device is stopped, has all that was written.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dirty.h"
#include "guest.h"
#include "mig.h"

#define WRITE	MDEV_BPF_DMA_WRITE
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x200000000ULL
#define PAGE	4096ull
#define PAGES	64

static __u8 *mem;

static void open_and_map(void)
{
	guest_open();
	mem = guest_alloc(PAGES * PAGE, 1);
	ASSERT_EQ(guest_map(IOVA, mem, PAGES * PAGE, PROT_RW), 0);
}

static void start(void)
{
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
}

/* The log of the mapped pages, and it is empty then. */
static __u64 take(void)
{
	__u64 bits = 0;

	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits), 0);
	return bits;
}

MTAP_TEST_IF(dirty_possible, pinned_is_not_dirty)
{
	start();
	ASSERT_EQ(kdma_pin(0, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(take(), 0);
	EXPECT_EQ(kdma_unpin(0), 0);
	EXPECT_EQ(take(), 0);
}

MTAP_TEST_IF(dirty_possible, written_is_dirty_once)
{
	start();
	ASSERT_EQ(kdma_pin(0, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 0, 1), 0);
	EXPECT_EQ(kdma_poke(0, 5 * PAGE - 8, 2), 0);
	EXPECT_EQ(kdma_poke(0, PAGES * PAGE - 8, 3), 0);
	EXPECT_EQ(take(), 1ULL | 1ULL << 4 | 1ULL << 63);
	EXPECT_EQ(take(), 0);
	EXPECT_EQ(kdma_poke(0, PAGE, 1), 0);
	EXPECT_EQ(take(), 2);
}

/* A pointer allows reads and writes. The core cannot know which it is used for. */
MTAP_TEST_IF(dirty_possible, read_is_dirty)
{
	start();
	ASSERT_EQ(kdma_pin(0, IOVA, PAGES * PAGE), 0);
	kdma_peek(0, 2 * PAGE);
	EXPECT_EQ(kdma_get(KDMA_RESULT), 0);
	EXPECT_EQ(take(), 1 << 2);
	/* Without a pointer the program cannot write */
	EXPECT_EQ(kdma_poke(0, 3 * PAGE + 1, 1), -EFAULT);
	EXPECT_EQ(kdma_poke(0, PAGES * PAGE, 1), -EFAULT);
	EXPECT_EQ(take(), 0);
}

/* Where a window begins is not where its first page does. */
MTAP_TEST_IF(dirty_possible, windows_inside_pages)
{
	start();
	ASSERT_EQ(kdma_pin(0, IOVA + PAGE - 16, 32), 0);
	ASSERT_EQ(kdma_pin(1, IOVA + 9 * PAGE + 64, 64), 0);
	EXPECT_EQ(kdma_poke(0, 8, 1), 0);
	EXPECT_EQ(take(), 1);
	EXPECT_EQ(kdma_poke(0, 16, 1), 0);
	EXPECT_EQ(kdma_poke(1, 0, 1), 0);
	EXPECT_EQ(take(), 2 | 1 << 9);
}

MTAP_TEST_IF(dirty_possible, written_before_start)
{
	ASSERT_EQ(kdma_pin(0, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 0, 1), 0);
	start();
	EXPECT_EQ(take(), 0);
	EXPECT_EQ(dirty_stop(&dev), 0);
	EXPECT_EQ(kdma_poke(0, PAGE, 1), 0);
	start();
	EXPECT_EQ(take(), 0);
}

/* Pages that were written through a window stay dirty when the window is gone. */
MTAP_TEST_IF(dirty_possible, windows_that_went)
{
	start();
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(kdma_pin(1, IOVA + PAGE, PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 0, 1), 0);
	EXPECT_EQ(kdma_unpin(0), 0);
	EXPECT_EQ(kdma_poke(1, 0, 1), 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	guest_bus_master(true);
	EXPECT_EQ(take(), 3);
	ASSERT_EQ(kdma_pin(2, IOVA + 2 * PAGE, PAGE), 0);
	EXPECT_EQ(kdma_poke(2, 0, 1), 0);
	ASSERT_EQ(guest_unmap(IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(take(), 4);
	EXPECT_EQ(take(), 0);
}

/* A window replaces another one before the log has been read. */
MTAP_TEST_IF(dirty_possible, windows_that_follow)
{
	unsigned int i;

	start();
	for (i = 0; i < PAGES; i += 2) {
		ASSERT_EQ(kdma_pin(3, IOVA + i * PAGE, PAGE), 0);
		EXPECT_EQ(kdma_poke(3, 8, i), 0);
		EXPECT_EQ(kdma_unpin(3), 0);
	}
	EXPECT_EQ(take(), 0x5555555555555555ULL);
}

MTAP_TEST_IF(dirty_possible, only_in_ranges)
{
	__u64 bits = 0;

	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA + PAGE, PAGE), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, 3 * PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 0, 1), 0);
	EXPECT_EQ(kdma_poke(0, 2 * PAGE, 1), 0);
	EXPECT_EQ(dirty_report(&dev, IOVA + PAGE, PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 0);
	EXPECT_EQ(kdma_poke(0, PAGE, 1), 0);
	EXPECT_EQ(dirty_report(&dev, IOVA + PAGE, PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 1);
}

static struct {
	atomic_bool stop;
	atomic_uint rounds;
	__u8 copy[PAGES * PAGE];
} copier;

/* What a migration does, as often as it can */
static void copy_dirty(void)
{
	__u64 bits = take();
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		if (bits >> i & 1)
			memcpy(copier.copy + i * PAGE, mem + i * PAGE, PAGE);
}

static void *copy_all_the_time(void *unused)
{
	while (!copier.stop) {
		copy_dirty();
		copier.rounds++;
	}
	return unused;
}

static __u64 requests;

static void request(unsigned int go, unsigned int op, __u64 iova, __u64 size)
{
	kdma_set(KDMA_IOVA, iova);
	kdma_set(KDMA_WHERE, DATA(0));
	kdma_set(KDMA_SIZE, size);
	kdma_set(go, op);
	requests++;
}

/* Writes of all kinds, and windows that come and go */
static void write_something(unsigned int i)
{
	unsigned int page = i * 7 % (PAGES - 1), id = i % 4;
	__u64 val = i;

	kdma_bytes_set(0, &val, sizeof(val));
	request(KDMA_GO, WRITE, IOVA + page * PAGE + i % 100 * 8, 8);
	request(KDMA_GO, MDEV_BPF_DMA_PIN | id << 8, IOVA + page * PAGE, 2 * PAGE);
	ASSERT(kdma_await(requests));
	EXPECT_EQ(kdma_error(requests - 1), 0);
	EXPECT_EQ(kdma_poke(id, 8, i), 0);
	request(KDMA_GO_WORK, WRITE, IOVA + i * 5 % PAGES * PAGE + 4000, 8);
	EXPECT_EQ(kdma_poke(id, PAGE + 16, i), 0);
	EXPECT_EQ(kdma_unpin(id), 0);
	ASSERT(kdma_await(requests));
	EXPECT_EQ(kdma_error(requests - 1), 0);
}

/* No write is lost, whatever races with it. */
MTAP_TEST_IF(dirty_possible, nothing_is_lost)
{
	pthread_t thread;
	unsigned int i;

	start();
	requests = 0;
	memcpy(copier.copy, mem, sizeof(copier.copy));
	copier.stop = false;
	ASSERT_EQ(pthread_create(&thread, NULL, copy_all_the_time, NULL), 0);
	for (i = 1; i <= 300; i++)
		write_something(i);
	/* Wait for a write that may be under way */
	request(KDMA_GO_WORK, WRITE, IOVA + 4000, 8);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	copier.stop = true;
	pthread_join(thread, NULL);
	copy_dirty();
	EXPECT(copier.rounds > 0);
	EXPECT(!memcmp(copier.copy, mem, sizeof(copier.copy)));
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
}

MTAP_TEST_UNLESS(dirty_possible, not_offered)
{
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 0, 1), 0);
	EXPECT_EQ(dirty_start(&dev, PAGE, IOVA, PAGE), -ENOTTY);
	EXPECT_EQ(kdma_unpin(0), 0);
}

/* The container cannot know what is done to a page that is pinned: always dirty, and once more. */
MTAP_TEST_UNLESS(dirty_possible, container_knows)
{
	unsigned int i;

	ASSERT_EQ(kdma_pin(0, IOVA + PAGE, 2 * PAGE), 0);
	ASSERT_EQ(dirty_container(&dev, VFIO_IOMMU_DIRTY_PAGES_FLAG_START), 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(dirty_container_take(&dev, IOVA, PAGES), 6);
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = open_and_map, .after = guest_close,
	.teardown = dev_unload,
};
