// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device has written to guest memory, for a user who migrates it: VFIO's DMA logging.
 *
 * All writes go through the core. A request is logged when it has been carried out, not before:
 * what is reported can be copied at once. A program writes to a window by pointers that end with
 * the op, and the device's lock is held until then. So it is enough to note at which pages it was
 * given one.
 *
 * All of this is under the device's lock. User memory is touched without it, so a report takes
 * one run of dirty pages at a time out of the log, and tells the user then.
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

#include "../compat.h"
#include "internal.h"

/* The log is bitmaps, each of a page, for those parts of the ranges that were written to. */
#define CHUNK_BITS	(PAGE_SIZE * BITS_PER_BYTE)
#define MAX_CHUNKS	8192

/* Without memory no OOM killer runs: there is another way out. */
#define LOG_GFP		(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

struct log_range {
	u64 first;
	u64 last;
};

/**
 * struct mdev_bpf_log - log of a device, while VFIO's user wants one; under the device's lock
 * @chunks: the bitmaps, by page / CHUNK_BITS
 * @nr_chunks: how many, at most MAX_CHUNKS
 * @shift: a page of the log has 1 << @shift bytes
 * @full: what was written found no room, so all of the ranges counts as dirty
 * @memcg: the memory cgroup that pays for it
 * @nr_ranges: how many
 * @ranges: what is logged, in order
 */
struct mdev_bpf_log {
	struct xarray chunks;
	unsigned int nr_chunks;
	unsigned int shift;
	bool full;
	struct mem_cgroup *memcg;
	unsigned int nr_ranges;
	struct log_range ranges[] __counted_by(nr_ranges);
};

static void log_drop_chunks(struct mdev_bpf_log *log)
{
	unsigned long *chunk, index;

	xa_for_each(&log->chunks, index, chunk)
		kfree(chunk);
	xa_destroy(&log->chunks);
	log->nr_chunks = 0;
}

static void log_free(struct mdev_bpf_log *log)
{
	if (!log)
		return;
	log_drop_chunks(log);
	mem_cgroup_put(log->memcg);	/* Pairs with the get in log_new() */
	kfree(log);
}

/* A range of no bytes ends before it begins. One that begins at 0 then ends at the very end. */
static bool node_ok(const struct interval_tree_node *node)
{
	return node->start <= node->last && node->last < ULONG_MAX;
}

static struct mdev_bpf_log *log_new(struct rb_root_cached *ranges, u32 nr, u64 page_size)
{
	struct interval_tree_node *node = interval_tree_iter_first(ranges, 0, ULONG_MAX);
	struct mdev_bpf_log *log;

	log = kzalloc(struct_size(log, ranges, nr), GFP_KERNEL_ACCOUNT);
	if (!log)
		return ERR_PTR(-ENOMEM);
	log->nr_ranges = nr;
	for (nr = 0; node && nr < log->nr_ranges; nr++) {
		if (!node_ok(node))
			break;
		log->ranges[nr] = (struct log_range) { node->start, node->last };
		node = interval_tree_iter_next(node, 0, ULONG_MAX);
	}
	if (nr < log->nr_ranges) {
		kfree(log);
		return ERR_PTR(-EINVAL);
	}
	xa_init_flags(&log->chunks, XA_FLAGS_ACCOUNT);
	log->shift = ilog2(page_size);
	log->memcg = get_mem_cgroup_from_mm(current->mm);
	return log;
}

/* The chunk for pages from @index * CHUNK_BITS on; NULL if there is no room for it. */
static unsigned long *log_chunk(struct mdev_bpf_log *log, unsigned long index)
{
	unsigned long *chunk = xa_load(&log->chunks, index);
	struct mem_cgroup *active;

	if (chunk || log->nr_chunks == MAX_CHUNKS)
		return chunk;
	active = set_active_memcg(log->memcg);
	chunk = kzalloc(PAGE_SIZE, LOG_GFP);
	if (chunk && xa_err(xa_store(&log->chunks, index, chunk, LOG_GFP))) {
		kfree(chunk);
		chunk = NULL;
	}
	set_active_memcg(active);
	log->nr_chunks += !!chunk;
	return chunk;
}

static void log_mark(struct mdev_bpf_log *log, u64 first, u64 last)
{
	u64 page = first >> log->shift, last_page = last >> log->shift;
	unsigned long *chunk;
	unsigned int bit, nr;

	for (; page <= last_page; page += nr) {
		chunk = log_chunk(log, page / CHUNK_BITS);
		if (!chunk) {
			log->full = true;
			log_drop_chunks(log);
			return;
		}
		bit = page % CHUNK_BITS;
		nr = min_t(u64, CHUNK_BITS - bit, last_page - page + 1);
		bitmap_set(chunk, bit, nr);
	}
}

/* Guest memory from @first to @last was written to, as far as somebody wants to know. */
static void log_written(struct mdev_bpf_log *log, u64 first, u64 last)
{
	unsigned int i;

	for (i = 0; i < log->nr_ranges && !log->full; i++) {
		const struct log_range *r = &log->ranges[i];

		if (r->first <= last && r->last >= first)
			log_mark(log, max(first, r->first), min(last, r->last));
	}
}

/**
 * mdev_bpf_log_request() - a request has been carried out, or tried
 * @bdev: the device
 * @req: the request; one that failed may have been done in part
 *
 * Context: The device's lock held. May sleep.
 */
void mdev_bpf_log_request(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req)
{
	lockdep_assert_held(&bdev->lock);
	if (bdev->log && req->op == MDEV_BPF_DMA_WRITE)
		log_written(bdev->log, req->iova, req->iova + req->size - 1);
}

/**
 * mdev_bpf_log_pin() - log what a program may have written to a window, up to now
 * @bdev: the device
 * @pin: the window
 *
 * Context: The device's lock held. May sleep.
 */
void mdev_bpf_log_pin(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin)
{
	u64 start = pin->iova & PAGE_MASK;
	unsigned int page;

	lockdep_assert_held(&bdev->lock);
	if (bdev->log)
		for_each_set_bit(page, pin->touched, MDEV_BPF_PIN_PAGES)
			log_written(bdev->log, start + (u64)page * PAGE_SIZE,
				    start + (u64)page * PAGE_SIZE + PAGE_SIZE - 1);
	bitmap_zero(pin->touched, MDEV_BPF_PIN_PAGES);
}

static void log_pins(struct mdev_bpf_device *bdev)
{
	unsigned int id;

	for (id = 0; id < MDEV_BPF_MAX_PINS; id++)
		mdev_bpf_log_pin(bdev, &bdev->dma.pins[id]);
}

static int log_start(struct vfio_device *vdev, struct rb_root_cached *ranges, u32 nnodes,
		     u64 *page_size)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	struct mdev_bpf_log *log;

	if (!is_power_of_2(*page_size))
		return -EINVAL;
	*page_size = max_t(u64, *page_size, PAGE_SIZE);
	log = log_new(ranges, nnodes, *page_size);
	if (IS_ERR(log))
		return PTR_ERR(log);
	guard(mutex)(&bdev->lock);
	if (bdev->log) {
		log_free(log);
		return -EBUSY;
	}
	/* What was written before nobody has asked for */
	log_pins(bdev);
	bdev->log = log;
	return 0;
}

static int log_stop(struct vfio_device *vdev)
{
	mdev_bpf_log_close(vdev_to_bdev(vdev));
	return 0;
}

/* Is all from @first to @last in ranges? */
static bool log_covers(const struct mdev_bpf_log *log, u64 first, u64 last)
{
	unsigned int i;

	for (i = 0; i < log->nr_ranges; i++) {
		const struct log_range *r = &log->ranges[i];

		if (first < r->first)
			return false;
		if (last <= r->last)
			return true;
		if (first <= r->last)
			first = r->last + 1;
	}
	return false;
}

static int log_begin_report(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	guard(mutex)(&bdev->lock);
	if (!bdev->log || !log_covers(bdev->log, first, last))
		return -EINVAL;
	log_pins(bdev);
	return 0;
}

/* A chunk in which nothing was found; but there may be pages before those that were looked for. */
static void log_put_chunk(struct mdev_bpf_log *log, unsigned long index, unsigned long *chunk)
{
	if (!bitmap_empty(chunk, CHUNK_BITS))
		return;
	xa_erase(&log->chunks, index);
	kfree(chunk);
	log->nr_chunks--;
}

/* Pages that are not reported as a whole stay dirty, for the report of the rest. */
static void log_clear(const struct mdev_bpf_log *log, unsigned long *chunk, u64 base,
		      const struct log_range *run)
{
	u64 inside = (1ULL << log->shift) - 1;
	u64 first = (run->first >> log->shift) + !!(run->first & inside);
	u64 end = (run->last + 1) >> log->shift;

	if (first < end)
		bitmap_clear(chunk, first - base, end - first);
}

/* The first run of dirty pages in a chunk from @run->first on, but none behind @run->last */
static bool log_take_bits(const struct mdev_bpf_log *log, unsigned long *chunk, u64 base,
			  struct log_range *run)
{
	u64 first = max(run->first >> log->shift, base) - base;
	u64 end = min((run->last >> log->shift) - base + 1, CHUNK_BITS);

	first = find_next_bit(chunk, end, first);
	if (first >= end)
		return false;
	end = find_next_zero_bit(chunk, end, first);
	run->first = max(run->first, (base + first) << log->shift);
	run->last = min(run->last, ((base + end) << log->shift) - 1);
	log_clear(log, chunk, base, run);
	return true;
}

static bool log_take_run(struct mdev_bpf_log *log, struct log_range *run)
{
	unsigned long index = (run->first >> log->shift) / CHUNK_BITS;
	unsigned long last = (run->last >> log->shift) / CHUNK_BITS;
	unsigned long *chunk;

	while ((chunk = xa_find(&log->chunks, &index, last, XA_PRESENT))) {
		if (log_take_bits(log, chunk, (u64)index * CHUNK_BITS, run))
			return true;
		log_put_chunk(log, index++, chunk);
	}
	return false;
}

/*
 * Take from the log what comes first in @run, which becomes that. Return: 1; 0 if nothing is
 * dirty there; -EINVAL if the log is gone.
 */
static int log_take(struct mdev_bpf_device *bdev, struct log_range *run)
{
	guard(mutex)(&bdev->lock);
	if (!bdev->log)
		return -EINVAL;
	return bdev->log->full || log_take_run(bdev->log, run);
}

static int log_read_and_clear(struct vfio_device *vdev, unsigned long iova, unsigned long length,
			      struct iova_bitmap *dirty)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	struct log_range run = { .first = iova };
	u64 last = iova + length - 1;
	int ret = length ? log_begin_report(bdev, iova, last) : -EINVAL;

	for (; !ret && run.first <= last; run.first = run.last + 1) {
		run.last = last;
		ret = log_take(bdev, &run);
		if (ret <= 0)
			return ret;
		iova_bitmap_set(dirty, run.first, run.last - run.first + 1);
		cond_resched();
		ret = fatal_signal_pending(current) ? -EINTR : 0;
	}
	return ret;
}

static const struct vfio_log_ops log_ops = {
	.log_start = log_start,
	.log_stop = log_stop,
	.log_read_and_clear = log_read_and_clear,
};

/**
 * mdev_bpf_log_close() - nobody wants a log any more
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_log_close(struct mdev_bpf_device *bdev)
{
	guard(mutex)(&bdev->lock);
	log_free(bdev->log);
	bdev->log = NULL;
}

/**
 * mdev_bpf_log_init() - offer logging to the users of a new device
 * @bdev: the device
 *
 * A user who finds it believes that it works. But VFIO can only deliver a report with the
 * part of iommufd that is for drivers.
 */
void mdev_bpf_log_init(struct mdev_bpf_device *bdev)
{
	if (IS_ENABLED(CONFIG_IOMMUFD_DRIVER))
		bdev->vdev.log_ops = &log_ops;
}

COMPAT_IMPORT_NS_IOMMUFD;
