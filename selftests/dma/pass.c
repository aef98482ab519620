// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is taken away from programs that pin again at once, in the ways that make it hard to know
 * when VFIO has looked: by many threads at once, by one that never sleeps, and by one that hardly
 * ever runs. After eleven rounds in vain VFIO takes the machine down.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "container.h"
#include "dirty.h"
#include "missing.h"
#include "slowness.h"
#include "task.h"

#define IOVA		0x400000000ULL
#define WINDOW		65536u
#define DEVICES		3u
#define WINDOWS		16u	/* of each device */
#define RANGES		(DEVICES * WINDOWS)
#define ROUNDS		4
/* More ranges, and more often, than VFIO asks */
#define MANY		14u
#define TIMES		30u
/* Longer than all of these take */
#define GIVE_UP		(8 * slowness())
/* Mapped for the log only */
#define OTHER_IOVA	0x500000000ULL
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

static bool reopen(unsigned int i)
{
	close(container_dev[i].device);
	container_dev[i].device = vfio_open_again(&container_dev[i], &container_mdev[i]);
	return container_dev[i].device >= 0;
}

static void reopen_all(void)
{
	unsigned int i;

	for (i = 0; i < DEVICES; i++) {
		ASSERT(reopen(i));
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

/* Unmaps and maps its memory, over and over, whenever it is pinned, and never sleeps. */
static struct {
	__u8 *mem;
	unsigned int times;
	atomic_int tid;
	atomic_bool done, stop;
	int ret;
} busy;

static void *unmap_and_run_on(void *unused)
{
	double end = mtap_now() + GIVE_UP;

	for (busy.times = 0; busy.times < TIMES && !busy.ret && mtap_now() < end; ) {
		if (!kdma_is_pinned(0))
			continue;
		busy.ret = guest_unmap(IOVA, WINDOW) ?:
			   guest_map(IOVA, busy.mem, WINDOW, PROT_RW);
		busy.times++;
	}
	busy.done = true;
	while (!busy.stop)
		;
	return unused;
}

/* When memory has been unmapped, nothing has to wait any more. */
MTAP_TEST(again_and_again)
{
	pthread_t thread;

	busy.mem = guest_alloc(WINDOW, 0);
	busy.ret = 0;
	busy.done = false;
	busy.stop = false;
	kdma_set(KDMA_REPIN, 1);
	ASSERT_EQ(guest_map(IOVA, busy.mem, WINDOW, PROT_RW), 0);
	ASSERT_EQ(kdma_start(PIN, 0, IOVA, 0, WINDOW), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, unmap_and_run_on, NULL), 0);
	EXPECT(mtap_await(busy.done));
	EXPECT_EQ(busy.ret, 0);
	EXPECT_EQ(busy.times, TIMES);
	EXPECT(mtap_await(kdma_is_pinned(0)));
	busy.stop = true;
	pthread_join(thread, NULL);
}

/*
 * The other case: a thread that gets a processor only when we want it to. It waits for that below a
 * thread that never sleeps, on a processor that is theirs alone.
 */
static struct {
	pthread_t thread, hog;
	cpu_set_t anywhere;
	int (*fn)(void);
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

static void *starve(void *unused)
{
	schedule(0, SCHED_IDLE, 0);
	starved.tid = gettid();
	stay_on(STARVED_CPU);
	starved.ret = starved.fn();
	starved.done = true;
	return unused;
}

/* Does it wait for something? */
static bool starved_sleeps(void)
{
	return starved.done || task_state(starved.tid) == 'D';
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

/* From now on, all threads are on one processor, except those two. */
static void make_room(void)
{
	no_mercy();
	ASSERT_EQ(sched_getaffinity(0, sizeof(starved.anywhere), &starved.anywhere), 0);
	stay_on(0);
}

/* Begin to starve a thread that calls @fn. */
static void starve_begin(int (*fn)(void))
{
	starved.fn = fn;
	starved.tid = 0;
	starved.hogged = false;
	starved.done = false;
	starved.stop = false;
	ASSERT_EQ(pthread_create(&starved.hog, NULL, never_sleep, NULL), 0);
	EXPECT(mtap_await(starved.hogged));
	ASSERT_EQ(pthread_create(&starved.thread, NULL, starve, NULL), 0);
	EXPECT(mtap_await(starved.tid));
}

/* Let it go. What it has returned. */
static int starve_end(void)
{
	starved.stop = true;
	pthread_join(starved.thread, NULL);
	pthread_join(starved.hog, NULL);
	EXPECT_EQ(sched_setaffinity(0, sizeof(starved.anywhere), &starved.anywhere), 0);
	return starved.ret;
}

static int unmap(void)
{
	return guest_unmap(IOVA, WINDOW);
}

/* Does the program pin it again, within some seconds? */
static bool pinned_again(void)
{
	double end = mtap_now() + 3 * slowness();
	bool yes = kdma_is_pinned(0);

	while (!yes && !starved.done && mtap_now() < end) {
		mtap_pause();
		yes = kdma_is_pinned(0);
	}
	return yes;
}

/*
 * It is held back each time that it has slept. Meanwhile the program does not pin again, however
 * long that takes.
 */
MTAP_TEST(hardly_ever_runs)
{
	__u8 *mem = guest_alloc(WINDOW, 0);
	unsigned int runs = 0, again = 0;

	kdma_set(KDMA_REPIN, 1);
	ASSERT_EQ(kdma_start(PIN, 0, IOVA, 0, WINDOW), 0);
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	ASSERT(mtap_await(kdma_is_pinned(0)));
	make_room();
	starve_begin(unmap);
	while (!starved.done) {
		let_run();
		runs++;
		again += pinned_again();
	}
	EXPECT_EQ(starve_end(), 0);
	mtap_diag("it ran %u times, and was pinned again %u times", runs, again);
	EXPECT(runs > 1);
	EXPECT_EQ(again, 0);
	/* And then it is pinned again. */
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	EXPECT(mtap_await(kdma_is_pinned(0)));
}

/* A thread that holds VFIO's lock until we bring it a page, because it asks for the log. */
struct holder {
	pthread_t thread;
	atomic_int tid;
	__u64 *page;
	int ret;
};

static void *hold_lock(void *arg)
{
	struct holder *h = arg;

	h->tid = gettid();
	h->ret = dirty_container_get(&dev, OTHER_IOVA, WINDOW / 4096, h->page);
	return NULL;
}

static void hold_begin(struct holder *h, unsigned int page)
{
	*h = (struct holder) { .page = (void *)(missing.mem + page * MISSING_PAGE) };
	ASSERT_EQ(pthread_create(&h->thread, NULL, hold_lock, h), 0);
	EXPECT(mtap_await(h->tid));
}

static void hold_end(struct holder *h, unsigned int page)
{
	static const char zeros[MISSING_PAGE];

	missing_bring(page, zeros);
	pthread_join(h->thread, NULL);
	EXPECT_EQ(h->ret, 0);
}

static void log_begin(void)
{
	missing_need();
	ASSERT_EQ(guest_map(OTHER_IOVA, guest_alloc(WINDOW, 0), WINDOW, PROT_RW), 0);
	ASSERT_EQ(dirty_container(&dev, VFIO_IOMMU_DIRTY_PAGES_FLAG_START), 0);
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * MISSING_PAGE, 0)), 0);
}

/* Have a starved thread unmap memory by @fn. Hold it back between two rounds of VFIO's. */
static void begin_between_rounds(int (*fn)(void))
{
	unsigned int left = guest_pinned_pages() - WINDOW / 4096;
	struct holder holder;

	make_room();
	starve_begin(fn);
	let_run();
	EXPECT(mtap_await(guest_pinned_pages() == left));
	hold_begin(&holder, 0);
	EXPECT(missing_wanted());
	/* VFIO's lock is free, and it is the first to get it, but does not run */
	let_run();
	hold_end(&holder, 0);
}

/* Meanwhile another device is opened, and wants to pin what is being unmapped. */
MTAP_TEST(another_device_comes)
{
	__u8 *mem = guest_alloc(WINDOW, 0);

	log_begin();
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, WINDOW), 0);
	begin_between_rounds(unmap);
	container_grow(2);
	container_use(1);
	EXPECT_EQ(kdma_start(PIN, 0, IOVA, 0, WINDOW), 0);
	EXPECT(!pinned_again());
	EXPECT(!starved.done);
	EXPECT_EQ(starve_end(), 0);
	EXPECT(kdma_await(1));
	EXPECT_EQ(kdma_error(0), -ENOENT);
	container_use(0);
}

/*
 * Meanwhile another device is opened, and another thread unmaps other memory: it is the first to
 * know of that device. The program still does not pin again what the first thread unmaps.
 */
MTAP_TEST(another_thread_unmaps)
{
	__u8 *mem = guest_alloc(2 * WINDOW, 0);

	log_begin();
	container_grow(2);
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	ASSERT_EQ(guest_map(IOVA + WINDOW, mem + WINDOW, WINDOW, PROT_RW), 0);
	kdma_set(KDMA_REPIN, 1);
	ASSERT_EQ(kdma_start(PIN, 0, IOVA, 0, WINDOW), 0);
	ASSERT_EQ(kdma_start(PIN, 1, IOVA + WINDOW, 0, WINDOW), 0);
	ASSERT(mtap_await(kdma_is_pinned(0) && kdma_is_pinned(1)));
	begin_between_rounds(unmap);
	EXPECT(reopen(1));
	EXPECT_EQ(guest_unmap(IOVA + WINDOW, WINDOW), 0);
	EXPECT(!pinned_again());
	EXPECT(!starved.done);
	EXPECT_EQ(starve_end(), 0);
}

static void open_second(void)
{
	int fd = vfio_open_again(&container_dev[1], &container_mdev[1]);

	child_ready(fd < 0 ? fd : 0);
}

static int unmap_many(void)
{
	return guest_unmap(IOVA, MANY * WINDOW);
}

/*
 * More ranges than VFIO's rounds for one are unmapped at once. Meanwhile another process opens a
 * device, which could pin memory now. It does not, so that is no reason to stop.
 */
MTAP_TEST(another_process_opens_a_device)
{
	__u8 *mem = guest_alloc(MANY * WINDOW, 0);
	struct child child;
	unsigned int i;

	log_begin();
	container_grow(2);
	close(container_dev[1].device);
	container_dev[1].device = -1;
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(guest_map(IOVA + i * WINDOW, mem + i * WINDOW, WINDOW, PROT_RW), 0);
		ASSERT_EQ(kdma_pin(i, IOVA + i * WINDOW, WINDOW), 0);
	}
	begin_between_rounds(unmap_many);
	child_start(&child, open_second);
	EXPECT_EQ(child.said, 0);
	EXPECT(!starved.done);
	EXPECT_EQ(starve_end(), 0);
	EXPECT_EQ(guest_pinned_pages(), 0);
	child_kill(&child);
}

static int get_info(void)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };

	return ioctl(dev.container, VFIO_IOMMU_GET_INFO, &info) ? -errno : 0;
}

static void *unmap_here(void *unused)
{
	busy.tid = gettid();
	busy.ret = unmap();
	busy.done = true;
	return unused;
}

static unsigned long long waits(const char *dir)
{
	return task_state(atoi(dir + strlen("/proc/"))) == 'D';
}

/* Does the kernel's thread that unpins wait for VFIO's lock? */
static bool unpinner_waits(void)
{
	return task_sum("/proc/[0-9]*", "*+mdev_bpf_pin*", waits);
}

/*
 * VFIO's lock is free, but first in its queue is a thread that is held back, and before the
 * kernel's that unpins. The one that unmaps takes the lock again and again, and finds the memory
 * pinned.
 */
MTAP_TEST(first_in_the_queue)
{
	__u8 *mem = guest_alloc(WINDOW, 0);
	struct holder first, second;
	pthread_t thread;
	double end;

	log_begin();
	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, WINDOW), 0);
	make_room();
	hold_begin(&first, 0);
	EXPECT(missing_wanted());
	busy.tid = 0;
	busy.done = false;
	ASSERT_EQ(pthread_create(&thread, NULL, unmap_here, NULL), 0);
	EXPECT(mtap_await(busy.tid && task_state(busy.tid) == 'D'));
	hold_begin(&second, 1);
	EXPECT(mtap_await(task_state(second.tid) == 'D'));
	/* It gets the lock before the kernel's thread wants it */
	schedule(second.tid, SCHED_FIFO, 1);
	starve_begin(get_info);
	let_run();
	hold_end(&first, 0);
	EXPECT(missing_wanted());
	EXPECT(mtap_await(unpinner_waits()));
	hold_end(&second, 1);
	/* All rounds that have a limit of less than a second would be over */
	end = mtap_now() + 4;
	while (!busy.done && mtap_now() < end)
		mtap_pause();
	EXPECT_EQ(starve_end(), 0);
	EXPECT(mtap_await(busy.done));
	pthread_join(thread, NULL);
	EXPECT_EQ(busy.ret, 0);
	EXPECT_EQ(guest_pinned_pages(), 0);
}

static void after(void)
{
	mercy();
	missing_end();
	container_close();
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = container_open, .after = after, .teardown = dev_unload,
};
