/* SPDX-License-Identifier: GPL-2.0-only */
/* Which pages of memory still have to be sent. */
#ifndef __MDEV_BPF_MEMORY_PRECOPY_H
#define __MDEV_BPF_MEMORY_PRECOPY_H

#include <linux/types.h>

struct mdev_bpf_device;
struct mdev_bpf_memory;
struct page;

/* Passes over: all pages; pages written since; what is left when the device has stopped */
enum precopy_pass { PASS_FIRST, PASS_AGAIN, PASS_REST };

void mdev_bpf_precopy_written(struct mdev_bpf_memory *mem, pgoff_t index, struct page *page);
void mdev_bpf_precopy_written_run(struct mdev_bpf_memory *mem, pgoff_t index, struct page *first,
				  unsigned int nr);
void mdev_bpf_precopy_mapped(struct mdev_bpf_memory *mem, pgoff_t index);
void mdev_bpf_precopy_exported(struct mdev_bpf_memory *mem, pgoff_t index);
struct page *mdev_bpf_precopy_next(struct mdev_bpf_memory *mem, enum precopy_pass pass,
				   pgoff_t *index);
bool mdev_bpf_precopy_take(struct mdev_bpf_device *bdev, u32 region, enum precopy_pass pass,
			   pgoff_t index, struct page *page);
u64 mdev_bpf_precopy_bytes(struct mdev_bpf_memory *mem, enum precopy_pass pass);
void mdev_bpf_precopy_end(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_MEMORY_PRECOPY_H */
