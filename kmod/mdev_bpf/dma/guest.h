/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying between guest memory and the device. */
#ifndef __MDEV_BPF_DMA_GUEST_H
#define __MDEV_BPF_DMA_GUEST_H

#include <linux/types.h>

struct mdev_bpf_device;
struct mdev_bpf_dma_channel;
struct mdev_bpf_request;

bool mdev_bpf_guest_where_ok(struct mdev_bpf_device *bdev, u64 where, u64 size, u32 state);
bool mdev_bpf_guest_in_state(const struct mdev_bpf_request *arg);
int mdev_bpf_guest_errno(int err);
bool mdev_bpf_guest_is_mapped(struct mdev_bpf_device *bdev, u64 iova);
void mdev_bpf_guest_close(struct mdev_bpf_dma_channel *ch);
int mdev_bpf_guest_transfer(struct mdev_bpf_dma_channel *ch, bool wait);
bool mdev_bpf_guest_is_used(const struct mdev_bpf_request *arg);
bool mdev_bpf_guest_is_written(const struct mdev_bpf_request *arg);
int mdev_bpf_guest_buffer(struct mdev_bpf_dma_channel *ch, void *buf, bool fill);

#endif /* __MDEV_BPF_DMA_GUEST_H */
