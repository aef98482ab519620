// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty tracking: which guest memory the device has written, for a user who migrates it. This
 * implements VFIO's DMA logging.
 *
 * All writes are made by the core or under the gate. A request is logged when it has been carried
 * out, not before, so that a page can be copied as soon as it is reported. A program writes to a
 * window by pointers that are valid until the op ends, and the gate is held until then. So it is
 * enough to record the pages to which the program has obtained a pointer. If ops of queues do so,
 * they are stopped for a moment to take these records.
 *
 * The log is protected by the gate. User memory is accessed without the gate, so a report takes one
 * run of dirty pages at a time out of the log, and reports it afterwards.
 */
#include <linux/bitmap.h>
#include <linux/interval_tree.h>
#include <linux/iova_bitmap.h>
#include <linux/log2.h>
#include <linux/memcontrol.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "../../compat.h"

#include "device/device.h"
#include "dma/dirty.h"
#include "dma/guest.h"
#include "dma/pin.h"
#include "gate/gate.h"
#include "queue/queue.h"

/* The log consists of bitmaps of a page each, for those parts of the ranges that were written. */
#define CHUNK_BITS	(PAGE_SIZE * BITS_PER_BYTE)
#define MAX_CHUNKS	8192

/* Under the gate, no allocation can wait. If one fails, mdev_bpf_dirty::full is set. */
#define DIRTY_GFP		(GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN)

struct dirty_range {
	u64 first;
	u64 last;
};

/**
 * struct mdev_bpf_dirty - the log of a device, while it is on; protected by the gate
 * @chunks: the bitmaps, by page / CHUNK_BITS
 * @nr_chunks: number of bitmaps, at most MAX_CHUNKS
 * @shift: a page of the log has 1 << @shift bytes
 * @full: a write could not be logged, so all of the ranges counts as dirty
 * @memcg: the memory cgroup to which the log is charged
 * @nr_ranges: number of ranges
 * @ranges: the ranges that are logged, in order
 */
struct mdev_bpf_dirty {
	struct xarray chunks;
	unsigned int nr_chunks;
	unsigned int shift;
	bool full;
	struct mem_cgroup *memcg;
	unsigned int nr_ranges;
	struct dirty_range ranges[] __counted_by(nr_ranges);
};

static void dirty_drop_chunks(struct mdev_bpf_dirty *dirty)
{
	unsigned long *chunk, index;

	xa_for_each(&dirty->chunks, index, chunk)
		kfree(chunk);
	xa_destroy(&dirty->chunks);
	dirty->nr_chunks = 0;
}

static void dirty_free(struct mdev_bpf_dirty *dirty)
{
	if (!dirty)
		return;
	dirty_drop_chunks(dirty);
	mem_cgroup_put(dirty->memcg);	/* Pairs with the get in dirty_new() */
	kfree(dirty);
}

/* In an empty range, last is start - 1; if it starts at 0, last is ULONG_MAX. */
static bool node_ok(const struct interval_tree_node *node)
{
	return node->start <= node->last && node->last < ULONG_MAX;
}

static struct mdev_bpf_dirty *dirty_new(struct rb_root_cached *ranges, u32 nr, u64 page_size)
{
	struct interval_tree_node *node = interval_tree_iter_first(ranges, 0, ULONG_MAX);
	struct mdev_bpf_dirty *dirty;

	dirty = kzalloc(struct_size(dirty, ranges, nr), GFP_KERNEL_ACCOUNT);
	if (!dirty)
		return ERR_PTR(-ENOMEM);
	dirty->nr_ranges = nr;
	for (nr = 0; node && nr < dirty->nr_ranges; nr++) {
		if (!node_ok(node))
			break;
		dirty->ranges[nr] = (struct dirty_range) { node->start, node->last };
		node = interval_tree_iter_next(node, 0, ULONG_MAX);
	}
	if (nr < dirty->nr_ranges) {
		kfree(dirty);
		return ERR_PTR(-EINVAL);
	}
	xa_init_flags(&dirty->chunks, XA_FLAGS_ACCOUNT);
	dirty->shift = ilog2(page_size);
	dirty->memcg = get_mem_cgroup_from_mm(current->mm);
	return dirty;
}

/* Get the bitmap for pages from @index * CHUNK_BITS on; NULL if it cannot be allocated. */
static unsigned long *dirty_chunk(struct mdev_bpf_dirty *dirty, unsigned long index)
{
	unsigned long *chunk = xa_load(&dirty->chunks, index);
	struct mem_cgroup *active;

	if (chunk || dirty->nr_chunks == MAX_CHUNKS)
		return chunk;
	active = set_active_memcg(dirty->memcg);
	chunk = kzalloc(PAGE_SIZE, DIRTY_GFP);
	if (chunk && xa_err(xa_store(&dirty->chunks, index, chunk, DIRTY_GFP))) {
		kfree(chunk);
		chunk = NULL;
	}
	set_active_memcg(active);
	dirty->nr_chunks += !!chunk;
	return chunk;
}

static void dirty_mark(struct mdev_bpf_dirty *dirty, u64 first, u64 last)
{
	u64 page = first >> dirty->shift, last_page = last >> dirty->shift;
	unsigned long *chunk;
	unsigned int bit, nr;

	for (; page <= last_page; page += nr) {
		chunk = dirty_chunk(dirty, page / CHUNK_BITS);
		if (!chunk) {
			dirty->full = true;
			dirty_drop_chunks(dirty);
			return;
		}
		bit = page % CHUNK_BITS;
		nr = min_t(u64, CHUNK_BITS - bit, last_page - page + 1);
		bitmap_set(chunk, bit, nr);
	}
}

/* Log that guest memory from @first to @last was written, if it is in the ranges. */
static void dirty_written(struct mdev_bpf_dirty *dirty, u64 first, u64 last)
{
	unsigned int i;

	for (i = 0; i < dirty->nr_ranges && !dirty->full; i++) {
		const struct dirty_range *r = &dirty->ranges[i];

		if (r->first <= last && r->last >= first)
			dirty_mark(dirty, max(first, r->first), min(last, r->last));
	}
}

/**
 * mdev_bpf_dirty_request() - log a request that has completed or failed
 * @bdev: the device
 * @req: the request, with its list if it has one; one that has failed may have written a part
 *
 * Context: The gate held.
 */
void mdev_bpf_dirty_request(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req)
{
	const struct mdev_bpf_request *arg = &req->arg;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	if (!bdev->dirty || !mdev_bpf_guest_is_written(arg))
		return;
	if (!(arg->flags & MDEV_BPF_DMA_LIST))
		dirty_written(bdev->dirty, arg->iova, arg->iova + arg->size - 1);
	for (i = 0; i < req->nr_list; i++)
		dirty_written(bdev->dirty, req->list[i].iova,
			      req->list[i].iova + req->list[i].size - 1);
}

/**
 * mdev_bpf_dirty_pin() - log the pages of a window that a program may have written so far
 * @bdev: the device
 * @pin: the window
 *
 * Context: The gate held; no op of a queue accesses the window.
 */
void mdev_bpf_dirty_pin(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin)
{
	u64 start = pin->iova & PAGE_MASK;
	unsigned int page;

	mdev_bpf_gate_assert_held(bdev);
	if (bdev->dirty)
		for_each_set_bit(page, pin->touched, MDEV_BPF_PIN_PAGES)
			dirty_written(bdev->dirty, start + (u64)page * PAGE_SIZE,
				      start + (u64)page * PAGE_SIZE + PAGE_SIZE - 1);
	bitmap_zero(pin->touched, MDEV_BPF_PIN_PAGES);
}

/* Forget what was written so far. All lanes are closed once, not for each window. */
static void dirty_forget(struct mdev_bpf_device *bdev)
{
	unsigned int id;

	mdev_bpf_gate_assert_held(bdev);
	guard(mdev_bpf_lanes)(bdev);
	for (id = 0; id < bdev->dma.windows; id++)
		bitmap_zero(bdev->dma.pins[id].touched, MDEV_BPF_PIN_PAGES);
}

static int dirty_start(struct vfio_device *vdev, struct rb_root_cached *ranges, u32 nnodes,
		       u64 *page_size)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	struct mdev_bpf_dirty *dirty;

	if (!is_power_of_2(*page_size))
		return -EINVAL;
	*page_size = max_t(u64, *page_size, PAGE_SIZE);
	dirty = dirty_new(ranges, nnodes, *page_size);
	if (IS_ERR(dirty))
		return PTR_ERR(dirty);
	scoped_guard(mdev_bpf_gate, bdev) {
		if (!bdev->dirty) {
			dirty_forget(bdev);
			WRITE_ONCE(bdev->dirty, dirty);
			/* Pairs with the one in note_written() of dma/lane.c */
			smp_mb();
			return 0;
		}
	}
	dirty_free(dirty);
	return -EBUSY;
}

static int dirty_stop(struct vfio_device *vdev)
{
	mdev_bpf_dirty_close(vdev_to_bdev(vdev));
	return 0;
}

/* Are all addresses from @first to @last in ranges? */
static bool dirty_covers(const struct mdev_bpf_dirty *dirty, u64 first, u64 last)
{
	unsigned int i;

	for (i = 0; i < dirty->nr_ranges; i++) {
		const struct dirty_range *r = &dirty->ranges[i];

		if (first < r->first)
			return false;
		if (last <= r->last)
			return true;
		if (first <= r->last)
			first = r->last + 1;
	}
	return false;
}

/* Do not stop the queues for a window that nothing has been written to. */
static void dirty_look(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin)
{
	guard(mdev_bpf_gate)(bdev);
	if (bitmap_empty(pin->touched, MDEV_BPF_PIN_PAGES))
		return;
	guard(mdev_bpf_lanes)(bdev);
	mdev_bpf_dirty_pin(bdev, pin);
}

/* One window at a time, because the user chooses how many ranges are logged */
static int dirty_begin_report(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	unsigned int id;

	scoped_guard(mdev_bpf_gate, bdev)
		if (!bdev->dirty || !dirty_covers(bdev->dirty, first, last))
			return -EINVAL;
	for (id = 0; id < bdev->dma.windows; id++) {
		dirty_look(bdev, &bdev->dma.pins[id]);
		cond_resched();
	}
	return 0;
}

/* Free a bitmap in which no page was found, unless pages outside of the searched range are set. */
static void dirty_put_chunk(struct mdev_bpf_dirty *dirty, unsigned long index, unsigned long *chunk)
{
	if (!bitmap_empty(chunk, CHUNK_BITS))
		return;
	xa_erase(&dirty->chunks, index);
	kfree(chunk);
	dirty->nr_chunks--;
}

/* Pages that are reported only in part stay dirty, for a report of the rest. */
static void dirty_clear(const struct mdev_bpf_dirty *dirty, unsigned long *chunk, u64 base,
			const struct dirty_range *run)
{
	u64 inside = (1ULL << dirty->shift) - 1;
	u64 first = (run->first >> dirty->shift) + !!(run->first & inside);
	u64 end = (run->last + 1) >> dirty->shift;

	if (first < end)
		bitmap_clear(chunk, first - base, end - first);
}

/* Take the first run of dirty pages between @run->first and @run->last out of a bitmap. */
static bool dirty_take_bits(const struct mdev_bpf_dirty *dirty, unsigned long *chunk, u64 base,
			    struct dirty_range *run)
{
	u64 first = max(run->first >> dirty->shift, base) - base;
	u64 end = min((run->last >> dirty->shift) - base + 1, CHUNK_BITS);

	first = find_next_bit(chunk, end, first);
	if (first >= end)
		return false;
	end = find_next_zero_bit(chunk, end, first);
	run->first = max(run->first, (base + first) << dirty->shift);
	run->last = min(run->last, ((base + end) << dirty->shift) - 1);
	dirty_clear(dirty, chunk, base, run);
	return true;
}

/* Search one bitmap. Return: 1; -EAGAIN if nothing is dirty in it; 0 if there is no bitmap left. */
static int dirty_take_run(struct mdev_bpf_dirty *dirty, struct dirty_range *run)
{
	unsigned long index = (run->first >> dirty->shift) / CHUNK_BITS;
	unsigned long last = (run->last >> dirty->shift) / CHUNK_BITS;
	unsigned long *chunk;

	chunk = xa_find(&dirty->chunks, &index, last, XA_PRESENT);
	if (!chunk)
		return 0;
	if (dirty_take_bits(dirty, chunk, (u64)index * CHUNK_BITS, run))
		return 1;
	dirty_put_chunk(dirty, index, chunk);
	if (index == last)
		return 0;
	run->first = max(run->first, ((u64)index + 1) * CHUNK_BITS << dirty->shift);
	return -EAGAIN;
}

/*
 * Take the first run of dirty pages within @run out of the log, and set @run to it. Return: 1; 0 if
 * nothing is dirty there; -EINVAL if the log was stopped.
 */
static int dirty_take(struct mdev_bpf_device *bdev, struct dirty_range *run)
{
	int ret;

	do {
		guard(mdev_bpf_gate)(bdev);
		if (!bdev->dirty)
			return -EINVAL;
		ret = bdev->dirty->full ? 1 : dirty_take_run(bdev->dirty, run);
	} while (ret == -EAGAIN);
	return ret;
}

static int dirty_read_and_clear(struct vfio_device *vdev, unsigned long iova, unsigned long length,
				struct iova_bitmap *bitmap)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	struct dirty_range run = { .first = iova };
	u64 last = iova + length - 1;
	int ret = length ? dirty_begin_report(bdev, iova, last) : -EINVAL;

	for (; !ret && run.first <= last; run.first = run.last + 1) {
		run.last = last;
		ret = dirty_take(bdev, &run);
		if (ret <= 0)
			return ret;
		iova_bitmap_set(bitmap, run.first, run.last - run.first + 1);
		cond_resched();
		ret = fatal_signal_pending(current) ? -EINTR : 0;
	}
	return ret;
}

static const struct vfio_log_ops dirty_ops = {
	.log_start = dirty_start,
	.log_stop = dirty_stop,
	.log_read_and_clear = dirty_read_and_clear,
};

/**
 * mdev_bpf_dirty_close() - stop the log, if there is one
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_dirty_close(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dirty *dirty = NULL;

	scoped_guard(mdev_bpf_gate, bdev)
		swap(dirty, bdev->dirty);
	dirty_free(dirty);
}

/**
 * mdev_bpf_dirty_init() - offer logging to the users of a new device
 * @bdev: the device
 *
 * VFIO can only deliver reports in kernels with CONFIG_IOMMUFD_DRIVER. In others, logging must not
 * be offered, because users would rely on it.
 */
void mdev_bpf_dirty_init(struct mdev_bpf_device *bdev)
{
	if (IS_ENABLED(CONFIG_IOMMUFD_DRIVER))
		bdev->vdev.log_ops = &dirty_ops;
}

COMPAT_IMPORT_NS_IOMMUFD;
