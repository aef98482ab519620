// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runner: who carries out the DMA requests of a device.
 *
 * One task at a time takes request after request from the queue, without the gate, and calls
 * dma_done for each. It is the task whose access queued the first request, so that to a guest DMA
 * is over when its access is; for requests from other ops it is the device's worker. Both copy what
 * is present only. For memory that is not, and for pins, it is the fault thread (fault.c), which
 * gives the queue back to the worker then.
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

/* What the runner has to do next */
enum dma_step { DMA_STOP, DMA_MOVE, DMA_FAULT, DMA_DONE };

/* Is there something to do, and nothing that stops it? */
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

/* The head has been carried out with @error; @again: it has not. */
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
	/* Nobody else moves the head, or takes anything away, while busy is set */
	int error = mdev_bpf_guest_transfer(bdev, mdev_bpf_dma_queue_head(&bdev->dma), false);

	guard(mdev_bpf_gate)(bdev);
	bdev->dma.absent = error == -EFAULT;
	dma_moved(bdev, error, bdev->dma.absent);
}

/* Let the fault thread be the runner. Return: false if there is none, and the head has failed. */
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

/* What another has to go on with: the worker */
static void dma_hand_over(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	bdev->dma.running = false;
	mdev_bpf_dma_queue_kick(bdev);
}

/* Take the next request that has been carried out off the queue, as dma_done wants it. */
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
	/* The user may have taken the memory away again */
	if (req->op == MDEV_BPF_DMA_PIN && !dma->error && !mdev_bpf_pin_is(bdev, req->id))
		dma->error = -ENOENT;
	q->head = (q->head + 1) % MDEV_BPF_DMA_RING;
	q->nr--;
	q->absent = false;
	return true;
}

/*
 * Tell the program of the next request that has been carried out. Without program, or while the
 * device is frozen, that is for later.
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

/* Run the queue until nothing is left or it is stopped; bdev->dma.running is ours. */
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
		/* It has its end, even if each request leads to another */
		if (step == DMA_DONE && !--left) {
			dma_hand_over(bdev);
			return;
		}
		cond_resched();
	}
}

/**
 * mdev_bpf_dma_runner_work() - the worker looks what there is to do
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

/* How long has the fault thread to wait with the first request? */
static unsigned long fault_wait(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_queue_head(&bdev->dma);
	unsigned long wait = req->op == MDEV_BPF_DMA_PIN ? mdev_bpf_pin_wait(bdev, req) : 0;
	unsigned long after = READ_ONCE(bdev->dma.fault.after), now = jiffies;

	return max(wait, time_before(now, after) ? after - now : 0);
}

/*
 * What shall the fault thread do? Return: 0: carry out the first request, which nobody moves until
 * fault_moved(); else wait so many jiffies.
 */
static unsigned long fault_next(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned long wait;

	guard(mdev_bpf_gate)(bdev);
	q->fault.wanted = false;
	if (!q->fault.has_head)
		return MAX_SCHEDULE_TIMEOUT;
	/* The program shall know of the windows that went before it hears of a new one */
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

/* The fault thread has done what it could; @again: that was nothing, and it keeps the request. */
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

/* What the fault thread does: see mdev_bpf_fault::step. */
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
 * Ops that a task of the user's calls, with no lock that others could want. All others are
 * called by workers, or from where nothing may wait for user space.
 */
static bool dma_inline(enum mdev_bpf_op op)
{
	return !(current->flags & PF_KTHREAD) && current->mm &&
	       (op == MDEV_BPF_OP_REGION_WRITE || op == MDEV_BPF_OP_REGION_READ ||
		op == MDEV_BPF_OP_IOCTL || op == MDEV_BPF_OP_CONFIG_WRITE);
}

/**
 * mdev_bpf_dma_runner_leave() - an op ends, and there may be DMA to do
 * @bdev: the device
 * @op: the op
 *
 * Context: The gate held.
 *
 * Return: whether this task does it, by mdev_bpf_dma_runner_after(), as soon as it has let go of
 * the gate; else a worker does, or the task that is at it already.
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
 * mdev_bpf_dma_runner_after() - do the DMA that is due
 * @bdev: the device; mdev_bpf_dma_runner_leave() returned true
 *
 * Context: Process context of the user, no lock held.
 */
void mdev_bpf_dma_runner_after(struct mdev_bpf_device *bdev)
{
	dma_run(bdev);
}

/**
 * mdev_bpf_dma_runner_cancel() - reset: forget all requests and pins
 * @bdev: the device, held by mdev_bpf_dma_queue_hold()
 *
 * Context: The gate held. The pinned pages are given back soon, not here.
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
 * mdev_bpf_dma_runner_close() - the user goes: cancel all requests, give back all pins
 * @bdev: the device, frozen
 *
 * Context: Process context; VFIO still has the device open. The transfer that runs is interrupted.
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
 * mdev_bpf_dma_runner_init() - DMA of a new device
 * @bdev: the device
 */
void mdev_bpf_dma_runner_init(struct mdev_bpf_device *bdev)
{
	init_waitqueue_head(&bdev->dma.idle);
	mdev_bpf_fault_init(&bdev->dma.fault, fault_step);
}
