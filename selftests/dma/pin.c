// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinned windows of guest memory: what the program sees through them, and that they go when
 * somebody takes the memory, the device or the window away.
 */
#include <stdatomic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "mig.h"
#include "task.h"

#define IOVA	0x200000000ULL
#define PAGE	4096u
#define QUEUES	(MDEV_BPF_MAX_PINS / 8)	/* of a device: dma/pin.h */

/* How many times 64 bytes the program finds from @off of window @id on. */
static __s64 pull(unsigned int id, __u64 off, unsigned int n)
{
	kdma_set(KDMA_PEEK, MDEV_BPF_PIN(id, off));
	kdma_set(KDMA_PULL, n);
	return kdma_get(KDMA_RESULT);
}

static void put(__u8 *p, __u64 val)
{
	memcpy(p, &val, sizeof(val));
}

static __u64 get(const __u8 *p)
{
	__u64 val;

	memcpy(&val, p, sizeof(val));
	return val;
}

MTAP_TEST(both_ways)
{
	__u8 *mem = guest_alloc(4 * PAGE, 1);

	ASSERT_EQ(guest_map(IOVA, mem, 4 * PAGE, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(3, IOVA, 4 * PAGE), 0);
	EXPECT_EQ(guest_pinned_pages(), 4);
	put(mem, 4711);
	put(mem + 3 * PAGE + 16, 42);
	EXPECT_EQ(kdma_peek(3, 0), 4711);
	EXPECT_EQ(kdma_peek(3, 3 * PAGE + 16), 42);
	put(mem, 4712);
	EXPECT_EQ(kdma_peek(3, 0), 4712);
	EXPECT_EQ(kdma_poke(3, PAGE + 8, 0xabcdef01), 0);
	EXPECT_EQ(get(mem + PAGE + 8), 0xabcdef01);
	/* Atomic instructions on it would crash the kernel */
	EXPECT_EQ(kdma_poke(3, PAGE + 3, 1), -EFAULT);
	EXPECT_EQ(kdma_poke(3, PAGE + 4, 1), -EFAULT);
	EXPECT_EQ(pull(3, PAGE - 64, 2), 2);
	EXPECT_EQ(pull(3, PAGE - 96, 2), 1);
	EXPECT_EQ(kdma_unpin(3), 0);
	EXPECT_EQ(kdma_peek(3, 0), -EFAULT);
	EXPECT(mtap_await(!guest_pinned_pages()));
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 0);
}

/* Where a window begins and ends is not where its pages do. */
MTAP_TEST(edges)
{
	__u8 *mem = guest_alloc(4 * PAGE, 2);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, 4 * PAGE, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(0, IOVA + PAGE - 24, 48), 0);
	EXPECT_EQ(guest_pinned_pages(), 2);
	for (i = 0; i <= 40; i++) {
		put(mem + PAGE - 24 + i, 1000 + i);
		EXPECT_EQ(kdma_peek(0, i), i % 8 ? -EFAULT : (int)(1000 + i));
	}
	EXPECT_EQ(kdma_peek(0, 41), -EFAULT);
	EXPECT_EQ(kdma_peek(0, 48), -EFAULT);
	EXPECT_EQ(kdma_peek(0, PAGE), -EFAULT);
	EXPECT_EQ(kdma_peek(0, (1ULL << 40) - 1), -EFAULT);
	EXPECT_EQ(kdma_peek(1, 0), -EFAULT);
	EXPECT_EQ(kdma_peek(16, 0), -EFAULT);
	EXPECT_EQ(kdma_peek(1 << 20, 0), -EFAULT);
	ASSERT_EQ(kdma_pin(1, IOVA, 7), 0);
	EXPECT_EQ(kdma_peek(1, 0), -EFAULT);
}

/* No bytes are not even the byte behind the window, which may be in no page of it. */
MTAP_TEST(no_bytes)
{
	__u8 *mem = guest_alloc(PAGE, 2);

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	kdma_set(KDMA_PEEK_NONE, MDEV_BPF_PIN(0, 0));
	EXPECT_EQ((__s64)kdma_get(KDMA_RESULT), -EFAULT);
	kdma_set(KDMA_PEEK_NONE, MDEV_BPF_PIN(0, PAGE));
	EXPECT_EQ((__s64)kdma_get(KDMA_RESULT), -EFAULT);
}

/* A program may use an atomic instruction on any 8 bytes of what it gets. */
MTAP_TEST(no_split_locks)
{
	__u8 *mem = guest_alloc(PAGE, 2);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	for (i = 0; i <= 64; i++) {
		int want = i % 8 ? -EFAULT : 0;

		kdma_set(KDMA_PEEK_NINE, MDEV_BPF_PIN(0, i));
		EXPECT_EQ((__s64)kdma_get(KDMA_RESULT), want);
		kdma_set(KDMA_MEMORY_NINE, MDEV_BPF_MEMORY(KDMA_MEM, i));
		EXPECT_EQ((__s64)kdma_get(KDMA_RESULT), want);
	}
}

MTAP_TEST(several_mappings)
{
	__u8 *mem = guest_alloc(8 * PAGE, 3);

	ASSERT_EQ(guest_map(IOVA, mem + 4 * PAGE, 2 * PAGE, PROT_RW), 0);
	ASSERT_EQ(guest_map(IOVA + 2 * PAGE, mem, 2 * PAGE, PROT_RW), 0);
	put(mem + 5 * PAGE, 5);
	put(mem, 6);
	ASSERT_EQ(kdma_pin(0, IOVA, 4 * PAGE), 0);
	EXPECT_EQ(kdma_peek(0, PAGE), 5);
	EXPECT_EQ(kdma_peek(0, 2 * PAGE), 6);
	/* Half of the memory is unmapped, so the whole window is removed */
	ASSERT_EQ(guest_unmap(IOVA + 2 * PAGE, 2 * PAGE), 0);
	EXPECT_EQ(kdma_peek(0, PAGE), -EFAULT);
	EXPECT_EQ(guest_pinned_pages(), 0);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS)));
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 1);
	EXPECT_EQ(kdma_get(KDMA_UNMAP_IOVA), IOVA + 2 * PAGE);
	EXPECT_EQ(kdma_get(KDMA_UNMAP_SIZE), 2 * PAGE);
}

MTAP_TEST(refusals)
{
	__u8 *mem = guest_alloc(8 * PAGE, 4);

	ASSERT_EQ(guest_map(IOVA, mem, 2 * PAGE, PROT_RW), 0);
	ASSERT_EQ(guest_map(IOVA + 2 * PAGE, mem + 2 * PAGE, 2 * PAGE, PROT_READ), 0);
	EXPECT_EQ(kdma_pin(MDEV_BPF_MAX_PINS, IOVA, 8), -EINVAL - 1000);
	EXPECT_EQ(kdma_pin(0, IOVA, 0), -EINVAL - 1000);
	EXPECT_EQ(kdma_pin(0, IOVA, MDEV_BPF_MAX_DMA_SIZE + 1), -EINVAL - 1000);
	EXPECT_EQ(kdma_pin(0, ~0ULL, 2), -EINVAL - 1000);
	EXPECT_EQ(kdma_pin(0, IOVA - PAGE, PAGE), -ENOENT);
	EXPECT_EQ(kdma_pin(0, IOVA + 3 * PAGE, 2 * PAGE), -EPERM);
	EXPECT_EQ(kdma_pin(0, IOVA + PAGE, 3 * PAGE), -EPERM);
	EXPECT_EQ(kdma_pin(0, IOVA + 4 * PAGE, 8), -ENOENT);
	EXPECT_EQ(guest_pinned_pages(), 0);
	EXPECT_EQ(kdma_unpin(0), -ENOENT);
	EXPECT_EQ(kdma_unpin(MDEV_BPF_MAX_PINS), -EINVAL);
	EXPECT_EQ(kdma_pin(0, IOVA, 8), 0);
	EXPECT_EQ(kdma_pin(0, IOVA, 8), -EEXIST);
	EXPECT_EQ(kdma_unpin(0), 0);
	EXPECT_EQ(kdma_unpin(0), -ENOENT);
	EXPECT_EQ(kdma_pin(0, IOVA + 8, 8), 0);
	ASSERT_EQ(munmap(mem + PAGE, PAGE), 0);
	EXPECT_EQ(kdma_pin(1, IOVA + PAGE, 8), -EFAULT);
	EXPECT_EQ(guest_pinned_pages(), 1);
}

/* Unpin and pin at once: the new window waits for the pages of the old one. */
MTAP_TEST(replaced)
{
	__u8 *mem = guest_alloc(2 * PAGE, 5);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, 2 * PAGE, PROT_RW), 0);
	put(mem, 1000);
	put(mem + PAGE, 1001);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	for (i = 1; i < 50; i++) {
		EXPECT_EQ(kdma_unpin(0), 0);
		ASSERT_EQ(kdma_pin(0, IOVA + i % 2 * PAGE, PAGE), 0);
		EXPECT_EQ(kdma_peek(0, 0), 1000 + i % 2);
		EXPECT_EQ(guest_pinned_pages(), 1);
	}
}

MTAP_TEST(all_windows)
{
	__u8 *mem = guest_alloc(2 << 20, 6);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, 2 << 20, PROT_RW), 0);
	for (i = 0; i < MDEV_BPF_MAX_PINS; i++) {
		put(mem + i * PAGE, i + 1);
		ASSERT_EQ(kdma_pin(i, IOVA + i * PAGE, MDEV_BPF_MAX_DMA_SIZE), 0);
	}
	for (i = 0; i < MDEV_BPF_MAX_PINS; i++)
		EXPECT_EQ(kdma_peek(i, 0), i + 1);
	EXPECT(guest_pinned_pages() > 0);
	ASSERT_EQ(guest_unmap(IOVA, 2 << 20), 0);
	EXPECT_EQ(guest_pinned_pages(), 0);
	EXPECT_EQ(event_wait(guest_event[1]), 1);
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 1);
	for (i = 0; i < MDEV_BPF_MAX_PINS; i++)
		EXPECT_EQ(kdma_peek(i, 0), -EFAULT);
}

/* Many mappings, each with a window, go in a burst, as when a guest's driver is unloaded. */
MTAP_TEST(bursts)
{
	__u8 *mem = guest_alloc(MDEV_BPF_MAX_PINS * PAGE, 6);
	unsigned int i, burst;

	for (burst = 0; burst < 6; burst++) {
		for (i = 0; i < MDEV_BPF_MAX_PINS; i++) {
			ASSERT_EQ(guest_map(IOVA + i * PAGE, mem + i * PAGE, PAGE, PROT_RW), 0);
			ASSERT_EQ(kdma_pin(i, IOVA + i * PAGE, PAGE), 0);
		}
		for (i = 0; i < MDEV_BPF_MAX_PINS; i++)
			ASSERT_EQ(guest_unmap(IOVA + i * PAGE, PAGE), 0);
	}
}

/* The program is not told when other memory is unmapped. */
MTAP_TEST(others_unmapped)
{
	__u8 *mem = guest_alloc(4 * PAGE, 7);

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(guest_map(IOVA + PAGE, mem + PAGE, PAGE, PROT_RW), 0);
	put(mem, 77);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(guest_unmap(IOVA + PAGE, PAGE), 0);
	EXPECT_EQ(kdma_peek(0, 0), 77);
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 0);
}

MTAP_TEST(bus_mastering)
{
	__u8 *mem = guest_alloc(PAGE, 8);

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	put(mem, 88);
	guest_bus_master(false);
	EXPECT_EQ(kdma_pin(0, IOVA, PAGE), -EACCES);
	guest_bus_master(true);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	guest_bus_master(false);
	EXPECT_EQ(kdma_peek(0, 0), -EFAULT);
	EXPECT_EQ(kdma_poke(0, 0, 1), -EFAULT);
	guest_bus_master(true);
	EXPECT_EQ(kdma_peek(0, 0), 88);
}

MTAP_TEST(reset_unpins)
{
	__u8 *mem = guest_alloc(PAGE, 9);

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	guest_bus_master(true);
	EXPECT_EQ(kdma_peek(0, 0), -EFAULT);
	EXPECT(mtap_await(!guest_pinned_pages()));
	EXPECT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 0);
}

/* Memory limits are the user's, and hold. */
MTAP_TEST(locked_memory)
{
	__u8 *mem = guest_alloc(16 * PAGE, 10);
	int status;
	pid_t pid;

	ASSERT_EQ(guest_map(IOVA, mem, 16 * PAGE, PROT_RW), 0);
	vfio_close(&dev);
	pid = fork();
	if (!pid) {
		struct rlimit limit = { 4 * PAGE, 4 * PAGE };

		/* Root may lock as much as it likes, so be somebody else when it counts */
		if (vfio_open(&dev, &dev_mdev) || setrlimit(RLIMIT_MEMLOCK, &limit) ||
		    setresuid(65534, 65534, 65534) ||
		    guest_map(IOVA, mem, 16 * PAGE, PROT_RW))
			_exit(2);
		guest_bus_master(true);
		if (kdma_pin(0, IOVA, 5 * PAGE) != -ENOMEM || guest_pinned_pages())
			_exit(3);
		_exit(kdma_pin(0, IOVA, 4 * PAGE) ? 4 : 0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

MTAP_TEST(close_unpins)
{
	__u8 *mem = guest_alloc(PAGE, 11);

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(kdma_pin(5, IOVA, PAGE), 0);
	EXPECT_EQ(guest_pinned_pages(), 1);
	close(dev.device);
	dev.device = -1;
	EXPECT_EQ(guest_pinned_pages(), 0);
	dev.device = vfio_open_again(&dev, &dev_mdev);
	ASSERT(dev.device >= 0);
	guest_reopen();
	EXPECT_EQ(kdma_peek(5, 0), -EFAULT);
	EXPECT_EQ(kdma_pin(5, IOVA, PAGE), 0);
}

/* Without a program memory can still be taken away; the next one is told. */
MTAP_TEST(unmapped_while_detached)
{
	__u8 *mem = guest_alloc(2 * PAGE, 12);

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(guest_map(IOVA + PAGE, mem + PAGE, PAGE, PROT_RW), 0);
	put(mem, 12);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(kdma_pin(1, IOVA + PAGE, PAGE), 0);
	prog_detach(&dev_prog);
	ASSERT_EQ(guest_unmap(IOVA + PAGE, PAGE), 0);
	EXPECT_EQ(guest_pinned_pages(), 1);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS) == 1));
	EXPECT_EQ(kdma_get(KDMA_UNMAP_IOVA), IOVA + PAGE);
	EXPECT_EQ(kdma_peek(0, 0), 12);
	EXPECT_EQ(kdma_peek(1, 0), -EFAULT);
}

static struct {
	pthread_t thread;
	atomic_bool stop;
	atomic_uint rounds;
	__u8 *mem;
} mapper;

/* It sleeps now and then: a task that never does may be in the same UNMAP_DMA for long. */
static void *map_and_unmap(void *unused)
{
	while (!mapper.stop) {
		int ret = guest_map(IOVA, mapper.mem, 64 * PAGE, PROT_RW);

		mtap_pause();
		if (ret || guest_unmap(IOVA, 64 * PAGE)) {
			mtap_fail(__FILE__, __LINE__, "cannot map or unmap");
			break;
		}
		if (mapper.rounds++ % 2)
			mtap_pause();
	}
	return unused;
}

/* Pinning, using and unpinning race with the memory being taken away all the time. */
MTAP_TEST(race_with_unmap)
{
	unsigned int i, pinned = 0, missed = 0;

	mapper.mem = guest_alloc(64 * PAGE, 13);
	mapper.stop = false;
	mapper.rounds = 0;
	ASSERT_EQ(pthread_create(&mapper.thread, NULL, map_and_unmap, NULL), 0);
	for (i = 0; i < 400 || ((!pinned || !missed) && i < 20000); i++) {
		int ret = kdma_pin(i % 4, IOVA, 64 * PAGE);

		if (!ret)
			pinned++;
		else if (ret == -ENOENT)
			missed++;
		else if (ret != -EEXIST)
			mtap_fail(__FILE__, __LINE__, "pin: %d", ret);
		kdma_poke(i % 4, 8 * i % PAGE, i);
		if (i % 3)
			kdma_unpin(i % 4);
	}
	mapper.stop = true;
	pthread_join(mapper.thread, NULL);
	EXPECT(pinned > 0);
	EXPECT(missed > 0);
	EXPECT(mapper.rounds > 0);
	EXPECT(mtap_await(!guest_pinned_pages()));
}

/* Threads of the kernel that belong to workqueues of this module; their names are cut off */
static unsigned long long rescuers(void)
{
	return task_sum("/proc/[0-9]*", "kworker/R-mdev_*", NULL);
}

/* The user can keep the file of a migration. The device that was removed keeps no threads. */
MTAP_TEST(removed_while_it_migrates)
{
	unsigned long long before = rescuers();
	int fd = -1;
	char byte;

	EXPECT(before > QUEUES);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP_COPY, &fd), 0);
	EXPECT_EQ(read(fd, &byte, 1), 1);
	vfio_close(&dev);
	ASSERT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT(mtap_await(rescuers() + QUEUES <= before));
	EXPECT_EQ(read(fd, &byte, 1) < 0 ? -errno : 0, -ENODEV);
	close(fd);
	ASSERT_EQ(mdev_create(&dev_mdev, "kdma-1"), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = guest_open, .after = guest_close,
	.teardown = dev_unload,
};
