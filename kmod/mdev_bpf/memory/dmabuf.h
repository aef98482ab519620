/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of regions as dma-bufs. */
#ifndef __MDEV_BPF_MEMORY_DMABUF_H
#define __MDEV_BPF_MEMORY_DMABUF_H

#include <linux/types.h>

struct dma_buf;
struct mdev_bpf_memory;

struct dma_buf *mdev_bpf_dmabuf_export(struct mdev_bpf_memory *mem, u64 offset, size_t size,
				       bool write);

#endif /* __MDEV_BPF_MEMORY_DMABUF_H */
