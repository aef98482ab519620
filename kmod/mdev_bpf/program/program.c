// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs: which there are, attaching and detaching their ops, and the pool of instances.
 *
 * attach, update and detach run under a mutex of the BPF core that all
 * struct_ops users of the machine share. So nothing here waits for user space,
 * for a guest, or for a device to be closed: a program that loses its ops while
 * it has devices is detached and stays; it is reaped with the last device.
 */
#include <linux/bpf.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "device/device.h"
#include "gate/refuse.h"
#include "gate/trace.h"
#include "program/ops.h"
#include "program/parent.h"
#include "program/program.h"
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
	put_device(&program->dev);	/* Pairs with device_initialize() in program_create() */
}

static bool program_is_idle(struct mdev_bpf_program *program)
{
	guard(mutex)(&program->lock);
	if (program->ops || program->nr_devices)
		return false;
	/* From here on mdev_bpf_program_reserve() fails: no device will come. */
	program->dead = true;
	return true;
}

static void programs_reap(struct work_struct *work)
{
	struct mdev_bpf_program *program, *next;

	guard(mutex)(&programs_lock);
	list_for_each_entry_safe(program, next, &programs, node)
		if (program_is_idle(program))
			program_destroy(program);
}

static DECLARE_WORK(reap_work, programs_reap);

static void program_release(struct device *dev)
{
	struct mdev_bpf_program *program = container_of(dev, struct mdev_bpf_program, dev);

	ida_destroy(&program->instances);
	mutex_destroy(&program->lock);
	kfree(program);
}

static void program_init_types(struct mdev_bpf_program *program)
{
	unsigned int i;

	program->nr_types = mdev_bpf_ops_nr_types(&program->decl);
	for (i = 0; i < program->nr_types; i++) {
		struct mdev_bpf_type *type = &program->types[i];

		type->program = program;
		type->index = i;
		type->mtype.sysfs_name = program->decl.types[i].name;
		if (program->decl.types[i].pretty_name[0])
			type->mtype.pretty_name = program->decl.types[i].pretty_name;
		program->type_ptrs[i] = &type->mtype;
	}
}

static struct mdev_bpf_program *program_alloc(const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_program *program = kzalloc(sizeof(*program), GFP_KERNEL);

	if (!program)
		return NULL;
	mutex_init(&program->lock);
	spin_lock_init(&program->info);
	INIT_LIST_HEAD(&program->devices);
	ida_init(&program->instances);
	program->decl = *ops;
	program_init_types(program);
	device_initialize(&program->dev);
	program->dev.release = program_release;
	return program;
}

static int program_create(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_program *program = program_alloc(ops);
	int ret;

	lockdep_assert_held(&programs_lock);
	if (!program)
		return -ENOMEM;
	/* A device can be created as soon as the parent is there */
	WRITE_ONCE(program->ops, ops);
	program->link = link;
	ret = mdev_bpf_parent_register(program);
	if (ret) {
		put_device(&program->dev);
		return ret;
	}
	list_add_tail(&program->node, &programs);
	return 0;
}

static void program_assign(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
			   struct bpf_link *link)
{
	lockdep_assert_held(&program->lock);
	guard(spinlock)(&program->info);
	if (ops)
		program->decl = *ops;
	WRITE_ONCE(program->link, link);
	WRITE_ONCE(program->ops, ops);
}

/**
 * mdev_bpf_program_progress() - note which device an upgrade has come to
 * @program: the program
 * @what: what is done with it; NULL: the upgrade is over
 * @nr: number of the device
 * @total: how many there are
 * @name: the device's name
 *
 * Context: Process context.
 */
void mdev_bpf_program_progress(struct mdev_bpf_program *program, const char *what,
			       unsigned int nr, unsigned int total, const char *name)
{
	struct mdev_bpf_progress *p = &program->progress;

	guard(spinlock)(&program->info);
	p->what = what;
	p->nr = nr;
	p->total = total;
	strscpy(p->name, name);
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
		program_assign(program, ops, link);
		program_tell_devices(program, ops, &u, event);
	}
	mdev_bpf_program_progress(program, NULL, 0, 0, "");
	mdev_bpf_upgrade_end(&u);
	return ret;
}

static bool program_is_attached(struct mdev_bpf_program *program)
{
	guard(mutex)(&program->lock);
	return program->ops;
}

/**
 * mdev_bpf_program_attach() - ops come: make their program, or give them to the detached one
 * @ops: the ops, checked by mdev_bpf_validate_program()
 * @link: the link that attaches them
 *
 * Context: Process context, BPF's update_mutex held.
 *
 * Return: 0; -EEXIST if the program has ops or its name is taken elsewhere in the
 * kernel; -EINVAL if the ops do not fit the program's devices; as mdev_bpf_upgrade_prepare();
 * -ENOMEM and other errnos of the driver core.
 */
int mdev_bpf_program_attach(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	program = program_find(ops->name);
	/* Without devices there is nothing the program would have to fit */
	if (program && program_is_idle(program)) {
		program_destroy(program);
		program = NULL;
	}
	if (!program)
		return program_create(ops, link);
	if (program_is_attached(program)) {
		mdev_bpf_refuse(ops->name, "a program of this name is loaded already");
		return -EEXIST;
	}
	return mdev_bpf_validate_program_compatible(&program->decl, ops) ?:
	       program_set_ops(program, ops, link);
}

/**
 * mdev_bpf_program_update() - replace the ops of a program under its running devices
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
int mdev_bpf_program_update(const struct mdev_bpf_ops *ops, const struct mdev_bpf_ops *old,
			    struct bpf_link *link)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	program = program_find(old->name);
	return mdev_bpf_validate_program_compatible(&program->decl, ops) ?:
	       program_set_ops(program, ops, link);
}

/**
 * mdev_bpf_program_detach() - ops go; when this returns nobody runs them
 * @ops: the ops
 *
 * The program goes with them, unless there are devices: those are detached until
 * mdev_bpf_program_attach() brings ops that fit.
 *
 * Context: Process context; BPF's update_mutex may be held.
 */
void mdev_bpf_program_detach(const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_program *program;

	guard(mutex)(&programs_lock);
	program = program_find(ops->name);
	program_set_ops(program, NULL, NULL);
	if (program_is_idle(program))
		program_destroy(program);
}

/**
 * mdev_bpf_program_reserve() - take the units and the number of a new device
 * @type: type of the device
 *
 * Context: Process context.
 *
 * Return: the instance number; -ENODEV if no program is attached; -ENOSPC if the
 * pool has too little left; -ENOMEM.
 */
int mdev_bpf_program_reserve(struct mdev_bpf_type *type)
{
	struct mdev_bpf_program *program = type->program;
	unsigned int units;
	int instance;

	guard(mutex)(&program->lock);
	if (program->dead || !program->ops)
		return -ENODEV;
	units = mdev_bpf_ops_units(&program->decl, type->index);
	if (program->used_units + units > mdev_bpf_ops_pool(&program->decl))
		return -ENOSPC;
	instance = ida_alloc(&program->instances, GFP_KERNEL);
	if (instance < 0)
		return instance;
	program->used_units += units;
	program->nr_devices++;
	return instance;
}

/**
 * mdev_bpf_program_unreserve() - give back what mdev_bpf_program_reserve() took
 * @type: type of the device
 * @instance: its number
 *
 * Context: Process context. May be inside mdev_unregister_parent(), so a program that
 * has now become idle is left to a work item.
 */
void mdev_bpf_program_unreserve(struct mdev_bpf_type *type, unsigned int instance)
{
	struct mdev_bpf_program *program = type->program;

	guard(mutex)(&program->lock);
	ida_free(&program->instances, instance);
	program->used_units -= mdev_bpf_ops_units(&program->decl, type->index);
	if (!--program->nr_devices && !program->ops)
		schedule_work(&reap_work);
}

/**
 * mdev_bpf_program_find_device() - find a device by UUID
 * @uuid: UUID of the mdev
 *
 * Context: Process context.
 *
 * Return: the device with a reference, for vfio_put_device(); NULL if there is none, or only
 * one that is on its way in or out.
 */
struct mdev_bpf_device *mdev_bpf_program_find_device(const guid_t *uuid)
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
 * mdev_bpf_program_ids() - what BPF calls the program that is running
 * @program: the program
 * @link_id: id of the link that attached it
 * @map_id: id of its struct_ops map; 0 for a moment at its attachment
 *
 * With both, "bpftool map dump" has the ids of the ops' programs.
 *
 * Context: In an op, so that the link stays.
 */
void mdev_bpf_program_ids(struct mdev_bpf_program *program, u32 *link_id, u32 *map_id)
{
	const struct bpf_link *link = READ_ONCE(program->link);
	struct bpf_link_info info = {};

	*link_id = 0;
	*map_id = 0;
	if (!link)
		return;
	*link_id = link->id;
	if (!link->ops->fill_link_info(link, &info))
		*map_id = info.struct_ops.map_id;
}

/**
 * mdev_bpf_program_exit() - module exit: remove all programs
 *
 * An open device or a loaded program holds a module reference, so there are only
 * detached programs left, whose devices nobody uses.
 */
void mdev_bpf_program_exit(void)
{
	struct mdev_bpf_program *program, *next;

	mutex_lock(&programs_lock);
	list_for_each_entry_safe(program, next, &programs, node)
		program_destroy(program);
	mutex_unlock(&programs_lock);
	cancel_work_sync(&reap_work);
}
