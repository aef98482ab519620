// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a program no longer needs: it is filled with zeros, and whole pages are freed.
 *
 * An op zeroes pages and marks them. A work item frees those that are still zero and that nobody
 * else uses. It holds the device's lock and the gate, so no op and no reset, save or restore uses a
 * page at that time. All others have references: the page is frozen, so that nobody can get one,
 * before its content is checked.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/page_ref.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../../compat.h"

#include "device/device.h"
#include "gate/gate.h"
#include "memory/memory.h"
#include "memory/precopy.h"
#include "memory/trim.h"

/* The page was zeroed, and may be freed. Precopy has the other two marks. */
#define TRIM XA_MARK_2

/* How many pages are checked while the gate is held */
#define BATCH 32

/*
 * Free a page if it is zero and unused. While the memory is being saved, or a dma-buf has it, pages
 * stay. Return: the page, to be put; or NULL.
 */
static struct page *trim_page(struct mdev_bpf_memory *mem, pgoff_t index, struct page *page)
{
	lockdep_assert_held(&mem->pages.xa_lock);
	__xa_clear_mark(&mem->pages, index, TRIM);
	if (mem->sent || atomic_read(&mem->exports) || !page_ref_freeze(page, 1))
		return NULL;
	if (memchr_inv(page_address(page), 0, PAGE_SIZE)) {
		page_ref_unfreeze(page, 1);
		return NULL;
	}
	__xa_erase(&mem->pages, index);
	mem->nr_pages--;
	page_ref_unfreeze(page, 1);
	return page;
}

/*
 * Check the next pages that are marked. Setting a parameter may replace the memory of a region, so
 * it is that of the region only while the gate is held. Return: how many pages were checked; those
 * to free in @pages.
 */
static unsigned int trim_batch(struct mdev_bpf_device *bdev, unsigned int region, pgoff_t *index,
			       struct page **pages)
{
	struct mdev_bpf_memory *mem;
	unsigned int n;

	guard(mdev_bpf_gate)(bdev);
	mem = bdev->memory[region];
	if (!mem)
		return 0;
	guard(spinlock)(&mem->pages.xa_lock);
	for (n = 0; n < BATCH; n++, ++*index) {
		struct page *page = xa_find(&mem->pages, index, ULONG_MAX, TRIM);

		if (!page)
			break;
		pages[n] = trim_page(mem, *index, page);
	}
	return n;
}

static void trim_region(struct mdev_bpf_device *bdev, unsigned int region)
{
	struct page *pages[BATCH];
	pgoff_t index = 0;
	unsigned int n, i;

	do {
		scoped_guard(mutex, &bdev->lock)
			n = trim_batch(bdev, region, &index, pages);
		for (i = 0; i < n; i++)
			if (pages[i])
				put_page(pages[i]);
		cond_resched();
	} while (n == BATCH);
}

static void trim_work(struct work_struct *work)
{
	struct mdev_bpf_device *bdev = container_of(work, struct mdev_bpf_device, trim);
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->regions[i].flags & MDEV_BPF_REGION_MEMORY)
			trim_region(bdev, i);
}

/* Zero a part of a page. @mark: mark it if that is all of it. */
static void zero_page(struct mdev_bpf_memory *mem, u64 offset, u64 size, bool mark)
{
	pgoff_t index = offset >> PAGE_SHIFT;
	struct page *page = mdev_bpf_memory_page(mem, index, 0);

	if (IS_ERR_OR_NULL(page))
		return;
	memset(page_address(page) + offset_in_page(offset), 0, size);
	mdev_bpf_precopy_written(mem, index, page);
	if (!mark || size < min_t(u64, PAGE_SIZE, mem->size - ((u64)index << PAGE_SHIFT)))
		return;
	guard(spinlock)(&mem->pages.xa_lock);
	__xa_set_mark(&mem->pages, index, TRIM);
}

/**
 * mdev_bpf_trim_zero() - fill memory with zeros, and have whole pages freed
 * @bdev: the device
 * @region: VFIO index of a MEMORY region
 * @offset: first byte
 * @size: number of bytes, at most MDEV_BPF_MAX_ZERO
 *
 * Pages of regions with MDEV_BPF_REGION_POPULATE stay.
 *
 * Context: The gate held; may be in an op.
 *
 * Return: 0; -EINVAL beyond the end of the region.
 */
int mdev_bpf_trim_zero(struct mdev_bpf_device *bdev, u32 region, u64 offset, u64 size)
{
	struct mdev_bpf_memory *mem;
	u64 done, n;
	bool mark;

	mdev_bpf_gate_assert_held(bdev);
	region = array_index_nospec(region, MDEV_BPF_MAX_REGIONS);
	mark = !(bdev->regions[region].flags & MDEV_BPF_REGION_POPULATE);
	mem = bdev->memory[region];
	if (offset > mem->size || size > mem->size - offset)
		return -EINVAL;
	for (done = 0; done < size; done += n) {
		n = min_t(u64, size - done, PAGE_SIZE - offset_in_page(offset + done));
		zero_page(mem, offset + done, n, mark);
	}
	if (xa_marked(&mem->pages, TRIM))
		queue_work(system_dfl_wq, &bdev->trim);
	return 0;
}

/**
 * mdev_bpf_trim_init() - set up the work item of a new device
 * @bdev: the device
 */
void mdev_bpf_trim_init(struct mdev_bpf_device *bdev)
{
	INIT_WORK(&bdev->trim, trim_work);
}

/**
 * mdev_bpf_trim_destroy() - wait for the work item of a device whose ops are no longer called
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_trim_destroy(struct mdev_bpf_device *bdev)
{
	cancel_work_sync(&bdev->trim);
}
