// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runner: the task that carries out the DMA requests of a device.
 *
 * One task at a time carries out the requests of all channels, without the gate, and calls dma_done
 * for each. It is the task that has called the op which made a request: the task that accesses the
 * device, so that a guest finds its DMA complete when its access returns, or the device's worker.
 * Both only copy memory that is present, and an access does so only for a limited number of bytes;
 * the worker does the rest. For memory that is not present, for pins and for files, the channel is
 * left to its fault thread (fault.c), which returns it to the worker afterwards.
 */
#include <linux/bitops.h>
#include <linux/memcontrol.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "device/device.h"
#include "dma/dirty.h"
#include "dma/fault.h"
#include "dma/file.h"
#include "dma/guest.h"
#include "dma/pass.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "dma/request.h"
#include "dma/runner.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "queue/queue.h"
#include "work/worker.h"

/*
 * How much one task carries out in one go: enough for a request of a disk, and little enough that a
 * virtual processor which has to do it stops for tens of microseconds only
 */
#define RUN_REQUESTS	64
#define RUN_BYTES	SZ_256K
/* What a piece of a list counts at least */
#define PIECE_BYTES	512

/* The next step of the runner */
enum dma_step { DMA_STOP, DMA_LATER, DMA_MOVE, DMA_FAULT, DMA_DONE };

/**
 * struct dma_run - what the runner may still do
 * @requests: number of steps for requests
 * @bytes: number of bytes
 * @worker: this is the worker, which carries out at least one request of any size
 */
struct dma_run {
	unsigned int requests;
	u64 bytes;
	bool worker;
};

/* Are there requests for the runner, and may they be carried out? */
static bool dma_may_run(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;

	mdev_bpf_gate_assert_held(bdev);
	return q->open && !q->holds && !bdev->deferred.frozen && mdev_bpf_gate_is_attached(bdev);
}

/*
 * The channel whose turn it is; NULL if there is none. While a fault thread may hold VFIO's lock,
 * it is the turn of completed requests only, because others would wait for the lock.
 */
static struct mdev_bpf_dma_channel *dma_choose(struct mdev_bpf_device *bdev)
{
	bool locked = mdev_bpf_dma_queue_is_locked(bdev);
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned int i;

	for_each_set_bit_wrap(i, &q->ready, MDEV_BPF_MAX_CHANNELS,
			      q->next % MDEV_BPF_MAX_CHANNELS) {
		if (locked && !mdev_bpf_dma_channel_head(&q->channels[i])->over)
			continue;
		q->next = i + 1;
		return &q->channels[i];
	}
	return NULL;
}

/* May the runner copy what a request asks for? If so, it counts as copied. */
static bool dma_may_copy(struct dma_run *run, const struct mdev_bpf_request *arg)
{
	bool first = run->worker && run->bytes == RUN_BYTES;
	/* Each piece of a list takes VFIO's locks */
	u64 cost = max_t(u64, arg->size, arg->count * PIECE_BYTES);

	if (cost > run->bytes && !first)
		return false;
	run->bytes -= min(run->bytes, cost);
	return true;
}

/* Choose a channel and what to do for it. It is busy if the step is MOVE or FAULT. */
static enum dma_step dma_next(struct mdev_bpf_device *bdev, struct dma_run *run,
			      struct mdev_bpf_dma_channel **ch)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct mdev_bpf_dma_request *req;
	bool fault;

	guard(mdev_bpf_gate)(bdev);
	*ch = dma_may_run(bdev) ? dma_choose(bdev) : NULL;
	if (!*ch) {
		q->running = false;
		return DMA_STOP;
	}
	req = mdev_bpf_dma_channel_head(*ch);
	if (!req->over && !mdev_bpf_request_may_run(bdev, &req->arg)) {
		req->error = -EACCES;
		req->over = true;
	}
	fault = !req->over && (req->arg.op == MDEV_BPF_DMA_PIN || (*ch)->absent ||
			       mdev_bpf_dma_file_is(&req->arg));
	if (!run->requests || (!req->over && !fault && !dma_may_copy(run, &req->arg))) {
		q->running = false;
		/* It is still the turn of this channel */
		q->next = *ch - q->channels;
		mdev_bpf_dma_queue_kick(bdev);
		return DMA_LATER;
	}
	if (req->over)
		return DMA_DONE;
	mdev_bpf_dma_queue_start(*ch);
	return fault ? DMA_FAULT : DMA_MOVE;
}

/* End carrying out the first request of a channel. @again: it has to be tried again. */
static void dma_moved(struct mdev_bpf_dma_channel *ch, int error, bool again)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	struct mdev_bpf_device *bdev = ch->bdev;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_dirty_request(bdev, req);
	mdev_bpf_dma_queue_end(ch, error, again);
	mdev_bpf_dma_queue_stop(ch);
}

/* Return: true if the request has completed or failed; false if it is left to the fault thread. */
static bool dma_move(struct mdev_bpf_dma_channel *ch)
{
	/* While the channel is busy, no other task changes its first request */
	int error = mdev_bpf_guest_transfer(ch, false);

	guard(mdev_bpf_gate)(ch->bdev);
	ch->absent = error == -EFAULT;
	dma_moved(ch, error, ch->absent);
	return mdev_bpf_dma_channel_head(ch)->over;
}

/*
 * Leave a channel to its fault thread. If that cannot be created, the request fails. If this task
 * is being killed, another has to do it. Return: false if this task is not the runner any more.
 */
static bool dma_to_fault(struct mdev_bpf_dma_channel *ch)
{
	int error = mdev_bpf_fault_start(ch);

	guard(mdev_bpf_gate)(ch->bdev);
	dma_moved(ch, -ENOMEM, !error || error == -EINTR);
	if (error == -EINTR) {
		ch->bdev->dma.running = false;
		mdev_bpf_dma_queue_kick(ch->bdev);
		return false;
	}
	/* It may have been cancelled in the meantime */
	if (!mdev_bpf_dma_channel_head(ch)->over)
		mdev_bpf_dma_queue_to_fault(ch);
	return true;
}

/* Remove the completed request of a channel. @dma: set to the argument of dma_done. */
static bool dma_take(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_dma *dma)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	struct mdev_bpf_device *bdev = ch->bdev;

	mdev_bpf_gate_assert_held(bdev);
	if (bdev->deferred.frozen || !req || !req->over)
		return false;
	*dma = mdev_bpf_request_result(req);
	/* The user may have unmapped the memory again */
	if (req->arg.op == MDEV_BPF_DMA_PIN && !dma->error && !mdev_bpf_pin_is(bdev, req->arg.id))
		dma->error = -ENOENT;
	ch->absent = false;
	mdev_bpf_dma_queue_drop(bdev, req);
	return true;
}

/*
 * Call dma_done for the completed request of a channel. If no program is attached, or the device is
 * frozen, this has to wait. Return: false if that was the last request, and this task is not the
 * runner any more.
 */
static bool call_dma_done(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_device *bdev = ch->bdev;
	struct mdev_bpf_dma dma;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DMA_DONE);
	if (IS_ERR(call.ops) || !dma_take(ch, &dma))
		return true;
	trace_mdev_bpf_dma(&bdev->ctx, &dma);
	mdev_bpf_call_op(&call, dma_done, &dma);
	bdev->dma.running = bdev->dma.ready;
	return bdev->dma.running;
}

/* Carry out requests until none is left, DMA is stopped, or this was enough for one go. */
static void dma_run(struct mdev_bpf_device *bdev)
{
	struct dma_run run = {
		.requests = RUN_REQUESTS, .bytes = RUN_BYTES,
		.worker = current->flags & (PF_USER_WORKER | PF_WQ_WORKER),
	};
	struct mdev_bpf_dma_channel *ch;
	enum dma_step step;
	bool over;

	while ((step = dma_next(bdev, &run, &ch)) > DMA_LATER) {
		over = step == DMA_DONE;
		if (step == DMA_MOVE)
			over = dma_move(ch);
		else if (step == DMA_FAULT && !dma_to_fault(ch))
			return;
		if (over && !call_dma_done(ch))
			break;
		/* A limit, because dma_done and fault threads can make a channel ready each time */
		run.requests--;
		cond_resched();
	}
	/* dma_done may have woken the task that waits for it */
	cond_resched();
}

/**
 * mdev_bpf_dma_runner_work() - carry out requests, called by the worker
 * @bdev: the device
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_dma_runner_work(struct mdev_bpf_device *bdev)
{
	if (!READ_ONCE(bdev->dma.ready))
		return;
	scoped_guard(mdev_bpf_gate, bdev) {
		if (bdev->dma.running)
			return;
		bdev->dma.running = true;
	}
	dma_run(bdev);
}

/* Can the fault thread carry out the first request? If not, the worker decides what to do. */
static bool fault_may_run(struct mdev_bpf_dma_channel *ch, const struct mdev_bpf_dma_request *req)
{
	struct mdev_bpf_device *bdev = ch->bdev;

	return req && !req->over && dma_may_run(bdev) && mdev_bpf_request_may_run(bdev, &req->arg);
}

/* How often a request to pin checks whether memory is still being unmapped */
#define PASS_LOOK	(HZ / 50)

/* How long does a request to pin have to wait? */
static unsigned long pin_wait(struct mdev_bpf_device *bdev)
{
	/*
	 * dma_unmap must be called for all old windows before a new one is pinned. There is a kick
	 * in mdev_bpf_unmap_take()
	 */
	if (bdev->dma.unmaps.nr)
		return MAX_SCHEDULE_TIMEOUT;
	return mdev_bpf_pass_blocks(bdev) ? PASS_LOOK : 0;
}

/* Does the fault thread of a channel only wait for its turn? */
static bool fault_is_waiting(struct mdev_bpf_dma_channel *ch)
{
	const struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);

	/* A request for a file, which has come to guest memory */
	if (ch->locking)
		return true;
	return ch->fault.has_head && !ch->busy && fault_may_run(ch, req) &&
	       !mdev_bpf_dma_file_is(&req->arg) && !time_before(jiffies, ch->fault.after) &&
	       (req->arg.op != MDEV_BPF_DMA_PIN || !pin_wait(ch->bdev));
}

/**
 * mdev_bpf_dma_runner_yields() - is it the turn of another channel to wait for guest memory?
 * @ch: the channel, whose fault thread is the caller
 *
 * Context: The gate held.
 *
 * Attempts are made one at a time, because type1 and iommufd both hold a lock meanwhile.
 *
 * Return: true if it is.
 */
bool mdev_bpf_dma_runner_yields(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_queue *q = &ch->bdev->dma;
	struct mdev_bpf_dma_channel *other;
	struct mdev_bpf_lane *lane;
	unsigned int i;

	/* Those of queues only wait in mdev_bpf_dma_queue_lock() */
	mdev_bpf_queue_for_each(lane, ch->bdev)
		mdev_bpf_queue_for_each_channel(other, lane)
			if (other->locking && mdev_bpf_fault_is_before(&other->fault, &ch->fault))
				return true;
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++)
		if (mdev_bpf_fault_is_before(&q->channels[i].fault, &ch->fault) &&
		    fault_is_waiting(&q->channels[i]))
			return true;
	return false;
}

static unsigned long jiffies_until(unsigned long then)
{
	unsigned long now = jiffies;

	return time_before(now, then) ? then - now : 0;
}

/* How long does the fault thread have to wait before it tries the first request? */
static unsigned long fault_wait(struct mdev_bpf_dma_channel *ch,
				const struct mdev_bpf_request *arg)
{
	unsigned long pin = arg->op == MDEV_BPF_DMA_PIN ? pin_wait(ch->bdev) : 0;
	unsigned long wait = jiffies_until(READ_ONCE(ch->fault.after));

	if (mdev_bpf_dma_file_is(arg))
		return wait;
	/* The end of the attempt is followed by a kick */
	if (mdev_bpf_dma_queue_is_locked(ch->bdev))
		return MAX_SCHEDULE_TIMEOUT;
	wait = max3(wait, pin, jiffies_until(ch->bdev->dma.calm));
	/* The other thread wakes at the same time */
	return wait ?: mdev_bpf_dma_runner_yields(ch);
}

/*
 * Decide what the fault thread does. Return: 0 to carry out the first request, which does not
 * change until fault_moved(); else the number of jiffies to wait.
 */
static unsigned long fault_next(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_request *req;
	unsigned long wait;

	guard(mdev_bpf_gate)(ch->bdev);
	ch->fault.wanted = false;
	if (!ch->fault.has_head)
		return MAX_SCHEDULE_TIMEOUT;
	req = mdev_bpf_dma_channel_head(ch);
	if (!fault_may_run(ch, req)) {
		mdev_bpf_dma_queue_from_fault(ch);
		return MAX_SCHEDULE_TIMEOUT;
	}
	wait = fault_wait(ch, &req->arg);
	if (wait)
		return wait;
	mdev_bpf_dma_queue_start(ch);
	mdev_bpf_fault_begin(&ch->fault);
	if (ch->faulting)
		mdev_bpf_fault_limit(&ch->fault);
	return 0;
}

/* End an attempt of the fault thread. @again: it has to try again, and keeps the channel. */
static void fault_moved(struct mdev_bpf_dma_channel *ch, int error, bool again)
{
	guard(mdev_bpf_gate)(ch->bdev);
	if (ch->faulting)
		ch->bdev->dma.calm = jiffies + (jiffies - ch->fault.began);
	dma_moved(ch, error, again);
	if (mdev_bpf_dma_channel_head(ch)->over)
		mdev_bpf_dma_queue_from_fault(ch);
	mdev_bpf_dma_queue_kick(ch->bdev);
}

/* One step of the fault thread; see mdev_bpf_fault::step. */
static unsigned long fault_step(struct mdev_bpf_dma_channel *ch)
{
	unsigned long wait = fault_next(ch);
	const struct mdev_bpf_request *arg;
	int error;

	if (wait)
		return wait;
	arg = &mdev_bpf_dma_channel_head(ch)->arg;
	if (arg->op == MDEV_BPF_DMA_PIN)
		error = mdev_bpf_pin_make(ch->bdev, arg);
	else if (mdev_bpf_dma_file_is(arg))
		error = mdev_bpf_dma_file(ch);
	else
		error = mdev_bpf_guest_transfer(ch, true);
	fault_moved(ch, error, mdev_bpf_fault_end(&ch->fault, error));
	return 0;
}

/*
 * Can this task carry out DMA after the op? True for ops that are called by a task of the user, of
 * which the device's thread is one, without a lock that other users need. All other ops are called
 * in places that must not wait for user space, or by a worker without a user.
 */
static bool dma_inline(enum mdev_bpf_op op)
{
	return !(current->flags & PF_KTHREAD) && current->mm &&
	       (op == MDEV_BPF_OP_REGION_WRITE || op == MDEV_BPF_OP_REGION_READ ||
		op == MDEV_BPF_OP_IOCTL || op == MDEV_BPF_OP_CONFIG_READ ||
		op == MDEV_BPF_OP_CONFIG_WRITE ||
		op == MDEV_BPF_OP_WORK || op == MDEV_BPF_OP_TIMER ||
		op == MDEV_BPF_OP_IRQ_UNMASK);
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
	mdev_bpf_dma_queue_drop_all(bdev);
	bdev->dma.unmaps.nr = 0;
	mdev_bpf_pin_take(bdev, 0, U64_MAX);
}

static void channel_close(struct mdev_bpf_dma_channel *ch)
{
	mdev_bpf_fault_close(ch);
	mdev_bpf_guest_close(ch);
}

/**
 * mdev_bpf_dma_runner_close() - discard all requests and unpin all windows, because of close
 * @bdev: the device, frozen
 *
 * Interrupts the transfers that are in progress.
 *
 * Context: Process context; VFIO still has the device open.
 */
void mdev_bpf_dma_runner_close(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct mdev_bpf_dma_channel *ch;
	struct mdev_bpf_lane *lane;
	unsigned int i;

	scoped_guard(mdev_bpf_gate, bdev) {
		if (!q->open)
			return;
		q->open = false;
		mdev_bpf_dma_queue_interrupt(bdev);
		/* First of all: VFIO asks for what is unmapped until it has closed the device */
		mdev_bpf_pin_take(bdev, 0, U64_MAX);
	}
	wait_event(q->idle, mdev_bpf_dma_queue_is_idle(bdev));
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++)
		channel_close(&q->channels[i]);
	mdev_bpf_queue_for_each(lane, bdev)
		mdev_bpf_queue_for_each_channel(ch, lane)
			channel_close(ch);
	scoped_guard(mdev_bpf_gate, bdev)
		mdev_bpf_dma_runner_cancel(bdev);
	mdev_bpf_pin_close(bdev);
	mem_cgroup_put(q->memcg);
	q->memcg = NULL;
}

/**
 * mdev_bpf_dma_runner_init() - set up DMA of a new device
 * @bdev: the device
 */
void mdev_bpf_dma_runner_init(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned int i;

	init_waitqueue_head(&q->idle);
	INIT_LIST_HEAD(&q->free);
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++) {
		q->channels[i].bdev = bdev;
		INIT_LIST_HEAD(&q->channels[i].requests);
		mdev_bpf_fault_init(&q->channels[i].fault, fault_step);
	}
}
