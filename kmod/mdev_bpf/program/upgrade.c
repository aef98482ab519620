// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live upgrade: a program takes over devices whose state another has left, and lays its own
 * out in another way.
 *
 * It is done for all devices of the program or for none. All of them are held meanwhile, so nobody
 * sees some with the new program and some with the old one. Nothing here waits for user space:
 * new state is allocated before the first device is held, and the program only converts, which
 * kfunc_filter() in kfunc.c sees to.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "device/device.h"
#include "dma/queue.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "program/program.h"
#include "program/upgrade.h"

#define refuse mdev_bpf_refuse_ops

/* The state that is not in use: the new one until the device is converted, then the old one. */
static void free_spares(struct mdev_bpf_program *program)
{
	struct mdev_bpf_device *bdev;

	list_for_each_entry(bdev, &program->devices, node) {
		kvfree(bdev->spare);
		bdev->spare = NULL;
	}
}

static int alloc_spares(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_device *bdev;

	if (!ops->state_size)
		return 0;
	list_for_each_entry(bdev, &program->devices, node) {
		bdev->spare = kvzalloc(ops->state_size, GFP_KERNEL_ACCOUNT);
		if (!bdev->spare)
			return refuse(ops, -ENOMEM, "no memory for the new state of device %s",
				      bdev->ctx.name);
		cond_resched();
	}
	return 0;
}

/* No other place holds two devices, and here program->lock keeps a second one away. */
static void lock_devices(struct mdev_bpf_program *program)
{
	struct mdev_bpf_device *bdev;

	list_for_each_entry(bdev, &program->devices, node)
		mutex_lock_nest_lock(&bdev->lock, &program->lock);
}

static void unlock_devices(struct mdev_bpf_program *program)
{
	struct mdev_bpf_device *bdev;

	list_for_each_entry(bdev, &program->devices, node)
		mutex_unlock(&bdev->lock);
}

static void swap_state(struct mdev_bpf_device *bdev, u32 size)
{
	mdev_bpf_gate_assert_held(bdev);
	swap(bdev->state, bdev->spare);
	bdev->state_size = size;
}

/* A device that init was not called for yet, or exit already, has nothing to convert. */
static int convert(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_upgrade_ctx ctx = {
		.old = { .version = bdev->program->decl.state_version, .size = bdev->state_size },
		.data = bdev->state,
	};
	int ret;

	/* It goes to a place in the state, which the new program would not find there */
	if (mdev_bpf_dma_queue_in_state(bdev))
		return refuse(ops, -EBUSY, "device %s has DMA with its state under way",
			      bdev->ctx.name);
	swap_state(bdev, ops->state_size);
	ret = bdev->live ? mdev_bpf_gate_upgrade(bdev, ops, &ctx.old) : 0;
	if (!ret)
		return 0;
	swap_state(bdev, ctx.old.size);
	mdev_bpf_refuse(ops->name, "upgrade of device %s failed, errno %d", bdev->ctx.name, -ret);
	return ret;
}

static int convert_devices(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_device *bdev;
	int ret;

	list_for_each_entry(bdev, &program->devices, node) {
		ret = convert(bdev, ops);
		if (ret)
			goto out_revert;
		cond_resched();
	}
	return 0;

out_revert:
	list_for_each_entry_continue_reverse(bdev, &program->devices, node)
		swap_state(bdev, program->decl.state_size);
	return ret;
}

static int check(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_ops *old = &program->decl;

	/* Without devices there is no state to convert */
	if (ops->upgrade || list_empty(&program->devices))
		return 0;
	if (old->state_size != ops->state_size)
		return refuse(ops, -EINVAL,
			      "state_size %u does not fit the devices, which have %u, without upgrade",
			      ops->state_size, old->state_size);
	return refuse(ops, -EINVAL,
		      "state_version %u does not fit the devices, which have %u, without upgrade",
		      ops->state_version, old->state_version);
}

/**
 * mdev_bpf_upgrade_needed() - does a program keep its state in another way than the one before?
 * @program: the program
 * @ops: the new ops
 */
bool mdev_bpf_upgrade_needed(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops)
{
	lockdep_assert_held(&program->lock);
	return program->decl.state_size != ops->state_size ||
	       program->decl.state_version != ops->state_version;
}

/**
 * mdev_bpf_upgrade() - let a program convert the state of all devices, and give them to it
 * @program: the program
 * @ops: the new ops, which fit the devices but for their state
 * @link: the link that attaches them
 *
 * Context: Process context, mdev_bpf_program::lock held. Ops that are running are waited for.
 *
 * Return: 0; -EINVAL if the program has no upgrade; -ENOMEM; -EBUSY while a device has DMA with
 * its state under way; what upgrade returns. If it is not 0, nothing has changed.
 */
int mdev_bpf_upgrade(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
		     struct bpf_link *link)
{
	struct mdev_bpf_device *bdev;
	int ret;

	lockdep_assert_held(&program->lock);
	ret = check(program, ops) ?: alloc_spares(program, ops);
	if (!ret) {
		lock_devices(program);
		ret = convert_devices(program, ops);
		if (!ret) {
			mdev_bpf_program_assign(program, ops, link);
			list_for_each_entry(bdev, &program->devices, node)
				mdev_bpf_gate_assign(bdev, ops);
		}
		unlock_devices(program);
	}
	free_spares(program);
	return ret;
}
