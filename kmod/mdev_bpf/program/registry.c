// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of programs: attaching, updating and detaching their ops.
 *
 * All of this runs under a mutex of the BPF core that all struct_ops users of the machine share. So
 * nothing here waits for user space, for a guest, or until a device is closed. If the ops of a
 * program are detached while it has devices, the program stays until its last device is removed.
 *
 * Removing a program means unregistering its parent. This waits for tasks that read its files in
 * sysfs or write to "create", and such a task may get hardly any processor time. So a work item
 * does it, without holding a lock of this module. Detaching a program, and attaching one of the
 * same name, wait for the work item, so that a program can be loaded again right after it was
 * unloaded. They only wait for a short time.
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
#include "register/table.h"
#include "validate/validate.h"

/* The time for which attach and detach wait until a program is unregistered */
#define GONE_WAIT	msecs_to_jiffies(200)

static DEFINE_MUTEX(programs_lock);
/* Who looks for a device must not hold programs_lock; see mdev_bpf_program::lock */
static DEFINE_SPINLOCK(list_lock);
static LIST_HEAD(programs);	/* changes take both locks */

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
 * Unregister a program that was taken out of service. Devices that it still has are removed first;
 * this only happens at module exit. The program stays in the list until its name is free.
 */
static void program_destroy(struct mdev_bpf_program *program)
{
	mdev_bpf_parent_unregister(program);
	scoped_guard(mutex, &programs_lock) {
		guard(spinlock)(&list_lock);
		list_del(&program->node);
	}
	complete_all(&program->gone);
	put_device(&program->dev);	/* Pairs with the one of mdev_bpf_program_alloc() */
}

static struct workqueue_struct *reap_wq;

static void program_reap(struct work_struct *work)
{
	struct mdev_bpf_program *program = container_of(work, struct mdev_bpf_program, reap);

	if (mdev_bpf_program_retire(program, false))
		program_destroy(program);
	put_device(&program->dev);	/* Pairs with the get in program_idle() */
}

/* Queue the work item that removes a program. Each has its own, so none delays another. */
static void program_idle(struct mdev_bpf_program *program)
{
	get_device(&program->dev);
	if (!queue_work(reap_wq, &program->reap))
		put_device(&program->dev);
}

/*
 * Wait until an idle program is unregistered, and drop a reference to it. Return: false if this
 * takes too long.
 */
static bool program_await_gone(struct mdev_bpf_program *program)
{
	bool gone = wait_for_completion_timeout(&program->gone, GONE_WAIT);

	put_device(&program->dev);
	return gone;
}

/* Find a program with neither ops nor devices, and take a reference; NULL if there is none. */
static struct mdev_bpf_program *program_find_idle(const char *name)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	program = program_find(name);
	if (!program || !mdev_bpf_program_check_idle(program))
		return NULL;
	get_device(&program->dev);
	return program;
}

static int refuse_busy(const struct mdev_bpf_ops *ops)
{
	mdev_bpf_refuse(ops->name,
			"the old program is still being removed, a task uses its files: try again");
	return -EBUSY;
}

static int program_create(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_program *program = mdev_bpf_program_alloc(ops, link, program_idle);
	int ret;

	lockdep_assert_held(&programs_lock);
	if (!program)
		return -ENOMEM;
	INIT_WORK(&program->reap, program_reap);
	program->registers = mdev_bpf_register_table_make(ops);
	ret = PTR_ERR_OR_ZERO(program->registers);
	if (ret) {
		program->registers = NULL;
		goto out_put;
	}
	/* From now on devices can be created */
	ret = mdev_bpf_parent_register(program);
	if (ret)
		goto out_put;
	scoped_guard(spinlock, &list_lock)
		list_add_tail(&program->node, &programs);
	return 0;

out_put:
	put_device(&program->dev);
	return ret;
}

/*
 * Switch all devices of a program to new ops, with their state converted if necessary. This takes
 * the gate of each device, so afterwards no task runs the old ops. The list of devices does not
 * change meanwhile; see mdev_bpf_program::switching.
 */
static void program_switch_devices(struct mdev_bpf_program *program,
				   const struct mdev_bpf_ops *ops, struct mdev_bpf_upgrade *u,
				   unsigned int event)
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

	lockdep_assert_held(&programs_lock);
	/* Its last device was removed just now */
	if (!mdev_bpf_program_switch_begin(program, ops))
		return refuse_busy(ops);
	if (ops && program->link)
		event = MDEV_BPF_EVENT_UPGRADE;
	if (ops)
		ret = mdev_bpf_upgrade_prepare(&u, program, ops);
	if (!ret) {
		mdev_bpf_program_assign(program, ops, link, &u.registers);
		program_switch_devices(program, ops, &u, event);
	}
	mdev_bpf_program_progress(program, NULL, 0, 0, "");
	mdev_bpf_program_switch_end(program);
	mdev_bpf_upgrade_end(&u);
	return ret;
}

/**
 * mdev_bpf_registry_attach() - attach ops, to a new program or to a detached one of the same name
 * @ops: the ops, checked by mdev_bpf_validate_program()
 * @link: the link that attaches them
 *
 * Context: Process context, BPF's update_mutex held.
 *
 * Return: 0; -EEXIST if the program has ops, or its name is taken elsewhere in the kernel; -EBUSY
 * if a program of that name is still being unregistered; -EINVAL if the ops do not fit the
 * program's devices; as mdev_bpf_upgrade_prepare(); -ENOMEM and other errnos of the driver core.
 */
int mdev_bpf_registry_attach(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_program *program;

	/* Without devices there is nothing that the ops would have to fit */
	program = program_find_idle(ops->name);
	if (program && !program_await_gone(program))
		return refuse_busy(ops);
	guard(mutex)(&programs_lock);
	program = program_find(ops->name);
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
 * mdev_bpf_registry_update() - replace the ops of a program while its devices are running
 * @ops: the new ops, checked by mdev_bpf_validate_program()
 * @old: the ops that are attached
 * @link: the link, which stays
 *
 * Each access uses either the old or the new ops. When this returns, no task runs the old ops.
 *
 * Context: Process context, BPF's update_mutex held.
 *
 * Return: 0; -EINVAL if the new ops do not fit; or as mdev_bpf_upgrade_prepare(). After an error
 * the old ops are still attached, and nothing has changed.
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
 * mdev_bpf_registry_detach() - detach ops; when this returns, no task runs them
 * @ops: the ops
 *
 * If the program has no devices, it is removed, a little later if a task uses its files in sysfs.
 * Otherwise its devices are detached until mdev_bpf_registry_attach() attaches ops that fit.
 *
 * Context: Process context; BPF's update_mutex may be held.
 */
void mdev_bpf_registry_detach(const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_program *program;

	scoped_guard(mutex, &programs_lock) {
		program = program_find(ops->name);
		program_set_ops(program, NULL, NULL);
		if (!mdev_bpf_program_check_idle(program))
			return;
		get_device(&program->dev);
	}
	program_await_gone(program);
}

/**
 * mdev_bpf_registry_find_device() - find a device by UUID
 * @uuid: UUID of the mdev
 *
 * Context: Process context.
 *
 * Return: the device, with a reference for vfio_put_device(); NULL if there is none, or if it is
 * being created or removed.
 */
struct mdev_bpf_device *mdev_bpf_registry_find_device(const guid_t *uuid)
{
	struct mdev_bpf_device *bdev;
	struct mdev_bpf_program *program;

	guard(spinlock)(&list_lock);
	list_for_each_entry(program, &programs, node) {
		guard(spinlock)(&program->lock);
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
 * mdev_bpf_registry_init() - allocate what the list of programs needs, at module load
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_registry_init(void)
{
	reap_wq = alloc_workqueue("mdev_bpf_reap", WQ_UNBOUND, 0);
	return reap_wq ? 0 : -ENOMEM;
}

/* Take a program out of service that is not being unregistered yet. Return: it, or NULL. */
static struct mdev_bpf_program *retire_any(void)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	list_for_each_entry(program, &programs, node)
		if (mdev_bpf_program_retire(program, true))
			return program;
	return NULL;
}

/**
 * mdev_bpf_registry_exit() - module exit: remove all programs
 *
 * An open device and an attached program hold a reference to the module. So all programs are
 * detached by now, and their devices are not in use.
 */
void mdev_bpf_registry_exit(void)
{
	struct mdev_bpf_program *program;

	while ((program = retire_any()))
		program_destroy(program);
	/* Waits for programs that are being unregistered by work items */
	destroy_workqueue(reap_wq);
}
