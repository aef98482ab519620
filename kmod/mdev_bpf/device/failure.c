// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure: a program reports that it cannot continue with a device.
 *
 * The device stays for examination, but stops: only a few ops are called, timers stand still,
 * interrupts are held, and the user gets the error interrupt. A reset or another program ends the
 * failure.
 */
#include <linux/btf.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>

#include "device/device.h"
#include "device/failure.h"
#include "device/line.h"
#include "device/time.h"
#include "gate/gate.h"
#include "gate/notice.h"
#include "gate/ops.h"
#include "gate/trace.h"
#include "pci/irq.h"
#include "program/kfunc.h"
#include "program/program.h"
#include "register/register.h"

/*
 * Ops still called on a failed device: lifecycle, recovery, dump. If the state does not match the
 * program, only reset is called, which clears the state.
 */
#define OPS_WHILE_FAILED (BIT(MDEV_BPF_OP_INIT) | BIT(MDEV_BPF_OP_EXIT) |	\
			  BIT(MDEV_BPF_OP_OPEN) | BIT(MDEV_BPF_OP_CLOSE) |	\
			  BIT(MDEV_BPF_OP_RESET) | BIT(MDEV_BPF_OP_DUMP))
#define OPS_WHILE_STALE BIT(MDEV_BPF_OP_RESET)

/* A user can let its device fail and reset it all the time, and what handles uevents is not its */
#define NOTIFY_PERIOD (HZ / 10)

/**
 * mdev_bpf_failure_state() - describe the condition of a device in one word
 * @bdev: the device
 *
 * Return: "attached", "detached" or "failed".
 */
const char *mdev_bpf_failure_state(struct mdev_bpf_device *bdev)
{
	if (!mdev_bpf_gate_is_attached(bdev))
		return "detached";
	return READ_ONCE(bdev->failure.active) ? "failed" : "attached";
}

/* Notify user space that the condition has changed, in process context. */
static void failure_notify(struct work_struct *work)
{
	struct mdev_bpf_device *bdev = container_of(to_delayed_work(work), struct mdev_bpf_device,
						    failure.notify);
	struct kobject *kobj = &bdev->mdev->dev.kobj;
	char *env[2] = {};
	char state[32];

	WRITE_ONCE(bdev->failure.notified, jiffies);
	env[0] = state;
	snprintf(state, sizeof(state), "MDEV_BPF_STATE=%s", mdev_bpf_failure_state(bdev));
	kobject_uevent_env(kobj, KOBJ_CHANGE, env);
	sysfs_notify(kobj, KBUILD_MODNAME, "state");
}

/* Notify user space soon. Several changes within NOTIFY_PERIOD count once, with the last state. */
static void notify(struct mdev_bpf_failure *failure)
{
	unsigned long now = jiffies, next = READ_ONCE(failure->notified) + NOTIFY_PERIOD;

	schedule_delayed_work(&failure->notify, time_before(now, next) ? next - now : 0);
}

/**
 * mdev_bpf_failure_init() - set up the failure data of a new device
 * @failure: the data
 */
void mdev_bpf_failure_init(struct mdev_bpf_failure *failure)
{
	INIT_DELAYED_WORK(&failure->notify, failure_notify);
	failure->notified = jiffies - NOTIFY_PERIOD;
}

/**
 * mdev_bpf_failure_destroy() - stop notifying user space
 * @bdev: the device, for which no program is called any more
 *
 * Context: Process context.
 */
void mdev_bpf_failure_destroy(struct mdev_bpf_device *bdev)
{
	cancel_delayed_work_sync(&bdev->failure.notify);
}

/**
 * mdev_bpf_failure_clear() - end the failure of a device, if it has failed
 * @bdev: the device
 *
 * Context: Process context, the gate held, not in an op.
 */
void mdev_bpf_failure_clear(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	if (!bdev->failure.active)
		return;
	WRITE_ONCE(bdev->failure.active, false);
	mdev_bpf_gate_limit(bdev, 0);
	mdev_bpf_time_thaw(bdev, MDEV_BPF_FROZEN_FAILED);
	notify(&bdev->failure);
}

/**
 * mdev_bpf_failure_emit() - write the content of the "failure" file
 * @bdev: the device
 * @buf: a page
 *
 * Context: Process context.
 *
 * Return: the number of bytes; 0 if the device has not failed.
 */
int mdev_bpf_failure_emit(struct mdev_bpf_device *bdev, char *buf)
{
	struct mdev_bpf_failure *f = &bdev->failure;

	guard(mdev_bpf_gate)(bdev);
	if (!f->active)
		return 0;
	return sysfs_emit(buf,
			  "op=%s\ncode=%d\nprogram=%s\nlink_id=%u\nmap_id=%u\n"
			  "boot_ns=%llu\ntime=%lld\ntext=%s\n",
			  mdev_bpf_ops_name(f->op), f->code, f->program, f->link_id, f->map_id,
			  f->boot_ns, f->time, f->text);
}

/* Stop the device. The caller has already set the program and the text. */
static void failure_begin(struct mdev_bpf_device *bdev, enum mdev_bpf_op op, s32 code)
{
	struct mdev_bpf_failure *f = &bdev->failure;
	const char *name = mdev_bpf_ops_name(op);

	mdev_bpf_gate_assert_held(bdev);
	f->op = op;
	f->code = code;
	f->boot_ns = ktime_get_boottime_ns();
	f->time = ktime_get_real_seconds();
	mdev_bpf_ops_ids(bdev->gate.link, &f->link_id, &f->map_id);
	WRITE_ONCE(f->active, true);
	mdev_bpf_gate_limit(bdev, bdev->state.stale ? OPS_WHILE_STALE : OPS_WHILE_FAILED);
	mdev_bpf_register_publish(bdev);
	mdev_bpf_time_freeze(bdev, MDEV_BPF_FROZEN_FAILED);
	mdev_bpf_irq_error(&bdev->irqs);
	trace_mdev_bpf_failure(&bdev->ctx, name, code, f->text);
	mdev_bpf_notice(bdev, "failed in %s of %s, code %d: %s", name, f->program, code, f->text);
	notify(f);
}

/**
 * mdev_bpf_failure_stale() - fail a device because the program could not convert its state
 * @bdev: the device, whose state is stale
 * @err: the negative errno of the upgrade op
 *
 * Context: The gate held, not in an op; the device has not failed.
 */
void mdev_bpf_failure_stale(struct mdev_bpf_device *bdev, int err)
{
	struct mdev_bpf_failure *f = &bdev->failure;

	strscpy(f->program, bdev->program->driver.driver.name);
	snprintf(f->text, sizeof(f->text),
		 "state of version %u was not converted: reset it, or attach what can",
		 bdev->state.cur.version);
	failure_begin(bdev, MDEV_BPF_OP_UPGRADE, err);
}

static void failure_slow(struct mdev_bpf_device *bdev, enum mdev_bpf_op op, unsigned int limit_ms)
{
	struct mdev_bpf_failure *f = &bdev->failure;

	mdev_bpf_gate_assert_held(bdev);
	if (f->active)
		return;
	strscpy(f->program, bdev->program->driver.driver.name);
	snprintf(f->text, sizeof(f->text), "the op ran longer than %u ms", limit_ms);
	failure_begin(bdev, op, -ETIME);
}

/**
 * mdev_bpf_failure_slow() - fail a device because its op has run for too long
 * @bdev: the device; does nothing if it has failed already
 * @limit_ms: the limit in milliseconds
 *
 * Context: The gate held, right after the op.
 */
void mdev_bpf_failure_slow(struct mdev_bpf_device *bdev, unsigned int limit_ms)
{
	failure_slow(bdev, bdev->gate.op, limit_ms);
}

/**
 * mdev_bpf_failure_queue() - fail a device because of an op of one of its queues
 * @bdev: the device; does nothing if it has failed already
 * @verdict: what the op has reported; without a program, it has run for too long
 * @limit_ms: the limit in milliseconds
 *
 * Context: The gate held, not in an op.
 */
void mdev_bpf_failure_queue(struct mdev_bpf_device *bdev, const struct mdev_bpf_verdict *verdict,
			    unsigned int limit_ms)
{
	struct mdev_bpf_failure *f = &bdev->failure;

	mdev_bpf_gate_assert_held(bdev);
	if (f->active)
		return;
	if (!verdict->program[0]) {
		failure_slow(bdev, verdict->op, limit_ms);
		return;
	}
	strscpy(f->program, verdict->program);
	mdev_bpf_line_copy(f->text, sizeof(f->text), verdict->text, sizeof(verdict->text));
	failure_begin(bdev, verdict->op, verdict->code);
}

__bpf_kfunc_start_defs();

__bpf_kfunc int mdev_bpf_fail(struct mdev_bpf_dev *dev, s32 code, const char *msg, u32 msg__sz)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);
	struct mdev_bpf_failure *f = &bdev->failure;

	mdev_bpf_gate_assert_held(bdev);
	/* Keep the first reason; a later one is usually a consequence of it */
	if (f->active)
		return -EALREADY;
	/* The calling program, by the name that profilers and stack dumps use */
	snprintf(f->program, sizeof(f->program), "%ps", __builtin_return_address(0));
	mdev_bpf_line_copy(f->text, sizeof(f->text), msg, msg__sz);
	failure_begin(bdev, bdev->gate.op, code);
	return 0;
}

__bpf_kfunc_end_defs();
