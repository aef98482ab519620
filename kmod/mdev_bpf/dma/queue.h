/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue of DMA requests. */
#ifndef __MDEV_BPF_DMA_QUEUE_H
#define __MDEV_BPF_DMA_QUEUE_H

#include <linux/mdev_bpf.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "dma/fault.h"
#include "dma/pass.h"
#include "dma/pin.h"
#include "dma/unmap.h"

struct mdev_bpf_device;

/**
 * struct mdev_bpf_dma_request - a DMA request; it has no pointers, so it can be migrated
 * @iova: address in guest memory
 * @where: the device's side, MDEV_BPF_STATE() or MDEV_BPF_MEMORY(); 0 for MDEV_BPF_DMA_PIN
 * @id: the program's id; for MDEV_BPF_DMA_PIN, the window
 * @op: MDEV_BPF_DMA_*
 * @size: number of bytes
 * @error: the result, if @done
 * @done: completed or failed, but dma_done has not been called yet
 */
struct mdev_bpf_dma_request {
	u64 iova;
	u64 where;
	u32 id;
	u32 op;
	u32 size;
	s32 error;
	bool done;
};

/* Room for the requests of ops, and for requests to pin the windows of a migrated device again */
#define MDEV_BPF_DMA_RING (MDEV_BPF_MAX_DMA + MDEV_BPF_MAX_PINS)

/**
 * struct mdev_bpf_dma_queue - DMA of a device, protected by the gate
 * @ring: the requests; the first stays until dma_done is called for it
 * @head: index of the first request
 * @nr: number of requests
 * @holds: number of calls of mdev_bpf_dma_queue_hold() without mdev_bpf_dma_queue_resume()
 * @due: there are requests
 * @open: a VFIO user has opened the device, so there may be guest memory
 * @running: a task is the runner
 * @busy: the runner is carrying out the first request, without a lock
 * @generation: if @busy, the mdev_bpf_state::generation when the request was started
 * @absent: the memory of the first request is not present, so the fault thread carries it out
 * @fault: the fault thread
 * @windows: number of windows that the device may have; never changes
 * @pins: the windows
 * @unmaps: ranges that were unmapped, and for which dma_unmap has not been called yet
 * @passes: records of memory that is being unmapped
 * @passes_full: there was no free record, so nothing is pinned
 * @passes_lost: how often there was no free record since the device was opened
 * @look: work item that checks whether passes are over
 * @pin_wq: workqueue for unpinning and @look; NULL if the device may have no windows
 * @idle: woken when @busy is cleared, and when the state of a window changes
 */
struct mdev_bpf_dma_queue {
	struct mdev_bpf_dma_request ring[MDEV_BPF_DMA_RING];
	unsigned int head;
	unsigned int nr;
	unsigned int holds;
	bool due;
	bool open;
	bool running;
	bool busy;
	u64 generation;
	bool absent;
	struct mdev_bpf_fault fault;
	unsigned int windows;
	struct mdev_bpf_pin pins[MDEV_BPF_MAX_PINS];
	struct mdev_bpf_unmaps unmaps;
	struct mdev_bpf_pass passes[MDEV_BPF_PASSES];
	bool passes_full;
	unsigned int passes_lost;
	struct delayed_work look;
	struct workqueue_struct *pin_wq;
	wait_queue_head_t idle;
};

/* The first request. Context: the gate held, or mdev_bpf_dma_queue::busy set by the caller. */
static inline struct mdev_bpf_dma_request *mdev_bpf_dma_queue_head(struct mdev_bpf_dma_queue *q)
{
	return &q->ring[q->head];
}

void mdev_bpf_dma_queue_open(struct mdev_bpf_device *bdev);
int mdev_bpf_dma_queue_add(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req);
void mdev_bpf_dma_queue_kick(struct mdev_bpf_device *bdev);
int mdev_bpf_dma_queue_hold(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_resume(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_cancel_state(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_DMA_QUEUE_H */
