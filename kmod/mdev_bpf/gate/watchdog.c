// SPDX-License-Identifier: GPL-2.0-only
/*
 * A watchdog for ops that run too long. The verifier guarantees that an op ends, but not how soon.
 * Until then it occupies a processor, and delays a task that detaches the program.
 *
 * While there are devices, a timer checks twice per limit which processors are in an op, and makes
 * each of them look at it. This costs an op three instructions, and it need not read a clock. An
 * op that is seen twice may have run for half of the limit. But if this is a virtual processor,
 * perhaps its host has not run it meanwhile, which is no fault of the op. So for the other half,
 * the processor looks in short periods, by a timer of its own. However late it is, it counts one
 * period.
 *
 * An op that has exceeded the limit is reported while it still runs. From then on its loops end
 * (program/loop.c), and kfuncs that may take long do nothing. When the op returns, its device
 * fails.
 */
#include <linux/bpf.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/smp.h>

#include "../compat.h"

#include "device/device.h"
#include "gate/gate.h"
#include "gate/notice.h"
#include "gate/ops.h"
#include "gate/watchdog.h"
#include "program/program.h"

#define MIN_LIMIT_MS	10
#define MAX_LIMIT_MS	10000

DEFINE_PER_CPU(struct mdev_bpf_device *, mdev_bpf_watchdog_op);
DEFINE_PER_CPU(struct mdev_bpf_lane *, mdev_bpf_watchdog_lane);

static unsigned int op_limit_ms = 100;

static int set_limit(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, MIN_LIMIT_MS, MAX_LIMIT_MS);
}

static const struct kernel_param_ops limit_ops = {
	.set = set_limit,
	.get = param_get_uint,
};

module_param_cb(op_limit_ms, &limit_ops, &op_limit_ms, 0644);
MODULE_PARM_DESC(op_limit_ms, "how long an op may run before its device is taken out of service (10 to 10000)");

/* Twice per limit */
#define LONG_PERIOD	(MDEV_BPF_WATCHDOG_LIMIT / 2)

static u32 short_period_ns(void)
{
	return READ_ONCE(op_limit_ms) * (u32)(NSEC_PER_MSEC / MDEV_BPF_WATCHDOG_LIMIT);
}

static ktime_t short_period(void)
{
	return ns_to_ktime(short_period_ns());
}

static ktime_t long_period(void)
{
	return ms_to_ktime(READ_ONCE(op_limit_ms)) / 2;
}

/*
 * Not on the grid of the periods so far, as hrtimer_forward_now() does it: what is late would be
 * followed by the next one too soon.
 */
static enum hrtimer_restart again(struct hrtimer *timer, ktime_t period)
{
	hrtimer_set_expires(timer, ktime_add(ktime_get(), period));
	return HRTIMER_RESTART;
}

/* An op that is running, and its watch */
struct running {
	struct mdev_bpf_watch *watch;
	struct mdev_bpf_device *bdev;
	enum mdev_bpf_op op;
};

/*
 * The op that this processor is in, if any. To be called with interrupts off, or in the op: it does
 * not change then, and this processor holds the gate, or the lane of a queue.
 */
static bool is_running(struct running *running)
{
	struct mdev_bpf_device *bdev = this_cpu_read(mdev_bpf_watchdog_op);
	struct mdev_bpf_lane *lane = this_cpu_read(mdev_bpf_watchdog_lane);

	if (bdev)
		*running = (struct running){ &bdev->watch, bdev, bdev->gate.op };
	else if (lane)
		*running = (struct running){ &lane->watch, lane->bdev, lane->op };
	return bdev || lane;
}

static void tell(const struct running *running, unsigned int limit)
{
	struct mdev_bpf_device *bdev = running->bdev;
	unsigned int ran = running->watch->seen - 1;
	u32 link_id, map_id;

	/* If the last message is still not printed, no processor is free to do so */
	if (ran > MDEV_BPF_WATCHDOG_LIMIT)
		mdev_bpf_notice_print_here(bdev);
	mdev_bpf_ops_ids(READ_ONCE(bdev->gate.link), &link_id, &map_id);
	mdev_bpf_notice(bdev,
			"%s of %s (link %u, map %u) has run for %u ms so far, more than op_limit_ms=%u",
			mdev_bpf_ops_name(running->op), bdev->program->driver.driver.name,
			link_id, map_id, ran * limit / MDEV_BPF_WATCHDOG_LIMIT, limit);
}

/* It has run for @more short periods, as far as one can see. */
static void has_run(const struct running *running, unsigned int more)
{
	unsigned int limit = READ_ONCE(op_limit_ms);
	struct mdev_bpf_watch *watch = running->watch;
	bool was_over = mdev_bpf_watchdog_is_over(watch);

	WRITE_ONCE(watch->seen, watch->seen + more);
	if (!mdev_bpf_watchdog_is_over(watch))
		return;
	if (!was_over)
		watch->limit_ms = limit;
	/* Report again after twice the time, and so on */
	if (!was_over || is_power_of_2((watch->seen - 1) / LONG_PERIOD))
		tell(running, limit);
}

/* It may have run for half of the limit. */
static bool is_suspect(const struct mdev_bpf_watch *watch)
{
	return watch->seen > LONG_PERIOD && !mdev_bpf_watchdog_is_over(watch);
}

static DEFINE_PER_CPU(struct hrtimer, closer_timer);

/* How many short periods the timer takes: without high resolution, it takes a tick at least. */
static unsigned int step(void)
{
	return clamp(hrtimer_resolution / short_period_ns(), 1, LONG_PERIOD);
}

/*
 * Called in each short period, on the processor that is in a suspect op, with interrupts off. A
 * processor that went offline has left its timer to another one, which has its own.
 */
static enum hrtimer_restart look_closer(struct hrtimer *timer)
{
	struct running running;

	if (timer != this_cpu_ptr(&closer_timer) || !is_running(&running) ||
	    !is_suspect(running.watch))
		return HRTIMER_NORESTART;
	has_run(&running, step());
	return again(timer, short_period());
}

/* Called in each long period, on the processor that is in an op, with interrupts off. */
static void look(void *unused)
{
	struct hrtimer *timer = this_cpu_ptr(&closer_timer);
	struct running running;

	if (!is_running(&running))
		return;
	if (!is_suspect(running.watch))
		has_run(&running, running.watch->seen ? LONG_PERIOD : 1);
	if (is_suspect(running.watch) && !hrtimer_is_queued(timer))
		hrtimer_start(timer, short_period(), HRTIMER_MODE_REL_PINNED_HARD);
}

static DEFINE_PER_CPU(call_single_data_t, look_csd);

static enum hrtimer_restart look_around(struct hrtimer *timer)
{
	unsigned int cpu;

	/* A processor with a pending call is skipped; both calls count as one */
	for_each_online_cpu(cpu)
		if (READ_ONCE(per_cpu(mdev_bpf_watchdog_op, cpu)) ||
		    READ_ONCE(per_cpu(mdev_bpf_watchdog_lane, cpu)))
			smp_call_function_single_async(cpu, per_cpu_ptr(&look_csd, cpu));
	return again(timer, long_period());
}

static struct hrtimer timer;

/* Serialises starting and stopping the timer */
static DEFINE_MUTEX(devices_lock);
static unsigned int nr_devices;

/**
 * mdev_bpf_watchdog_module_init() - set up the watchdog when the module is loaded
 */
void mdev_bpf_watchdog_module_init(void)
{
	unsigned int cpu;

	/* Per-CPU data of a module cannot have initial values with pointers */
	for_each_possible_cpu(cpu) {
		INIT_CSD(per_cpu_ptr(&look_csd, cpu), look, NULL);
		compat_hrtimer_setup(per_cpu_ptr(&closer_timer, cpu), look_closer, CLOCK_MONOTONIC,
				     HRTIMER_MODE_REL_PINNED_HARD);
	}
	compat_hrtimer_setup(&timer, look_around, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
}

/**
 * mdev_bpf_watchdog_here_is_over() - has the op that this processor is in exceeded the limit?
 *
 * For kfuncs whose arguments do not say for which device, or which queue, they are called.
 *
 * Context: In an op, so preemption is off.
 *
 * Return: true if it has.
 */
bool mdev_bpf_watchdog_here_is_over(void)
{
	struct running running;

	return is_running(&running) && unlikely(mdev_bpf_watchdog_is_over(running.watch));
}

/**
 * mdev_bpf_watchdog_fail() - fail a device because its op has run for too long
 * @bdev: the device
 *
 * The upgrade op is an exception: it may be a trial, while the previous program is still attached.
 * mdev_bpf_gate_upgrade() fails instead.
 *
 * Context: The gate held, right after the op.
 */
void mdev_bpf_watchdog_fail(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	if (bdev->gate.op != MDEV_BPF_OP_UPGRADE)
		bdev->gate.hooks->slow(bdev, bdev->watch.limit_ms);
}

/**
 * mdev_bpf_watchdog_add() - count another device; the watchdog runs while there are devices
 *
 * Context: Process context.
 */
void mdev_bpf_watchdog_add(void)
{
	guard(mutex)(&devices_lock);
	if (!nr_devices++)
		hrtimer_start(&timer, long_period(), HRTIMER_MODE_REL_HARD);
}

/**
 * mdev_bpf_watchdog_remove() - a device is removed, and no program is called for it any more
 *
 * Context: Process context.
 */
void mdev_bpf_watchdog_remove(void)
{
	unsigned int cpu;

	guard(mutex)(&devices_lock);
	if (--nr_devices)
		return;
	hrtimer_cancel(&timer);
	for_each_possible_cpu(cpu)
		hrtimer_cancel(per_cpu_ptr(&closer_timer, cpu));
}
