/* SPDX-License-Identifier: GPL-2.0-only */
/* The runner, which carries out DMA requests. */
#ifndef __MDEV_BPF_DMA_RUNNER_H
#define __MDEV_BPF_DMA_RUNNER_H

#include <linux/types.h>

#include "gate/ops.h"

struct mdev_bpf_device;
struct mdev_bpf_dma_channel;

void mdev_bpf_dma_runner_init(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_runner_close(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_runner_cancel(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_runner_work(struct mdev_bpf_device *bdev);
bool mdev_bpf_dma_runner_leave(struct mdev_bpf_device *bdev, enum mdev_bpf_op op);
void mdev_bpf_dma_runner_after(struct mdev_bpf_device *bdev);
bool mdev_bpf_dma_runner_yields(struct mdev_bpf_dma_channel *ch);

#endif /* __MDEV_BPF_DMA_RUNNER_H */
