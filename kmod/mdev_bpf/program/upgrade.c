// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live upgrade: a program takes over devices whose state has the layout of another program.
 *
 * In a first pass all states are converted, and the results are discarded. If the program cannot
 * convert the state of a device, it is refused, and nothing has changed. In a second pass the
 * devices change to the new program one by one, each in one section under its gate. If the state of
 * a device has changed so that it can no longer be converted, only that device fails, because
 * others may already run the new program. So no device waits for the conversion of another device,
 * or for a user.
 *
 * Nothing here waits for user space: states are allocated before the gate is taken, and freed after
 * it is released. The program only converts the state, as kfunc_filter() in kfunc.c ensures.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "device/device.h"
#include "device/failure.h"
#include "device/state.h"
#include "dma/queue.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "program/program.h"
#include "program/upgrade.h"
#include "queue/queue.h"
#include "register/doorbell.h"
#include "register/table.h"

#define refuse mdev_bpf_refuse_ops

/*
 * The longest time for the first pass, with BPF's update_mutex held. The second one takes about as
 * long.
 */
#define MAX_CHECKING	(10 * HZ)

/*
 * Exchange a device's state with @spare, and have the program convert the old state to the new one.
 * If init has not been called yet, or exit has been called already, there is nothing to convert.
 */
static int convert(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
		   struct mdev_bpf_state_buf *spare)
{
	struct mdev_bpf_state_buf *cur = &bdev->state.cur;
	struct mdev_bpf_upgrade_ctx ctx = {
		.old = {
			.version = cur->version,
			.size = cur->size,
			.queue_size = cur->queue_size,
		},
		.data = cur->data,
		.buf = spare,
	};

	swap(*cur, *spare);
	if (!READ_ONCE(bdev->live))
		return 0;
	return ops->upgrade ? mdev_bpf_gate_upgrade(bdev, ops, &ctx.old) : -EOPNOTSUPP;
}

/* Give the registers in a cleared state, to which upgrade is to convert, their initial values. */
static void init_registers(struct mdev_bpf_device *bdev, struct mdev_bpf_state_buf *spare,
			   const struct mdev_bpf_register_table *registers)
{
	mdev_bpf_register_table_reset(mdev_bpf_register_table_map(registers, bdev->ctx.type),
				      spare);
}

/* Make a state that was converted to as it was before. */
static void empty(struct mdev_bpf_device *bdev, struct mdev_bpf_state_buf *spare,
		  const struct mdev_bpf_register_table *registers)
{
	mdev_bpf_state_clear(spare);
	init_registers(bdev, spare, registers);
}

/* Try whether the program can convert the state of this device. */
static int try_device(struct mdev_bpf_upgrade *u, struct mdev_bpf_device *bdev,
		      const struct mdev_bpf_ops *ops, struct mdev_bpf_state_buf *spare)
{
	bool stale;
	int ret;

	init_registers(bdev, spare, u->registers);
	scoped_guard(mdev_bpf_gate, bdev) {
		guard(mdev_bpf_lanes)(bdev);
		stale = bdev->state.stale;
		mdev_bpf_doorbell_put(bdev);
		mdev_bpf_doorbell_put_queues(bdev);
		ret = convert(bdev, ops, spare);
		swap(bdev->state.cur, *spare);
	}
	empty(bdev, spare, u->registers);
	/* A device that has already failed for this reason does not prevent the upgrade */
	if (stale || !ret)
		return 0;
	mdev_bpf_refuse(ops->name, "upgrade of device %s failed with %pe", bdev->ctx.name,
			ERR_PTR(ret));
	return ret;
}

/*
 * May a device need another state? The answer stays valid while mdev_bpf_program::lock is held: a
 * reset, which does not take that lock, only replaces a stale state.
 */
static bool needs(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	guard(mdev_bpf_gate)(bdev);
	return bdev->state.stale || !mdev_bpf_state_fits(&bdev->state.cur, ops);
}

static int check(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_state_buf cur = {};
	bool stale;

	scoped_guard(mdev_bpf_gate, bdev) {
		cur = bdev->state.cur;
		stale = bdev->state.stale;
	}
	if (ops->upgrade || stale)
		return 0;
	if (cur.queue_size != ops->queue_state_size)
		return refuse(ops, -EINVAL,
			      "queue_state_size is %u, the devices have %u, and there is no upgrade",
			      ops->queue_state_size, cur.queue_size);
	if (cur.size != ops->state_size)
		return refuse(ops, -EINVAL,
			      "state_size %u does not fit the devices, which have %u, without upgrade",
			      ops->state_size, cur.size);
	return refuse(ops, -EINVAL,
		      "state_version %u does not fit the devices, which have %u, without upgrade",
		      ops->state_version, cur.version);
}

static int prepare_device(struct mdev_bpf_upgrade *u, struct mdev_bpf_device *bdev,
			  const struct mdev_bpf_ops *ops, struct mdev_bpf_state_buf *spare)
{
	int ret = check(bdev, ops);

	if (ret)
		return ret;
	if (mdev_bpf_state_alloc(spare, ops))
		return refuse(ops, -ENOMEM, "no memory for the new state of device %s",
			      bdev->ctx.name);
	return try_device(u, bdev, ops, spare);
}

/* May the first pass go on with device @i? All struct_ops users of the machine wait for it. */
static int check_time(const struct mdev_bpf_upgrade *u, unsigned int i,
		      const struct mdev_bpf_ops *ops, unsigned long end)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	if (time_before(jiffies, end))
		return 0;
	return refuse(ops, -ETIME, "upgrade takes too long: %u of %u devices checked after %u s",
		      i, u->nr, MAX_CHECKING / HZ);
}

static int prepare_devices(struct mdev_bpf_upgrade *u, struct mdev_bpf_program *program,
			   const struct mdev_bpf_ops *ops)
{
	unsigned long end = jiffies + MAX_CHECKING;
	struct mdev_bpf_device *bdev;
	unsigned int i = 0;
	int ret;

	list_for_each_entry(bdev, &program->devices, node) {
		mdev_bpf_program_progress(program, "checking", i, u->nr, bdev->ctx.name);
		ret = check_time(u, i, ops, end);
		if (ret)
			return ret;
		if (needs(bdev, ops))
			ret = prepare_device(u, bdev, ops, &u->spares[i]);
		if (ret)
			return ret;
		i++;
		cond_resched();
	}
	return 0;
}

/**
 * mdev_bpf_upgrade_prepare() - check whether new ops can take over all devices
 * @u: set up for mdev_bpf_upgrade_device(); must always be passed to mdev_bpf_upgrade_end()
 * @program: the program
 * @ops: its new ops, which fit the devices except perhaps for their state
 *
 * Context: Process context, after mdev_bpf_program_switch_begin(). Waits for ops that are running.
 *
 * Return: 0; -EINVAL if upgrade is necessary and the new ops do not have it; -ENOMEM; -ETIME if
 * there are too many devices for an upgrade that is so slow; -EINTR if the task is being killed;
 * the errno of upgrade. After an error nothing has changed.
 */
int mdev_bpf_upgrade_prepare(struct mdev_bpf_upgrade *u, struct mdev_bpf_program *program,
			     const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_device *bdev;
	bool any = false;

	lockdep_assert(program->switching);
	*u = (struct mdev_bpf_upgrade){ };
	u->registers = mdev_bpf_register_table_make(ops);
	if (IS_ERR(u->registers)) {
		u->registers = NULL;
		return refuse(ops, -ENOMEM, "no memory for the index of registers");
	}
	list_for_each_entry(bdev, &program->devices, node) {
		any |= needs(bdev, ops);
		u->nr++;
	}
	if (!any) {
		u->nr = 0;
		return 0;
	}
	u->spares = kvcalloc(u->nr, sizeof(*u->spares), GFP_KERNEL);
	if (!u->spares) {
		u->nr = 0;
		return -ENOMEM;
	}
	return prepare_devices(u, program, ops);
}

/* Fail a device whose state has changed since the first pass and can no longer be converted. */
static void fail(struct mdev_bpf_device *bdev, struct mdev_bpf_state_buf *spare, int err)
{
	swap(bdev->state.cur, *spare);
	empty(bdev, spare, bdev->program->registers);
	swap(bdev->state.next, *spare);
	bdev->state.stale = true;
	mdev_bpf_failure_stale(bdev, err);
}

/**
 * mdev_bpf_upgrade_device() - change the program of a device
 * @u: the upgrade
 * @i: number of the device in the program's list
 * @bdev: the device
 * @ops: the program, or NULL
 *
 * In one section, this converts the state if necessary, clears a failure of the old program,
 * assigns the new program, and calls its started op.
 *
 * Context: Process context, after mdev_bpf_program_switch_begin(). Waits for an op that is running.
 *
 * Return: 0; the errno of upgrade, and then the device has the new program and has failed.
 */
int mdev_bpf_upgrade_device(struct mdev_bpf_upgrade *u, unsigned int i,
			    struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	int ret = 0;

	guard(mdev_bpf_gate)(bdev);
	guard(mdev_bpf_lanes)(bdev);
	/* What was rung belongs into the present state, whose layout may be about to change */
	if (ops)
		mdev_bpf_doorbell_assign(bdev, NULL);
	if (!ops || mdev_bpf_state_fits(&bdev->state.cur, ops)) {
		bdev->state.stale &= !ops;
		mdev_bpf_device_set_ops(bdev, ops);
		if (ops)
			mdev_bpf_gate_started(bdev, MDEV_BPF_STARTED_TAKEN_OVER);
		return 0;
	}
	ret = convert(bdev, ops, &u->spares[i]);
	/* While it is stale, no register is read in a state that was converted in part */
	bdev->state.stale = ret;
	mdev_bpf_device_set_ops(bdev, ops);
	if (ret) {
		fail(bdev, &u->spares[i], ret);
		return ret;
	}
	bdev->state.generation++;
	mdev_bpf_dma_queue_cancel_state(bdev);
	mdev_bpf_gate_started(bdev, MDEV_BPF_STARTED_TAKEN_OVER);
	return 0;
}

/**
 * mdev_bpf_upgrade_end() - free the data of an upgrade that has ended or was refused
 * @u: the upgrade
 *
 * Context: Process context.
 */
void mdev_bpf_upgrade_end(struct mdev_bpf_upgrade *u)
{
	while (u->nr--)
		mdev_bpf_state_free(&u->spares[u->nr]);
	kvfree(u->spares);
	mdev_bpf_register_table_free(u->registers);
}
