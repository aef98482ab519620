/* SPDX-License-Identifier: GPL-2.0-only */
/* Dirty tracking: which guest memory the device has written to. */
#ifndef __MDEV_BPF_DMA_DIRTY_H
#define __MDEV_BPF_DMA_DIRTY_H

struct mdev_bpf_device;
struct mdev_bpf_dma_request;
struct mdev_bpf_pin;

void mdev_bpf_dirty_init(struct mdev_bpf_device *bdev);
void mdev_bpf_dirty_close(struct mdev_bpf_device *bdev);
void mdev_bpf_dirty_request(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req);
void mdev_bpf_dirty_pin(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin);

#endif /* __MDEV_BPF_DMA_DIRTY_H */
