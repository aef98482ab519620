// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices through their own file and iommufd, in place of VFIO's groups and containers: who may
 * have a device, where its memory is, and that windows go with an address space.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dirty.h"
#include "guest.h"
#include "ioas.h"
#include "missing.h"
#include "slowness.h"

#define READ	MDEV_BPF_DMA_READ
#define WRITE	MDEV_BPF_DMA_WRITE
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x200000000ULL
#define GONE	0x300000000ULL
#define PAGE	4096ull
#define PAGES	16

static int iommufd = -1, ioas = -1;
static __u8 *mem;

static void open_iommufd(void)
{
	iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	ASSERT(iommufd >= 0);
	ioas = ioas_new(iommufd);
	ASSERT(ioas > 0);
}

/* The device is there, and open, but not bound. */
static void open_unbound(void)
{
	int i;

	for (i = 0; i < KDMA_MSI; i++)
		guest_event[i] = event_new();
	dev_mdev = mdev_uuid(0xd0);
	ASSERT_EQ(mdev_create(&dev_mdev, "kdma-1"), 0);
	ASSERT(cdev_open(&dev, &dev_mdev) >= 0);
	open_iommufd();
}

static void bind(void)
{
	ASSERT_EQ(cdev_bind(&dev, iommufd), 0);
	guest_reopen();
}

static void bind_and_map(void)
{
	bind();
	ASSERT_EQ(cdev_attach(&dev, ioas), 0);
	mem = guest_alloc(PAGES * PAGE, 1);
	ASSERT_EQ(ioas_map(iommufd, ioas, IOVA, mem, PAGES * PAGE, PROT_RW), 0);
}

static void close_all(void)
{
	missing_end();
	guest_close();
	if (iommufd >= 0)
		close(iommufd);
	iommufd = -1;
}

/* Unbind the device and bind it again: it is not attached to anything */
static void open_again(void)
{
	vfio_close(&dev);
	ASSERT(cdev_open(&dev, &dev_mdev) >= 0);
	bind();
}

static const char *is_open(void)
{
	return device_attr(&dev_mdev, "open");
}

MTAP_TEST_IF(cdev_possible, nothing_before_bind)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	__u32 val;

	EXPECT_EQ(vfio_pread(&dev, 0, 0, &val, sizeof(val)), -EINVAL);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), -EINVAL);
	EXPECT_EQ(cdev_attach(&dev, ioas), -EINVAL);
	EXPECT_STR(is_open(), "0");
	bind();
	EXPECT_STR(is_open(), "1");
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	vfio_close(&dev);
	EXPECT_STR(is_open(), "0");
}

/* One user at a time, whether it comes by group or by cdev */
MTAP_TEST_IF(cdev_possible, one_user)
{
	struct vfio other;

	EXPECT(cdev_bind(&dev, -1) < 0);
	EXPECT(cdev_bind(&dev, dev.device) < 0);
	bind();
	EXPECT_EQ(cdev_bind(&dev, iommufd), -EINVAL);
	ASSERT(cdev_open(&other, &dev_mdev) >= 0);
	EXPECT_EQ(cdev_bind(&other, iommufd), -EINVAL);
	vfio_close(&other);
	EXPECT_EQ(vfio_open(&other, &dev_mdev), -EBUSY);
	vfio_close(&other);
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);

	vfio_close(&dev);
	EXPECT_EQ(vfio_open(&other, &dev_mdev), 0);
	ASSERT(cdev_open(&dev, &dev_mdev) >= 0);
	EXPECT_EQ(cdev_bind(&dev, iommufd), -EBUSY);
	vfio_close(&other);
	EXPECT_EQ(cdev_bind(&dev, iommufd), 0);
}

static bool says(const char *command, const char *text)
{
	char line[256];
	bool found = false;
	FILE *f = popen(command, "r");

	ASSERT(f);
	while (fgets(line, sizeof(line), f))
		found |= !!strstr(line, text);
	pclose(f);
	return found;
}

/* The tool knows users by their cdev, too. */
MTAP_TEST_IF(cdev_possible, tool_knows_cdevs)
{
	char command[128], text[64];

	bind();
	snprintf(text, sizeof(text), "in use by process %d", getpid());
	snprintf(command, sizeof(command), "mdev-bpf remove %s 2>&1", dev_mdev.uuid);
	EXPECT(says(command, text));
	snprintf(command, sizeof(command), "mdev-bpf show %s", dev_mdev.uuid);
	EXPECT(says(command, "/dev/vfio/devices/vfio"));
}

MTAP_TEST_IF(cdev_possible, not_attached)
{
	bind();
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), -ENOENT);
	EXPECT_EQ(kdma_do(WRITE, IOVA, DATA(0), 8), -ENOENT);
	EXPECT_EQ(kdma_pin(0, IOVA, 8), -ENOENT);
	EXPECT_EQ(cdev_attach(&dev, ioas + 1000), -ENOENT);
	EXPECT_EQ(cdev_detach(&dev), 0);
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 0);
}

MTAP_TEST_IF(cdev_possible, both_ways)
{
	static __u8 buf[8 * PAGE];

	bind_and_map();
	EXPECT_EQ(kdma_do(READ, IOVA + 5, DATA(0), sizeof(buf)), 0);
	kdma_bytes_get(0, buf, sizeof(buf));
	EXPECT(!memcmp(buf, mem + 5, sizeof(buf)));
	guest_fill(buf, sizeof(buf), 77);
	kdma_bytes_set(0, buf, sizeof(buf));
	EXPECT_EQ(kdma_do(WRITE, IOVA + 3 * PAGE - 3, DATA(0), sizeof(buf)), 0);
	EXPECT(!memcmp(mem + 3 * PAGE - 3, buf, sizeof(buf)));
	EXPECT_EQ(kdma_do(READ, IOVA, MDEV_BPF_MEMORY(KDMA_MEM, 9), 4 * PAGE), 0);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 8 * PAGE, MDEV_BPF_MEMORY(KDMA_MEM, 9), 4 * PAGE), 0);
	EXPECT(!memcmp(mem, mem + 8 * PAGE, 4 * PAGE));
}

/* DMA by a worker, which does not have the user's address space */
MTAP_TEST_IF(cdev_possible, from_work)
{
	__u8 buf[100];

	bind_and_map();
	kdma_set(KDMA_IOVA, IOVA + PAGE - 50);
	kdma_set(KDMA_WHERE, DATA(0));
	kdma_set(KDMA_SIZE, sizeof(buf));
	kdma_set(KDMA_GO_WORK, READ);
	ASSERT(kdma_await(1));
	EXPECT_EQ(kdma_error(0), 0);
	kdma_bytes_get(0, buf, sizeof(buf));
	EXPECT(!memcmp(buf, mem + PAGE - 50, sizeof(buf)));
	guest_fill(mem, 2 * PAGE, 0);
	kdma_set(KDMA_GO_WORK, WRITE);
	ASSERT(kdma_await(2));
	EXPECT_EQ(kdma_error(1), 0);
	EXPECT(!memcmp(buf, mem + PAGE - 50, sizeof(buf)));
}

MTAP_TEST_IF(cdev_possible, errors)
{
	__u8 *ro = guest_alloc(PAGE, 2), copy[PAGE];

	bind_and_map();
	memcpy(copy, ro, PAGE);
	ASSERT_EQ(ioas_map(iommufd, ioas, IOVA + PAGES * PAGE, ro, PAGE, PROT_READ), 0);
	EXPECT_EQ(kdma_do(READ, IOVA + PAGES * PAGE - 8, DATA(0), 16), 0);
	EXPECT_EQ(kdma_do(WRITE, IOVA + PAGES * PAGE - 8, DATA(0), 16), -EPERM);
	EXPECT(!memcmp(copy, ro, PAGE));
	EXPECT_EQ(kdma_pin(0, IOVA + PAGES * PAGE, 8), -EPERM);
	EXPECT_EQ(kdma_do(READ, IOVA - 8, DATA(0), 8), -ENOENT);
	EXPECT_EQ(kdma_do(READ, IOVA - 8, DATA(0), 16), -ENOENT);
	EXPECT_EQ(kdma_do(READ, IOVA + (PAGES + 1) * PAGE - 8, DATA(0), 16), -ENOENT);
	EXPECT_EQ(kdma_pin(0, IOVA + PAGES * PAGE + PAGE, 8), -ENOENT);
	ASSERT_EQ(munmap(mem + 4 * PAGE, PAGE), 0);
	EXPECT_EQ(kdma_do(READ, IOVA + 4 * PAGE, DATA(0), 8), -EFAULT);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 3 * PAGE, DATA(0), 2 * PAGE), -EFAULT);
	EXPECT_EQ(kdma_pin(0, IOVA + 4 * PAGE, 8), -EFAULT);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 5 * PAGE, DATA(0), 8), 0);
}

MTAP_TEST_IF(cdev_possible, windows)
{
	__u64 val;

	bind_and_map();
	ASSERT_EQ(kdma_pin(0, IOVA + PAGE - 16, 32), 0);
	ASSERT_EQ(kdma_pin(1, IOVA + 2 * PAGE, 4 * PAGE), 0);
	EXPECT_EQ(kdma_pin(1, IOVA, PAGE), -EEXIST);
	memcpy(&val, mem + PAGE - 8, 8);
	kdma_peek(0, 8);
	EXPECT_EQ(kdma_get(KDMA_VALUE), val);
	EXPECT_EQ(kdma_poke(1, 3 * PAGE, 0x1234), 0);
	memcpy(&val, mem + 5 * PAGE, 8);
	EXPECT_EQ(val, 0x1234);
	EXPECT_EQ(kdma_unpin(0), 0);
	EXPECT_EQ(kdma_peek(0, 0), -EFAULT);
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 0);

	EXPECT_EQ(ioas_unmap(iommufd, ioas, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(kdma_peek(1, 0), -EFAULT);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS) == 1));
	EXPECT_EQ(kdma_get(KDMA_UNMAP_IOVA), IOVA);
	EXPECT_EQ(kdma_get(KDMA_UNMAP_SIZE), PAGES * PAGE);
	EXPECT_EQ(event_wait(guest_event[1]), 1);
	EXPECT_EQ(kdma_pin(1, IOVA, PAGE), -ENOENT);
}

/* Without its address space a device is as it was before; and it can have the next. */
MTAP_TEST_IF(cdev_possible, detached)
{
	bind_and_map();
	EXPECT_EQ(ioas_destroy(iommufd, ioas), -EBUSY);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(cdev_detach(&dev), 0);
	EXPECT_EQ(kdma_peek(0, 0), -EFAULT);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS) == 1));
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), -ENOENT);
	EXPECT_EQ(kdma_pin(0, IOVA, PAGE), -ENOENT);
	ASSERT_EQ(cdev_attach(&dev, ioas), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
	EXPECT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(cdev_detach(&dev), 0);
	EXPECT_EQ(ioas_destroy(iommufd, ioas), 0);
}

MTAP_TEST_IF(cdev_possible, replaced)
{
	__u8 *other = guest_alloc(PAGE, 99), got[64];
	int next = ioas_new(iommufd);

	ASSERT(next > 0);
	ASSERT_EQ(ioas_map(iommufd, next, IOVA, other, PAGE, PROT_RW), 0);
	bind_and_map();
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(cdev_attach(&dev, next), 0);
	EXPECT_EQ(kdma_peek(0, 0), -EFAULT);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS) == 1));
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), sizeof(got)), 0);
	kdma_bytes_get(0, got, sizeof(got));
	EXPECT(!memcmp(got, other, sizeof(got)));
	EXPECT_EQ(kdma_do(READ, IOVA + PAGE, DATA(0), 8), -ENOENT);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 0, 4711), 0);
	EXPECT_EQ(*(__u64 *)other, 4711);
	/* Its previous address space no longer concerns it */
	EXPECT_EQ(ioas_unmap(iommufd, ioas, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(ioas_destroy(iommufd, ioas), 0);
	EXPECT_EQ(kdma_peek(0, 0), 4711);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS) == 1));
	EXPECT_EQ(cdev_attach(&dev, ioas), -ENOENT);
	EXPECT_EQ(kdma_peek(0, 0), 4711);
}

MTAP_TEST_IF(cdev_possible, close_unpins)
{
	bind_and_map();
	ASSERT_EQ(kdma_pin(0, IOVA, PAGES * PAGE), 0);
	vfio_close(&dev);
	EXPECT_EQ(ioas_unmap(iommufd, ioas, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(ioas_destroy(iommufd, ioas), 0);
	ASSERT(cdev_open(&dev, &dev_mdev) >= 0);
	bind();
	EXPECT_EQ(kdma_peek(0, 0), -EFAULT);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), -ENOENT);
}

static void *remove_it(void *ret)
{
	*(int *)ret = mdev_remove(&dev_mdev);
	return NULL;
}

/* Removal requests the device from its user, and completes when the file is closed. */
MTAP_TEST_IF(cdev_possible, removed_while_open)
{
	int req = event_new(), ret = 1;
	pthread_t thread;

	bind_and_map();
	ASSERT_EQ(vfio_irq_fd(&dev, VFIO_PCI_REQ_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, req), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, remove_it, &ret), 0);
	EXPECT(event_wait(req) > 0);
	EXPECT(kdma_peek(0, 0) != -EFAULT);
	EXPECT(exists(MDEV_DEVICES "/%s", dev_mdev.uuid));
	vfio_close(&dev);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
	EXPECT(!exists(MDEV_DEVICES "/%s", dev_mdev.uuid));
	close(req);
}

/* A worker that waits for user space does not keep the device from being closed. */
MTAP_TEST_IF(cdev_possible, closed_while_stuck)
{
	missing_need();
	bind();
	ASSERT_EQ(cdev_attach(&dev, ioas), 0);
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * MISSING_PAGE, 0)), 0);
	ASSERT_EQ(ioas_map(iommufd, ioas, IOVA, missing.mem, PAGE, PROT_RW), 0);
	kdma_set(KDMA_IOVA, IOVA);
	kdma_set(KDMA_WHERE, DATA(0));
	kdma_set(KDMA_SIZE, 8);
	kdma_set(KDMA_GO_WORK, READ);
	ASSERT(missing_wanted());
	prog_detach(&dev_prog);
	EXPECT_EQ(prog_attach(&dev_prog), 0);
	open_again();
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
}

/*
 * All channels but one wait for memory. iommufd has a lock for each device, which the kernel's
 * threads hold meanwhile. An access whose memory is there does not wait for it.
 */
MTAP_TEST_IF(cdev_possible, all_but_one_stuck)
{
	double begin, longest = 0, start;
	unsigned int i, nr = 0;

	missing_need();
	bind_and_map();
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * MISSING_PAGE, 0)), 0);
	ASSERT_EQ(ioas_map(iommufd, ioas, GONE, missing.mem, PAGE, PROT_RW), 0);
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS - 1; i++) {
		kdma_set(KDMA_CHANNEL, i);
		ASSERT_EQ(kdma_start(READ, i, GONE, DATA(0), 8), 0);
	}
	ASSERT(missing_wanted());
	kdma_set(KDMA_CHANNEL, i);
	begin = mtap_now();
	while (mtap_now() - begin < 5) {
		start = mtap_now();
		ASSERT_EQ(kdma_start(READ, i, IOVA, DATA(0), 8), 0);
		longest = longest > mtap_now() - start ? longest : mtap_now() - start;
		ASSERT(kdma_await(++nr));
	}
	mtap_diag("%u accesses, of which the longest took %.0f ms", nr, longest * 1000);
	EXPECT(longest < 0.3 * slowness());
}

MTAP_TEST_IF(cdev_possible, logging)
{
	__u64 bits = 0;

	bind_and_map();
	if (!dirty_possible()) {
		EXPECT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), -ENOTTY);
		return;
	}
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 4 * PAGE - 1, DATA(0), 2), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), PAGES * PAGE), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 9 * PAGE, 1), 0);
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 1 << 3 | 1 << 4 | 1 << 9);
	EXPECT_EQ(kdma_poke(0, 10 * PAGE, 1), 0);
	ASSERT_EQ(cdev_detach(&dev), 0);
	bits = 0;
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 1 << 10);
	open_again();
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits), -EINVAL);
}

static struct {
	atomic_bool stop;
	atomic_uint rounds;
} other;

static void *map_and_unmap(void *unused)
{
	for (; !other.stop; other.rounds++) {
		if (ioas_unmap(iommufd, ioas, IOVA, PAGES * PAGE) ||
		    ioas_map(iommufd, ioas, IOVA, mem, PAGES * PAGE, PROT_RW))
			mtap_fail(__FILE__, __LINE__, "cannot map or unmap");
		if (other.rounds % 8 == 0 &&
		    (cdev_detach(&dev) || cdev_attach(&dev, ioas)))
			mtap_fail(__FILE__, __LINE__, "cannot detach or attach");
	}
	return unused;
}

/* Memory and whole address spaces come and go while windows are pinned and unpinned. */
MTAP_TEST_IF(cdev_possible, race_with_unmap)
{
	unsigned int i, pinned = 0;
	pthread_t thread;

	bind_and_map();
	other.stop = false;
	other.rounds = 0;
	ASSERT_EQ(pthread_create(&thread, NULL, map_and_unmap, NULL), 0);
	for (i = 0; i < 200 || (!pinned && i < 10000); i++) {
		int ret = kdma_pin(i % 4, IOVA, PAGES * PAGE);

		pinned += !ret;
		if (ret && ret != -ENOENT && ret != -EEXIST)
			mtap_fail(__FILE__, __LINE__, "pin: %d", ret);
		kdma_poke(i % 4, 8 * i % PAGE, i);
		ret = kdma_do(WRITE, IOVA + i % PAGES * PAGE, DATA(0), 8);
		if (ret && ret != -ENOENT)
			mtap_fail(__FILE__, __LINE__, "write: %d", ret);
		if (i % 3)
			kdma_unpin(i % 4);
	}
	other.stop = true;
	pthread_join(thread, NULL);
	EXPECT(pinned > 0);
	EXPECT(other.rounds > 0);
}

/* A group whose container is an iommufd, as VFIO has it for users of the old interface */
MTAP_TEST_IF(cdev_possible, group_with_iommufd)
{
	vfio_close(&dev);
	ASSERT_EQ(vfio_open_by(&dev, &dev_mdev, "/dev/iommu"), 0);
	guest_reopen();
	mem = guest_alloc(PAGES * PAGE, 3);
	ASSERT_EQ(guest_map(IOVA, mem, PAGES * PAGE, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), PAGE), 0);
	ASSERT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	EXPECT_EQ(kdma_poke(0, 0, 815), 0);
	EXPECT_EQ(*(__u64 *)mem, 815);
	ASSERT_EQ(guest_unmap(IOVA, PAGES * PAGE), 0);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS) == 1));
	EXPECT_EQ(kdma_peek(0, 0), -EFAULT);
}

/* A kernel without it: the device has no file of its own, and its group serves. */
MTAP_TEST_UNLESS(cdev_possible, group_only)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio none;

	EXPECT(cdev_open(&none, &dev_mdev) < 0);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_BIND_IOMMUFD, &bind), -ENOTTY);
	mem = guest_alloc(PAGE, 3);
	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), PAGE), 0);
}

static void before(void)
{
	if (cdev_possible())
		open_unbound();
	else
		guest_open();
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = before, .after = close_all, .teardown = dev_unload,
};
