// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runner: the task that carries out the DMA requests of a device.
 *
 * One task at a time carries out the requests, without the gate, and calls dma_done for each. If an
 * access has queued the first request, it is the task that makes the access, so that a guest finds
 * its DMA complete when its access returns. For requests of other ops it is the device's worker.
 * Both only copy memory that is present. For memory that is not present, and for pins, the fault
 * thread (fault.c) becomes the runner. It returns the queue to the worker afterwards.
 */
#include <linux/sched.h>
#include <linux/wait.h>

#include "device/device.h"
#include "dma/dirty.h"
#include "dma/fault.h"
#include "dma/guest.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "dma/runner.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "pci/config.h"
#include "work/worker.h"

/* The next step of the runner */
enum dma_step { DMA_STOP, DMA_MOVE, DMA_FAULT, DMA_DONE };

/* Are there requests, and may they be carried out? */
static bool dma_may_run(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	mdev_bpf_gate_assert_held(bdev);
	return q->due && q->open && !q->holds && !bdev->deferred.frozen &&
	       mdev_bpf_gate_is_attached(bdev);
}

static enum dma_step dma_next(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_queue_head(q);

	guard(mdev_bpf_gate)(bdev);
	if (!q->nr)
		q->due = false;
	if (!dma_may_run(bdev)) {
		q->running = false;
		return DMA_STOP;
	}
	if (!req->done && !mdev_bpf_pci_config_is_master(bdev)) {
		req->error = -EACCES;
		req->done = true;
	}
	if (req->done)
		return DMA_DONE;
	q->busy = true;
	q->generation = bdev->state.generation;
	return req->op == MDEV_BPF_DMA_PIN || q->absent ? DMA_FAULT : DMA_MOVE;
}

/* End carrying out the first request with @error. @again: it has to be tried again. */
static void dma_moved(struct mdev_bpf_device *bdev, int error, bool again)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_dirty_request(bdev, mdev_bpf_dma_queue_head(q));
	if (again && mdev_bpf_guest_in_state(mdev_bpf_dma_queue_head(q)) &&
	    q->generation != bdev->state.generation) {
		error = -ECANCELED;
		again = false;
	}
	mdev_bpf_dma_queue_head(q)->error = error;
	mdev_bpf_dma_queue_head(q)->done = !again;
	WRITE_ONCE(q->busy, false);
	wake_up_all(&q->idle);
}

static void dma_move(struct mdev_bpf_device *bdev)
{
	/* While busy is set, no other task changes the first request */
	int error = mdev_bpf_guest_transfer(bdev, mdev_bpf_dma_queue_head(&bdev->dma), false);

	guard(mdev_bpf_gate)(bdev);
	bdev->dma.absent = error == -EFAULT;
	dma_moved(bdev, error, bdev->dma.absent);
}

/* Make the fault thread the runner. Return: false if it cannot be created: the request failed. */
static bool dma_to_fault(struct mdev_bpf_device *bdev)
{
	int error = mdev_bpf_fault_start(bdev);

	guard(mdev_bpf_gate)(bdev);
	if (error) {
		dma_moved(bdev, -ENOMEM, false);
		return false;
	}
	bdev->dma.fault.has_head = true;
	WRITE_ONCE(bdev->dma.busy, false);
	mdev_bpf_fault_kick(bdev);
	return true;
}

/* Stop being the runner, and let the worker continue. */
static void dma_hand_over(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	bdev->dma.running = false;
	mdev_bpf_dma_queue_kick(bdev);
}

/* Remove a completed request from the queue. @dma: set to the argument of dma_done. */
static bool dma_take(struct mdev_bpf_device *bdev, struct mdev_bpf_dma *dma)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_queue_head(q);

	mdev_bpf_gate_assert_held(bdev);
	if (bdev->deferred.frozen || !q->nr || !req->done)
		return false;
	*dma = (struct mdev_bpf_dma) {
		.id = req->id,
		.op = req->op,
		.error = req->error,
		.size = req->size,
		.iova = req->iova,
		.where = req->where,
	};
	/* The user may have unmapped the memory again */
	if (req->op == MDEV_BPF_DMA_PIN && !dma->error && !mdev_bpf_pin_is(bdev, req->id))
		dma->error = -ENOENT;
	q->head = (q->head + 1) % MDEV_BPF_DMA_RING;
	q->nr--;
	q->absent = false;
	return true;
}

/*
 * Call dma_done for the next completed request. If no program is attached, or the device is frozen,
 * this has to wait.
 */
static void call_dma_done(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma dma;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DMA_DONE);
	if (IS_ERR(call.ops) || !dma_take(bdev, &dma))
		return;
	trace_mdev_bpf_dma(&bdev->ctx, dma.op, dma.iova, dma.size, dma.error);
	mdev_bpf_call_op(&call, dma_done, &dma);
}

/* Carry out requests until none is left or DMA is stopped. This task has set bdev->dma.running. */
static void dma_run(struct mdev_bpf_device *bdev)
{
	unsigned int left = MDEV_BPF_MAX_DMA;
	enum dma_step step;

	while ((step = dma_next(bdev)) != DMA_STOP) {
		if (step == DMA_MOVE)
			dma_move(bdev);
		else if (step == DMA_DONE)
			call_dma_done(bdev);
		else if (dma_to_fault(bdev))
			return;
		/* Limit the requests, because dma_done can make a new one each time */
		if (step == DMA_DONE && !--left) {
			dma_hand_over(bdev);
			return;
		}
		cond_resched();
	}
}

/**
 * mdev_bpf_dma_runner_work() - carry out requests, called by the worker
 * @bdev: the device
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_dma_runner_work(struct mdev_bpf_device *bdev)
{
	if (!READ_ONCE(bdev->dma.due))
		return;
	scoped_guard(mdev_bpf_gate, bdev) {
		if (bdev->dma.running)
			return;
		bdev->dma.running = true;
	}
	dma_run(bdev);
}

/* How long does the fault thread have to wait before it tries the first request? */
static unsigned long fault_wait(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_queue_head(&bdev->dma);
	unsigned long wait = req->op == MDEV_BPF_DMA_PIN ? mdev_bpf_pin_wait(bdev, req) : 0;
	unsigned long after = READ_ONCE(bdev->dma.fault.after), now = jiffies;

	return max(wait, time_before(now, after) ? after - now : 0);
}

/*
 * Decide what the fault thread does. Return: 0 to carry out the first request, which does not
 * change until fault_moved(); else the number of jiffies to wait.
 */
static unsigned long fault_next(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned long wait;

	guard(mdev_bpf_gate)(bdev);
	q->fault.wanted = false;
	if (!q->fault.has_head)
		return MAX_SCHEDULE_TIMEOUT;
	/* dma_unmap must be called for all old windows before a new one is pinned */
	if (!q->nr || mdev_bpf_dma_queue_head(q)->done || !dma_may_run(bdev) ||
	    !mdev_bpf_pci_config_is_master(bdev) ||
	    (mdev_bpf_dma_queue_head(q)->op == MDEV_BPF_DMA_PIN && q->unmaps.nr)) {
		q->fault.has_head = false;
		q->running = false;
		mdev_bpf_worker_wake(bdev);
		return MAX_SCHEDULE_TIMEOUT;
	}
	wait = fault_wait(bdev);
	if (wait)
		return wait;
	q->busy = true;
	q->generation = bdev->state.generation;
	mdev_bpf_fault_begin(&q->fault);
	return 0;
}

/* End an attempt of the fault thread. @again: it has to try again, and stays the runner. */
static void fault_moved(struct mdev_bpf_device *bdev, int error, bool again)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	guard(mdev_bpf_gate)(bdev);
	dma_moved(bdev, error, again);
	if (!mdev_bpf_dma_queue_head(q)->done)
		return;
	q->fault.has_head = false;
	q->running = false;
	mdev_bpf_worker_wake(bdev);
}

/* One step of the fault thread; see mdev_bpf_fault::step. */
static unsigned long fault_step(struct mdev_bpf_device *bdev)
{
	unsigned long wait = fault_next(bdev);
	const struct mdev_bpf_dma_request *req;
	int error;

	if (wait)
		return wait;
	req = mdev_bpf_dma_queue_head(&bdev->dma);
	if (req->op == MDEV_BPF_DMA_PIN)
		error = mdev_bpf_pin_make(bdev, req);
	else
		error = mdev_bpf_guest_transfer(bdev, req, true);
	fault_moved(bdev, error, mdev_bpf_fault_end(&bdev->dma.fault, error));
	return 0;
}

/*
 * Can this task carry out DMA after the op? True for ops that are called by a task of the user
 * without a lock that others need. All other ops are called by workers, or in places that must not
 * wait for user space.
 */
static bool dma_inline(enum mdev_bpf_op op)
{
	return !(current->flags & PF_KTHREAD) && current->mm &&
	       (op == MDEV_BPF_OP_REGION_WRITE || op == MDEV_BPF_OP_REGION_READ ||
		op == MDEV_BPF_OP_IOCTL || op == MDEV_BPF_OP_CONFIG_WRITE);
}

/**
 * mdev_bpf_dma_runner_leave() - decide which task carries out DMA after an op
 * @bdev: the device
 * @op: the op
 *
 * Context: The gate held.
 *
 * Return: true if this task must call mdev_bpf_dma_runner_after() when it has released the gate.
 * Otherwise the worker carries out DMA, or the task that is the runner already.
 */
bool mdev_bpf_dma_runner_leave(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	if (q->running || !dma_may_run(bdev))
		return false;
	if (!dma_inline(op)) {
		mdev_bpf_dma_queue_kick(bdev);
		return false;
	}
	q->running = true;
	return true;
}

/**
 * mdev_bpf_dma_runner_after() - carry out DMA after an op
 * @bdev: the device, for which mdev_bpf_dma_runner_leave() has returned true
 *
 * Context: Process context, a task of the user, no lock held.
 */
void mdev_bpf_dma_runner_after(struct mdev_bpf_device *bdev)
{
	dma_run(bdev);
}

/**
 * mdev_bpf_dma_runner_cancel() - discard all requests and windows
 * @bdev: the device, whose DMA is held by mdev_bpf_dma_queue_hold(), or closed
 *
 * Context: The gate held. Work items unpin the pages soon afterwards.
 */
void mdev_bpf_dma_runner_cancel(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	bdev->dma.nr = 0;
	bdev->dma.absent = false;
	bdev->dma.fault.after = jiffies;
	bdev->dma.unmaps.nr = 0;
	mdev_bpf_pin_take(bdev, 0, U64_MAX);
}

/**
 * mdev_bpf_dma_runner_close() - discard all requests and unpin all windows, because of close
 * @bdev: the device, frozen
 *
 * Interrupts the transfer that is in progress.
 *
 * Context: Process context; VFIO still has the device open.
 */
void mdev_bpf_dma_runner_close(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	scoped_guard(mdev_bpf_gate, bdev) {
		if (!q->open)
			return;
		q->open = false;
		mdev_bpf_fault_interrupt(bdev);
	}
	wait_event(q->idle, !READ_ONCE(q->busy));
	mdev_bpf_fault_close(bdev);
	scoped_guard(mdev_bpf_gate, bdev) {
		if (q->fault.has_head) {
			q->fault.has_head = false;
			q->running = false;
		}
		mdev_bpf_dma_runner_cancel(bdev);
	}
	mdev_bpf_pin_close(bdev);
}

/**
 * mdev_bpf_dma_runner_init() - set up DMA of a new device
 * @bdev: the device
 */
void mdev_bpf_dma_runner_init(struct mdev_bpf_device *bdev)
{
	init_waitqueue_head(&bdev->dma.idle);
	mdev_bpf_fault_init(&bdev->dma.fault, fault_step);
}
