// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and deferred work of a device.
 *
 * A timer that expires, and work that is queued, set a bit and wake the device's worker. It calls
 * the ops in process context, one at a time. Everything else, except ringing a doorbell, is done
 * under the gate. Ops hold the gate when they arm and cancel timers, so a timer that an op has
 * cancelled does not fire any more.
 *
 * While a device is frozen (device/time.c), timers keep the time that they have left, and work that
 * is due waits.
 */
#include <linux/bitops.h>
#include <linux/hrtimer.h>
#include <linux/nospec.h>
#include <linux/sched.h>

#include "../../compat.h"

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "register/doorbell.h"
#include "work/deferred.h"
#include "work/worker.h"

static enum hrtimer_restart timer_expired(struct hrtimer *hrtimer)
{
	struct mdev_bpf_timer *timer = container_of(hrtimer, struct mdev_bpf_timer, hrtimer);
	struct mdev_bpf_deferred *d = timer->deferred;

	/*
	 * A periodic timer is started again when its op is called, so its interrupts never take
	 * more CPU time than the user has.
	 */
	set_bit(timer - d->timers, &d->timers_due);
	mdev_bpf_worker_wake(container_of(d, struct mdev_bpf_device, deferred));
	return HRTIMER_NORESTART;
}

/*
 * If a timer is due, clear its bit. A periodic timer is armed again for its next period; periods
 * that were missed count once. Return: true if it was due.
 */
static bool timer_take(struct mdev_bpf_device *bdev, u32 id)
{
	struct mdev_bpf_timer *timer = &bdev->deferred.timers[id];

	mdev_bpf_gate_assert_held(bdev);
	if (!test_and_clear_bit(id, &bdev->deferred.timers_due))
		return false;
	/* A timer that was thawed is armed already */
	if (timer->period && !hrtimer_is_queued(&timer->hrtimer)) {
		hrtimer_forward_now(&timer->hrtimer, ns_to_ktime(timer->period));
		hrtimer_restart(&timer->hrtimer);
	}
	return true;
}

/*
 * Call the op for one timer. If no program is attached, or the device is frozen, the timer stays
 * due. Another op may have cancelled it in the meantime.
 */
static void call_timer(struct mdev_bpf_device *bdev, u32 id)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_TIMER);

	if (!IS_ERR(call.ops) && !bdev->deferred.frozen && timer_take(bdev, id))
		mdev_bpf_call_op(&call, timer, id);
}

/*
 * If work is due, clear its bit. A doorbell may have been rung since this task has entered, so its
 * value goes into the state in the same step: each call finds a value that no call before it has
 * found. Return: true if it was due.
 */
static bool work_take(struct mdev_bpf_device *bdev, u32 id)
{
	guard(spinlock_irqsave)(&bdev->doorbells.lock);
	if (!test_and_clear_bit(id, &bdev->deferred.work_due))
		return false;
	mdev_bpf_doorbell_put_locked(bdev);
	return true;
}

static void call_work(struct mdev_bpf_device *bdev, u32 id)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_WORK);

	if (!IS_ERR(call.ops) && !bdev->deferred.frozen && work_take(bdev, id))
		mdev_bpf_call_op(&call, work, id);
}

static void call_irq_unmask(struct mdev_bpf_device *bdev, u32 index)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_IRQ_UNMASK);

	if (!IS_ERR(call.ops) && !bdev->deferred.frozen &&
	    test_and_clear_bit(index, &bdev->deferred.unmask_due))
		mdev_bpf_call_op(&call, irq_unmask, index);
}

/**
 * mdev_bpf_deferred_run() - call the ops for all timers, work and lines that are due
 * @bdev: the device
 *
 * The gate is taken for each op separately, so that other tasks only wait for one op. This is also
 * so for tasks that want the processor.
 *
 * Context: Process context, the device's worker.
 */
void mdev_bpf_deferred_run(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	u32 id;

	for (id = 0; id < MDEV_BPF_MAX_TIMERS; id++)
		if (test_bit(id, &d->timers_due)) {
			call_timer(bdev, id);
			cond_resched();
		}
	for_each_set_bit(id, &d->work_due, MDEV_BPF_MAX_WORK) {
		call_work(bdev, id);
		cond_resched();
	}
	for (id = 0; id < MDEV_BPF_MAX_IRQS; id++)
		if (test_bit(id, &d->unmask_due))
			call_irq_unmask(bdev, id);
}

/**
 * mdev_bpf_deferred_init() - set up timers and work of a new device, frozen because it is closed
 * @d: the timers and work
 */
void mdev_bpf_deferred_init(struct mdev_bpf_deferred *d)
{
	unsigned int i;

	d->frozen = MDEV_BPF_FROZEN_CLOSED;
	for (i = 0; i < MDEV_BPF_MAX_TIMERS; i++) {
		d->timers[i].deferred = d;
		compat_hrtimer_setup(&d->timers[i].hrtimer, timer_expired, CLOCK_MONOTONIC,
				     HRTIMER_MODE_REL);
	}
}

static void timer_start(struct mdev_bpf_timer *timer, u64 ns)
{
	if (timer->deferred->frozen) {
		timer->paused = true;
		timer->remaining = ns;
	} else {
		hrtimer_start(&timer->hrtimer, ns_to_ktime(ns), HRTIMER_MODE_REL);
	}
}

static void timer_stop(struct mdev_bpf_timer *timer)
{
	hrtimer_cancel(&timer->hrtimer);
	timer->paused = false;
	clear_bit(timer - timer->deferred->timers, &timer->deferred->timers_due);
}

/**
 * mdev_bpf_deferred_timer_start() - arm a timer, which may be armed already
 * @bdev: the device
 * @id: number of the timer, less than MDEV_BPF_MAX_TIMERS
 * @delay: nanoseconds from now
 * @period: nanoseconds between later calls; 0 for a single call
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_deferred_timer_start(struct mdev_bpf_device *bdev, u32 id, u64 delay, u64 period)
{
	struct mdev_bpf_timer *timer;

	mdev_bpf_gate_assert_held(bdev);
	timer = &bdev->deferred.timers[array_index_nospec(id, MDEV_BPF_MAX_TIMERS)];
	timer_stop(timer);
	timer->period = period;
	timer_start(timer, delay);
}

/**
 * mdev_bpf_deferred_timer_stop() - cancel a timer; it does not fire any more, even if it is due
 * @bdev: the device
 * @id: number of the timer, less than MDEV_BPF_MAX_TIMERS
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_deferred_timer_stop(struct mdev_bpf_device *bdev, u32 id)
{
	mdev_bpf_gate_assert_held(bdev);
	timer_stop(&bdev->deferred.timers[array_index_nospec(id, MDEV_BPF_MAX_TIMERS)]);
}

/**
 * mdev_bpf_deferred_timer_left() - how long until a timer expires?
 * @bdev: the device
 * @id: number of the timer, less than MDEV_BPF_MAX_TIMERS
 *
 * Context: Process context, the gate held.
 *
 * Return: nanoseconds; 0 if its op is due; -ENOENT if the timer is not armed.
 */
s64 mdev_bpf_deferred_timer_left(struct mdev_bpf_device *bdev, u32 id)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	struct mdev_bpf_timer *timer;

	mdev_bpf_gate_assert_held(bdev);
	id = array_index_nospec(id, MDEV_BPF_MAX_TIMERS);
	timer = &d->timers[id];
	if (test_bit(id, &d->timers_due))
		return 0;
	if (timer->paused)
		return timer->remaining;
	if (hrtimer_active(&timer->hrtimer))
		return max_t(s64, ktime_to_ns(hrtimer_get_remaining(&timer->hrtimer)), 0);
	/* It may have expired since the first look */
	return test_bit(id, &d->timers_due) ? 0 : -ENOENT;
}

/**
 * mdev_bpf_deferred_time() - the time that has passed for a device
 * @bdev: the device
 *
 * Context: Process context, the gate held.
 *
 * Return: nanoseconds since creation during which the device was not frozen.
 */
u64 mdev_bpf_deferred_time(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;

	mdev_bpf_gate_assert_held(bdev);
	return d->frozen ? d->passed : mdev_bpf_deferred_time_running(bdev);
}

/**
 * mdev_bpf_deferred_time_running() - the same for a device that is known not to be frozen
 * @bdev: the device
 *
 * Context: Any in which the device cannot be frozen: the gate held, or the lane of a queue, in an
 * op of this queue, since mdev_bpf_time_freeze() closes all lanes first.
 *
 * Return: as mdev_bpf_deferred_time().
 */
u64 mdev_bpf_deferred_time_running(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_deferred *d = &bdev->deferred;

	return d->passed + ktime_to_ns(ktime_sub(ktime_get(), d->since));
}

/**
 * mdev_bpf_deferred_work_start() - have the work op called soon
 * @bdev: the device
 * @id: number of the work, less than MDEV_BPF_MAX_WORK
 *
 * Context: Any; also called from the wakeup function of an eventfd.
 */
void mdev_bpf_deferred_work_start(struct mdev_bpf_device *bdev, u32 id)
{
	set_bit(id, &bdev->deferred.work_due);
	mdev_bpf_worker_wake(bdev);
}

/**
 * mdev_bpf_deferred_work_ring() - mdev_bpf_deferred_work_start() for another device
 * @bdev: the device
 * @id: number of the work, less than MDEV_BPF_MAX_WORK
 *
 * Work that is due already has woken the worker, or will when the device is thawed. So however
 * often another device does this, it hardly delays those who wake the worker for another reason.
 *
 * Context: Any. Implies a full memory barrier.
 */
void mdev_bpf_deferred_work_ring(struct mdev_bpf_device *bdev, u32 id)
{
	if (!test_and_set_bit(id, &bdev->deferred.work_due))
		mdev_bpf_worker_wake(bdev);
}

/**
 * mdev_bpf_deferred_work_replace() - replace the work that is due, and discard what doorbells kept
 * @bdev: the device
 * @due: the work that is due then, a bit for each
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_deferred_work_replace(struct mdev_bpf_device *bdev, unsigned long due)
{
	mdev_bpf_gate_assert_held(bdev);
	/* A doorbell is rung without the gate: discard both its value and its work, or neither */
	guard(spinlock_irqsave)(&bdev->doorbells.lock);
	WRITE_ONCE(bdev->deferred.work_due, due);
	mdev_bpf_doorbell_forget(bdev);
}

/**
 * mdev_bpf_deferred_unmask_start() - have the irq_unmask op called soon, if the program has it
 * @bdev: the device
 * @index: VFIO index of the line
 *
 * Context: Any.
 */
void mdev_bpf_deferred_unmask_start(struct mdev_bpf_device *bdev, unsigned int index)
{
	/* If there is no program, the next one may have the op */
	if (!mdev_bpf_gate_has(bdev, MDEV_BPF_OP_IRQ_UNMASK, true))
		return;
	set_bit(index, &bdev->deferred.unmask_due);
	mdev_bpf_worker_wake(bdev);
}

/**
 * mdev_bpf_deferred_unmask_forget() - cancel pending calls of irq_unmask
 * @bdev: the device
 *
 * Context: Any.
 */
void mdev_bpf_deferred_unmask_forget(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++)
		clear_bit(i, &bdev->deferred.unmask_due);
}

/**
 * mdev_bpf_deferred_cancel() - cancel all timers, all work and what doorbells kept, for a reset
 * @bdev: the device
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_deferred_cancel(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < MDEV_BPF_MAX_TIMERS; i++)
		timer_stop(&bdev->deferred.timers[i]);
	mdev_bpf_deferred_work_replace(bdev, 0);
	mdev_bpf_deferred_unmask_forget(bdev);
}

/**
 * mdev_bpf_deferred_is_due() - is a timer, work or a line due?
 * @d: the timers and work
 *
 * Context: Any.
 *
 * Return: true if one is.
 */
bool mdev_bpf_deferred_is_due(const struct mdev_bpf_deferred *d)
{
	return READ_ONCE(d->timers_due) || READ_ONCE(d->work_due) || READ_ONCE(d->unmask_due);
}

/**
 * mdev_bpf_deferred_freeze() - stop time and timers, and hold work that is due
 * @bdev: the device
 * @why: one of MDEV_BPF_FROZEN_*
 *
 * Context: Process context, the gate held; may be in an op.
 */
void mdev_bpf_deferred_freeze(struct mdev_bpf_device *bdev, unsigned int why)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	d->passed = mdev_bpf_deferred_time(bdev);
	for (i = 0; i < MDEV_BPF_MAX_TIMERS && !d->frozen; i++) {
		struct mdev_bpf_timer *timer = &d->timers[i];
		s64 left;

		/* Stop it first, since it may expire until then; its expiry time stays readable */
		timer->paused = hrtimer_cancel(&timer->hrtimer);
		/* A periodic timer that is due, and so is not running, continues as well */
		if (!timer->paused && timer->period && test_bit(i, &d->timers_due)) {
			hrtimer_forward_now(&timer->hrtimer, ns_to_ktime(timer->period));
			timer->paused = true;
		}
		left = ktime_to_ns(hrtimer_get_remaining(&timer->hrtimer));
		timer->remaining = max_t(s64, left, 0);
	}
	d->frozen |= why;
}

/**
 * mdev_bpf_deferred_thaw() - remove a reason for which timers are stopped
 * @bdev: the device
 * @why: one of MDEV_BPF_FROZEN_*
 *
 * Context: Process context, the gate held.
 *
 * Return: true if it was the last reason; then timers continue, and due work can be done.
 */
bool mdev_bpf_deferred_thaw(struct mdev_bpf_device *bdev, unsigned int why)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	if (!d->frozen)
		return true;
	d->frozen &= ~why;
	if (d->frozen)
		return false;
	d->since = ktime_get();
	for (i = 0; i < MDEV_BPF_MAX_TIMERS; i++) {
		if (!d->timers[i].paused)
			continue;
		d->timers[i].paused = false;
		timer_start(&d->timers[i], d->timers[i].remaining);
	}
	return true;
}
