/* SPDX-License-Identifier: GPL-2.0-only */
/* Write protection of memory while the device runs. */
#ifndef __MDEV_BPF_MEMORY_PROTECT_H
#define __MDEV_BPF_MEMORY_PROTECT_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "memory/memory.h"

struct mdev_bpf_device;
struct page;

/**
 * struct mdev_bpf_protect - what a device needs to protect its memory
 * @work: drops mappings
 */
struct mdev_bpf_protect {
	/**
	 * @lock: held while mappings are dropped, so that a task that finds nothing to do knows
	 * that all of it has been done
	 */
	struct mutex lock;
	struct delayed_work work;
};

int mdev_bpf_protect_set(struct mdev_bpf_device *bdev, u32 region, u64 offset, u64 size);
void mdev_bpf_protect_load(struct mdev_bpf_device *bdev, u32 region, pgoff_t first, pgoff_t end);
void mdev_bpf_protect_clear(struct mdev_bpf_device *bdev);
struct mdev_bpf_pages mdev_bpf_protect_get(struct mdev_bpf_memory *mem);
bool mdev_bpf_protect_is(struct mdev_bpf_memory *mem, pgoff_t index);
struct page *mdev_bpf_protect_copy(struct mdev_bpf_device *bdev, struct mdev_bpf_memory *mem,
				   pgoff_t index);
bool mdev_bpf_protect_may_map(struct mdev_bpf_memory *mem, pgoff_t index, const struct page *page);
void mdev_bpf_protect_apply(struct mdev_bpf_device *bdev);
void mdev_bpf_protect_init(struct mdev_bpf_device *bdev);
void mdev_bpf_protect_destroy(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_MEMORY_PROTECT_H */
