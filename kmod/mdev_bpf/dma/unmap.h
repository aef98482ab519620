/* SPDX-License-Identifier: GPL-2.0-only */
/* Unmapping of guest memory, and ranges for which dma_unmap has not been called yet. */
#ifndef __MDEV_BPF_DMA_UNMAP_H
#define __MDEV_BPF_DMA_UNMAP_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

/**
 * struct mdev_bpf_unmaps - ranges for the dma_unmap op, protected by the gate
 * @ranges: the ranges in their order. Each stands for at least one window. While there are ranges,
 *	no window is pinned, but for those that fault threads are pinning already, so there is
 *	always room
 * @nr: number of ranges
 */
struct mdev_bpf_unmaps {
	struct mdev_bpf_range ranges[MDEV_BPF_MAX_PINS + MDEV_BPF_MAX_CHANNELS];
	unsigned int nr;
};

void mdev_bpf_unmap(struct mdev_bpf_device *bdev, u64 iova, u64 size);
void mdev_bpf_unmap_run(struct mdev_bpf_device *bdev);
bool mdev_bpf_unmap_take(struct mdev_bpf_device *bdev, struct mdev_bpf_range *range);

#endif /* __MDEV_BPF_DMA_UNMAP_H */
