// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: parts of a device whose ops run at the same time.
 *
 * Each queue has a lane, which is a spinlock, a state, and a worker, which is a thread of the user.
 * An op of a queue holds its lane, and nothing else. So it does not wait for the ops of the device
 * or of other queues.
 *
 * All that could make it unsafe to call the op is in one pointer, mdev_bpf_lane::ops. It is set
 * while a program is attached, the device is open, has not failed and is not stopped, and no reset
 * or restore is in progress. Whoever changes one of these holds the gate, and calls
 * mdev_bpf_queue_update(), which waits for the ops of queues that are running. So the rest of the
 * module only has to know the gate: after the pointers were cleared, the holder of the gate has the
 * state of the queues, too. The gate is always taken first. An op of a queue never takes it.
 *
 * An op of the device that accesses the state of a queue stops this queue in the same way, until
 * the op returns.
 */
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "queue/queue.h"
#include "register/doorbell.h"
#include "work/deferred.h"
#include "work/worker.h"

/* The program, if it may be called for queues; else NULL */
static const struct mdev_bpf_ops *callable(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_gate *gate = &bdev->gate;

	mdev_bpf_gate_assert_held(bdev);
	/* The started op comes before all others */
	if (gate->closer || bdev->deferred.frozen || bdev->queues.closed ||
	    gate->started & ~MDEV_BPF_STARTED_RESTORED)
		return NULL;
	return gate->ops;
}

/**
 * mdev_bpf_queue_wake() - wake the worker of a queue; if it has no thread, that of the device
 * @lane: the queue
 *
 * Context: Any.
 */
void mdev_bpf_queue_wake(struct mdev_bpf_lane *lane)
{
	if (!mdev_bpf_worker_wake_one(&lane->worker))
		mdev_bpf_worker_wake(lane->bdev);
}

/* Is there something to do for the thread of a queue? */
static bool has_work(const struct mdev_bpf_lane *lane)
{
	return test_bit(0, &lane->due) || READ_ONCE(lane->ready);
}

/* Set the program of a lane. On return, no op of any other program runs in it. */
static void assign(struct mdev_bpf_lane *lane, const struct mdev_bpf_ops *ops)
{
	mdev_bpf_gate_assert_held(lane->bdev);
	scoped_guard(spinlock, &lane->lock) {
		/* A failure is still to be passed on */
		if (lane->verdict.due)
			ops = NULL;
		WRITE_ONCE(lane->ops, ops);
	}
	if (ops && has_work(lane))
		mdev_bpf_queue_wake(lane);
}

/**
 * mdev_bpf_queue_update() - let the ops of queues be called if they may be, and only then
 * @bdev: the device
 *
 * Context: Process context, the gate held; may be in an op of the device. Waits for ops of queues
 * that are running, of all queues at the same time.
 */
void mdev_bpf_queue_update(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_ops *ops = callable(bdev);
	struct mdev_bpf_lane *lane;

	/* First close all lanes, so that none begins another op while this waits for the others */
	mdev_bpf_queue_for_each(lane, bdev)
		if (lane->ops != ops || bdev->queues.stopped & BIT(lane->ctx.id))
			WRITE_ONCE(lane->ops, NULL);
	mdev_bpf_queue_for_each(lane, bdev) {
		if (bdev->queues.stopped & BIT(lane->ctx.id))
			assign(lane, NULL);
		else if (!ops || READ_ONCE(lane->ops) != ops)
			assign(lane, ops);
	}
}

/**
 * mdev_bpf_queue_close_lanes() - keep ops of queues from being called
 * @bdev: the device
 *
 * For guard(mdev_bpf_lanes)(bdev).
 *
 * Context: Process context, the gate held. Waits as mdev_bpf_queue_update().
 */
void mdev_bpf_queue_close_lanes(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	bdev->queues.closed++;
	mdev_bpf_queue_update(bdev);
	bdev->queues.closings++;
}

/**
 * mdev_bpf_queue_open_lanes() - undo mdev_bpf_queue_close_lanes()
 * @bdev: the device
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_queue_open_lanes(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	bdev->queues.closed--;
	mdev_bpf_queue_update(bdev);
}

/**
 * mdev_bpf_queue_borrow() - stop a queue until the op returns, and get its state
 * @bdev: the device
 * @id: the queue
 *
 * Context: The gate held, in an op of the device. Waits for the op of the queue.
 *
 * Return: the state; NULL if there is no such queue.
 */
void *mdev_bpf_queue_borrow(struct mdev_bpf_device *bdev, u32 id)
{
	struct mdev_bpf_queues *queues = &bdev->queues;

	mdev_bpf_gate_assert_held(bdev);
	if (id >= queues->nr)
		return NULL;
	id = array_index_nospec(id, queues->nr);
	/* If it stands still anyway, nothing changes that before the op returns */
	if (callable(bdev) && !(queues->stopped & BIT(id))) {
		queues->stopped |= BIT(id);
		bdev->gate.leave |= MDEV_BPF_LEAVE_QUEUES;
		assign(queues->lanes[id], NULL);
	}
	/* While the state is converted, what was rung belongs to another layout of it */
	if (!queues->closed) {
		scoped_guard(spinlock_irqsave, &bdev->doorbells.lock)
			mdev_bpf_doorbell_put_queue(bdev, id);
	}
	return mdev_bpf_state_queue(bdev->state.cur.block, id);
}

/**
 * mdev_bpf_queue_give_back() - undo all mdev_bpf_queue_borrow() of an op
 * @bdev: the device
 *
 * Context: The gate held, after the op.
 */
void mdev_bpf_queue_give_back(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	bdev->queues.stopped = 0;
	bdev->gate.leave &= ~MDEV_BPF_LEAVE_QUEUES;
	mdev_bpf_queue_update(bdev);
}

/**
 * mdev_bpf_queue_ring() - have the op of a queue called soon
 * @bdev: the device
 * @id: the queue, less than mdev_bpf_queues::nr
 *
 * Context: Any; also called from the wakeup function of an eventfd.
 */
void mdev_bpf_queue_ring(struct mdev_bpf_device *bdev, u32 id)
{
	/* A guest may have chosen the number */
	struct mdev_bpf_lane *lane = bdev->queues.lanes[array_index_nospec(id, bdev->queues.nr)];

	set_bit(0, &lane->due);
	mdev_bpf_queue_wake(lane);
}

/*
 * If a queue was rung, clear its bit. The values of its doorbells go into its state in the same
 * step: each call finds values that no call before it has found. Return: true if it was rung.
 */
static bool take(struct mdev_bpf_lane *lane)
{
	lockdep_assert_held(&lane->lock);
	guard(spinlock_irqsave)(&lane->bdev->doorbells.lock);
	if (!test_and_clear_bit(0, &lane->due))
		return false;
	mdev_bpf_doorbell_put_queue(lane->bdev, lane->ctx.id);
	return true;
}

/**
 * mdev_bpf_queue_called() - look whether an op of a queue that has returned fails the device
 * @lane: the queue
 * @in_time: false if the op has run for too long
 *
 * Context: The lane held.
 *
 * Return: true if it does: then call mdev_bpf_queue_pass_on() after the lane was released. Until
 * the device has failed, no op of the queue is called.
 */
bool mdev_bpf_queue_called(struct mdev_bpf_lane *lane, bool in_time)
{
	lockdep_assert_held(&lane->lock);
	if (!in_time && !lane->verdict.due)
		lane->verdict = (struct mdev_bpf_verdict) { .due = true, .code = -ETIME };
	if (!lane->verdict.due)
		return false;
	lane->verdict.op = lane->op;
	WRITE_ONCE(lane->ops, NULL);
	return true;
}

/* Call the op of a queue, if it may be called and is due. Return: true if there is a verdict. */
static bool call_queue(struct mdev_bpf_lane *lane)
{
	const struct mdev_bpf_ops *ops;

	guard(spinlock)(&lane->lock);
	/* Once only: it may be cleared now, by a task that waits for the lane afterwards */
	ops = READ_ONCE(lane->ops);
	if (!ops || !take(lane))
		return false;
	return mdev_bpf_queue_called(lane, mdev_bpf_lane_op(lane, ops, queue));
}

/**
 * mdev_bpf_queue_pass_on() - fail the device as an op of a queue has asked for
 * @lane: the queue
 *
 * Does nothing if a reset or another program came before.
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_queue_pass_on(struct mdev_bpf_lane *lane)
{
	struct mdev_bpf_device *bdev = lane->bdev;
	struct mdev_bpf_verdict verdict;

	guard(mdev_bpf_gate)(bdev);
	scoped_guard(spinlock, &lane->lock) {
		verdict = lane->verdict;
		lane->verdict.due = false;
	}
	if (verdict.due)
		bdev->gate.hooks->fail(bdev, &verdict, lane->watch.limit_ms);
	/* If the device had failed before, nothing else opens the lane again later */
	mdev_bpf_queue_update(bdev);
}

static void run_lane(struct mdev_bpf_lane *lane)
{
	if (test_bit(0, &lane->due) && call_queue(lane))
		mdev_bpf_queue_pass_on(lane);
	if (READ_ONCE(lane->ready))
		lane->bdev->queues.carry_out(lane);
	/* A queue may ring itself each time */
	cond_resched();
}

/* The thread of a queue is about to end. It may have been woken for a ring that it has not seen. */
static void worker_killed(struct mdev_bpf_worker *worker)
{
	struct mdev_bpf_lane *lane = container_of(worker, struct mdev_bpf_lane, worker);

	/* As in mdev_bpf_time_killed() */
	smp_store_release(&lane->bdev->orphan, true);
	/* It calls mdev_bpf_queue_run_left() */
	mdev_bpf_worker_wake(lane->bdev);
}

static void run_worker(struct mdev_bpf_worker *worker)
{
	run_lane(container_of(worker, struct mdev_bpf_lane, worker));
}

/**
 * mdev_bpf_queue_run_left() - do the work of queues that have no thread
 * @bdev: the device
 *
 * The process that had opened the device may have died while another still uses the device.
 *
 * Context: Process context, the device's worker.
 */
void mdev_bpf_queue_run_left(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;

	mdev_bpf_queue_for_each(lane, bdev)
		if (has_work(lane) && READ_ONCE(lane->worker.user) &&
		    !READ_ONCE(lane->worker.thread))
			run_lane(lane);
}

/* Copy the reason for a failure up to a NUL, or the end. */
static void copy_reason(struct mdev_bpf_verdict *verdict, const char *text, u32 size)
{
	size_t len = strnlen(text, min_t(u32, size, sizeof(verdict->text) - 1));

	memcpy(verdict->text, text, len);
	memset(verdict->text + len, 0, sizeof(verdict->text) - len);
}

/**
 * mdev_bpf_queue_fail() - fail the device as soon as the op of a queue has returned
 * @lane: the queue
 * @code: the error code of the program
 * @text: the reason
 * @size: size of @text
 *
 * Context: The lane held, in an op of the queue.
 *
 * Return: 0; -EALREADY if the device has failed already, or this op has reported a failure.
 */
int mdev_bpf_queue_fail(struct mdev_bpf_lane *lane, s32 code, const char *text, u32 size)
{
	lockdep_assert_held(&lane->lock);
	if (lane->verdict.due || READ_ONCE(lane->bdev->failure.active))
		return -EALREADY;
	lane->verdict.code = code;
	lane->verdict.program[0] = '\0';
	copy_reason(&lane->verdict, text, size);
	lane->verdict.due = true;
	return 0;
}

/**
 * mdev_bpf_queue_pardon() - drop failures that ops of queues have reported, and that did not happen
 * @bdev: the device
 *
 * Context: The gate held; no op of a queue runs.
 */
void mdev_bpf_queue_pardon(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_queue_for_each(lane, bdev) {
		scoped_guard(spinlock, &lane->lock)
			lane->verdict.due = false;
	}
}

/**
 * mdev_bpf_queue_due() - which queues were rung, and their ops have not been called yet?
 * @bdev: the device
 *
 * Context: Any.
 *
 * Return: a bit for each queue.
 */
u64 mdev_bpf_queue_due(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;
	u64 due = 0;

	mdev_bpf_queue_for_each(lane, bdev)
		due |= (u64)test_bit(0, &lane->due) << lane->ctx.id;
	return due;
}

/**
 * mdev_bpf_queue_set_due() - say which queues were rung, without their doorbells
 * @bdev: the device
 * @due: a bit for each queue; 0 for a reset
 *
 * What was written to doorbells and is not in the state yet is discarded.
 *
 * Context: The gate held; no op of a queue runs.
 */
void mdev_bpf_queue_set_due(struct mdev_bpf_device *bdev, u64 due)
{
	struct mdev_bpf_lane *lane;

	mdev_bpf_gate_assert_held(bdev);
	/* A doorbell is rung without the gate: discard both its value and its ring, or neither */
	guard(spinlock_irqsave)(&bdev->doorbells.lock);
	mdev_bpf_doorbell_forget_queues(bdev);
	mdev_bpf_queue_for_each(lane, bdev)
		WRITE_ONCE(lane->due, due >> lane->ctx.id & 1);
}

/**
 * mdev_bpf_queue_open() - create the threads of the queues, because VFIO opens the device
 * @bdev: the device
 *
 * Context: Process context of the user.
 *
 * Return: 0; an error of mdev_bpf_worker_open().
 */
int mdev_bpf_queue_open(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;
	int ret;

	mdev_bpf_queue_for_each(lane, bdev) {
		ret = mdev_bpf_worker_open(&lane->worker);
		if (ret) {
			mdev_bpf_queue_close(bdev);
			return ret;
		}
	}
	return 0;
}

/**
 * mdev_bpf_queue_close() - detach the threads of the queues, because VFIO has closed the device
 * @bdev: the device
 *
 * Context: Process context, no lock held. Waits while a thread is in code of the core.
 */
void mdev_bpf_queue_close(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;

	mdev_bpf_queue_for_each(lane, bdev)
		mdev_bpf_worker_close(&lane->worker);
}

/**
 * mdev_bpf_queue_renew() - create threads of this process for queues whose threads have ended
 * @bdev: the device
 *
 * Context: Process context, a task of VFIO's user, which has the device open.
 *
 * Return: 0; an error of mdev_bpf_worker_renew(), if a queue still has no thread.
 */
int mdev_bpf_queue_renew(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;
	int ret = 0;

	mdev_bpf_queue_for_each(lane, bdev)
		ret = mdev_bpf_worker_renew(&lane->worker) ?: ret;
	return ret;
}

/**
 * mdev_bpf_queue_halt() - stop the workers of a device that is being removed
 * @bdev: the device, closed and frozen
 *
 * Context: Process context.
 */
void mdev_bpf_queue_halt(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;

	mdev_bpf_queue_for_each(lane, bdev)
		mdev_bpf_worker_destroy(&lane->worker);
}

/**
 * mdev_bpf_queue_init() - set up the queues of a new device
 * @bdev: the device, whose part that programs see is complete
 * @nr: how many queues it has
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_queue_init(struct mdev_bpf_device *bdev, unsigned int nr)
{
	struct mdev_bpf_dma_channel *ch;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct mdev_bpf_lane *lane = kzalloc(sizeof(*lane), GFP_KERNEL_ACCOUNT);

		if (!lane) {
			mdev_bpf_queue_destroy(bdev);
			return -ENOMEM;
		}
		spin_lock_init(&lane->lock);
		mdev_bpf_stats_init(&lane->stats);
		lane->bdev = bdev;
		mdev_bpf_queue_for_each_channel(ch, lane)
			INIT_LIST_HEAD(&ch->requests);
		INIT_LIST_HEAD(&lane->free);
		lane->ctx.id = i;
		lane->ctx.type = bdev->ctx.type;
		lane->ctx.arg = bdev->ctx.arg;
		mdev_bpf_worker_init(&lane->worker, run_worker, worker_killed);
		bdev->queues.lanes[i] = lane;
		bdev->queues.nr++;
	}
	return 0;
}

/**
 * mdev_bpf_queue_destroy() - undo mdev_bpf_queue_init()
 * @bdev: the device, which is closed
 */
void mdev_bpf_queue_destroy(struct mdev_bpf_device *bdev)
{
	while (bdev->queues.nr)
		kfree(bdev->queues.lanes[--bdev->queues.nr]);
}
