// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops that do not end. Every program's does, but after how long the kernel does not know, and
 * meanwhile it has a processor for itself and holds up whoever detaches it.
 *
 * While there are devices a timer looks, twice in the time of the limit, which processors are in an
 * op, and has each of them count. That costs an op three instructions and no look at a clock. It
 * is the processor itself that counts, so what is counted is time in which it ran: a virtual
 * one that its host has put aside does not get nearer to the limit.
 *
 * An op that has been counted too often is named in the log, while it still runs. From then on
 * its loops end at once (program/loop.c), and kfuncs that may take long do nothing. When it
 * returns, its device has failed.
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

static void tell(struct mdev_bpf_device *bdev, unsigned int periods, unsigned int limit)
{
	u32 link_id, map_id;

	/* What was said the last time could have been printed by now, if a processor were free */
	if (periods >= MDEV_BPF_WATCHDOG_OVER)
		mdev_bpf_notice_print_here(bdev);
	mdev_bpf_ops_ids(bdev->gate.link, &link_id, &map_id);
	mdev_bpf_notice(bdev,
			"%s of %s (link %u, map %u) has run for %u ms so far, more than op_limit_ms=%u",
			mdev_bpf_ops_name(bdev->gate.op), bdev->program->driver.driver.name,
			link_id, map_id, periods * limit / 2, limit);
}

/*
 * On the processor that is in an op, in the middle of it, with interrupts off. So the op stays what
 * it is, and the gate is this processor's.
 */
static void look(void *unused)
{
	struct mdev_bpf_device *bdev = this_cpu_read(mdev_bpf_watchdog_op);
	unsigned int limit = READ_ONCE(op_limit_ms), seen;

	if (!bdev)
		return;
	seen = ++bdev->watch.seen;
	if (seen < MDEV_BPF_WATCHDOG_OVER)
		return;
	if (seen == MDEV_BPF_WATCHDOG_OVER)
		bdev->watch.limit_ms = limit;
	/* Again after twice the time, and so on */
	if (is_power_of_2(seen - 1))
		tell(bdev, seen - 1, limit);
}

static DEFINE_PER_CPU(call_single_data_t, look_csd);

static enum hrtimer_restart look_around(struct hrtimer *timer)
{
	unsigned int cpu;

	/* One that has not looked since the last time is still about to: that is one look */
	for_each_online_cpu(cpu)
		if (READ_ONCE(per_cpu(mdev_bpf_watchdog_op, cpu)))
			smp_call_function_single_async(cpu, per_cpu_ptr(&look_csd, cpu));
	hrtimer_forward_now(timer, ms_to_ktime(READ_ONCE(op_limit_ms)) / 2);
	return HRTIMER_RESTART;
}

static struct hrtimer timer;

/* Serialises the two below */
static DEFINE_MUTEX(devices_lock);
static unsigned int nr_devices;

/**
 * mdev_bpf_watchdog_module_init() - at module load
 */
void mdev_bpf_watchdog_module_init(void)
{
	unsigned int cpu;

	/* A module's data for each processor cannot have pointers in it from the start */
	for_each_possible_cpu(cpu)
		INIT_CSD(per_cpu_ptr(&look_csd, cpu), look, NULL);
	compat_hrtimer_setup(&timer, look_around, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
}

/**
 * mdev_bpf_watchdog_fail() - an op that ran for too long has returned: let its device fail
 * @bdev: the device
 *
 * An upgrade may be tried only, with the program before it attached: then that is refused.
 *
 * Context: The gate held, as the op had it.
 */
void mdev_bpf_watchdog_fail(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	if (bdev->gate.op != MDEV_BPF_OP_UPGRADE)
		bdev->gate.hooks->slow(bdev, bdev->watch.limit_ms);
}

/**
 * mdev_bpf_watchdog_add() - there is a device more to watch
 *
 * Context: Process context.
 */
void mdev_bpf_watchdog_add(void)
{
	guard(mutex)(&devices_lock);
	if (!nr_devices++)
		hrtimer_start(&timer, ms_to_ktime(READ_ONCE(op_limit_ms)) / 2,
			      HRTIMER_MODE_REL_HARD);
}

/**
 * mdev_bpf_watchdog_remove() - a device goes, and no program is called for it any more
 *
 * Context: Process context.
 */
void mdev_bpf_watchdog_remove(void)
{
	guard(mutex)(&devices_lock);
	if (!--nr_devices)
		hrtimer_cancel(&timer);
}
