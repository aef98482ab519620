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

/* When memory runs out, an access fails instead of invoking the OOM killer. */
#define MDEV_BPF_MEMORY_GFP	(__GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/**
 * struct mdev_bpf_trap - bytes of a MEMORY region that are not memory
 * @start: the first byte
 * @end: the first byte after it
 */
struct mdev_bpf_trap {
	u64 start;
	u64 end;
};

/**
 * struct mdev_bpf_pages - a range of pages
 * @first: index of the first page
 * @end: index of the first page after it; not more than @first if there are none
 */
struct mdev_bpf_pages {
	pgoff_t first;
	pgoff_t end;
};

/**
 * struct mdev_bpf_memory - memory of a region
 * @ref: reference count; the device has a reference, and so does each dma-buf
 * @pages: the pages that exist, by index; its lock also protects the members up to @stale
 * @nr_pages: number of pages
 * @sent: while the device is saved, pages with a lower index have been sent; else 0
 * @passed: number of pages that have been sent
 * @dirty: number of those that may have been written since
 * @late: number of those that can be written without the core noticing
 * @protected: pages that the user cannot write
 * @stale: pages that have been protected, or not any longer, since mappings were dropped
 * @copies: what mappings write instead of protected pages, by index
 * @left: a previous user may still have pages of it, so nobody can open the device with it
 * @exports: number of dma-bufs; grows under the lock of @pages
 * @size: size in bytes
 * @traps: the program's window, the MSI-X table and the pending bits, if they are in this region
 * @nr_traps: number of traps
 * @memcg: the memory cgroup to which the pages are charged
 */
struct mdev_bpf_memory {
	struct kref ref;
	struct xarray pages;
	u64 nr_pages;
	pgoff_t sent;
	u64 passed;
	u64 dirty;
	u64 late;
	struct mdev_bpf_pages protected;
	struct mdev_bpf_pages stale;
	struct xarray copies;
	bool left;
	atomic_t exports;
	u64 size;
	struct mdev_bpf_trap traps[3];
	unsigned int nr_traps;
	struct mem_cgroup *memcg;
};

/* Is that the page of the memory itself? */
static inline bool mdev_bpf_memory_has(struct mdev_bpf_memory *mem, pgoff_t index,
				       const struct page *page)
{
	return xa_load(&mem->pages, index) == page;
}

/*
 * The alignment for memory of a size, so that no atomic instruction of a program crosses a cache
 * line, which can be fatal in the kernel. A member of 8 bytes could be at the start of 9 bytes.
 */
static inline size_t mdev_bpf_memory_align(size_t size)
{
	return min(rounddown_pow_of_two(size), sizeof(u64));
}

struct mdev_bpf_memory *mdev_bpf_memory_new(u64 size);
void mdev_bpf_memory_put(struct mdev_bpf_memory *mem);
struct page *mdev_bpf_memory_page(struct mdev_bpf_memory *mem, pgoff_t index, gfp_t gfp);
struct page *mdev_bpf_memory_find(struct xarray *pages, pgoff_t index);
struct page *mdev_bpf_memory_get_page(struct mdev_bpf_memory *mem, pgoff_t index, gfp_t gfp);
int mdev_bpf_memory_get_run(struct mdev_bpf_memory *mem, pgoff_t index, unsigned int max,
			    gfp_t gfp, struct page **first);
struct page *mdev_bpf_memory_next(struct mdev_bpf_memory *mem, pgoff_t *index);
u64 mdev_bpf_memory_span(const struct mdev_bpf_memory *mem, u64 offset, u64 align);
u64 mdev_bpf_memory_skip(const struct mdev_bpf_memory *mem, u64 offset, u64 align);
ssize_t mdev_bpf_memory_copy(struct mdev_bpf_memory *mem, u64 offset, sockptr_t buf,
			     size_t done, size_t size, bool write);
int mdev_bpf_memory_rw(struct mdev_bpf_memory *mem, u64 offset, void *buf, size_t size,
		       bool write, gfp_t gfp);
int mdev_bpf_memory_fill64(struct mdev_bpf_memory *mem, u64 offset, u64 size, u64 val, gfp_t gfp);
void *mdev_bpf_memory_ptr(struct mdev_bpf_memory *mem, u64 offset, size_t size, gfp_t gfp);
struct mdev_bpf_memory *mdev_bpf_memory_make(struct mdev_bpf_device *bdev, unsigned int region,
					     u64 size);
int mdev_bpf_memory_init_device(struct mdev_bpf_device *bdev);
void mdev_bpf_memory_put_device(struct mdev_bpf_device *bdev);
void mdev_bpf_memory_clear_device(struct mdev_bpf_device *bdev);
int mdev_bpf_memory_open_device(struct mdev_bpf_device *bdev);
void mdev_bpf_memory_forget_device(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_MEMORY_MEMORY_H */
