/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory that the user takes away, and what the program has not been told of it yet. */
#ifndef __MDEV_BPF_DMA_UNMAP_H
#define __MDEV_BPF_DMA_UNMAP_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

/**
 * struct mdev_bpf_unmaps - ranges for the dma_unmap op, under the gate
 * @ranges: in their order; no window is pinned before they are empty, so each is there for one
 *	window at least
 * @nr: how many
 */
struct mdev_bpf_unmaps {
	struct mdev_bpf_range ranges[MDEV_BPF_MAX_PINS];
	unsigned int nr;
};

void mdev_bpf_unmap(struct mdev_bpf_device *bdev, u64 iova, u64 size);
void mdev_bpf_unmap_run(struct mdev_bpf_device *bdev);
bool mdev_bpf_unmap_take(struct mdev_bpf_device *bdev, struct mdev_bpf_range *range);

#endif /* __MDEV_BPF_DMA_UNMAP_H */
