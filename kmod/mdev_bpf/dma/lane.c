// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA of queues.
 *
 * Each queue has channels of its own. The thread of the queue is their runner: it carries out the
 * requests that the ops of the queue have made, one of each channel in turn, and calls queue_done
 * for each. So the lane of the queue protects its channels, and the data path of a queue needs
 * neither the gate nor the runner of the device. As there, memory that is not present and files are
 * left to the fault thread of the channel. That one takes the gate to wait for guest memory,
 * because all threads of the device take turns with VFIO's lock.
 *
 * While the lane is open, requests may begin. It is closed before something changes that they
 * depend on: the program, the state, and mdev_bpf_dma_queue::holds. Bus mastering is different: it
 * can be switched off at any time, and is looked at before each request begins.
 */
#include <linux/bitmap.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "device/device.h"
#include "dma/dirty.h"
#include "dma/fault.h"
#include "dma/file.h"
#include "dma/guest.h"
#include "dma/lane.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "dma/request.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "queue/queue.h"

/* How many steps the thread makes before it lets others of the device run, two for a request */
#define STEPS	128

/* The next step for a queue */
enum lane_step { LANE_STOP, LANE_MOVE, LANE_FAULT, LANE_DONE };

/* Note whether the thread of the queue has something to do for a channel. */
static void update(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_lane *lane = ch->lane;
	unsigned long bit = BIT(ch - lane->channels);

	lockdep_assert_held(&lane->lock);
	if (list_empty(&ch->requests) || ch->fault.has_head)
		WRITE_ONCE(lane->ready, lane->ready & ~bit);
	else
		WRITE_ONCE(lane->ready, lane->ready | bit);
}

/* May requests of a queue begin? */
static bool may_run(struct mdev_bpf_lane *lane)
{
	const struct mdev_bpf_dma_queue *q = &lane->bdev->dma;

	lockdep_assert_held(&lane->lock);
	return READ_ONCE(lane->ops) && READ_ONCE(q->open) && !READ_ONCE(q->holds);
}

static void start(struct mdev_bpf_dma_channel *ch)
{
	lockdep_assert_held(&ch->lane->lock);
	WRITE_ONCE(ch->busy, true);
	ch->generation = ch->bdev->state.generation;
}

/* End carrying out the first request. @again: it has to be tried again. */
static void stop(struct mdev_bpf_dma_channel *ch, int error, bool again)
{
	lockdep_assert_held(&ch->lane->lock);
	mdev_bpf_dma_queue_end(ch, error, again);
	/* Pairs with mdev_bpf_dma_queue_is_idle() */
	smp_store_release(&ch->busy, false);
	wake_up_all(&ch->bdev->dma.idle);
}

/* The next step for the first request of a channel, which is busy if that is MOVE or FAULT */
static enum lane_step begin(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	bool fault;

	if (ch->busy)
		return LANE_STOP;
	if (!req->over && !mdev_bpf_request_may_run(ch->bdev, &req->arg)) {
		req->error = -EACCES;
		req->over = true;
	}
	if (req->over)
		return LANE_DONE;
	fault = ch->absent || mdev_bpf_dma_file_is(&req->arg);
	/* Pairs with mdev_bpf_dma_lanes_kick(), which is called when the lock is free */
	smp_mb();
	if (!fault && mdev_bpf_dma_queue_is_locked(ch->bdev))
		return LANE_STOP;
	start(ch);
	return fault ? LANE_FAULT : LANE_MOVE;
}

/* Choose what to do next, and for which channel: they take turns. */
static enum lane_step next(struct mdev_bpf_lane *lane, struct mdev_bpf_dma_channel **ch)
{
	enum lane_step step;
	unsigned int i;

	guard(spinlock)(&lane->lock);
	if (!may_run(lane))
		return LANE_STOP;
	for_each_set_bit_wrap(i, &lane->ready, MDEV_BPF_MAX_CHANNELS, lane->turn) {
		step = begin(&lane->channels[i]);
		if (step == LANE_STOP)
			continue;
		*ch = &lane->channels[i];
		lane->turn = (i + 1) % MDEV_BPF_MAX_CHANNELS;
		return step;
	}
	return LANE_STOP;
}

/* Log what a request has written to guest memory, before anybody is told that it is over. */
static void note_written(struct mdev_bpf_dma_channel *ch)
{
	const struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	struct mdev_bpf_device *bdev = ch->bdev;

	if (!mdev_bpf_guest_is_written(&req->arg))
		return;
	/* The log is found, or its user copies the memory later. Pairs with dirty_start() */
	smp_mb();
	if (!READ_ONCE(bdev->dirty))
		return;
	guard(mdev_bpf_gate)(bdev);
	mdev_bpf_dirty_request(bdev, req);
}

static void move(struct mdev_bpf_dma_channel *ch)
{
	/* While the channel is busy, no other task changes its first request */
	int error = mdev_bpf_guest_transfer(ch, false);

	note_written(ch);
	guard(spinlock)(&ch->lane->lock);
	ch->absent = error == -EFAULT;
	stop(ch, error, ch->absent);
}

/*
 * Leave the channel to its fault thread. If that cannot be created, the request fails. Return:
 * false if this task is being killed, so that another one has to do it.
 */
static bool to_fault(struct mdev_bpf_dma_channel *ch)
{
	int error = mdev_bpf_fault_start(ch);

	guard(spinlock)(&ch->lane->lock);
	stop(ch, -ENOMEM, !error || error == -EINTR);
	/* It may have been cancelled in the meantime */
	if (!error && !mdev_bpf_dma_channel_head(ch)->over) {
		WRITE_ONCE(ch->fault.has_head, true);
		update(ch);
		mdev_bpf_fault_kick(ch);
	}
	return error != -EINTR;
}

static void from_fault(struct mdev_bpf_dma_channel *ch)
{
	lockdep_assert_held(&ch->lane->lock);
	WRITE_ONCE(ch->fault.has_head, false);
	update(ch);
	mdev_bpf_queue_wake(ch->lane);
}

/*
 * Remove the first request if it is over. @dma: set to the argument of queue_done. The lane may
 * have another runner: the device's worker, while the queue gets a new thread. So what next() has
 * found may have changed, and it may be the fault thread's now.
 */
static bool take(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_dma *dma)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);

	if (!req || !req->over || ch->busy || ch->fault.has_head)
		return false;
	*dma = mdev_bpf_request_result(req);
	ch->absent = false;
	list_move(&req->node, &ch->lane->free);
	WRITE_ONCE(ch->lane->waiting, ch->lane->waiting - 1);
	update(ch);
	return true;
}

/* Call queue_done for the first request. Return: true if it fails the device. */
static bool call_done(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_lane *lane = ch->lane;
	const struct mdev_bpf_ops *ops;
	struct mdev_bpf_dma dma;

	guard(spinlock)(&lane->lock);
	ops = READ_ONCE(lane->ops);
	if (!ops || !take(ch, &dma))
		return false;
	trace_mdev_bpf_dma(&lane->bdev->ctx, &dma);
	if (!ops->queue_done)
		return false;
	return mdev_bpf_queue_called(lane, mdev_bpf_lane_op(lane, ops, queue_done, &dma));
}

/* Return: false if there is nothing more to do, or not for this task. */
static bool make_step(struct mdev_bpf_lane *lane)
{
	struct mdev_bpf_dma_channel *ch;

	switch (next(lane, &ch)) {
	case LANE_MOVE:
		move(ch);
		return true;
	case LANE_FAULT:
		return to_fault(ch);
	case LANE_DONE:
		if (!call_done(ch))
			return true;
		mdev_bpf_queue_pass_on(lane);
		return false;
	default:
		return false;
	}
}

/* Carry out requests until none is left, the queue was rung, or this was enough for one go. */
static void carry_out(struct mdev_bpf_lane *lane)
{
	unsigned int steps;

	for (steps = 0; steps < STEPS; steps++) {
		if (!make_step(lane))
			return;
		cond_resched();
		/* The thread looks at both each time, so both get on */
		if (test_bit(0, &lane->due))
			break;
	}
	mdev_bpf_queue_wake(lane);
}

/* What the fault thread does: as fault_next() of dma/runner.c */
static unsigned long fault_next(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_request *req;
	unsigned long now = jiffies;

	guard(spinlock)(&ch->lane->lock);
	WRITE_ONCE(ch->fault.wanted, false);
	if (!ch->fault.has_head)
		return MAX_SCHEDULE_TIMEOUT;
	req = mdev_bpf_dma_channel_head(ch);
	if (!req || req->over || !may_run(ch->lane) ||
	    !mdev_bpf_request_may_run(ch->bdev, &req->arg)) {
		from_fault(ch);
		return MAX_SCHEDULE_TIMEOUT;
	}
	if (time_before(now, ch->fault.after))
		return ch->fault.after - now;
	start(ch);
	mdev_bpf_fault_begin(&ch->fault);
	return 0;
}

/* Copy, and wait for memory that is not present, when it is the turn of this channel. */
static int copy_wait(struct mdev_bpf_dma_channel *ch)
{
	int ret = mdev_bpf_dma_queue_lock(ch);

	if (ret)
		return ret;
	mdev_bpf_fault_limit(&ch->fault);
	ret = mdev_bpf_guest_transfer(ch, true);
	mdev_bpf_fault_relax(&ch->fault);
	mdev_bpf_dma_queue_unlock(ch);
	return ret;
}

/* One step of the fault thread; see mdev_bpf_fault::step. */
static unsigned long fault_step(struct mdev_bpf_dma_channel *ch)
{
	unsigned long wait = fault_next(ch);
	bool file, again;
	int error;

	if (wait)
		return wait;
	file = mdev_bpf_dma_file_is(&mdev_bpf_dma_channel_head(ch)->arg);
	error = file ? mdev_bpf_dma_file(ch) : copy_wait(ch);
	again = mdev_bpf_fault_end(&ch->fault, error);
	note_written(ch);
	guard(spinlock)(&ch->lane->lock);
	stop(ch, error, again);
	if (mdev_bpf_dma_channel_head(ch)->over)
		from_fault(ch);
	return 0;
}

/**
 * mdev_bpf_dma_lane_put() - queue a request of a queue without a check
 * @lane: the queue
 * @arg: the request, checked
 *
 * Context: The lane held.
 *
 * Return: the request; NULL if there is no room.
 */
struct mdev_bpf_dma_request *mdev_bpf_dma_lane_put(struct mdev_bpf_lane *lane,
						   const struct mdev_bpf_request *arg)
{
	struct mdev_bpf_dma_channel *ch = &lane->channels[arg->channel];
	struct mdev_bpf_dma_request *req;

	lockdep_assert_held(&lane->lock);
	req = list_first_entry_or_null(&lane->free, struct mdev_bpf_dma_request, node);
	if (!req)
		return NULL;
	list_move_tail(&req->node, &ch->requests);
	WRITE_ONCE(lane->waiting, lane->waiting + 1);
	mdev_bpf_dma_queue_init_request(req, arg);
	update(ch);
	return req;
}

/**
 * mdev_bpf_dma_lane_request() - queue a request of a queue
 * @lane: the queue
 * @data: as for mdev_bpf_request_read()
 * @size: size of @data in bytes
 *
 * The thread that has called the op looks at the requests afterwards.
 *
 * Context: The lane held, in an op of the queue.
 *
 * Return: 0; as mdev_bpf_request_read(); -EINVAL also for a pin; -ENXIO if the device
 * has no user with memory; -EBUSY if too many requests of the queue wait.
 */
int mdev_bpf_dma_lane_request(struct mdev_bpf_lane *lane, const void *data, size_t size)
{
	struct mdev_bpf_device *bdev = lane->bdev;
	struct mdev_bpf_request arg;
	int ret;

	lockdep_assert_held(&lane->lock);
	ret = mdev_bpf_request_read(bdev, &arg, data, size, bdev->state.cur.queue_size);
	if (ret)
		return ret;
	if (arg.op == MDEV_BPF_DMA_PIN)
		return -EINVAL;
	if (!READ_ONCE(bdev->dma.open))
		return -ENXIO;
	return mdev_bpf_dma_lane_put(lane, &arg) ? 0 : -EBUSY;
}

/**
 * mdev_bpf_dma_lane_cancel() - cancel requests of a queue by their ids
 * @lane: the queue
 * @id: the id
 * @mask: the bits of the id that count; 0 for all requests
 *
 * Context: The lane held, in an op of the queue.
 *
 * Return: as mdev_bpf_dma_queue_cancel().
 */
int mdev_bpf_dma_lane_cancel(struct mdev_bpf_lane *lane, u32 id, u32 mask)
{
	struct mdev_bpf_dma_channel *ch;
	int nr = 0;

	lockdep_assert_held(&lane->lock);
	mdev_bpf_queue_for_each_channel(ch, lane) {
		nr += mdev_bpf_dma_channel_cancel(ch, id, mask);
		/* It may be in its pause */
		if (ch->fault.has_head)
			mdev_bpf_fault_kick(ch);
	}
	return nr ?: -ENOENT;
}

/**
 * mdev_bpf_dma_lane_pin_get() - mdev_bpf_pin_get() for an op of a queue
 * @lane: the queue
 * @id: the window
 * @offset: first byte in the window
 * @size: number of bytes
 *
 * Context: The lane held, in an op of the queue.
 *
 * Return: as mdev_bpf_pin_get(). The window stays until the lane is released.
 */
void *mdev_bpf_dma_lane_pin_get(struct mdev_bpf_lane *lane, u64 id, u64 offset, size_t size)
{
	struct mdev_bpf_queues *queues = &lane->bdev->queues;

	lockdep_assert_held(&lane->lock);
	if (!READ_ONCE(queues->windows)) {
		WRITE_ONCE(queues->windows, true);
		/* Pairs with mdev_bpf_dma_lanes_await(): it waits, or the window is not found */
		smp_mb();
	}
	return mdev_bpf_pin_get(lane->bdev, id, offset, size);
}

/**
 * mdev_bpf_dma_lanes_await() - wait until no op accesses a window any more
 * @bdev: the device, of which ops no longer find the window
 * @closings: mdev_bpf_queues::closings when that became so
 *
 * An op of the device that gives a window back itself may still have a pointer to it, until it
 * returns and lets go of the gate. An op of a queue has the lane of that queue.
 *
 * This waits with the gate held, which VFIO's dma_unmap takes each time: so type1, which crashes
 * the machine if memory is still pinned after eleven calls, does not count in the meantime. Many
 * windows that are taken together wait for the same ops, because one of them closes all lanes.
 *
 * Context: Process context, no lock held. Waits for the op of the device that is running, and for
 * those of queues, of all queues at the same time.
 */
void mdev_bpf_dma_lanes_await(struct mdev_bpf_device *bdev, unsigned int closings)
{
	guard(mdev_bpf_gate)(bdev);
	/* Pairs with mdev_bpf_dma_lane_pin_get() */
	smp_mb();
	if (READ_ONCE(bdev->queues.windows) && bdev->queues.closings == closings) {
		mdev_bpf_queue_close_lanes(bdev);
		mdev_bpf_queue_open_lanes(bdev);
	}
}

/**
 * mdev_bpf_dma_lanes_kick() - wake the threads of queues with requests, because DMA may continue
 * @bdev: the device
 *
 * Context: Any.
 */
void mdev_bpf_dma_lanes_kick(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_channel *ch;
	struct mdev_bpf_lane *lane;

	/* Pairs with begin(): it finds that it may continue, or this finds its request */
	smp_mb();
	mdev_bpf_queue_for_each(lane, bdev) {
		mdev_bpf_queue_for_each_channel(ch, lane)
			if (READ_ONCE(ch->fault.has_head))
				mdev_bpf_fault_kick(ch);
		if (READ_ONCE(lane->ready))
			mdev_bpf_queue_wake(lane);
	}
}

/**
 * mdev_bpf_dma_lanes_drop() - discard the requests of all queues, none of which is carried out
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_lanes_drop(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_channel *ch;
	struct mdev_bpf_lane *lane;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_queue_for_each(lane, bdev) {
		guard(spinlock)(&lane->lock);
		WRITE_ONCE(lane->waiting, 0);
		mdev_bpf_queue_for_each_channel(ch, lane) {
			list_splice_init(&ch->requests, &lane->free);
			ch->absent = false;
			mdev_bpf_fault_forget(&ch->fault);
			update(ch);
		}
	}
}

static int lane_init(struct mdev_bpf_lane *lane)
{
	struct mdev_bpf_dma_channel *ch;
	unsigned int i;

	lane->pool = kvcalloc(MDEV_BPF_MAX_DMA, sizeof(*lane->pool), GFP_KERNEL_ACCOUNT);
	if (!lane->pool)
		return -ENOMEM;
	for (i = 0; i < MDEV_BPF_MAX_DMA; i++)
		list_add_tail(&lane->pool[i].node, &lane->free);
	mdev_bpf_queue_for_each_channel(ch, lane) {
		ch->bdev = lane->bdev;
		ch->lane = lane;
		mdev_bpf_fault_init(&ch->fault, fault_step);
	}
	return 0;
}

/**
 * mdev_bpf_dma_lanes_init() - set up DMA of the queues of a new device
 * @bdev: the device, after mdev_bpf_queue_init()
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM, and then call mdev_bpf_dma_lanes_destroy().
 */
int mdev_bpf_dma_lanes_init(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;
	int ret;

	bdev->queues.carry_out = carry_out;
	mdev_bpf_queue_for_each(lane, bdev) {
		ret = lane_init(lane);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * mdev_bpf_dma_lanes_destroy() - undo mdev_bpf_dma_lanes_init()
 * @bdev: the device, which is closed
 */
void mdev_bpf_dma_lanes_destroy(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;

	mdev_bpf_queue_for_each(lane, bdev)
		kvfree(lane->pool);
}
