// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA requests that ops have queued.
 *
 * Guest memory is user memory: touching it may wait for user space as long as that likes. So ops
 * only queue, and the runner (runner.c) carries out one request after the other.
 *
 * A request stays at the head of the queue until dma_done is called for it. So whatever stops
 * the device between the transfer and dma_done loses nothing.
 */
#include <linux/overflow.h>
#include <linux/wait.h>

#include "device/device.h"
#include "dma/fault.h"
#include "dma/guest.h"
#include "dma/queue.h"
#include "gate/gate.h"
#include "work/worker.h"

/**
 * mdev_bpf_dma_queue_kick() - what stopped DMA may be over: let a worker look
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_kick(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	if (bdev->dma.fault.has_head)
		mdev_bpf_fault_kick(bdev);
	else if (bdev->dma.due)
		mdev_bpf_worker_wake(bdev);
}

/**
 * mdev_bpf_dma_queue_add() - queue a request
 * @bdev: the device
 * @req: the request, with size and device's side checked
 *
 * Context: Process context, the gate held.
 *
 * Return: 0; -EINVAL if the addresses wrap; -ENXIO if VFIO has not opened the device; -EBUSY if
 * the queue is full.
 */
int mdev_bpf_dma_queue_add(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	u64 last;

	mdev_bpf_gate_assert_held(bdev);
	if (!req->size || check_add_overflow(req->iova, (u64)req->size - 1, &last))
		return -EINVAL;
	if (!q->open)
		return -ENXIO;
	if (q->nr >= MDEV_BPF_MAX_DMA)
		return -EBUSY;
	q->ring[(q->head + q->nr++) % MDEV_BPF_DMA_RING] = *req;
	q->due = true;
	return 0;
}

/**
 * mdev_bpf_dma_queue_cancel_state() - the state has become another: no request has a place in it
 * @bdev: the device
 *
 * dma_done says ECANCELED for them. The one that is being carried out sees it by itself, by
 * mdev_bpf_state::generation.
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_cancel_state(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = q->busy; i < q->nr; i++) {
		struct mdev_bpf_dma_request *req = &q->ring[(q->head + i) % MDEV_BPF_DMA_RING];

		if (req->done || !mdev_bpf_guest_in_state(req))
			continue;
		req->error = -ECANCELED;
		req->done = true;
	}
	mdev_bpf_fault_interrupt(bdev);
	mdev_bpf_dma_queue_kick(bdev);
}

/**
 * mdev_bpf_dma_queue_hold() - let no transfer run until mdev_bpf_dma_queue_resume()
 * @bdev: the device
 *
 * A transfer that runs is waited for, and with it user space, perhaps: not for callers that
 * hold a lock others need.
 *
 * Context: Process context.
 *
 * Return: 0; -EINTR if the task was killed, then nothing is held.
 */
int mdev_bpf_dma_queue_hold(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	scoped_guard(mdev_bpf_gate, bdev) {
		q->holds++;
		mdev_bpf_fault_interrupt(bdev);
	}
	if (!wait_event_killable(q->idle, !READ_ONCE(q->busy)))
		return 0;
	mdev_bpf_dma_queue_resume(bdev);
	return -EINTR;
}

/**
 * mdev_bpf_dma_queue_resume() - undo mdev_bpf_dma_queue_hold()
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_dma_queue_resume(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	bdev->dma.holds--;
	mdev_bpf_dma_queue_kick(bdev);
}

/**
 * mdev_bpf_dma_queue_open() - the device gets a user that has memory for it
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_dma_queue_open(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	bdev->dma.open = true;
}
