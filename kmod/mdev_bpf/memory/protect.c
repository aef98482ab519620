// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write protection of memory while the device runs, as a chip has it with a pin.
 *
 * write(2) to protected pages fails. A write through a mapping cannot fail, because KVM would end
 * the virtual machine. So it goes to a copy of the page, which only mappings that are written to
 * have. Copies are dropped soon, and then these mappings show the memory again.
 *
 * Pages of a region that can be protected are mapped read-only at first; another fault makes them
 * writable (vfio/mmap.c). That fault has the lock of the page, or of the copy, from the check for
 * protection until the page is mapped. So when a task has protected pages, has had the lock of each
 * of them, and has then unmapped them, no mapping can write to them any more. And when it has
 * removed the copies, with their locks, and has then unmapped them, no mapping has them any more.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../../compat.h"

#include "device/device.h"
#include "gate/gate.h"
#include "memory/memory.h"
#include "memory/precopy.h"
#include "memory/protect.h"

/* How long a mapping has its copy of a page */
#define COPY_TIME (HZ / 100 ?: 1)

static bool is_within(const struct mdev_bpf_pages *pages, pgoff_t index)
{
	return index >= pages->first && index < pages->end;
}

/* Remember that mappings of some pages have to be dropped. */
static void stale_add(struct mdev_bpf_memory *mem, pgoff_t first, pgoff_t end)
{
	lockdep_assert_held(&mem->pages.xa_lock);
	if (first >= end)
		return;
	if (mem->stale.first >= mem->stale.end)
		mem->stale = (struct mdev_bpf_pages){ first, end };
	mem->stale.first = min(mem->stale.first, first);
	mem->stale.end = max(mem->stale.end, end);
}

static struct mdev_bpf_pages stale_take(struct mdev_bpf_memory *mem)
{
	struct mdev_bpf_pages stale;

	guard(spinlock)(&mem->pages.xa_lock);
	stale = mem->stale;
	mem->stale = (struct mdev_bpf_pages){};
	return stale;
}

/* Wait for faults that are about to map a page writable, because it was not protected yet. */
static void faults_await(struct mdev_bpf_memory *mem, const struct mdev_bpf_pages *pages)
{
	pgoff_t index = pages->first;
	struct page *page;

	for (; mdev_bpf_memory_next(mem, &index) && index < pages->end; index++) {
		page = mdev_bpf_memory_get_page(mem, index, 0);
		if (IS_ERR_OR_NULL(page))
			continue;
		lock_page(page);
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
}

static void pages_unmap(struct mdev_bpf_device *bdev, unsigned int region, pgoff_t first,
			pgoff_t end)
{
	loff_t start = ((loff_t)region << MDEV_BPF_OFFSET_SHIFT) + ((loff_t)first << PAGE_SHIFT);

	unmap_mapping_range(bdev->vdev.inode->i_mapping, start,
			    (loff_t)(end - first) << PAGE_SHIFT, true);
}

/* Remove all copies. A fault that is about to map one sees that, or is waited for. */
static void copies_drop(struct mdev_bpf_device *bdev, unsigned int region,
			struct mdev_bpf_memory *mem)
{
	unsigned long index;
	struct page *copy;

	xa_for_each(&mem->copies, index, copy) {
		/* Only this function removes a copy, under mdev_bpf_protect::lock */
		lock_page(copy);
		xa_erase(&mem->copies, index);
		unlock_page(copy);
		pages_unmap(bdev, region, index, index + 1);
		put_page(copy);		/* Pairs with the get in copy_store() */
		cond_resched();
	}
}

static void region_unmap(struct mdev_bpf_device *bdev, unsigned int region,
			 struct mdev_bpf_memory *mem)
{
	struct mdev_bpf_pages stale = stale_take(mem);

	if (stale.first < stale.end) {
		faults_await(mem, &stale);
		pages_unmap(bdev, region, stale.first, stale.end);
	}
	copies_drop(bdev, region, mem);
}

static struct mdev_bpf_memory *memory_get(struct mdev_bpf_device *bdev, unsigned int region)
{
	/* A parameter that is set may replace the memory */
	guard(mdev_bpf_gate)(bdev);
	if (!(bdev->regions[region].flags & MDEV_BPF_REGION_PROTECT))
		return NULL;
	kref_get(&bdev->memory[region]->ref);
	return bdev->memory[region];
}

/**
 * mdev_bpf_protect_apply() - drop mappings that are not as the protection wants them any more
 * @bdev: the device
 *
 * Context: Process context, no lock held. The time depends on how much memory is mapped, and how
 * often.
 */
void mdev_bpf_protect_apply(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_memory *mem;
	unsigned int i;

	guard(mutex)(&bdev->protect.lock);
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++) {
		mem = memory_get(bdev, i);
		if (!mem)
			continue;
		region_unmap(bdev, i, mem);
		mdev_bpf_memory_put(mem);	/* Pairs with the get in memory_get() */
	}
}

static void protect_work(struct work_struct *work)
{
	mdev_bpf_protect_apply(container_of(to_delayed_work(work), struct mdev_bpf_device,
					    protect.work));
}

/*
 * Set the protected pages of a region. Mappings are dropped soon afterwards, or at the end of the
 * access whose op this is.
 */
static void region_set(struct mdev_bpf_device *bdev, unsigned int region, pgoff_t first,
		       pgoff_t end)
{
	struct mdev_bpf_memory *mem = bdev->memory[region];

	mdev_bpf_gate_assert_held(bdev);
	scoped_guard(spinlock, &mem->pages.xa_lock) {
		if (mem->protected.first == first && mem->protected.end == end)
			return;
		stale_add(mem, mem->protected.first, mem->protected.end);
		stale_add(mem, first, end);
		mem->protected = (struct mdev_bpf_pages){ first, end };
	}
	if (!(bdev->regions[region].flags & MDEV_BPF_REGION_MMAP))
		return;
	bdev->gate.leave |= MDEV_BPF_LEAVE_PROTECT;
	mod_delayed_work(system_dfl_wq, &bdev->protect.work, 0);
}

/**
 * mdev_bpf_protect_set() - protect memory of a region from its user
 * @bdev: the device
 * @region: VFIO index of a MEMORY region
 * @offset: first byte, at the start of a page
 * @size: number of bytes: whole pages, or up to the end of the region; 0 to protect nothing
 *
 * Replaces what was protected before.
 *
 * Context: The gate held; may be in an op.
 *
 * Return: 0; -EINVAL if the region is not MDEV_BPF_REGION_PROTECT, or the range is not as above.
 */
int mdev_bpf_protect_set(struct mdev_bpf_device *bdev, u32 region, u64 offset, u64 size)
{
	struct mdev_bpf_memory *mem;

	region = array_index_nospec(region, MDEV_BPF_MAX_REGIONS);
	mem = bdev->memory[region];
	if (!(bdev->regions[region].flags & MDEV_BPF_REGION_PROTECT) ||
	    offset > mem->size || size > mem->size - offset || offset_in_page(offset) ||
	    (offset_in_page(size) && offset + size != mem->size))
		return -EINVAL;
	if (!size)
		region_set(bdev, region, 0, 0);
	else
		region_set(bdev, region, offset >> PAGE_SHIFT,
			   DIV_ROUND_UP_ULL(offset + size, PAGE_SIZE));
	return 0;
}

/**
 * mdev_bpf_protect_load() - set the protected pages of a region, from a stream
 * @bdev: the device
 * @region: VFIO index of a region
 * @first: index of the first page
 * @end: index of the first page after it, checked; 0 for a region that cannot be protected
 *
 * Context: The gate held.
 */
void mdev_bpf_protect_load(struct mdev_bpf_device *bdev, u32 region, pgoff_t first, pgoff_t end)
{
	if (bdev->regions[region].flags & MDEV_BPF_REGION_PROTECT)
		region_set(bdev, region, first, end);
}

/**
 * mdev_bpf_protect_clear() - protect nothing any more, because of a reset
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_protect_clear(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->regions[i].flags & MDEV_BPF_REGION_PROTECT)
			region_set(bdev, i, 0, 0);
}

/**
 * mdev_bpf_protect_get() - which pages of memory are protected?
 * @mem: the memory
 *
 * Context: Any.
 *
 * Return: the pages.
 */
struct mdev_bpf_pages mdev_bpf_protect_get(struct mdev_bpf_memory *mem)
{
	guard(spinlock)(&mem->pages.xa_lock);
	return mem->protected;
}

/**
 * mdev_bpf_protect_is() - is a page of memory protected?
 * @mem: the memory
 * @index: index of the page
 *
 * Context: Any.
 *
 * Return: true if it is.
 */
bool mdev_bpf_protect_is(struct mdev_bpf_memory *mem, pgoff_t index)
{
	struct mdev_bpf_pages pages;

	/* Memory that is never protected need not be locked */
	if (!READ_ONCE(mem->protected.end))
		return false;
	pages = mdev_bpf_protect_get(mem);
	return is_within(&pages, index);
}

/* Make a copy of a page of memory. */
static struct page *copy_make(struct mdev_bpf_memory *mem, pgoff_t index)
{
	struct page *copy = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO | MDEV_BPF_MEMORY_GFP);
	struct page *page;

	if (!copy)
		return NULL;
	page = mdev_bpf_memory_get_page(mem, index, 0);
	if (IS_ERR_OR_NULL(page))
		return copy;
	copy_highpage(copy, page);
	put_page(page);
	return copy;
}

/* Add a copy, unless another task was faster. Return: false if out of memory. */
static bool copy_store(struct mdev_bpf_memory *mem, pgoff_t index, struct page *copy)
{
	void *old;

	get_page(copy);		/* Pairs with the put in copies_drop() */
	old = xa_cmpxchg(&mem->copies, index, NULL, copy,
			 GFP_KERNEL_ACCOUNT | MDEV_BPF_MEMORY_GFP);
	if (!old)
		return true;
	put_page(copy);
	return !xa_is_err(old);
}

/**
 * mdev_bpf_protect_copy() - get what a mapping can write instead of a protected page
 * @bdev: the device
 * @mem: the memory of one of its regions
 * @index: index of the page
 *
 * Context: Process context, the device is open.
 *
 * Return: a page to be put with put_page(); NULL if the page is not protected; an ERR_PTR: -ENOMEM.
 */
struct page *mdev_bpf_protect_copy(struct mdev_bpf_device *bdev, struct mdev_bpf_memory *mem,
				   pgoff_t index)
{
	struct page *copy;
	bool stored;

	if (!mdev_bpf_protect_is(mem, index))
		return NULL;
	while (!(copy = mdev_bpf_memory_find(&mem->copies, index))) {
		copy = copy_make(mem, index);
		if (!copy)
			return ERR_PTR(-ENOMEM);
		stored = copy_store(mem, index, copy);
		put_page(copy);
		if (!stored)
			return ERR_PTR(-ENOMEM);
	}
	queue_delayed_work(system_dfl_wq, &bdev->protect.work, COPY_TIME);
	return copy;
}

/**
 * mdev_bpf_protect_may_map() - may a mapping write to a page?
 * @mem: the memory
 * @index: index of the page
 * @page: the page, or its copy
 *
 * Context: Process context, the page locked until it is mapped.
 *
 * Return: false if there is a better one now.
 */
bool mdev_bpf_protect_may_map(struct mdev_bpf_memory *mem, pgoff_t index, const struct page *page)
{
	bool protected = mdev_bpf_protect_is(mem, index);

	if (mdev_bpf_memory_has(mem, index, page))
		return !protected;
	/* What is written to a copy after the end of the protection would be lost */
	return protected && xa_load(&mem->copies, index) == page;
}

/**
 * mdev_bpf_protect_init() - set up the work item of a new device
 * @bdev: the device
 */
void mdev_bpf_protect_init(struct mdev_bpf_device *bdev)
{
	mutex_init(&bdev->protect.lock);
	INIT_DELAYED_WORK(&bdev->protect.work, protect_work);
}

/**
 * mdev_bpf_protect_destroy() - wait for the work item of a device whose ops are no longer called
 * @bdev: the device, which has no mapping any more
 *
 * Context: Process context.
 */
void mdev_bpf_protect_destroy(struct mdev_bpf_device *bdev)
{
	cancel_delayed_work_sync(&bdev->protect.work);
	mutex_destroy(&bdev->protect.lock);
}
