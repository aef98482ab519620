// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of DMA requests, and its channels.
 *
 * Guest memory is user memory: an access may wait for user space without a limit. So ops only queue
 * requests. Those of one channel are carried out one at a time, in their order, by the runner
 * (runner.c), or by the fault thread of the channel (fault.c) if this may have to wait. Channels do
 * not wait for each other.
 *
 * A request stays at the head of its channel until dma_done is called for it. So no request is lost
 * if the device is stopped between the transfer and dma_done.
 */
#include <linux/memcontrol.h>
#include <linux/slab.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "device/device.h"
#include "dma/fault.h"
#include "dma/file.h"
#include "dma/guest.h"
#include "dma/lane.h"
#include "dma/pass.h"
#include "dma/queue.h"
#include "dma/runner.h"
#include "gate/gate.h"
#include "queue/queue.h"
#include "work/worker.h"

#define for_each_channel(ch, q)	\
	for ((ch) = (q)->channels; (ch) < (q)->channels + MDEV_BPF_MAX_CHANNELS; (ch)++)

/* To be called whenever a channel gets or loses requests, or goes to or from its fault thread. */
static void channel_update(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_queue *q = &ch->bdev->dma;

	mdev_bpf_gate_assert_held(ch->bdev);
	__assign_bit(ch - q->channels, &q->ready,
		     !list_empty(&ch->requests) && !ch->fault.has_head);
	if (q->ready)
		ch->bdev->gate.leave |= MDEV_BPF_LEAVE_DMA;
	else
		ch->bdev->gate.leave &= ~MDEV_BPF_LEAVE_DMA;
}

/**
 * mdev_bpf_dma_queue_kick() - wake the worker and the fault threads, because DMA may continue
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_kick(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_channel *ch;

	mdev_bpf_gate_assert_held(bdev);
	for_each_channel(ch, &bdev->dma)
		if (ch->fault.has_head)
			mdev_bpf_fault_kick(ch);
	if (bdev->dma.ready)
		mdev_bpf_worker_wake(bdev);
	mdev_bpf_dma_lanes_kick(bdev);
}

/**
 * mdev_bpf_dma_queue_init_request() - set up a request that was taken from the free ones
 * @req: the request
 * @arg: what the program has requested
 */
void mdev_bpf_dma_queue_init_request(struct mdev_bpf_dma_request *req,
				     const struct mdev_bpf_request *arg)
{
	req->arg = *arg;
	req->done = 0;
	req->error = 0;
	req->over = false;
	req->cancelled = false;
}

/**
 * mdev_bpf_dma_queue_put() - queue a request without a check
 * @bdev: the device
 * @arg: the request, checked
 *
 * Context: The gate held.
 *
 * Return: the request in the queue; NULL if there is no room.
 */
struct mdev_bpf_dma_request *mdev_bpf_dma_queue_put(struct mdev_bpf_device *bdev,
						    const struct mdev_bpf_request *arg)
{
	struct mdev_bpf_dma_channel *ch = &bdev->dma.channels[arg->channel];
	struct mdev_bpf_dma_request *req;

	mdev_bpf_gate_assert_held(bdev);
	req = list_first_entry_or_null(&bdev->dma.free, struct mdev_bpf_dma_request, node);
	if (!req)
		return NULL;
	list_move_tail(&req->node, &ch->requests);
	mdev_bpf_dma_queue_init_request(req, arg);
	bdev->dma.nr++;
	channel_update(ch);
	return req;
}

/**
 * mdev_bpf_dma_queue_add() - queue a request of the program
 * @bdev: the device
 * @arg: the request, checked
 *
 * Context: Process context, the gate held.
 *
 * Return: 0; -ENXIO if no user with memory has the device open; -EBUSY if the queue is full.
 */
int mdev_bpf_dma_queue_add(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg)
{
	mdev_bpf_gate_assert_held(bdev);
	if (!bdev->dma.open)
		return -ENXIO;
	if (bdev->dma.nr >= MDEV_BPF_MAX_DMA || !mdev_bpf_dma_queue_put(bdev, arg))
		return -EBUSY;
	return 0;
}

/**
 * mdev_bpf_dma_queue_drop() - remove a request from the queue
 * @bdev: the device
 * @req: the request, which is not being carried out
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_drop(struct mdev_bpf_device *bdev, struct mdev_bpf_dma_request *req)
{
	mdev_bpf_gate_assert_held(bdev);
	list_move(&req->node, &bdev->dma.free);
	bdev->dma.nr--;
	channel_update(&bdev->dma.channels[req->arg.channel]);
}

/**
 * mdev_bpf_dma_queue_drop_all() - remove all requests, none of which is being carried out
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_drop_all(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct mdev_bpf_dma_channel *ch;

	mdev_bpf_gate_assert_held(bdev);
	for_each_channel(ch, q) {
		list_splice_init(&ch->requests, &q->free);
		ch->absent = false;
		mdev_bpf_fault_forget(&ch->fault);
	}
	mdev_bpf_dma_lanes_drop(bdev);
	q->ready = 0;
	bdev->gate.leave &= ~MDEV_BPF_LEAVE_DMA;
	q->nr = 0;
}

/**
 * mdev_bpf_dma_queue_start() - begin to carry out the first request of a channel
 * @ch: the channel, which is not busy
 *
 * Until mdev_bpf_dma_queue_stop(), no other task changes or removes the request.
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_start(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_queue *q = &ch->bdev->dma;

	mdev_bpf_gate_assert_held(ch->bdev);
	ch->busy = true;
	ch->generation = ch->bdev->state.generation;
	/* A request for a file calls mdev_bpf_dma_queue_lock() when it comes to guest memory */
	ch->faulting = ch->fault.has_head &&
		       !mdev_bpf_dma_file_is(&mdev_bpf_dma_channel_head(ch)->arg);
	WRITE_ONCE(q->faulting, q->faulting + ch->faulting);
	WRITE_ONCE(q->busy, q->busy + 1);
}

/**
 * mdev_bpf_dma_queue_stop() - undo mdev_bpf_dma_queue_start()
 * @ch: the channel
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_stop(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_queue *q = &ch->bdev->dma;

	mdev_bpf_gate_assert_held(ch->bdev);
	ch->busy = false;
	WRITE_ONCE(q->faulting, q->faulting - ch->faulting);
	ch->faulting = false;
	ch->locking = false;
	/* Pairs with mdev_bpf_dma_queue_is_idle() */
	smp_store_release(&q->busy, q->busy - 1);
	if (wq_has_sleeper(&q->idle))
		wake_up_all(&q->idle);
}

/**
 * mdev_bpf_dma_queue_end() - note the result of the first request of a channel
 * @ch: the channel, which is busy with the caller
 * @error: the result
 * @again: the request has to be tried again, unless it was cancelled
 *
 * Context: The lock of the channel held: the gate, or the lane of its queue.
 */
void mdev_bpf_dma_queue_end(struct mdev_bpf_dma_channel *ch, int error, bool again)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);

	kfree(req->list);
	req->list = NULL;
	req->nr_list = 0;
	if (again && (req->cancelled || (mdev_bpf_guest_in_state(&req->arg) &&
					 ch->generation != ch->bdev->state.generation))) {
		error = -ECANCELED;
		again = false;
	}
	req->error = error;
	req->over = !again;
}

/**
 * mdev_bpf_dma_queue_is_idle() - is no request being carried out?
 * @bdev: the device
 *
 * Context: Any. If new ones cannot begin, the answer stays true.
 *
 * Return: true if none is.
 */
bool mdev_bpf_dma_queue_is_idle(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_channel *ch;
	struct mdev_bpf_lane *lane;

	mdev_bpf_queue_for_each(lane, bdev)
		mdev_bpf_queue_for_each_channel(ch, lane)
			/* Pairs with the release of who is done: what it has written is there */
			if (smp_load_acquire(&ch->busy))
				return false;
	/* As above */
	return !smp_load_acquire(&bdev->dma.busy);
}

/**
 * mdev_bpf_dma_queue_is_locked() - is a fault thread waiting with VFIO's lock held?
 * @bdev: the device
 *
 * While it is, other tasks would wait for the lock. There is a kick when the attempt has ended.
 *
 * Context: Any; without the gate, the answer may be outdated.
 *
 * Return: true if it may be.
 */
bool mdev_bpf_dma_queue_is_locked(struct mdev_bpf_device *bdev)
{
	return READ_ONCE(bdev->dma.faulting);
}

/* Mark a channel as faulting. Return: 0; or how long to wait before. */
static unsigned long try_lock(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_queue *q = &ch->bdev->dma;
	unsigned long now = jiffies;

	guard(mdev_bpf_gate)(ch->bdev);
	ch->fault.wanted = false;
	ch->locking = true;
	if (mdev_bpf_dma_queue_is_locked(ch->bdev))
		return MAX_SCHEDULE_TIMEOUT;
	if (time_before(now, q->calm))
		return q->calm - now;
	/* The other thread wakes at the same time */
	if (mdev_bpf_dma_runner_yields(ch))
		return 1;
	ch->locking = false;
	ch->faulting = true;
	WRITE_ONCE(q->faulting, q->faulting + 1);
	return 0;
}

/**
 * mdev_bpf_dma_queue_lock() - wait until a request for a file may wait for guest memory
 * @ch: the channel, busy with the caller, which is its fault thread
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; -EINTR if the thread was interrupted.
 */
int mdev_bpf_dma_queue_lock(struct mdev_bpf_dma_channel *ch)
{
	unsigned long wait;

	while ((wait = try_lock(ch))) {
		wait_event_interruptible_timeout(ch->fault.wake, READ_ONCE(ch->fault.wanted),
						 wait);
		if (signal_pending(current)) {
			guard(mdev_bpf_gate)(ch->bdev);
			ch->locking = false;
			return -EINTR;
		}
	}
	return 0;
}

/**
 * mdev_bpf_dma_queue_unlock() - undo mdev_bpf_dma_queue_lock()
 * @ch: the channel
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_dma_queue_unlock(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_queue *q = &ch->bdev->dma;

	guard(mdev_bpf_gate)(ch->bdev);
	ch->faulting = false;
	WRITE_ONCE(q->faulting, q->faulting - 1);
	q->calm = jiffies + (jiffies - ch->fault.began);
	mdev_bpf_dma_queue_kick(ch->bdev);
}

/**
 * mdev_bpf_dma_queue_to_fault() - have the fault thread carry out the first request of a channel
 * @ch: the channel, which is not busy, and whose thread exists
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_to_fault(struct mdev_bpf_dma_channel *ch)
{
	ch->fault.has_head = true;
	channel_update(ch);
	mdev_bpf_fault_kick(ch);
}

/**
 * mdev_bpf_dma_queue_from_fault() - undo mdev_bpf_dma_queue_to_fault(), and let the worker continue
 * @ch: the channel, which is not busy
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_from_fault(struct mdev_bpf_dma_channel *ch)
{
	ch->fault.has_head = false;
	channel_update(ch);
	mdev_bpf_worker_wake(ch->bdev);
}

/* Do something for all channels, with the lock of each. */
static void for_all_channels(struct mdev_bpf_device *bdev,
			     void (*act)(struct mdev_bpf_dma_channel *ch))
{
	struct mdev_bpf_dma_channel *ch;
	struct mdev_bpf_lane *lane;

	mdev_bpf_gate_assert_held(bdev);
	for_each_channel(ch, &bdev->dma)
		act(ch);
	mdev_bpf_queue_for_each(lane, bdev) {
		guard(spinlock)(&lane->lock);
		mdev_bpf_queue_for_each_channel(ch, lane)
			act(ch);
	}
}

/**
 * mdev_bpf_dma_queue_interrupt() - interrupt the current attempts of all fault threads
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_interrupt(struct mdev_bpf_device *bdev)
{
	for_all_channels(bdev, mdev_bpf_fault_interrupt);
}

/*
 * Cancel a request, for which dma_done reports ECANCELED. If it is being carried out, the task that
 * does so ends it, unless it completes first.
 */
static void request_cancel(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_dma_request *req)
{
	if (ch->busy && req == mdev_bpf_dma_channel_head(ch)) {
		req->cancelled = true;
		mdev_bpf_fault_interrupt(ch);
	} else {
		req->error = -ECANCELED;
		req->over = true;
	}
}

/**
 * mdev_bpf_dma_channel_cancel() - cancel requests of a channel by their ids
 * @ch: the channel
 * @id: the id
 * @mask: the bits of the id that count; 0 for all requests
 *
 * Context: The lock of the channel held: the gate, or the lane of its queue.
 *
 * Return: the number of requests.
 */
int mdev_bpf_dma_channel_cancel(struct mdev_bpf_dma_channel *ch, u32 id, u32 mask)
{
	struct mdev_bpf_dma_request *req;
	int nr = 0;

	list_for_each_entry(req, &ch->requests, node)
		if (!((req->arg.id ^ id) & mask) && !req->over && !req->cancelled) {
			request_cancel(ch, req);
			nr++;
		}
	return nr;
}

/* Cancel those that refer to the state, except for one that is being carried out. */
static void channel_cancel_state(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_request *req;

	list_for_each_entry(req, &ch->requests, node) {
		bool busy = ch->busy && req == mdev_bpf_dma_channel_head(ch);

		if (!busy && !req->over && mdev_bpf_guest_in_state(&req->arg))
			request_cancel(ch, req);
	}
	mdev_bpf_fault_interrupt(ch);
}

/**
 * mdev_bpf_dma_queue_cancel() - cancel requests by their ids
 * @bdev: the device
 * @id: the id
 * @mask: the bits of the id that count; 0 for all requests
 *
 * dma_done is called for them in their order, as for other requests.
 *
 * Context: The gate held.
 *
 * Return: the number of requests; -ENOENT if all of them have completed, or were cancelled before.
 */
int mdev_bpf_dma_queue_cancel(struct mdev_bpf_device *bdev, u32 id, u32 mask)
{
	struct mdev_bpf_dma_channel *ch;
	int nr = 0;

	mdev_bpf_gate_assert_held(bdev);
	for_each_channel(ch, &bdev->dma)
		nr += mdev_bpf_dma_channel_cancel(ch, id, mask);
	if (!nr)
		return -ENOENT;
	mdev_bpf_dma_queue_kick(bdev);
	return nr;
}

/**
 * mdev_bpf_dma_queue_cancel_state() - cancel requests that refer to a state that has been replaced
 * @bdev: the device
 *
 * dma_done reports ECANCELED for them. A request that is in progress notices the change by
 * mdev_bpf_state::generation.
 *
 * Context: The gate held.
 */
void mdev_bpf_dma_queue_cancel_state(struct mdev_bpf_device *bdev)
{
	for_all_channels(bdev, channel_cancel_state);
	mdev_bpf_dma_queue_kick(bdev);
}

/**
 * mdev_bpf_dma_queue_hold() - stop transfers until mdev_bpf_dma_queue_resume()
 * @bdev: the device
 *
 * Waits for the transfers that are in progress, and so possibly for user space.
 *
 * Context: Process context, with no lock held that others need.
 *
 * Return: 0; -EINTR if the task was killed, and then transfers are not stopped.
 */
int mdev_bpf_dma_queue_hold(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	scoped_guard(mdev_bpf_gate, bdev) {
		/* The threads of queues look at it while their lanes are open */
		guard(mdev_bpf_lanes)(bdev);
		q->holds++;
		mdev_bpf_dma_queue_interrupt(bdev);
	}
	if (!wait_event_killable(q->idle, mdev_bpf_dma_queue_is_idle(bdev)))
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
	guard(mdev_bpf_lanes)(bdev);
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
	/* A kernel client has no cgroup. Pairs with the put in mdev_bpf_dma_runner_close() */
	struct mem_cgroup *memcg = bdev->irqs.client ? NULL : get_mem_cgroup_from_mm(current->mm);

	guard(mdev_bpf_gate)(bdev);
	bdev->dma.memcg = memcg;
	if (!bdev->irqs.client)
		mdev_bpf_pass_open(bdev);
	bdev->dma.open = true;
}

/**
 * mdev_bpf_dma_queue_init() - set up the queue of a new device
 * @bdev: the device, whose number of windows is known
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_dma_queue_init(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	/* For the requests of ops, and for those to pin the windows of a migrated device again */
	unsigned int i, nr = MDEV_BPF_MAX_DMA + q->windows;

	q->pool = kvcalloc(nr, sizeof(*q->pool), GFP_KERNEL_ACCOUNT);
	if (!q->pool)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		list_add_tail(&q->pool[i].node, &q->free);
	if (!mdev_bpf_dma_lanes_init(bdev))
		return 0;
	mdev_bpf_dma_queue_destroy(bdev);
	return -ENOMEM;
}

/**
 * mdev_bpf_dma_queue_destroy() - undo mdev_bpf_dma_queue_init()
 * @bdev: the device, which is closed
 */
void mdev_bpf_dma_queue_destroy(struct mdev_bpf_device *bdev)
{
	mdev_bpf_dma_lanes_destroy(bdev);
	kvfree(bdev->dma.pool);
}
