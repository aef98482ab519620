// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA: requests that ops queue, and whoever carries them out.
 *
 * Guest memory is user memory: touching it may wait for user space as long as that likes. So
 * ops only queue, and one task at a time, the runner, takes request after request from the
 * queue, without the gate, and calls dma_done for each. The runner is the task
 * whose access queued the first request, so that to a guest DMA is over when its access is;
 * for requests from other ops it is the device's worker. Both copy what is present only. For
 * memory that is not, and for pins, it is the fault thread (fault.c), which gives the queue back
 * to the worker then.
 *
 * A request stays at the head of the queue until dma_done is called for it. So whatever stops
 * the device between the transfer and dma_done loses nothing.
 */
#include <linux/overflow.h>
#include <linux/pci_regs.h>
#include <linux/sched/signal.h>
#include <linux/unaligned.h>

#include "device/device.h"
#include "device/worker.h"
#include "dma/dirty.h"
#include "dma/fault.h"
#include "dma/guest.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "validate/api.h"

/* What the runner has to do next */
enum dma_step { DMA_STOP, DMA_MOVE, DMA_FAULT, DMA_DONE };

static struct mdev_bpf_dma_request *dma_head(struct mdev_bpf_dma_queue *q)
{
	return &q->ring[q->head];
}

/* Is there something to do, and nothing that stops it? */
static bool dma_may_run(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	mdev_bpf_gate_assert_held(bdev);
	return q->due && q->open && !q->holds && !bdev->deferred.frozen &&
	       mdev_bpf_gate_is_attached(bdev);
}

/**
 * mdev_bpf_dma_queue_allowed() - may the device access memory?
 * @bdev: the device
 *
 * Context: The gate held.
 *
 * Return: false while it is a PCI device whose bus mastering is off.
 */
bool mdev_bpf_dma_queue_allowed(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	return !bdev->api->pci ||
	       get_unaligned_le16(bdev->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

static enum dma_step dma_next(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct mdev_bpf_dma_request *req = dma_head(q);

	guard(mdev_bpf_gate)(bdev);
	if (!q->nr)
		q->due = false;
	if (!dma_may_run(bdev)) {
		q->running = false;
		return DMA_STOP;
	}
	if (!req->done && !mdev_bpf_dma_queue_allowed(bdev)) {
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
	mdev_bpf_dirty_request(bdev, dma_head(q));
	if (again && mdev_bpf_guest_in_state(dma_head(q)) &&
	    q->generation != bdev->state.generation) {
		error = -ECANCELED;
		again = false;
	}
	dma_head(q)->error = error;
	dma_head(q)->done = !again;
	WRITE_ONCE(q->busy, false);
	wake_up_all(&q->idle);
}

static void dma_move(struct mdev_bpf_device *bdev)
{
	/* Nobody else moves the head, or takes anything away, while busy is set */
	int error = mdev_bpf_guest_transfer(bdev, dma_head(&bdev->dma), false);

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

/*
 * Tell the program of the next request that has been carried out. Without program, or while the
 * device is frozen, that is for later.
 */
static void call_dma_done(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma dma;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DMA_DONE);
	if (IS_ERR(call.ops) || !mdev_bpf_dma_queue_take(bdev, &dma))
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
 * mdev_bpf_dma_queue_work() - the worker looks what there is to do
 * @bdev: the device
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_dma_queue_work(struct mdev_bpf_device *bdev)
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

/**
 * mdev_bpf_dma_queue_head() - the first request
 * @bdev: the device
 *
 * Context: The gate held, or mdev_bpf_dma_queue::busy set by the caller.
 */
struct mdev_bpf_dma_request *mdev_bpf_dma_queue_head(struct mdev_bpf_device *bdev)
{
	return dma_head(&bdev->dma);
}

/* How long has the fault thread to wait with the first request? */
static unsigned long fault_wait(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_request *req = dma_head(&bdev->dma);
	unsigned long wait = req->op == MDEV_BPF_DMA_PIN ? mdev_bpf_pin_wait(bdev, req) : 0;
	unsigned long after = READ_ONCE(bdev->dma.fault.after), now = jiffies;

	return max(wait, time_before(now, after) ? after - now : 0);
}

/**
 * mdev_bpf_dma_queue_fault_next() - what shall the fault thread do?
 * @bdev: the device
 *
 * Context: The fault thread.
 *
 * Return: 0: carry out the first request, which nobody moves until
 * mdev_bpf_dma_queue_fault_moved(); else wait so many jiffies.
 */
unsigned long mdev_bpf_dma_queue_fault_next(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned long wait;

	guard(mdev_bpf_gate)(bdev);
	q->fault.wanted = false;
	if (!q->fault.has_head)
		return MAX_SCHEDULE_TIMEOUT;
	/* The program shall know of the windows that went before it hears of a new one */
	if (!q->nr || dma_head(q)->done || !dma_may_run(bdev) ||
	    !mdev_bpf_dma_queue_allowed(bdev) ||
	    (dma_head(q)->op == MDEV_BPF_DMA_PIN && q->unmaps.nr)) {
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
	WRITE_ONCE(q->fault.interrupted, false);
	flush_signals(current);
	return 0;
}

/**
 * mdev_bpf_dma_queue_fault_moved() - the fault thread has done what it could
 * @bdev: the device
 * @error: what became of the request
 * @again: nothing yet; the thread keeps it
 *
 * Context: The fault thread.
 */
void mdev_bpf_dma_queue_fault_moved(struct mdev_bpf_device *bdev, int error, bool again)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	guard(mdev_bpf_gate)(bdev);
	dma_moved(bdev, error, again);
	if (!dma_head(q)->done)
		return;
	q->fault.has_head = false;
	q->running = false;
	mdev_bpf_worker_wake(bdev);
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
 * mdev_bpf_dma_queue_leave() - an op ends, and there may be DMA to do
 * @bdev: the device
 * @op: the op
 *
 * Context: The gate held.
 *
 * Return: whether this task does it, by mdev_bpf_dma_queue_after(), as soon as it has let go of the
 * gate; else a worker does, or the task that is at it already.
 */
bool mdev_bpf_dma_queue_leave(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
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
 * mdev_bpf_dma_queue_after() - do the DMA that is due
 * @bdev: the device; mdev_bpf_dma_queue_leave() returned true
 *
 * Context: Process context of the user, no lock held.
 */
void mdev_bpf_dma_queue_after(struct mdev_bpf_device *bdev)
{
	dma_run(bdev);
}

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
 * mdev_bpf_dma_queue_take() - take the next request that has been carried out off the queue
 * @bdev: the device
 * @dma: filled in, for dma_done
 *
 * Context: The gate held.
 *
 * Return: false if there is none, or the device is frozen.
 */
bool mdev_bpf_dma_queue_take(struct mdev_bpf_device *bdev, struct mdev_bpf_dma *dma)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct mdev_bpf_dma_request *req = dma_head(q);

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
 * mdev_bpf_dma_queue_cancel() - reset: forget all requests and pins
 * @bdev: the device, held by mdev_bpf_dma_queue_hold()
 *
 * Context: The gate held. The pinned pages are given back soon, not here.
 */
void mdev_bpf_dma_queue_cancel(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	bdev->dma.nr = 0;
	bdev->dma.absent = false;
	bdev->dma.fault.after = jiffies;
	bdev->dma.unmaps.nr = 0;
	mdev_bpf_pin_take(bdev, 0, U64_MAX);
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

/**
 * mdev_bpf_dma_queue_close() - the user goes: cancel all requests, give back all pins
 * @bdev: the device, frozen
 *
 * Context: Process context; VFIO still has the device open. The transfer that runs is interrupted.
 */
void mdev_bpf_dma_queue_close(struct mdev_bpf_device *bdev)
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
		mdev_bpf_dma_queue_cancel(bdev);
	}
	mdev_bpf_pass_close(bdev);
	mdev_bpf_pin_close(bdev);
}

/**
 * mdev_bpf_dma_queue_init() - the queue of a new device
 * @bdev: the device
 */
void mdev_bpf_dma_queue_init(struct mdev_bpf_device *bdev)
{
	init_waitqueue_head(&bdev->dma.idle);
	mdev_bpf_fault_init(bdev);
}
