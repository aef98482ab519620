/* SPDX-License-Identifier: GPL-2.0-only */
/* DMA requests that wait to be carried out. */
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
 * struct mdev_bpf_dma_request - a DMA request that waits; no pointers, so it can be saved
 * @iova: address of the guest's memory
 * @where: the device's side, MDEV_BPF_STATE() or MDEV_BPF_MEMORY(); 0 for MDEV_BPF_DMA_PIN
 * @id: the program's id; for MDEV_BPF_DMA_PIN the window's
 * @op: MDEV_BPF_DMA_*
 * @size: bytes
 * @error: when @done: what became of it
 * @done: carried out, but dma_done was not called yet
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

/* Room for what ops can queue, and for the windows of a device that has come from elsewhere */
#define MDEV_BPF_DMA_RING (MDEV_BPF_MAX_DMA + MDEV_BPF_MAX_PINS)

/**
 * struct mdev_bpf_dma_queue - DMA of a device, under its gate
 * @ring: the requests; the first stays until dma_done is called for it
 * @head: index of the first
 * @nr: how many
 * @holds: how many tasks want no transfer to run, see mdev_bpf_dma_queue_hold()
 * @due: there are requests
 * @open: VFIO's user has the device, so there may be guest memory
 * @running: a task is the runner
 * @busy: it carries out the first request, without lock
 * @generation: while @busy: the mdev_bpf_state::generation that it was begun with
 * @absent: the memory of the first request is not present, so the fault thread carries it out
 * @fault: the fault thread
 * @windows: how many windows the device may have, fixed for its life
 * @pins: the windows
 * @unmaps: windows that went, and the program was not told of yet
 * @passes: memory that is just being taken away
 * @passes_full: there was no room for more of that, so nothing is pinned
 * @passes_lost: how often that has happened since the device was opened
 * @look: sees whether passes are over
 * @pin_wq: unpins the windows, and has @look; NULL if there are none
 * @idle: woken when @busy ends, and when a window's state changes
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
