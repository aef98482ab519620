// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of DMA requests.
 *
 * Guest memory is user memory: an access may wait for user space without a limit. So ops only queue
 * requests, and the runner (runner.c) carries them out one at a time.
 *
 * A request stays at the head of the queue until dma_done is called for it. So no request is lost
 * if the device is stopped between the transfer and dma_done.
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
 * mdev_bpf_dma_queue_kick() - wake the worker or the fault thread, because DMA may continue
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
 * @req: the request, whose size and device's side have been checked
 *
 * Context: Process context, the gate held.
 *
 * Return: 0; -EINVAL if the guest addresses wrap around; -ENXIO if VFIO has not opened the device;
 * -EBUSY if the queue is full.
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
 * mdev_bpf_dma_queue_cancel_state() - cancel requests to and from a state that has been replaced
 * @bdev: the device
 *
 * dma_done reports ECANCELED for them. A request that is in progress notices the change by
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
 * mdev_bpf_dma_queue_hold() - stop transfers until mdev_bpf_dma_queue_resume()
 * @bdev: the device
 *
 * Waits for the transfer that is in progress, and so possibly for user space.
 *
 * Context: Process context, with no lock held that others need.
 *
 * Return: 0; -EINTR if the task was killed, and then transfers are not stopped.
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
 * mdev_bpf_dma_queue_open() - accept requests, because a user with memory has opened the device
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_dma_queue_open(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	bdev->dma.open = true;
}
