/* SPDX-License-Identifier: GPL-2.0-only */
/* DMA of queues, whose ops run at the same time. */
#ifndef __MDEV_BPF_DMA_LANE_H
#define __MDEV_BPF_DMA_LANE_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;
struct mdev_bpf_lane;

int mdev_bpf_dma_lanes_init(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_lanes_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_lanes_kick(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_lanes_drop(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_lanes_await(struct mdev_bpf_device *bdev, unsigned int closings);
int mdev_bpf_dma_lane_request(struct mdev_bpf_lane *lane, const void *data, size_t size);
int mdev_bpf_dma_lane_cancel(struct mdev_bpf_lane *lane, u32 id, u32 mask);
void *mdev_bpf_dma_lane_pin_get(struct mdev_bpf_lane *lane, u64 id, u64 offset, size_t size);
struct mdev_bpf_dma_request *mdev_bpf_dma_lane_put(struct mdev_bpf_lane *lane,
						   const struct mdev_bpf_request *arg);

#endif /* __MDEV_BPF_DMA_LANE_H */
