/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue of DMA requests, and its channels. */
#ifndef __MDEV_BPF_DMA_QUEUE_H
#define __MDEV_BPF_DMA_QUEUE_H

#include <linux/list.h>
#include <linux/mdev_bpf.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "dma/fault.h"
#include "dma/pass.h"
#include "dma/pin.h"
#include "dma/unmap.h"

struct mdev_bpf_device;
struct mdev_bpf_lane;

/**
 * struct mdev_bpf_dma_request - a DMA request
 * @node: entry in mdev_bpf_dma_channel::requests or mdev_bpf_dma_queue::free
 * @arg: what the program has requested
 * @list: while the channel is busy, a copy of the list of guest memory; NULL if there is none
 * @nr_list: number of entries of @list; together they have as many bytes as the request
 * @done: number of bytes, from the first one on, that are known to be copied
 * @error: the result, if @over
 * @over: completed or failed, but dma_done has not been called yet
 * @cancelled: the program has cancelled the request while it was being carried out
 */
struct mdev_bpf_dma_request {
	struct list_head node;
	struct mdev_bpf_request arg;
	struct mdev_bpf_sg *list;
	unsigned int nr_list;
	u64 done;
	s32 error;
	bool over;
	bool cancelled;
};

/**
 * struct mdev_bpf_dma_channel - requests that are carried out in their order, one at a time
 *
 * That of a queue is protected by the lane of the queue, except for @faulting and @locking; see
 * dma/lane.c.
 *
 * @bdev: the device
 * @lane: the queue to which it belongs; NULL if it belongs to the device itself
 * @requests: the requests; the first stays until dma_done is called for it
 * @busy: the runner or the fault thread is carrying out the first request, without a lock
 * @faulting: @busy with the fault thread, which may hold VFIO's lock
 * @locking: @busy with the fault thread, which waits in mdev_bpf_dma_queue_lock()
 * @absent: the memory of the first request is not present, so the fault thread carries it out
 * @generation: if @busy, the mdev_bpf_state::generation when the request was started
 * @page: buffer of whoever is carrying out a request; NULL until it is needed
 * @fault: the fault thread
 */
struct mdev_bpf_dma_channel {
	struct mdev_bpf_device *bdev;
	struct mdev_bpf_lane *lane;
	struct list_head requests;
	bool busy;
	bool faulting;
	bool locking;
	bool absent;
	u64 generation;
	void *page;
	struct mdev_bpf_fault fault;
};

/**
 * struct mdev_bpf_dma_queue - DMA of a device, protected by the gate
 * @pool: all requests: those that wait, and those that are free
 * @free: requests that are free
 * @channels: the channels
 * @ready: channels with requests that are not with their fault thread, a bit for each
 * @next: the channel of which the runner carries out a request next, if it is ready
 * @nr: number of requests in all channels
 * @busy: number of channels that are busy
 * @faulting: number of channels whose fault thread may hold VFIO's lock
 * @calm: time in jiffies before which no fault thread begins another attempt
 * @holds: number of calls of mdev_bpf_dma_queue_hold() without mdev_bpf_dma_queue_resume()
 * @open: a user with memory has opened the device
 * @in_pass: what passes know of the device
 * @memcg: while @open, the user's memory cgroup, to which buffers and the page cache of files are
 *	charged; NULL for a kernel client
 * @running: a task is the runner
 * @windows: number of windows that the device may have; 0 after it was removed
 * @pins: the windows, @windows of them
 * @unmaps: ranges that were unmapped, and for which dma_unmap has not been called yet
 * @pin_wqs: workqueues for unpinning, one for each MDEV_BPF_PINS_PER_WQ windows
 * @idle: woken when a channel is no longer busy, and when the state of a window changes
 */
struct mdev_bpf_dma_queue {
	struct mdev_bpf_dma_request *pool;
	struct list_head free;
	struct mdev_bpf_dma_channel channels[MDEV_BPF_MAX_CHANNELS];
	unsigned long ready;
	unsigned int next;
	unsigned int nr;
	unsigned int busy;
	unsigned int faulting;
	unsigned long calm;
	unsigned int holds;
	bool open;
	struct mdev_bpf_pass_device in_pass;
	struct mem_cgroup *memcg;
	bool running;
	unsigned int windows;
	struct mdev_bpf_pin *pins;
	struct mdev_bpf_unmaps unmaps;
	struct workqueue_struct *pin_wqs[MDEV_BPF_MAX_PINS / MDEV_BPF_PINS_PER_WQ];
	wait_queue_head_t idle;
};

static_assert(MDEV_BPF_MAX_CHANNELS <= BITS_PER_LONG);

/*
 * The first request of a channel; NULL if it has none. Context: the gate held, or the channel is
 * busy with the caller.
 */
static inline struct mdev_bpf_dma_request *
mdev_bpf_dma_channel_head(struct mdev_bpf_dma_channel *ch)
{
	return list_first_entry_or_null(&ch->requests, struct mdev_bpf_dma_request, node);
}

int mdev_bpf_dma_queue_init(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_open(struct mdev_bpf_device *bdev);
struct mdev_bpf_dma_request *mdev_bpf_dma_queue_put(struct mdev_bpf_device *bdev,
						    const struct mdev_bpf_request *arg);
int mdev_bpf_dma_queue_add(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg);
void mdev_bpf_dma_queue_drop(struct mdev_bpf_device *bdev, struct mdev_bpf_dma_request *req);
void mdev_bpf_dma_queue_drop_all(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_end(struct mdev_bpf_dma_channel *ch, int error, bool again);
void mdev_bpf_dma_queue_init_request(struct mdev_bpf_dma_request *req,
				     const struct mdev_bpf_request *arg);
bool mdev_bpf_dma_queue_is_idle(struct mdev_bpf_device *bdev);
int mdev_bpf_dma_channel_cancel(struct mdev_bpf_dma_channel *ch, u32 id, u32 mask);
void mdev_bpf_dma_queue_start(struct mdev_bpf_dma_channel *ch);
void mdev_bpf_dma_queue_stop(struct mdev_bpf_dma_channel *ch);
void mdev_bpf_dma_queue_to_fault(struct mdev_bpf_dma_channel *ch);
void mdev_bpf_dma_queue_from_fault(struct mdev_bpf_dma_channel *ch);
int mdev_bpf_dma_queue_lock(struct mdev_bpf_dma_channel *ch);
void mdev_bpf_dma_queue_unlock(struct mdev_bpf_dma_channel *ch);
bool mdev_bpf_dma_queue_is_locked(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_kick(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_interrupt(struct mdev_bpf_device *bdev);
int mdev_bpf_dma_queue_hold(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_resume(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_cancel_state(struct mdev_bpf_device *bdev);
int mdev_bpf_dma_queue_cancel(struct mdev_bpf_device *bdev, u32 id, u32 mask);

#endif /* __MDEV_BPF_DMA_QUEUE_H */
