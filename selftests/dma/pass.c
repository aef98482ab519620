// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is taken away from programs that pin again at once, in the ways that make it hard to
 * keep count of VFIO's rounds: by many threads at once, and by one that hardly ever runs. After
 * eleven rounds in vain VFIO takes the machine down.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "container.h"

#define IOVA		0x400000000ULL
#define WINDOW		65536u
#define DEVICES		3u
#define WINDOWS		11u	/* of each device */
#define RANGES		(DEVICES * WINDOWS)	/* one more than a device keeps records */
#define ROUNDS		8
#define BUSY		3
#define PIN		MDEV_BPF_DMA_PIN

static pthread_barrier_t at_once;

static __u64 range_iova(unsigned int i)
{
	return IOVA + 16ULL * WINDOW * i;
}

static void map_all(__u8 *mem)
{
	unsigned int i;

	for (i = 0; i < RANGES; i++)
		ASSERT_EQ(guest_map(range_iova(i), mem + i * WINDOW, WINDOW, PROT_RW), 0);
}

/* Each device has a third of the ranges, and pins them over and over. */
static void pin_all(void)
{
	unsigned int i;

	for (i = 0; i < RANGES; i++) {
		container_use(i % DEVICES);
		kdma_set(KDMA_REPIN, 1);
		ASSERT_EQ(kdma_start(PIN, i / DEVICES, range_iova(i), 0, WINDOW), 0);
	}
}

static bool all_pinned(void)
{
	bool yes = true;
	unsigned int i;

	for (i = 0; yes && i < RANGES; i++) {
		container_use(i % DEVICES);
		yes = mtap_await(kdma_is_pinned(i / DEVICES));
	}
	container_use(0);
	return yes;
}

/* A device that had too many passes at once, too often, pins again when it was closed. */
static void reopen_all(void)
{
	unsigned int i;

	for (i = 0; i < DEVICES; i++) {
		close(container_dev[i].device);
		container_dev[i].device = vfio_open_again(&container_dev[i], &container_mdev[i]);
		ASSERT(container_dev[i].device >= 0);
		container_use(i);
		guest_bus_master(true);
	}
}

static void *unmap_one(void *arg)
{
	unsigned int i = (uintptr_t)arg;
	int ret;

	pthread_barrier_wait(&at_once);
	ret = guest_unmap(range_iova(i), WINDOW);
	if (ret)
		mtap_fail(__FILE__, __LINE__, "range %u: %d", i, ret);
	return NULL;
}

static void unmap_all_at_once(void)
{
	pthread_t thread[RANGES];
	uintptr_t i;

	ASSERT_EQ(pthread_barrier_init(&at_once, NULL, RANGES), 0);
	for (i = 0; i < RANGES; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, unmap_one, (void *)i), 0);
	for (i = 0; i < RANGES; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&at_once);
}

MTAP_TEST(more_than_there_are_records)
{
	__u8 *mem = guest_alloc(RANGES * WINDOW, 0);
	unsigned int round;

	container_grow(DEVICES);
	for (round = 0; round < ROUNDS; round++) {
		if (round)
			reopen_all();
		map_all(mem);
		pin_all();
		ASSERT(all_pinned());
		unmap_all_at_once();
	}
}

static atomic_bool stop;

static void *spin(void *unused)
{
	while (!stop)
		;
	return unused;
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	EXPECT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* Lets go of the processor for seconds each time that it waits for something. */
static void *unmap_idly(void *arg)
{
	struct sched_param none = { 0 };

	EXPECT_EQ(sched_setscheduler(0, SCHED_IDLE, &none), 0);
	*(int *)arg = guest_unmap(IOVA, WINDOW);
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Whoever unmaps is given a processor so seldom that each pause of the program's is long over. */
MTAP_TEST(hardly_ever_runs)
{
	__u8 *mem = guest_alloc(WINDOW, 0);
	pthread_t busy[BUSY], thread;
	cpu_set_t anywhere;
	unsigned int i;
	double start;
	int ret = 1;

	container_grow(2);
	for (i = 0; i < 2; i++) {
		container_use(i);
		kdma_set(KDMA_REPIN, 1);
		ASSERT_EQ(kdma_start(PIN, 0, IOVA, 0, WINDOW), 0);
	}
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	for (i = 0; i < 2; i++) {
		container_use(i);
		ASSERT(mtap_await(kdma_is_pinned(0)));
	}
	ASSERT_EQ(sched_getaffinity(0, sizeof(anywhere), &anywhere), 0);
	stop = false;
	stay_on(1);
	for (i = 0; i < BUSY; i++)
		ASSERT_EQ(pthread_create(&busy[i], NULL, spin, NULL), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, unmap_idly, &ret), 0);
	stay_on(0);
	start = now();
	pthread_join(thread, NULL);
	mtap_diag("unmapped after %.1f s", now() - start);
	stop = true;
	for (i = 0; i < BUSY; i++)
		pthread_join(busy[i], NULL);
	EXPECT_EQ(sched_setaffinity(0, sizeof(anywhere), &anywhere), 0);
	EXPECT_EQ(ret, 0);
	/* And then it is pinned again. */
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	EXPECT(mtap_await(kdma_is_pinned(0)));
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = container_open, .after = container_close,
	.teardown = dev_unload,
};
