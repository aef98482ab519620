/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream's section of DMA requests. */
#ifndef __MDEV_BPF_MIGRATION_STREAM_DMA_H
#define __MDEV_BPF_MIGRATION_STREAM_DMA_H

#include <linux/types.h>

struct mdev_bpf_device;

size_t mdev_bpf_stream_dma_queues_size(struct mdev_bpf_device *bdev);
void mdev_bpf_stream_dma_queues_save(struct mdev_bpf_device *bdev, void *data);
bool mdev_bpf_stream_dma_queues_check(struct mdev_bpf_device *bdev, const void *data, size_t size);
void mdev_bpf_stream_dma_queues_load(struct mdev_bpf_device *bdev, const void *data, size_t size);
size_t mdev_bpf_stream_dma_size(struct mdev_bpf_device *bdev);
void mdev_bpf_stream_dma_save(struct mdev_bpf_device *bdev, void *data);
bool mdev_bpf_stream_dma_check(struct mdev_bpf_device *bdev, const void *data, size_t size);
void mdev_bpf_stream_dma_load(struct mdev_bpf_device *bdev, const void *data, size_t size);

#endif /* __MDEV_BPF_MIGRATION_STREAM_DMA_H */
