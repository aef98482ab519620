// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that never comes (userfaultfd) while other threads, devices and processes of the
 * user need VFIO's locks: none of them waits for long, and SIGKILL ends a VMM.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "guest.h"
#include "missing.h"
#include "slowness.h"

#define READ		MDEV_BPF_DMA_READ
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA		0x500000000ULL
#define OTHER		0x600000000ULL
#define PAGE		4096u
#define MANY		12u
/* How long an attempt holds VFIO's lock, and some more */
#define BOUND		(4 * slowness())

static struct vfio others[MANY];
static struct mdev other_mdevs[MANY];

static void go_from_work(void)
{
	kdma_prepare(IOVA + 8, DATA(0), 100);
	kdma_set(KDMA_GO_WORK, READ | 7 << 8);
}

/* Have the worker of dev wait for memory that never comes: 0, or what went wrong. */
static int get_stuck(void)
{
	guest_bus_master(true);
	if (missing_register(guest_alloc(MISSING_PAGES * PAGE, 0)) ||
	    guest_map(IOVA, missing.mem, MISSING_PAGES * PAGE, PROT_RW))
		return 2;
	go_from_work();
	return missing_wanted() ? 0 : 3;
}

/* The same for all channels, one after the other, so that they try at different times. */
static int get_all_stuck(void)
{
	unsigned int i;

	guest_bus_master(true);
	if (missing_register(guest_alloc(MISSING_PAGES * PAGE, 0)) ||
	    guest_map(IOVA, missing.mem, MISSING_PAGES * PAGE, PROT_RW))
		return 2;
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++) {
		kdma_set(KDMA_CHANNEL, i);
		if (kdma_start(READ, i, IOVA + i, DATA(0), 100))
			return 4;
		usleep(60000);
	}
	return missing_wanted() ? 0 : 3;
}

static void *map_and_unmap(void *mem)
{
	while (!guest_map(OTHER, mem, PAGE, PROT_RW) && !guest_unmap(OTHER, PAGE))
		;
	return NULL;
}

static void two_threads(void)
{
	pthread_t thread;

	if (vfio_open(&dev, &dev_mdev) || get_stuck() ||
	    pthread_create(&thread, NULL, map_and_unmap, guest_alloc(PAGE, 1)))
		return;
	usleep(100000);
	child_ready(0);
}

static void all_channels(void)
{
	pthread_t thread;

	if (vfio_open(&dev, &dev_mdev) || get_all_stuck() ||
	    pthread_create(&thread, NULL, map_and_unmap, guest_alloc(PAGE, 1)))
		return;
	usleep(100000);
	child_ready(0);
}

static void two_devices(void)
{
	if (vfio_open(&dev, &dev_mdev) || vfio_join(&others[0], &other_mdevs[0], &dev) ||
	    get_stuck())
		return;
	child_ready(0);
}

/* All files are the other process's, too: nothing is closed when this one dies. */
static void two_processes(void)
{
	pthread_t thread;
	pid_t other;

	if (vfio_open(&dev, &dev_mdev) || get_stuck())
		return;
	other = fork();
	if (!other)
		for (;;)
			pause();
	if (pthread_create(&thread, NULL, map_and_unmap, guest_alloc(PAGE, 1)))
		return;
	usleep(100000);
	child_ready(other);
}

/*
 * A process that lives as @live tells is gone soon after SIGKILL, and dev can be used again. If it
 * says anything, that is another process, which has its files.
 */
static void killed(void (*live)(void))
{
	struct child child;
	double start;

	missing_need();
	vfio_close(&dev);
	child_start(&child, live);
	start = mtap_now();
	child_kill(&child);
	mtap_diag("gone after %.1f s", mtap_now() - start);
	if (child.said)
		EXPECT_EQ(kill(child.said, SIGKILL), 0);
	EXPECT(mtap_await(!vfio_open(&dev, &dev_mdev) || (vfio_close(&dev), false)));
	guest_reopen();
}

MTAP_TEST(killed_with_two_threads)
{
	killed(two_threads);
}

MTAP_TEST(killed_with_all_channels)
{
	killed(all_channels);
}

MTAP_TEST(killed_with_two_devices)
{
	other_mdevs[0] = mdev_uuid(0xd1);
	ASSERT_EQ(mdev_create(&other_mdevs[0], "kdma-1"), 0);
	killed(two_devices);
}

MTAP_TEST(killed_with_two_processes)
{
	killed(two_processes);
}

/* Without a kill: other memory can still be mapped and unmapped. */
MTAP_TEST(memory_comes_and_goes)
{
	__u8 *mem = guest_alloc(PAGE, 1), page[PAGE];
	unsigned int i;
	double start;

	missing_need();
	ASSERT_EQ(get_stuck(), 0);
	for (i = 0; i < 5; i++) {
		start = mtap_now();
		EXPECT_EQ(guest_map(OTHER, mem, PAGE, PROT_RW), 0);
		EXPECT_EQ(guest_unmap(OTHER, PAGE), 0);
		EXPECT(mtap_now() - start < 2 * BOUND);
	}
	/* And the request is done as soon as its memory is there */
	guest_fill(page, PAGE, 1);
	missing_bring(0, page);
	ASSERT(kdma_await(1));
	EXPECT_EQ(kdma_error(0), 0);
}

/* How much of the next seconds do tasks that map memory wait for VFIO's lock? */
static double lock_share(__u8 *mem)
{
	double begin = mtap_now(), start, now, waited = 0;

	do {
		start = mtap_now();
		EXPECT_EQ(guest_map(OTHER, mem, PAGE, PROT_RW), 0);
		EXPECT_EQ(guest_unmap(OTHER, PAGE), 0);
		now = mtap_now();
		EXPECT(now - start < BOUND);
		if (now - start > 0.05)
			waited += now - start;
	} while (now - begin < 8);
	return waited / (now - begin);
}

/* However many channels wait, others have VFIO's lock for half of the time. */
MTAP_TEST(memory_beside_all_channels)
{
	__u8 *mem = guest_alloc(PAGE, 1), page[PAGE];
	unsigned int i;
	double share;

	missing_need();
	ASSERT_EQ(get_all_stuck(), 0);
	share = lock_share(mem);
	mtap_diag("the lock was held for %.0f %% of the time", 100 * share);
	EXPECT(share < 0.75);
	guest_fill(page, PAGE, 1);
	missing_bring(0, page);
	ASSERT(kdma_await(MDEV_BPF_MAX_CHANNELS));
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++)
		EXPECT_EQ(kdma_error(i), 0);
}

/* The memory that the stuck device wants can be taken away. */
MTAP_TEST(unmapped_while_stuck)
{
	double start;

	missing_need();
	ASSERT_EQ(get_stuck(), 0);
	start = mtap_now();
	EXPECT_EQ(guest_unmap(IOVA, MISSING_PAGES * PAGE), 0);
	EXPECT(mtap_now() - start < BOUND);
	ASSERT(kdma_await(1));
	EXPECT_EQ(kdma_error(0), -ENOENT);
}

/* Devices that are stuck, each in a container of its own, hold up no other. */
MTAP_TEST(others_are_stuck)
{
	struct vfio first = dev;
	unsigned int i;
	__u8 *mem;

	missing_need();
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * PAGE, 0)), 0);
	for (i = 0; i < MANY; i++) {
		other_mdevs[i] = mdev_uuid(0xd1 + i);
		ASSERT_EQ(mdev_create(&other_mdevs[i], "kdma-1"), 0);
		ASSERT_EQ(vfio_open(&others[i], &other_mdevs[i]), 0);
		dev = others[i];
		guest_bus_master(true);
		ASSERT_EQ(guest_map(IOVA, missing.mem, MISSING_PAGES * PAGE, PROT_RW), 0);
		go_from_work();
	}
	dev = first;
	ASSERT(missing_wanted());
	mem = guest_alloc(PAGE, 2);
	ASSERT_EQ(guest_map(OTHER, mem, PAGE, PROT_RW), 0);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(kdma_do(READ, OTHER, DATA(0), 100), 0);
	EXPECT_EQ(kdma_pin(0, OTHER, PAGE), 0);
}

static void before(void)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		vfio_init(&others[i]);
	guest_open();
}

static void after(void)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		vfio_close(&others[i]);
	missing_end();
	guest_close();
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = before, .after = after, .teardown = dev_unload,
};
