// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is taken away that several devices of one container have pinned: VFIO asks each device
 * to let go, under locks of its own, and takes the machine down if that does not help. So
 * programs pin again at once here, and devices come and go meanwhile.
 */
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "container.h"
#include "task.h"

#define IOVA		0x400000000ULL
#define WINDOW		(1u << 20)
#define WINDOWS		15u
#define DEVICES		6u
#define PIN		MDEV_BPF_DMA_PIN

static void pin_all(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(kdma_start(PIN, i, IOVA + i * WINDOW, 0, WINDOW), 0);
}

/* Each pins again what is taken from it; VFIO asks all of them, and counts how often. */
static void pin_again(unsigned int devices, unsigned int windows, unsigned int slow_ms)
{
	__u8 *mem = guest_alloc(windows * WINDOW, 0);
	unsigned int i, round;

	container_grow(devices);
	for (i = 0; i < devices; i++) {
		container_use(i);
		kdma_set(KDMA_REPIN, 1);
		kdma_set(KDMA_SLOW, slow_ms);
		pin_all(windows);
	}
	for (round = 0; round < 10; round++) {
		ASSERT_EQ(guest_map(IOVA, mem, windows * WINDOW, PROT_RW), 0);
		for (i = 0; i < devices; i++) {
			container_use(i);
			ASSERT(mtap_await(kdma_is_pinned(windows - 1)));
		}
		ASSERT_EQ(guest_unmap(IOVA, windows * WINDOW), 0);
	}
}

MTAP_TEST(six_pin_again)
{
	pin_again(DEVICES, WINDOWS, 0);
}

/* dma_unmap may take long. */
MTAP_TEST(slow_ones_pin_again)
{
	dev_op_limit(10000);
	pin_again(2, 1, 60);
}

static struct {
	pthread_t thread;
	atomic_bool stop;
	atomic_uint rounds;
} opener;

static void *open_and_close(void *arg)
{
	struct vfio *other = arg;

	while (!opener.stop) {
		close(other->device);
		other->device = vfio_open_again(other, &container_mdev[1]);
		if (other->device < 0) {
			mtap_fail(__FILE__, __LINE__, "cannot open: %d", other->device);
			break;
		}
		opener.rounds++;
	}
	return NULL;
}

/* Opening and closing take VFIO's locks the other way round. */
MTAP_TEST(beside_open_and_close)
{
	__u8 *mem = guest_alloc(WINDOWS * WINDOW, 0);
	unsigned int i;
	double longest = 0;

	container_grow(2);
	opener.stop = false;
	opener.rounds = 0;
	ASSERT_EQ(pthread_create(&opener.thread, NULL, open_and_close,
				 &container_dev[1]), 0);
	for (i = 0; i < 50; i++) {
		double start;

		EXPECT_EQ(guest_map(IOVA, mem, WINDOWS * WINDOW, PROT_RW), 0);
		pin_all(WINDOWS);
		EXPECT(mtap_await(kdma_is_pinned(WINDOWS - 1)));
		start = mtap_now();
		EXPECT_EQ(guest_unmap(IOVA, WINDOWS * WINDOW), 0);
		longest = longest > mtap_now() - start ? longest : mtap_now() - start;
		EXPECT(!kdma_is_pinned(0));
	}
	opener.stop = true;
	pthread_join(opener.thread, NULL);
	EXPECT(opener.rounds > 0);
	mtap_diag("%u times opened, longest unmap %.0f ms", opener.rounds, longest * 1000);
}

#define OTHER_IOVA	0x500000000ULL
#define PAGE		4096u

/* Is each thread of a process stopped? */
static bool all_stopped(pid_t pid)
{
	bool yes = true;
	char path[64];
	glob_t all;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/task/*", pid);
	if (glob(path, 0, NULL, &all))
		return false;
	for (i = 0; i < all.gl_pathc && yes; i++)
		yes = task_state(atoi(strrchr(all.gl_pathv[i], '/') + 1)) == 'T';
	globfree(&all);
	return yes;
}

static unsigned long long sleeps_of(const char *dir)
{
	const char *key = "\nvoluntary_ctxt_switches:";
	const char *found = strstr(sysfs_str("%s/status", dir), key);

	return found ? atoi(found + strlen(key)) : 0;
}

/* How often the kernel's threads that wait for guest memory have slept */
static unsigned int sleeps(void)
{
	return task_sum("/proc/[0-9]*", "mdev_bpf_dma", sleeps_of);
}

/* A process that is not the opener of the device, and pins while that is stopped. */
static void pin_while_stopped(void)
{
	pid_t opener = getppid();
	unsigned int i, before;

	EXPECT_EQ(kill(opener, SIGSTOP), 0);
	EXPECT(mtap_await(all_stopped(opener)));
	EXPECT_EQ(guest_unmap(IOVA, WINDOW), 0);
	before = sleeps();
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++) {
		kdma_set(KDMA_CHANNEL, i);
		EXPECT_EQ(kdma_start(PIN, i, OTHER_IOVA + i * PAGE, 0, PAGE), 0);
	}
	before = sleeps() - before;
	EXPECT_EQ(kill(opener, SIGCONT), 0);
	child_ready(before);
}

/*
 * Memory is pinned after the program was told of what was unmapped. Until then, requests wait. They
 * do not keep the kernel busy.
 */
MTAP_TEST(opener_is_stopped)
{
	__u8 *mem = guest_alloc(WINDOW, 0);
	struct child child;
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, WINDOW, PROT_RW), 0);
	ASSERT_EQ(guest_map(OTHER_IOVA, mem, WINDOW, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, WINDOW), 0);
	child_start(&child, pin_while_stopped);
	child_kill(&child);
	mtap_diag("%u times asleep", child.said);
	EXPECT(child.said <= 4 * (int)MDEV_BPF_MAX_CHANNELS);
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++)
		EXPECT(mtap_await(kdma_is_pinned(i)));
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = container_open, .after = container_close,
	.teardown = dev_unload,
};
