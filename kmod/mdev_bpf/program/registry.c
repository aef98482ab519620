// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which programs there are: attaching, updating and detaching their ops.
 *
 * All of these run under a mutex of the BPF core that all struct_ops users of the machine share. So
 * nothing here waits for user space, for a guest, or for a device to be closed: a program that
 * loses its ops while it has devices is detached and stays; it is reaped with the last device.
 */
#include <linux/bpf.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "device/device.h"
#include "gate/refuse.h"
#include "gate/trace.h"
#include "program/parent.h"
#include "program/program.h"
#include "program/registry.h"
#include "program/upgrade.h"
#include "validate/validate.h"

static DEFINE_MUTEX(programs_lock);
static LIST_HEAD(programs);	/* under programs_lock */

static struct mdev_bpf_program *program_find(const char *name)
{
	struct mdev_bpf_program *program;

	lockdep_assert_held(&programs_lock);
	list_for_each_entry(program, &programs, node)
		if (!strcmp(program->decl.name, name))
			return program;
	return NULL;
}

/*
 * Unregisters a program. Its devices, if it still has any (only at module exit),
 * go first.
 */
static void program_destroy(struct mdev_bpf_program *program)
{
	lockdep_assert_held(&programs_lock);
	list_del(&program->node);
	mdev_bpf_parent_unregister(program);
	put_device(&program->dev);	/* Pairs with the one of mdev_bpf_program_alloc() */
}

static void programs_reap(struct work_struct *work)
{
	struct mdev_bpf_program *program, *next;

	guard(mutex)(&programs_lock);
	list_for_each_entry_safe(program, next, &programs, node)
		if (mdev_bpf_program_retire(program))
			program_destroy(program);
}

static DECLARE_WORK(reap_work, programs_reap);

static int program_create(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_program *program = mdev_bpf_program_alloc(ops, link, &reap_work);
	int ret;

	lockdep_assert_held(&programs_lock);
	if (!program)
		return -ENOMEM;
	/* From here on devices can be created */
	ret = mdev_bpf_parent_register(program);
	if (ret) {
		put_device(&program->dev);
		return ret;
	}
	list_add_tail(&program->node, &programs);
	return 0;
}

/*
 * The devices keep their state, converted if need be, and go on with the new program. When each
 * has been told, which takes its gate, no task runs the program that was there before.
 */
static void program_tell_devices(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
				 struct mdev_bpf_upgrade *u, unsigned int event)
{
	struct mdev_bpf_device *bdev;
	unsigned int i = 0;
	int ret;

	list_for_each_entry(bdev, &program->devices, node) {
		if (u->nr)
			mdev_bpf_program_progress(program, "converting", i, u->nr,
						  bdev->ctx.name);
		ret = mdev_bpf_upgrade_device(u, i++, bdev, ops);
		trace_mdev_bpf_lifecycle(&bdev->ctx, event, ret);
		cond_resched();
	}
}

static int program_set_ops(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
			   struct bpf_link *link)
{
	unsigned int event = ops ? MDEV_BPF_EVENT_ATTACH : MDEV_BPF_EVENT_DETACH;
	struct mdev_bpf_upgrade u = { };
	int ret = 0;

	guard(mutex)(&program->lock);
	if (ops && program->link)
		event = MDEV_BPF_EVENT_UPGRADE;
	if (ops)
		ret = mdev_bpf_upgrade_prepare(&u, program, ops);
	if (!ret) {
		mdev_bpf_program_assign(program, ops, link);
		program_tell_devices(program, ops, &u, event);
	}
	mdev_bpf_program_progress(program, NULL, 0, 0, "");
	mdev_bpf_upgrade_end(&u);
	return ret;
}

/**
 * mdev_bpf_registry_attach() - ops come: make their program, or give them to the detached one
 * @ops: the ops, checked by mdev_bpf_validate_program()
 * @link: the link that attaches them
 *
 * Context: Process context, BPF's update_mutex held.
 *
 * Return: 0; -EEXIST if the program has ops or its name is taken elsewhere in the
 * kernel; -EINVAL if the ops do not fit the program's devices; as mdev_bpf_upgrade_prepare();
 * -ENOMEM and other errnos of the driver core.
 */
int mdev_bpf_registry_attach(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	program = program_find(ops->name);
	/* Without devices there is nothing the program would have to fit */
	if (program && mdev_bpf_program_retire(program)) {
		program_destroy(program);
		program = NULL;
	}
	if (!program)
		return program_create(ops, link);
	if (mdev_bpf_program_is_attached(program)) {
		mdev_bpf_refuse(ops->name, "a program of this name is loaded already");
		return -EEXIST;
	}
	return mdev_bpf_validate_program_compatible(&program->decl, ops) ?:
	       program_set_ops(program, ops, link);
}

/**
 * mdev_bpf_registry_update() - replace the ops of a program under its running devices
 * @ops: the new ops, checked by mdev_bpf_validate_program()
 * @old: the ops that are attached
 * @link: the link, which stays
 *
 * Each access runs in the old or in the new ops; when this returns the old ones
 * run no more.
 *
 * Context: Process context, BPF's update_mutex held.
 *
 * Return: 0; -EINVAL if the new ops do not fit; or as mdev_bpf_upgrade_prepare(). If it is
 * not 0, the old ones stay attached and nothing has changed.
 */
int mdev_bpf_registry_update(const struct mdev_bpf_ops *ops, const struct mdev_bpf_ops *old,
			     struct bpf_link *link)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	program = program_find(old->name);
	return mdev_bpf_validate_program_compatible(&program->decl, ops) ?:
	       program_set_ops(program, ops, link);
}

/**
 * mdev_bpf_registry_detach() - ops go; when this returns nobody runs them
 * @ops: the ops
 *
 * The program goes with them, unless there are devices: those are detached until
 * mdev_bpf_registry_attach() brings ops that fit.
 *
 * Context: Process context; BPF's update_mutex may be held.
 */
void mdev_bpf_registry_detach(const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	program = program_find(ops->name);
	program_set_ops(program, NULL, NULL);
	if (mdev_bpf_program_retire(program))
		program_destroy(program);
}

/**
 * mdev_bpf_registry_find_device() - find a device by UUID
 * @uuid: UUID of the mdev
 *
 * Context: Process context.
 *
 * Return: the device with a reference, for vfio_put_device(); NULL if there is none, or only
 * one that is on its way in or out.
 */
struct mdev_bpf_device *mdev_bpf_registry_find_device(const guid_t *uuid)
{
	struct mdev_bpf_device *bdev;
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	list_for_each_entry(program, &programs, node) {
		guard(mutex)(&program->lock);
		list_for_each_entry(bdev, &program->devices, node) {
			if (!READ_ONCE(bdev->live) || !guid_equal(&bdev->mdev->uuid, uuid))
				continue;
			get_device(&bdev->vdev.device);
			return bdev;
		}
	}
	return NULL;
}

/**
 * mdev_bpf_registry_exit() - module exit: remove all programs
 *
 * An open device or a loaded program holds a module reference, so there are only
 * detached programs left, whose devices nobody uses.
 */
void mdev_bpf_registry_exit(void)
{
	struct mdev_bpf_program *program, *next;

	mutex_lock(&programs_lock);
	list_for_each_entry_safe(program, next, &programs, node)
		program_destroy(program);
	mutex_unlock(&programs_lock);
	cancel_work_sync(&reap_work);
}
