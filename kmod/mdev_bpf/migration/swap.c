// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of regions that has come from elsewhere.
 *
 * A device's pages stay the same as long as it lives, for mappings and dma-bufs. So what comes is
 * kept in memory of its own, and in the end the contents of pages change places. That
 * cannot fail, since all pages are there by then, and can be undone by doing it again.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "device/device.h"
#include "memory/memory.h"
#include "migration/swap.h"

/* Whatever page one of them has, the other has too. Return: 0, -ENOMEM. */
static int same_pages(struct mdev_bpf_memory *to, struct mdev_bpf_memory *from)
{
	pgoff_t index = 0;

	for (; mdev_bpf_memory_next(from, &index); index++) {
		if (IS_ERR(mdev_bpf_memory_page(to, index, GFP_KERNEL_ACCOUNT)))
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

static int swap_prepare_one(struct mdev_bpf_memory *own, struct mdev_bpf_memory **other)
{
	pgoff_t index = 0;

	if (!*other) {
		if (!mdev_bpf_memory_next(own, &index))
			return 0;
		*other = mdev_bpf_memory_new(own->size);
		if (!*other)
			return -ENOMEM;
	}
	return same_pages(own, *other) ?: same_pages(*other, own);
}

/**
 * mdev_bpf_swap_prepare() - get what mdev_bpf_swap_contents() needs
 * @bdev: the device
 * @other: memory by region; NULL for all zeros, and allocated if the device's is not
 *
 * Context: Process context.
 *
 * Return: 0, -ENOMEM.
 */
int mdev_bpf_swap_prepare(struct mdev_bpf_device *bdev, struct mdev_bpf_memory **other)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->memory[i])
			ret = swap_prepare_one(bdev->memory[i], &other[i]);
	return ret;
}

static void swap_pages(void *a, void *b)
{
	u64 *p = a, *q = b;
	unsigned int i;

	for (i = 0; i < PAGE_SIZE / sizeof(u64); i++)
		swap(p[i], q[i]);
}

static void swap_one(struct mdev_bpf_memory *own, struct mdev_bpf_memory *other)
{
	struct page *page, *mine;
	pgoff_t index = 0;

	for (; (page = mdev_bpf_memory_next(other, &index)); index++) {
		mine = mdev_bpf_memory_page(own, index, 0);
		if (!IS_ERR_OR_NULL(mine))
			swap_pages(page_address(mine), page_address(page));
		cond_resched();
	}
}

/**
 * mdev_bpf_swap_contents() - exchange the contents of a device's memory with other memory's
 * @bdev: the device
 * @other: as mdev_bpf_swap_prepare() has left it
 *
 * Context: Process context, the device's lock held, so that no op looks at it meanwhile.
 */
void mdev_bpf_swap_contents(struct mdev_bpf_device *bdev, struct mdev_bpf_memory **other)
{
	unsigned int i;

	lockdep_assert_held(&bdev->lock);
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->memory[i] && other[i])
			swap_one(bdev->memory[i], other[i]);
}
