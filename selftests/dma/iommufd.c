// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices through their own file and iommufd, in place of VFIO's groups and containers: who may
 * have a device, where its memory is, and that windows go with an address space.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dirty.h"
#include "guest.h"
#include "ioas.h"
#include "missing.h"

#define READ	MDEV_BPF_DMA_READ
#define WRITE	MDEV_BPF_DMA_WRITE
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x200000000ULL
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

/* Let go of the device, and take it again: not attached to anything */
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

static void nothing_before_bind(void)
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

/* One user at a time, by whichever way he comes */
static void one_user(void)
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

static void not_attached(void)
{
	bind();
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), -ENOENT);
	EXPECT_EQ(kdma_do(WRITE, IOVA, DATA(0), 8), -ENOENT);
	EXPECT_EQ(kdma_pin(0, IOVA, 8), -ENOENT);
	EXPECT_EQ(cdev_attach(&dev, ioas + 1000), -ENOENT);
	EXPECT_EQ(cdev_detach(&dev), 0);
	EXPECT_EQ(kdma_get(KDMA_UNMAPS), 0);
}

static void both_ways(void)
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

/* By a worker, which has none of the user's memory */
static void from_work(void)
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

static void errors(void)
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

static void windows(void)
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
static void detached(void)
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

static void replaced(void)
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
	/* What it had before is nothing to it */
	EXPECT_EQ(ioas_unmap(iommufd, ioas, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(ioas_destroy(iommufd, ioas), 0);
	EXPECT_EQ(kdma_peek(0, 0), 4711);
	EXPECT(mtap_await(kdma_get(KDMA_UNMAPS) == 1));
	EXPECT_EQ(cdev_attach(&dev, ioas), -ENOENT);
	EXPECT_EQ(kdma_peek(0, 0), 4711);
}

static void close_unpins(void)
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

/* Removal asks for the device, and has it when its file is closed. */
static void removed_while_open(void)
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
static void closed_while_stuck(void)
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

static void logging(void)
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

/* Memory comes and goes, and so does the whole address space, while windows do. */
static void race_with_unmap(void)
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
static void group_with_iommufd(void)
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
static void group_only(void)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio none;

	EXPECT(cdev_open(&none, &dev_mdev) < 0);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_BIND_IOMMUFD, &bind), -ENOTTY);
	mem = guest_alloc(PAGE, 3);
	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), PAGE), 0);
}

static const struct mtap_test with[] = {
	MTAP_TEST(nothing_before_bind),
	MTAP_TEST(one_user),
	MTAP_TEST(not_attached),
	MTAP_TEST(both_ways),
	MTAP_TEST(from_work),
	MTAP_TEST(errors),
	MTAP_TEST(windows),
	MTAP_TEST(detached),
	MTAP_TEST(replaced),
	MTAP_TEST(close_unpins),
	MTAP_TEST(removed_while_open),
	MTAP_TEST(closed_while_stuck),
	MTAP_TEST(logging),
	MTAP_TEST(race_with_unmap),
	MTAP_TEST(group_with_iommufd),
};

static const struct mtap_test without[] = {
	MTAP_TEST(group_only),
};

int main(int argc, char **argv)
{
	bool cdev = cdev_possible();
	const struct mtap_suite suite = {
		.tests = cdev ? with : without,
		.nr = cdev ? ARRAY_SIZE(with) : ARRAY_SIZE(without),
		.setup = guest_load,
		.before = cdev ? open_unbound : guest_open,
		.after = close_all,
		.teardown = dev_unload,
	};

	return mtap_main(argc, argv, &suite);
}
