// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restoring the memory of regions: the received contents are swapped with the device's.
 *
 * A device keeps the same pages for its whole life, because mappings and dma-bufs refer to them. So
 * received memory is collected in separate pages, and in the end the contents of both are swapped.
 * All pages are allocated before that, so the swap cannot fail; swapping again undoes it.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "device/device.h"
#include "memory/memory.h"
#include "migration/swap.h"

/* Allocate in @to each page that @from has. Return: 0, -ENOMEM, -EINTR. */
static int same_pages(struct mdev_bpf_memory *to, struct mdev_bpf_memory *from)
{
	pgoff_t index = 0;

	for (; mdev_bpf_memory_next(from, &index); index++) {
		if (IS_ERR(mdev_bpf_memory_page(to, index, GFP_KERNEL_ACCOUNT)))
			return -ENOMEM;
		if (fatal_signal_pending(current))
			return -EINTR;
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
 * mdev_bpf_swap_prepare() - allocate what mdev_bpf_swap_contents() needs
 * @bdev: the device
 * @other: the received memory by region. NULL stands for zeros; if the device has pages in that
 *	region, it is replaced by newly allocated memory
 *
 * Context: Process context.
 *
 * Return: 0, -ENOMEM, -EINTR.
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
 * mdev_bpf_swap_contents() - swap the contents of a device's memory and of other memory
 * @bdev: the device
 * @other: the other memory, prepared by mdev_bpf_swap_prepare()
 *
 * Context: Process context, the device's lock held, and the gate by mdev_bpf_gate_hold(), so that
 * no op runs in the meantime.
 */
void mdev_bpf_swap_contents(struct mdev_bpf_device *bdev, struct mdev_bpf_memory **other)
{
	unsigned int i;

	lockdep_assert_held(&bdev->lock);
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->memory[i] && other[i])
			swap_one(bdev->memory[i], other[i]);
}
