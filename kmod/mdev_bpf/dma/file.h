/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests for files. */
#ifndef __MDEV_BPF_DMA_FILE_H
#define __MDEV_BPF_DMA_FILE_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_dma_channel;

static inline bool mdev_bpf_dma_file_is(const struct mdev_bpf_request *arg)
{
	return arg->op >= MDEV_BPF_FILE_READ && arg->op <= MDEV_BPF_FILE_ZERO;
}

int mdev_bpf_dma_file(struct mdev_bpf_dma_channel *ch);

#endif /* __MDEV_BPF_DMA_FILE_H */
