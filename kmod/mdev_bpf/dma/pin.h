/* SPDX-License-Identifier: GPL-2.0-only */
/* Pinned windows of guest memory. */
#ifndef __MDEV_BPF_DMA_PIN_H
#define __MDEV_BPF_DMA_PIN_H

#include <linux/bitmap.h>
#include <linux/mdev_bpf.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

struct mdev_bpf_device;
struct mdev_bpf_request;

/*
 * A window is unused; being pinned by a fault thread; ready for the program; or being unpinned by
 * its work item.
 */
enum mdev_bpf_pin_state {
	MDEV_BPF_PIN_NONE,
	MDEV_BPF_PIN_PINNING,
	MDEV_BPF_PIN_READY,
	MDEV_BPF_PIN_UNPINNING,
};

/*
 * An unbound workqueue divides max_active among the nodes, but a node gets at least this many
 * (WQ_DFL_MIN_ACTIVE of the kernel), so the work items of as many windows always run together.
 */
#define MDEV_BPF_PINS_PER_WQ	8

/* A window may begin and end anywhere in a page */
#define MDEV_BPF_PIN_PAGES	(MDEV_BPF_MAX_DMA_SIZE / PAGE_SIZE + 1)

/**
 * struct mdev_bpf_pin - a window of guest memory
 * @bdev: the device
 * @iova: its first guest address
 * @size: size in bytes
 * @channel: the channel of the request that has pinned it
 * @nr: number of pages
 * @state: changed under the gate; each change wakes mdev_bpf_dma_queue::idle
 * @doomed: the memory was unmapped while it was being pinned
 * @pages: the pages; while being pinned or unpinned, owned by the task doing it
 * @touched: pages to which a program has obtained a pointer since the last report; for dirty
 *	tracking
 * @closings: mdev_bpf_queues::closings when the window was taken from the program
 * @unpin: work item that unpins the pages
 */
struct mdev_bpf_pin {
	struct mdev_bpf_device *bdev;
	u64 iova;
	u32 size;
	u32 channel;
	u32 nr;
	enum mdev_bpf_pin_state state;
	bool doomed;
	struct page **pages;
	DECLARE_BITMAP(touched, MDEV_BPF_PIN_PAGES);
	unsigned int closings;
	struct work_struct unpin;
};

/* Not pinned, because the memory is being unmapped. Try again later. */
#define MDEV_BPF_PIN_AGAIN	(-ERESTART)

int mdev_bpf_pin_init(struct mdev_bpf_device *bdev);
void mdev_bpf_pin_destroy(struct mdev_bpf_device *bdev);
int mdev_bpf_pin_make(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg);
bool mdev_bpf_pin_is_busy(struct mdev_bpf_device *bdev);
bool mdev_bpf_pin_take(struct mdev_bpf_device *bdev, u64 first, u64 last);
void mdev_bpf_pin_await(struct mdev_bpf_device *bdev, u64 first, u64 last,
			unsigned long patience, unsigned long max);
void mdev_bpf_pin_close(struct mdev_bpf_device *bdev);
int mdev_bpf_pin_drop(struct mdev_bpf_device *bdev, u32 id);
bool mdev_bpf_pin_is(struct mdev_bpf_device *bdev, u32 id);
void *mdev_bpf_pin_get(struct mdev_bpf_device *bdev, u64 id, u64 offset, size_t size);

#endif /* __MDEV_BPF_DMA_PIN_H */
