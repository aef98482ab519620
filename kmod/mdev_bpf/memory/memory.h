/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of regions. */
#ifndef __MDEV_BPF_MEMORY_MEMORY_H
#define __MDEV_BPF_MEMORY_MEMORY_H

#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sockptr.h>
#include <linux/xarray.h>

struct mdev_bpf_device;
struct mem_cgroup;
struct page;

/**
 * struct mdev_bpf_trap - bytes of a MEMORY region that are not memory
 * @start: first byte
 * @end: first byte behind
 */
struct mdev_bpf_trap {
	u64 start;
	u64 end;
};

/**
 * struct mdev_bpf_memory - memory of a region
 * @ref: the device has one, and so has each dma-buf
 * @pages: the pages that were ever touched, by number; its lock protects what precopy.c counts
 * @nr_pages: how many
 * @sent: while the device is saved: what is in front of this number has passed; else 0
 * @passed: how many pages that are
 * @dirty: those of them that may have been written since
 * @late: those of them that others may write to unseen
 * @exports: dma-bufs
 * @size: bytes
 * @traps: the program's window, MSI-X's table and its pending bits, as far as they are here
 * @nr_traps: how many of them are
 * @memcg: the memory cgroup that pays for the pages
 */
struct mdev_bpf_memory {
	struct kref ref;
	struct xarray pages;
	u64 nr_pages;
	pgoff_t sent;
	u64 passed;
	u64 dirty;
	u64 late;
	atomic_t exports;
	u64 size;
	struct mdev_bpf_trap traps[3];
	unsigned int nr_traps;
	struct mem_cgroup *memcg;
};

/*
 * How memory of a size has to be aligned, so that no atomic instruction on a member of it crosses a
 * cache line: that is not for the kernel. A member of 8 bytes may be anywhere in 9.
 */
static inline size_t mdev_bpf_memory_align(size_t size)
{
	return min(rounddown_pow_of_two(size), sizeof(u64));
}

struct mdev_bpf_memory *mdev_bpf_memory_new(u64 size);
void mdev_bpf_memory_put(struct mdev_bpf_memory *mem);
struct page *mdev_bpf_memory_page(struct mdev_bpf_memory *mem, pgoff_t index, gfp_t gfp);
struct page *mdev_bpf_memory_next(struct mdev_bpf_memory *mem, pgoff_t *index);
u64 mdev_bpf_memory_span(const struct mdev_bpf_memory *mem, u64 offset, u64 align);
u64 mdev_bpf_memory_skip(const struct mdev_bpf_memory *mem, u64 offset, u64 align);
ssize_t mdev_bpf_memory_copy(struct mdev_bpf_memory *mem, u64 offset, sockptr_t buf,
			     size_t done, size_t size, bool write);
int mdev_bpf_memory_rw(struct mdev_bpf_memory *mem, u64 offset, void *buf, size_t size,
		       bool write, gfp_t gfp);
void *mdev_bpf_memory_ptr(struct mdev_bpf_memory *mem, u64 offset, size_t size, gfp_t gfp);
int mdev_bpf_memory_init_device(struct mdev_bpf_device *bdev);
void mdev_bpf_memory_put_device(struct mdev_bpf_device *bdev);
void mdev_bpf_memory_clear_device(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_MEMORY_MEMORY_H */
