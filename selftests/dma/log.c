// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of what a device writes to guest memory, by requests: exactly those pages, once. Where
 * the kernel cannot deliver a log none is offered, and that of the container serves.
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
#include "missing.h"

#define READ	MDEV_BPF_DMA_READ
#define WRITE	MDEV_BPF_DMA_WRITE
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x200000000ULL
#define PAGE	4096ull
#define PAGES	64
#define START	VFIO_DEVICE_FEATURE_DMA_LOGGING_START
#define STOP	VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP
#define REPORT	VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT
#define SET	VFIO_DEVICE_FEATURE_SET
#define GET	VFIO_DEVICE_FEATURE_GET

static __u8 *mem;

static void map_memory(void)
{
	mem = guest_alloc(PAGES * PAGE, 1);
	ASSERT_EQ(guest_map(IOVA, mem, PAGES * PAGE, PROT_RW), 0);
}

/* The log of the mapped pages, and it is empty then. */
static __u64 take(void)
{
	__u64 bits = 0;

	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits), 0);
	return bits;
}

static int write_to(__u64 off, __u64 size)
{
	return kdma_do(WRITE, IOVA + off, DATA(0), size);
}

MTAP_TEST_IF(dirty_possible, offered)
{
	EXPECT_EQ(dirty_probe(&dev, SET | START), 0);
	EXPECT_EQ(dirty_probe(&dev, SET | STOP), 0);
	EXPECT_EQ(dirty_probe(&dev, GET | REPORT), 0);
	EXPECT_EQ(dirty_probe(&dev, GET | START), -EINVAL);
	EXPECT_EQ(dirty_probe(&dev, SET | REPORT), -EINVAL);
}

MTAP_TEST_UNLESS(dirty_possible, not_offered)
{
	__u64 bits = 0;

	EXPECT_EQ(dirty_probe(&dev, SET | START), -ENOTTY);
	EXPECT_EQ(dirty_probe(&dev, SET | STOP), -ENOTTY);
	EXPECT_EQ(dirty_probe(&dev, GET | REPORT), -ENOTTY);
	EXPECT_EQ(dirty_start(&dev, PAGE, IOVA, PAGE), -ENOTTY);
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGE, PAGE, &bits), -ENOTTY);
	EXPECT_EQ(dirty_stop(&dev), -ENOTTY);
}

/* What QEMU falls back to: mediated devices are logged by the container, page by page. */
MTAP_TEST(container_knows)
{
	map_memory();
	ASSERT_EQ(dirty_container(&dev, VFIO_IOMMU_DIRTY_PAGES_FLAG_START), 0);
	dirty_container_take(&dev, IOVA, PAGES);
	EXPECT_EQ(write_to(3 * PAGE + 7, 100), 0);
	EXPECT_EQ(write_to(10 * PAGE - 1, 2), 0);
	EXPECT_EQ(kdma_do(READ, IOVA + 20 * PAGE, DATA(0), PAGE), 0);
	EXPECT_EQ(dirty_container_take(&dev, IOVA, PAGES), 1 << 3 | 1 << 9 | 1 << 10);
	EXPECT_EQ(dirty_container_take(&dev, IOVA, PAGES), 0);
	EXPECT_EQ(dirty_container(&dev, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP), 0);
}

MTAP_TEST_IF(dirty_possible, exact)
{
	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(take(), 0);
	EXPECT_EQ(write_to(0, 1), 0);
	EXPECT_EQ(take(), 1);
	EXPECT_EQ(take(), 0);
	EXPECT_EQ(write_to(5 * PAGE - 1, 2), 0);
	EXPECT_EQ(write_to(8 * PAGE, PAGE), 0);
	EXPECT_EQ(write_to(PAGES * PAGE - 1, 1), 0);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 20 * PAGE + 1, MDEV_BPF_MEMORY(KDMA_MEM, 0), 4 * PAGE), 0);
	EXPECT_EQ(take(), 3ULL << 4 | 1ULL << 8 | 1ULL << 63 | 0x1fULL << 20);
	EXPECT_EQ(take(), 0);
}

/* All pieces of a list that were written, and nothing of what is in the list beyond */
MTAP_TEST_IF(dirty_possible, lists)
{
	static const struct {
		__u64 iova;
		__u32 size, reserved;
	} list[] = {
		{ IOVA + 3 * PAGE - 1, 2, 0 }, { IOVA + 10 * PAGE, PAGE, 0 },
		{ IOVA + 20 * PAGE - 4, 8, 0 }, { IOVA + 40 * PAGE, PAGE, 0 },
	};

	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	kdma_bytes_set(4 * PAGE, list, sizeof(list));
	kdma_set(KDMA_FLAGS, MDEV_BPF_DMA_LIST);
	kdma_set(KDMA_COUNT, ARRAY_SIZE(list));
	EXPECT_EQ(kdma_do(WRITE, DATA(4 * PAGE), DATA(0), 2 + PAGE + 4), 0);
	EXPECT_EQ(take(), 1 << 2 | 1 << 3 | 1 << 10 | 1 << 19);
	EXPECT_EQ(kdma_do(READ, DATA(4 * PAGE), DATA(0), 2 + PAGE + 4), 0);
	EXPECT_EQ(take(), 0);
}

MTAP_TEST_IF(dirty_possible, reads_are_not_logged)
{
	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8 * PAGE), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, MDEV_BPF_MEMORY(KDMA_MEM, 0), 8 * PAGE), 0);
	EXPECT_EQ(take(), 0);
}

/* A failed request may have written a part, so its pages are dirty. */
MTAP_TEST_IF(dirty_possible, failed_writes_count)
{
	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, (PAGES + 1) * PAGE), 0);
	EXPECT_EQ(write_to((PAGES - 2) * PAGE, 3 * PAGE), -ENOENT);
	EXPECT_EQ(take(), 3ULL << 62);
	guest_bus_master(false);
	EXPECT_EQ(write_to(0, PAGE), -EACCES);
	guest_bus_master(true);
}

MTAP_TEST_IF(dirty_possible, work_is_logged)
{
	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	kdma_set(KDMA_IOVA, IOVA + 30 * PAGE);
	kdma_set(KDMA_WHERE, DATA(0));
	kdma_set(KDMA_SIZE, 8);
	kdma_set(KDMA_GO_WORK, WRITE);
	ASSERT(kdma_await(1));
	EXPECT_EQ(kdma_error(0), 0);
	EXPECT_EQ(take(), 1ULL << 30);
}

/* Only what lies in a range; a report may cover several that adjoin. */
MTAP_TEST_IF(dirty_possible, ranges)
{
	const struct vfio_device_feature_dma_logging_range r[] = {
		{ IOVA + 8 * PAGE, 8 * PAGE }, { IOVA, 8 * PAGE }, { IOVA + 32 * PAGE, 4 * PAGE },
	};
	__u64 size = PAGE, bits = 0;

	map_memory();
	ASSERT_EQ(dirty_start_ranges(&dev, &size, ARRAY_SIZE(r), r), 0);
	EXPECT_EQ(size, PAGE);
	EXPECT_EQ(write_to(0, 64 * PAGE), 0);
	EXPECT_EQ(dirty_report(&dev, IOVA, 17 * PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_report(&dev, IOVA - PAGE, 8 * PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_report(&dev, IOVA + 31 * PAGE, 2 * PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_report(&dev, IOVA + 34 * PAGE, 3 * PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_report(&dev, IOVA + 40 * PAGE, PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(bits, 0);
	EXPECT_EQ(dirty_report(&dev, IOVA + 2 * PAGE, 12 * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 0xfff);
	bits = 0;
	EXPECT_EQ(dirty_report(&dev, IOVA, 16 * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 3 | 3 << 14);
	bits = 0;
	EXPECT_EQ(dirty_report(&dev, IOVA + 32 * PAGE, 4 * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 0xf);
}

/* What the user has set in his bitmap stays. */
MTAP_TEST_IF(dirty_possible, bits_are_only_set)
{
	__u64 bits[3] = { ~0ULL, 0x5500, ~0ULL };

	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(write_to(PAGE, 1), 0);
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits[1]), 0);
	EXPECT_EQ(bits[0], ~0ULL);
	EXPECT_EQ(bits[1], 0x5502);
	EXPECT_EQ(bits[2], ~0ULL);
}

/* Pages of the report that are larger or smaller than those of the log */
MTAP_TEST_IF(dirty_possible, page_sizes)
{
	__u64 size = 512, bits = 0;

	map_memory();
	/* Smaller than what there is */
	ASSERT_EQ(dirty_start_ranges(&dev, &size, 1,
				     &(struct vfio_device_feature_dma_logging_range)
				     { IOVA, PAGES * PAGE }), 0);
	EXPECT_EQ(size, PAGE);
	EXPECT_EQ(write_to(9 * PAGE + 100, 8), 0);
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGES * PAGE, 4 * PAGE, &bits), 0);
	EXPECT_EQ(bits, 1 << 2);
	EXPECT_EQ(take(), 0);
	EXPECT_EQ(dirty_stop(&dev), 0);

	ASSERT_EQ(dirty_start(&dev, 16 * PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(write_to(16 * PAGE, 1), 0);
	EXPECT_EQ(take(), 0xffffULL << 16);
	EXPECT_EQ(take(), 0);
	/* A part of a page of the log; the rest of it has to come, too */
	EXPECT_EQ(write_to(32 * PAGE, 1), 0);
	bits = 0;
	EXPECT_EQ(dirty_report(&dev, IOVA + 30 * PAGE, 8 * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 0xfc);
	bits = 0;
	EXPECT_EQ(dirty_report(&dev, IOVA + 40 * PAGE, 24 * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 0xff);
	EXPECT_EQ(take(), 0xffffULL << 32);
	EXPECT_EQ(take(), 0);
}

/* One page of the log that all there is lies in. It is clean when it was reported as a whole. */
MTAP_TEST_IF(dirty_possible, huge_pages)
{
	static const struct { __u64 iova, size; } all[] = {
		{ IOVA, 1ULL << 32 }, { 0, 1ULL << 63 },
	};
	unsigned int i;
	__u64 bits;

	map_memory();
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		ASSERT_EQ(dirty_start(&dev, all[i].size, all[i].iova, all[i].size), 0);
		EXPECT_EQ(write_to(PAGE, 1), 0);
		EXPECT_EQ(take(), ~0ULL);
		EXPECT_EQ(take(), ~0ULL);
		bits = 0;
		EXPECT_EQ(dirty_report(&dev, all[i].iova, all[i].size, all[i].size / 64, &bits),
			  0);
		EXPECT_EQ(bits, ~0ULL);
		EXPECT_EQ(take(), 0);
		EXPECT_EQ(dirty_stop(&dev), 0);
	}
}

/* A page of the log that ends with the address space, of which a part is reported */
MTAP_TEST_IF(dirty_possible, last_page)
{
	__u64 page_size = 1, bits = 0;

	ASSERT_EQ(dirty_start_ranges(&dev, &page_size, 1,
				     &(struct vfio_device_feature_dma_logging_range)
				     { -PAGE, PAGE - 1 }), 0);
	EXPECT_EQ(kdma_do(WRITE, -PAGE, DATA(0), 8), -ENOENT);
	EXPECT_EQ(dirty_report(&dev, -PAGE + 1, 8, PAGE, &bits), 0);
	EXPECT_EQ(bits, 1);
	bits = 0;
	EXPECT_EQ(dirty_report(&dev, -PAGE, PAGE - 1, PAGE, &bits), 0);
	EXPECT_EQ(bits, 1);
}

static const struct {
	__u64 page_size, iova, length;
	int ret;
} starts[] = {
	{ PAGE, IOVA, 0, -EINVAL },
	{ PAGE, 0, 0, -EINVAL },
	{ 0, 0, 0, -EINVAL },
	{ 0, IOVA, PAGE, -EINVAL },
	{ 3 << 12, 3 << 12, 3 << 12, -EINVAL },
	{ PAGE, IOVA + 8, PAGE, -EINVAL },
	{ PAGE, IOVA, PAGE + 8, -EINVAL },
	{ 4 * PAGE, IOVA + PAGE, 4 * PAGE, -EINVAL },
	{ PAGE, -PAGE, 2 * PAGE, -EOVERFLOW },
	{ PAGE, 0, -PAGE, 0 },
	{ 1ULL << 63, 0, 1ULL << 63, 0 },
	{ 1 << 30, IOVA, 1 << 30, 0 },
};

MTAP_TEST_IF(dirty_possible, start_is_checked)
{
	const struct vfio_device_feature_dma_logging_range both[] = {
		{ IOVA, 2 * PAGE }, { IOVA + PAGE, 2 * PAGE },
	};
	__u64 size = PAGE;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		int ret = dirty_start(&dev, starts[i].page_size, starts[i].iova,
				      starts[i].length);

		if (ret != starts[i].ret)
			mtap_fail(__FILE__, __LINE__, "case %u: %d", i, ret);
		EXPECT_EQ(dirty_stop(&dev), 0);
	}
	EXPECT_EQ(dirty_start_ranges(&dev, &size, 2, both), -EINVAL);
	EXPECT_EQ(dirty_start_ranges(&dev, &size, 0, both), -EINVAL);
	EXPECT_EQ(dirty_start_ranges(&dev, &size, 2, NULL), -EFAULT);
	EXPECT_EQ(dirty_start_ranges(&dev, &size, 257, both), -E2BIG);
}

MTAP_TEST_IF(dirty_possible, states)
{
	__u64 bits = 0;

	map_memory();
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_stop(&dev), 0);
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(write_to(0, 1), 0);
	EXPECT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), -EBUSY);
	EXPECT_EQ(dirty_report(&dev, IOVA, 0, PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGE, PAGE / 2, &bits), -EINVAL);
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGE, 3 * PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_report(&dev, -PAGE, 2 * PAGE, PAGE, &bits), -EOVERFLOW);
	/* None of that has touched the log */
	EXPECT_EQ(take(), 1);
	EXPECT_EQ(write_to(0, 1), 0);
	EXPECT_EQ(dirty_stop(&dev), 0);
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(write_to(PAGE, 1), 0);
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(take(), 0);
}

/* A reset does not undo what was written; closing the device ends it all. */
MTAP_TEST_IF(dirty_possible, reset_and_close)
{
	__u64 bits = 0;

	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(write_to(PAGE, 1), 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	guest_bus_master(true);
	EXPECT_EQ(write_to(2 * PAGE, 1), 0);
	EXPECT_EQ(take(), 6);
	close(dev.device);
	dev.device = vfio_open_again(&dev, &dev_mdev);
	ASSERT(dev.device >= 0);
	guest_reopen();
	EXPECT_EQ(dirty_report(&dev, IOVA, PAGE, PAGE, &bits), -EINVAL);
	EXPECT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(take(), 0);
}

/* A device that has stopped has written all it will, and all of it is in the log. */
MTAP_TEST_IF(dirty_possible, stopped)
{
	unsigned int i;

	map_memory();
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	for (i = 0; i < 20; i++) {
		__u64 page = i * 3 % PAGES, before = kdma_get(KDMA_DONE);

		kdma_set(KDMA_IOVA, IOVA + page * PAGE);
		kdma_set(KDMA_WHERE, DATA(0));
		kdma_set(KDMA_SIZE, 8);
		memset(mem + page * PAGE, 0x55, 8);
		kdma_bytes_set(0, &before, 8);
		kdma_set(KDMA_GO_WORK, WRITE);
		ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
		EXPECT_EQ(take(), memcmp(mem + page * PAGE, &before, 8) ? 0 : 1ULL << page);
		ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
		ASSERT(kdma_await(before + 1));
		take();
	}
}

/* More than there is room for, in a range that is as large: all of it is dirty then. */
MTAP_TEST_IF(dirty_possible, full)
{
	const __u64 step = 32768 * PAGE, nr = 8193;
	__u64 i, bits = 0;

	ASSERT_EQ(dirty_start(&dev, PAGE, 0, nr * step), 0);
	kdma_set(KDMA_WHERE, DATA(0));
	kdma_set(KDMA_SIZE, 1);
	for (i = 0; i < nr - 1; i++) {
		kdma_set(KDMA_IOVA, i * step);
		kdma_set(KDMA_GO, WRITE);
	}
	EXPECT_EQ(dirty_report(&dev, step + PAGE, 2 * PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 0);
	kdma_set(KDMA_IOVA, i * step);
	kdma_set(KDMA_GO, WRITE);
	EXPECT_EQ(dirty_report(&dev, step, 2 * step, PAGE << 14, &bits), 0);
	EXPECT_EQ(bits, 0xf);
	bits = 0;
	EXPECT_EQ(dirty_report(&dev, nr * step - PAGE, PAGE, PAGE, &bits), 0);
	EXPECT_EQ(bits, 1);
	bits = 0;
	EXPECT_EQ(dirty_stop(&dev), 0);
	ASSERT_EQ(dirty_start(&dev, PAGE, 0, nr * step), 0);
	EXPECT_EQ(dirty_report(&dev, 0, step, step, &bits), 0);
	EXPECT_EQ(bits, 0);
}

static void *report_to_missing(void *ret)
{
	*(int *)ret = dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, missing.mem);
	return NULL;
}

/* However long the page faults of the user's bitmap take, no other task waits for them. */
MTAP_TEST_IF(dirty_possible, report_waits_alone)
{
	static __u8 zeros[MISSING_PAGE];
	pthread_t thread;
	int ret = 1;

	missing_need();
	map_memory();
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * MISSING_PAGE, 0)), 0);
	ASSERT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(write_to(7 * PAGE, 1), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, report_to_missing, &ret), 0);
	EXPECT(missing_wanted());
	EXPECT_EQ(write_to(8 * PAGE, 1), 0);
	EXPECT_EQ(take(), 1 << 8);
	prog_detach(&dev_prog);
	EXPECT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(dirty_stop(&dev), 0);
	missing_bring(0, zeros);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, -EINVAL);
	EXPECT_EQ(*(__u64 *)missing.mem, 1 << 7);
}

static struct {
	atomic_bool stop;
	unsigned int rounds;
} other;

static void *start_and_stop(void *unused)
{
	__u64 bits;

	for (other.rounds = 0; !other.stop; other.rounds++) {
		dirty_start(&dev, PAGE, IOVA, PAGES * PAGE);
		dirty_report(&dev, IOVA, PAGES * PAGE, PAGE, &bits);
		dirty_stop(&dev);
	}
	return unused;
}

MTAP_TEST_IF(dirty_possible, race)
{
	pthread_t thread;
	unsigned int i;

	map_memory();
	other.stop = false;
	ASSERT_EQ(pthread_create(&thread, NULL, start_and_stop, NULL), 0);
	for (i = 0; i < 300; i++) {
		EXPECT_EQ(write_to(i % PAGES * PAGE, 1), 0);
		if (i % 50 == 49) {
			ASSERT_EQ(vfio_reset(&dev), 0);
			guest_bus_master(true);
		}
	}
	other.stop = true;
	pthread_join(thread, NULL);
	EXPECT(other.rounds > 0);
	EXPECT_EQ(dirty_start(&dev, PAGE, IOVA, PAGES * PAGE), 0);
	EXPECT_EQ(take(), 0);
}

static void close_all(void)
{
	missing_end();
	guest_close();
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = guest_open, .after = close_all, .teardown = dev_unload,
};
