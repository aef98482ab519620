/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs request. */
#ifndef __MDEV_BPF_DMA_REQUEST_H
#define __MDEV_BPF_DMA_REQUEST_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;
struct mdev_bpf_dma_request;

int mdev_bpf_request_check(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg,
			   u32 state);
int mdev_bpf_request_read(struct mdev_bpf_device *bdev, struct mdev_bpf_request *arg,
			  const void *data, size_t size, u32 state);
struct mdev_bpf_dma mdev_bpf_request_result(const struct mdev_bpf_dma_request *req);
bool mdev_bpf_request_may_run(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg);
int mdev_bpf_request_make(struct mdev_bpf_device *bdev, const void *data, size_t size);

#endif /* __MDEV_BPF_DMA_REQUEST_H */
