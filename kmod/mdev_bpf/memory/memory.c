// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions: pages that the core allocates when they are first written or mapped.
 *
 * A page that anybody maps stays, so that all users see the same memory. This is why a reset fills
 * pages with zeros instead of freeing them. Only pages that a program has zeroed, and that nobody
 * uses, are freed before the memory is (trim.c). So a page is only used under the gate, under the
 * device's lock, with a reference of its own, or while mdev_bpf_memory::exports is not 0.
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "device/device.h"
#include "gate/gate.h"
#include "gfx/edid.h"
#include "memory/memory.h"
#include "memory/precopy.h"
#include "memory/protect.h"
#include "pci/msix.h"

/* @memcg: what pages will be charged to, with a reference that the memory takes over */
static struct mdev_bpf_memory *memory_new(u64 size, struct mem_cgroup *memcg)
{
	struct mdev_bpf_memory *mem;

	mem = kzalloc(sizeof(*mem), GFP_KERNEL_ACCOUNT);
	if (!mem) {
		mem_cgroup_put(memcg);
		return NULL;
	}
	kref_init(&mem->ref);
	xa_init_flags(&mem->pages, XA_FLAGS_ACCOUNT);
	xa_init_flags(&mem->copies, XA_FLAGS_ACCOUNT);
	mem->size = size;
	mem->memcg = memcg;
	return mem;
}

/**
 * mdev_bpf_memory_new() - create memory, without pages at first
 * @size: size in bytes
 *
 * Context: Process context. Its pages will be charged to the caller's memory cgroup.
 *
 * Return: the memory, with a reference for mdev_bpf_memory_put(); NULL if out of memory.
 */
struct mdev_bpf_memory *mdev_bpf_memory_new(u64 size)
{
	return memory_new(size, get_mem_cgroup_from_mm(current->mm));
}

static void memory_free(struct kref *ref)
{
	struct mdev_bpf_memory *mem = container_of(ref, struct mdev_bpf_memory, ref);
	unsigned long index;
	struct page *page;

	xa_for_each(&mem->pages, index, page) {
		put_page(page);
		cond_resched();
	}
	xa_destroy(&mem->pages);
	xa_for_each(&mem->copies, index, page)
		put_page(page);
	xa_destroy(&mem->copies);
	mem_cgroup_put(mem->memcg);	/* Pairs with what memory_new() got */
	kfree(mem);
}

/**
 * mdev_bpf_memory_put() - drop a reference to memory
 * @mem: the memory, or NULL
 *
 * Context: Process context.
 */
void mdev_bpf_memory_put(struct mdev_bpf_memory *mem)
{
	if (mem)
		kref_put(&mem->ref, memory_free);
}

/**
 * mdev_bpf_memory_span() - how far does memory extend?
 * @mem: the memory
 * @offset: first byte
 * @align: traps are extended to multiples of this, a power of two
 *
 * Return: number of bytes up to the next trap or the end; 0 if @offset is in a trap or beyond the
 * end.
 */
u64 mdev_bpf_memory_span(const struct mdev_bpf_memory *mem, u64 offset, u64 align)
{
	const struct mdev_bpf_trap *trap;
	u64 end = mem->size;

	for (trap = mem->traps; trap < mem->traps + mem->nr_traps; trap++)
		if (offset < round_up(trap->end, align))
			end = min(end, max(offset, round_down(trap->start, align)));
	return offset < end ? end - offset : 0;
}

/**
 * mdev_bpf_memory_skip() - skip traps
 * @mem: the memory
 * @offset: first byte
 * @align: as for mdev_bpf_memory_span()
 *
 * Return: the first byte from @offset on that is in no trap, which may be the end of the memory.
 */
u64 mdev_bpf_memory_skip(const struct mdev_bpf_memory *mem, u64 offset, u64 align)
{
	const struct mdev_bpf_trap *trap = mem->traps;

	while (trap < mem->traps + mem->nr_traps) {
		if (offset >= round_down(trap->start, align) &&
		    offset < round_up(trap->end, align)) {
			offset = round_up(trap->end, align);
			trap = mem->traps;
		} else {
			trap++;
		}
	}
	return offset;
}

/* Copy a part of an access that lies within one page. Return: 0 or a negative errno. */
static int memory_copy(struct mdev_bpf_memory *mem, u64 offset, sockptr_t buf, size_t done,
		       size_t size, bool write, gfp_t gfp)
{
	struct page *page = mdev_bpf_memory_get_page(mem, offset >> PAGE_SHIFT, write ? gfp : 0);
	void *addr;
	int ret;

	if (IS_ERR(page))
		return PTR_ERR(page);
	/* Reading a page that does not exist returns zeros and does not allocate it */
	addr = page_address(page ?: ZERO_PAGE(0)) + offset_in_page(offset);
	if (write) {
		ret = copy_from_sockptr_offset(addr, buf, done, size) ? -EFAULT : 0;
		/* Some bytes may have been written before an error */
		mdev_bpf_precopy_written(mem, offset >> PAGE_SHIFT, page);
	} else {
		ret = copy_to_sockptr_offset(buf, done, addr, size) ? -EFAULT : 0;
	}
	if (page)
		put_page(page);
	return ret;
}

/**
 * mdev_bpf_memory_copy() - copy from or to memory, for read(2) and write(2)
 * @mem: the memory
 * @offset: first byte in @mem
 * @buf: user or kernel memory
 * @done: number of bytes of @buf to skip
 * @size: number of bytes, not beyond the end of @mem
 * @write: true to write to @mem, false to read from it
 *
 * Context: Process context. May wait for user space, so no lock may be held that others need.
 *
 * Return: number of bytes copied, less than @size after an error or a fatal signal; -EFAULT;
 * -ENOMEM; -EACCES if they are to be written to pages that the program protects.
 */
ssize_t mdev_bpf_memory_copy(struct mdev_bpf_memory *mem, u64 offset, sockptr_t buf,
			     size_t done, size_t size, bool write)
{
	size_t copied = 0, n;
	int ret = 0;

	for (; copied < size; copied += n) {
		n = min(size - copied, PAGE_SIZE - offset_in_page(offset + copied));
		if (write && mdev_bpf_protect_is(mem, (offset + copied) >> PAGE_SHIFT))
			ret = -EACCES;
		else
			ret = memory_copy(mem, offset + copied, buf, done + copied, n, write,
					  GFP_KERNEL_ACCOUNT);
		if (ret)
			break;
		if (fatal_signal_pending(current))
			return copied + n;
		cond_resched();
	}
	return copied ?: ret;
}

/**
 * mdev_bpf_memory_rw() - copy from or to memory, in the kernel
 * @mem: the memory
 * @offset: first byte in @mem
 * @buf: kernel memory
 * @size: number of bytes
 * @write: true to write to @mem, false to read from it
 * @gfp: how to allocate pages
 *
 * Context: Any that @gfp allows. In an op @gfp is GFP_NOWAIT, because programs cannot wait.
 *
 * Return: 0; -EINVAL beyond the end of @mem; -ENOMEM, and then some bytes may have been written.
 */
int mdev_bpf_memory_rw(struct mdev_bpf_memory *mem, u64 offset, void *buf, size_t size,
		       bool write, gfp_t gfp)
{
	size_t done, n;
	int ret;

	if (offset > mem->size || size > mem->size - offset)
		return -EINVAL;
	for (done = 0; done < size; done += n) {
		n = min(size - done, PAGE_SIZE - offset_in_page(offset + done));
		ret = memory_copy(mem, offset + done, KERNEL_SOCKPTR(buf), done, n, write, gfp);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * mdev_bpf_memory_ptr() - get the address of memory
 * @mem: the memory
 * @offset: first byte in @mem
 * @size: number of bytes, which must lie within one page
 * @gfp: how to allocate the page
 *
 * The bytes count as written.
 *
 * Context: Any that @gfp allows. The gate held, and still held when the bytes are written.
 *
 * Return: the address, which is valid as long as the gate is held; NULL beyond the end, if the
 * bytes cross a page, if @offset is not aligned to mdev_bpf_memory_align(), or if out of memory.
 */
void *mdev_bpf_memory_ptr(struct mdev_bpf_memory *mem, u64 offset, size_t size, gfp_t gfp)
{
	struct page *page;

	if (offset > mem->size || size > mem->size - offset || !size ||
	    !IS_ALIGNED(offset, mdev_bpf_memory_align(size)) ||
	    size > PAGE_SIZE - offset_in_page(offset))
		return NULL;
	page = mdev_bpf_memory_page(mem, offset >> PAGE_SHIFT, gfp);
	if (IS_ERR(page))
		return NULL;
	mdev_bpf_precopy_written(mem, offset >> PAGE_SHIFT, page);
	return page_address(page) + offset_in_page(offset);
}

/**
 * mdev_bpf_memory_fill64() - fill memory with a number
 * @mem: the memory
 * @offset: first byte in @mem, a multiple of 8
 * @size: number of bytes, a multiple of 8
 * @val: the number, which all 8 bytes get
 * @gfp: how to allocate pages
 *
 * Context: As mdev_bpf_memory_ptr().
 *
 * Return: 0; -EINVAL beyond the end of @mem, or if @offset or @size is no such multiple; -ENOMEM,
 * and then some bytes may have been written.
 */
int mdev_bpf_memory_fill64(struct mdev_bpf_memory *mem, u64 offset, u64 size, u64 val, gfp_t gfp)
{
	u64 done, n;
	void *p;

	if (offset > mem->size || size > mem->size - offset ||
	    !IS_ALIGNED(offset | size, sizeof(val)))
		return -EINVAL;
	for (done = 0; done < size; done += n) {
		n = min_t(u64, size - done, PAGE_SIZE - offset_in_page(offset + done));
		p = mdev_bpf_memory_ptr(mem, offset + done, n, gfp);
		if (!p)
			return -ENOMEM;
		memset64(p, val, n / sizeof(val));
	}
	return 0;
}

/* Allocate all pages. */
static int memory_populate(struct mdev_bpf_memory *mem)
{
	pgoff_t index, nr = DIV_ROUND_UP_ULL(mem->size, PAGE_SIZE);
	struct page *page;

	for (index = 0; index < nr; index++) {
		page = mdev_bpf_memory_page(mem, index, GFP_KERNEL_ACCOUNT);
		if (IS_ERR(page))
			return PTR_ERR(page);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void memory_clear(struct mdev_bpf_memory *mem)
{
	unsigned long index;
	struct page *page;

	xa_for_each(&mem->pages, index, page) {
		clear_page(page_address(page));
		cond_resched();
	}
}

static void memory_trap(struct mdev_bpf_memory *mem, u64 start, u64 end)
{
	mem->traps[mem->nr_traps++] = (struct mdev_bpf_trap){ start, end };
}

/* Record the parts of a region that are not memory: EDID registers, the window, MSI-X tables. */
static void memory_init_traps(struct mdev_bpf_device *bdev, unsigned int i,
			      struct mdev_bpf_memory *mem)
{
	const struct mdev_bpf_region *r = &bdev->regions[i];
	struct mdev_bpf_msix_range msix;
	u64 offset = 0;

	if (mdev_bpf_edid_is(r))
		memory_trap(mem, 0, MDEV_BPF_EDID_OFFSET);
	if (r->trap_size)
		memory_trap(mem, r->trap_offset, (u64)r->trap_offset + r->trap_size);
	while (mdev_bpf_msix_next(bdev, i, offset, &msix)) {
		memory_trap(mem, msix.start, msix.end);
		offset = msix.end;
	}
}

/* Return: @mem as that of a region, with the pages that this has from the start; an ERR_PTR. */
static struct mdev_bpf_memory *memory_made(struct mdev_bpf_device *bdev, unsigned int region,
					   struct mdev_bpf_memory *mem)
{
	int ret = 0;

	if (!mem)
		return ERR_PTR(-ENOMEM);
	memory_init_traps(bdev, region, mem);
	if (bdev->regions[region].flags & MDEV_BPF_REGION_POPULATE)
		ret = memory_populate(mem);
	if (!ret)
		return mem;
	mdev_bpf_memory_put(mem);
	return ERR_PTR(ret);
}

/**
 * mdev_bpf_memory_make() - create the memory of a region
 * @bdev: the device
 * @region: VFIO index of the region, which is MEMORY
 * @size: size in bytes
 *
 * Context: Process context. The pages will be charged to the memory cgroup of the caller.
 *
 * Return: the memory, with a reference for mdev_bpf_memory_put(); an ERR_PTR: -ENOMEM, -EINTR.
 */
struct mdev_bpf_memory *mdev_bpf_memory_make(struct mdev_bpf_device *bdev, unsigned int region,
					     u64 size)
{
	return memory_made(bdev, region, mdev_bpf_memory_new(size));
}

static int memory_init(struct mdev_bpf_device *bdev, unsigned int i)
{
	const struct mdev_bpf_region *r = &bdev->regions[i];
	struct mdev_bpf_memory *mem;

	if (!(r->flags & MDEV_BPF_REGION_MEMORY))
		return 0;
	mem = mdev_bpf_memory_make(bdev, i, r->size);
	if (IS_ERR(mem))
		return PTR_ERR(mem);
	bdev->memory[i] = mem;
	return 0;
}

/**
 * mdev_bpf_memory_put_device() - drop a device's references to its memory
 * @bdev: the device, whose memory nobody accesses any more
 *
 * Context: Process context.
 */
void mdev_bpf_memory_put_device(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++) {
		mdev_bpf_memory_put(bdev->memory[i]);
		bdev->memory[i] = NULL;
	}
}

/**
 * mdev_bpf_memory_init_device() - create the memory of a new device
 * @bdev: the device, whose regions are known
 *
 * The pages will be charged to the memory cgroup of the caller, no matter which task touches them
 * first.
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM; -EINTR.
 */
int mdev_bpf_memory_init_device(struct mdev_bpf_device *bdev)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < MDEV_BPF_MAX_REGIONS; i++)
		ret = memory_init(bdev, i);
	if (ret)
		mdev_bpf_memory_put_device(bdev);
	return ret;
}

/**
 * mdev_bpf_memory_clear_device() - fill the memory of a device with zeros, for a reset
 * @bdev: the device
 *
 * Regions with MDEV_BPF_REGION_KEEP are not cleared.
 *
 * Context: Process context. The device's lock held, and the gate by mdev_bpf_gate_hold(), so that
 * no op writes to the memory in the meantime.
 */
void mdev_bpf_memory_clear_device(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	lockdep_assert_held(&bdev->lock);
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->memory[i] && !(bdev->regions[i].flags & MDEV_BPF_REGION_KEEP))
			memory_clear(bdev->memory[i]);
}

/* Clear memory that others may use, and change, at the same time. */
static void memory_clear_pages(struct mdev_bpf_memory *mem)
{
	struct page *page;
	pgoff_t index;

	for (index = 0; mdev_bpf_memory_next(mem, &index); index++) {
		/* With a reference, it is not freed meanwhile; it may be already */
		page = mdev_bpf_memory_find(&mem->pages, index);
		if (page) {
			clear_page(page_address(page));
			put_page(page);
		}
		cond_resched();
	}
}

/*
 * Other memory for a region. @memcg: who is charged, with a reference that this takes. @mem has the
 * region's reference afterwards. Return: 0; an error of memory_made().
 */
static int memory_renew(struct mdev_bpf_device *bdev, unsigned int region,
			struct mdev_bpf_memory *mem, struct mem_cgroup *memcg)
{
	struct mdev_bpf_memory *new;

	new = memory_made(bdev, region, memory_new(mem->size, memcg));
	if (IS_ERR(new))
		return PTR_ERR(new);
	scoped_guard(mdev_bpf_gate, bdev) {
		new->protected = mem->protected;
		swap(bdev->memory[region], new);
	}
	mdev_bpf_memory_put(new);
	return 0;
}

/* The user of a region with CLEAR opens the device. Return: 0; an error of memory_renew(). */
static int open_region(struct mdev_bpf_device *bdev, unsigned int region)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(current->mm);
	bool renew = bdev->regions[region].flags & MDEV_BPF_REGION_POPULATE;
	struct mdev_bpf_memory *mem;

	scoped_guard(mdev_bpf_gate, bdev) {
		mem = bdev->memory[region];
		renew |= mem->left;
		if (!renew)
			swap(mem->memcg, memcg);
	}
	if (renew)
		return memory_renew(bdev, region, mem, memcg);
	mem_cgroup_put(memcg);
	return 0;
}

/**
 * mdev_bpf_memory_open_device() - give the user of a device memory that it can keep
 * @bdev: the device, which its user opens
 *
 * A dma-buf of a region with MDEV_BPF_REGION_CLEAR keeps the memory when the device is closed, and
 * the region gets other memory. So a user can have any amount of it, and its creator must not be
 * the one that is charged. If there was no other memory when the device was closed, which the
 * cgroup of that user may have caused, there has to be now.
 *
 * Context: Process context of the user, before it can access the device; no lock held.
 *
 * Return: 0; -ENOMEM, -EINTR.
 */
int mdev_bpf_memory_open_device(struct mdev_bpf_device *bdev)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS && !ret; i++)
		if (bdev->regions[i].flags & MDEV_BPF_REGION_CLEAR)
			ret = open_region(bdev, i);
	return ret;
}

/*
 * The user of a region with CLEAR has closed the device. All pages of a region with POPULATE exist
 * from the beginning, so these are allocated for the next user, who is charged for them.
 */
static void close_region(struct mdev_bpf_device *bdev, unsigned int region,
			 struct mdev_bpf_memory *mem)
{
	/* The reference that @mem has is enough to get another one */
	if (!(bdev->regions[region].flags & MDEV_BPF_REGION_POPULATE) &&
	    mem_cgroup_tryget(mem->memcg) && !memory_renew(bdev, region, mem, mem->memcg))
		return;
	mem->left = true;
	memory_clear_pages(mem);
}

/**
 * mdev_bpf_memory_forget_device() - drop memory that the next user must not see
 * @bdev: the device, whose user has closed it
 *
 * Regions with MDEV_BPF_REGION_CLEAR get new memory, if there is any in the old one, or a dma-buf
 * of it. So neither does who still has pages of that, by a dma-buf or because they are pinned, see
 * what the next user writes. If there is no memory, the old one is cleared instead, and replaced
 * before the device can be opened again. The time that it takes is that of the task that closes
 * the device, and grows with the pages that exist. No lock is held, so a detach, another program
 * and a dump do not wait for it.
 *
 * Context: Process context, no lock held. Nobody can open the device before this returns.
 */
void mdev_bpf_memory_forget_device(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_memory *mem;
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++) {
		if (!(bdev->regions[i].flags & MDEV_BPF_REGION_CLEAR))
			continue;
		scoped_guard(mdev_bpf_gate, bdev) {
			mem = bdev->memory[i];
			kref_get(&mem->ref);
		}
		if (!xa_empty(&mem->pages) || atomic_read(&mem->exports))
			close_region(bdev, i, mem);
		mdev_bpf_memory_put(mem);
	}
}
