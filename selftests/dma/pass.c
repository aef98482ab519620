// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is taken away from programs that pin again at once, in the ways that make it hard to
 * keep count of VFIO's rounds: in more passes than there are records, by many threads at once, and
 * by one that hardly ever runs. After eleven rounds in vain VFIO takes the machine down.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "container.h"
#include "slowness.h"

#define IOVA		0x400000000ULL
#define WINDOW		65536u
#define DEVICES		3u
#define WINDOWS		16u	/* of each device, beside OTHER */
#define OTHER		WINDOWS	/* a window of memory that stays */
#define RECORDS		(2 * (WINDOWS + 1))	/* that a device keeps */
#define RANGES		(DEVICES * WINDOWS)
#define FEW		(RECORDS - 10)
#define ROUNDS		4
/* How often a device may have no record until it pins nothing any more */
#define LOST_MAX	4
/* Longer than any pause of ours that comes to an end */
#define GIVE_UP		(12 + slowness())
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

/* Each device has a third of the ranges, and pins them: over and over, if @again. */
static void pin_all(bool again)
{
	unsigned int i;

	for (i = 0; i < RANGES; i++) {
		container_use(i % DEVICES);
		kdma_set(KDMA_REPIN, again);
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
	container_use(0);
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

MTAP_TEST(many_threads)
{
	__u8 *mem = guest_alloc(RANGES * WINDOW, 0);
	unsigned int round;

	container_grow(DEVICES);
	for (round = 0; round < ROUNDS; round++) {
		if (round)
			reopen_all();
		map_all(mem);
		pin_all(true);
		ASSERT(all_pinned());
		unmap_all_at_once();
	}
}

/*
 * A pass counts as over when its memory is no longer mapped, or its task sleeps. Here all are of
 * one task that maps the memory again at once, and then runs on: their records stay. A device that
 * looks between unmapping and mapping drops one, so there are some ranges to spare.
 */
static struct {
	pthread_t thread;
	__u8 *mem;
	unsigned int nr;
	atomic_bool done, stop;
	int ret;
} busy;

static void *unmap_and_run_on(void *unused)
{
	unsigned int i;

	for (i = 0; i < busy.nr && !busy.ret; i++) {
		busy.ret = guest_unmap(range_iova(i), WINDOW);
		if (!busy.ret)
			busy.ret = guest_map(range_iova(i), busy.mem + i * WINDOW, WINDOW, PROT_RW);
	}
	busy.done = true;
	while (!busy.stop)
		;
	return unused;
}

static void begin_passes(unsigned int nr)
{
	pin_all(false);
	ASSERT(all_pinned());
	busy.nr = nr;
	busy.ret = 0;
	busy.done = false;
	busy.stop = false;
	ASSERT_EQ(pthread_create(&busy.thread, NULL, unmap_and_run_on, NULL), 0);
	EXPECT(mtap_await(busy.done));
	EXPECT_EQ(busy.ret, 0);
}

static void end_passes(void)
{
	busy.stop = true;
	pthread_join(busy.thread, NULL);
}

static void pin_other(void)
{
	ASSERT_EQ(kdma_start(PIN, OTHER, range_iova(RANGES), 0, WINDOW), 0);
}

static bool other_pinned(double seconds)
{
	double end = mtap_now() + seconds;
	bool yes = kdma_is_pinned(OTHER);

	while (!yes && mtap_now() < end) {
		mtap_pause();
		yes = kdma_is_pinned(OTHER);
	}
	return yes;
}

/* How long it takes while there are records left */
static double pinning_takes(void)
{
	double start;

	begin_passes(FEW);
	start = mtap_now();
	pin_other();
	EXPECT(other_pinned(GIVE_UP));
	start = mtap_now() - start;
	end_passes();
	EXPECT_EQ(kdma_unpin(OTHER), 0);
	mtap_diag("with %u passes, other memory is pinned within %.3f s", FEW, start);
	return start;
}

/*
 * A device that has no record left pins nothing until all passes are over: not even memory that is
 * not unmapped. When that was too often, it pins nothing until it is closed.
 */
MTAP_TEST(more_than_there_are_records)
{
	double patience;
	unsigned int i;

	busy.mem = guest_alloc((RANGES + 1) * WINDOW, 0);
	container_grow(DEVICES);
	map_all(busy.mem);
	ASSERT_EQ(guest_map(range_iova(RANGES), busy.mem + RANGES * WINDOW, WINDOW, PROT_RW), 0);
	patience = 0.3 + 2 * pinning_takes();
	for (i = 0; i < LOST_MAX; i++) {
		begin_passes(RANGES);
		pin_other();
		EXPECT(!other_pinned(patience));
		end_passes();
		ASSERT(other_pinned(GIVE_UP));
		EXPECT_EQ(kdma_unpin(OTHER), 0);
	}
	begin_passes(RANGES);
	end_passes();
	pin_other();
	EXPECT(!other_pinned(patience));
	reopen_all();
	pin_other();
	EXPECT(other_pinned(GIVE_UP));
}

/*
 * The other case: a thread that unmaps, and gets a processor only when we want it to. It waits for
 * that below a thread that never sleeps, on a processor that is theirs alone.
 */
static struct {
	pthread_t thread, hog;
	atomic_int tid;
	atomic_bool hogged, done, stop;
	int ret;
} starved;

#define STARVED_CPU	1
/* What the kernel gives to those who starve: both have to go */
#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"
#define FAIR_RUNTIME	"/sys/kernel/debug/sched/fair_server/cpu1/runtime"
static char rt_runtime[32], fair_runtime[32];

static void no_mercy(void)
{
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	if (!exists(FAIR_RUNTIME))
		mtap_skip("the fair server cannot be turned off: CONFIG_SCHED_DEBUG");
	strcpy(rt_runtime, sysfs_str(RT_RUNTIME));
	strcpy(fair_runtime, sysfs_str(FAIR_RUNTIME));
	ASSERT_EQ(sysfs_write("-1", RT_RUNTIME), 0);
	ASSERT_EQ(sysfs_write("0", FAIR_RUNTIME), 0);
}

static void mercy(void)
{
	if (*fair_runtime) {
		EXPECT_EQ(sysfs_write(fair_runtime, FAIR_RUNTIME), 0);
		EXPECT_EQ(sysfs_write(rt_runtime, RT_RUNTIME), 0);
	}
	*fair_runtime = 0;
}

static void schedule(pid_t tid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	/* It may have ended */
	EXPECT(!sched_setscheduler(tid, policy, &param) || errno == ESRCH);
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	EXPECT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void *never_sleep(void *unused)
{
	stay_on(STARVED_CPU);
	schedule(0, SCHED_FIFO, 1);
	starved.hogged = true;
	while (!starved.stop)
		;
	return unused;
}

static void *unmap_starved(void *unused)
{
	schedule(0, SCHED_IDLE, 0);
	starved.tid = gettid();
	stay_on(STARVED_CPU);
	starved.ret = guest_unmap(IOVA, WINDOW);
	starved.done = true;
	return unused;
}

/* Does it wait for something? */
static bool starved_sleeps(void)
{
	const char *stat = sysfs_str("/proc/self/task/%d/stat", starved.tid);
	const char *end = strrchr(stat, ')');

	return starved.done || (end && end[2] == 'D');
}

/*
 * Let it run until it waits. Nothing of what it waits for can happen before it is back where it
 * does not get the processor, since we do not let go of the other one.
 */
static void let_run(void)
{
	schedule(0, SCHED_FIFO, 1);
	schedule(starved.tid, SCHED_FIFO, 2);
	while (!starved_sleeps())
		;
	schedule(starved.tid, SCHED_IDLE, 0);
	schedule(0, SCHED_OTHER, 0);
}

/* Wait until the program has pinned it again, or is not allowed to as it seems. */
static bool pinned_again(void)
{
	double end = mtap_now() + GIVE_UP;

	while (!starved.done && mtap_now() < end) {
		if (kdma_is_pinned(0))
			return true;
		mtap_pause();
	}
	return false;
}

/*
 * Each time that it sleeps it is held back until the program has pinned again, so that VFIO finds
 * that in each round. In the end the program is not allowed to, however long that takes.
 */
MTAP_TEST(hardly_ever_runs)
{
	__u8 *mem = guest_alloc(WINDOW, 0);
	unsigned int runs = 0, again = 0;
	cpu_set_t anywhere;
	double start;

	no_mercy();
	kdma_set(KDMA_REPIN, 1);
	ASSERT_EQ(kdma_start(PIN, 0, IOVA, 0, WINDOW), 0);
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	ASSERT(mtap_await(kdma_is_pinned(0)));
	ASSERT_EQ(sched_getaffinity(0, sizeof(anywhere), &anywhere), 0);
	stay_on(0);
	starved.tid = 0;
	starved.hogged = false;
	starved.done = false;
	starved.stop = false;
	ASSERT_EQ(pthread_create(&starved.hog, NULL, never_sleep, NULL), 0);
	EXPECT(mtap_await(starved.hogged));
	start = mtap_now();
	ASSERT_EQ(pthread_create(&starved.thread, NULL, unmap_starved, NULL), 0);
	EXPECT(mtap_await(starved.tid));
	while (!starved.done) {
		let_run();
		runs++;
		again += pinned_again();
	}
	starved.stop = true;
	pthread_join(starved.thread, NULL);
	pthread_join(starved.hog, NULL);
	EXPECT_EQ(sched_setaffinity(0, sizeof(anywhere), &anywhere), 0);
	mtap_diag("unmapped after %.1f s: it ran %u times, was pinned again %u times",
		  mtap_now() - start, runs, again);
	EXPECT_EQ(starved.ret, 0);
	EXPECT(again > 0);
	/* And then it is pinned again. */
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	EXPECT(mtap_await(kdma_is_pinned(0)));
}

static void after(void)
{
	mercy();
	container_close();
}

/* With few windows, and so with few records */
static void load(void)
{
	dev_need_module();
	ASSERT_EQ(prog_open(&dev_prog, KDMA, NULL), 0);
	prog_ops(&dev_prog)->dma_windows = WINDOWS + 1;
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = container_open, .after = after, .teardown = dev_unload,
};
