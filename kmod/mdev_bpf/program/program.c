// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program: its ops, its mdev types, and the pool that its devices share. registry.c has the list
 * of programs, and attaches, updates and detaches ops.
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "param/files.h"
#include "program/ops.h"
#include "program/program.h"
#include "register/table.h"

static void program_release(struct device *dev)
{
	struct mdev_bpf_program *program = container_of(dev, struct mdev_bpf_program, dev);

	mdev_bpf_register_table_free(program->registers);
	ida_destroy(&program->instances);
	kvfree(program);
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

/**
 * mdev_bpf_program_alloc() - allocate a program, without registering it
 * @ops: its ops
 * @link: the link that attaches them
 * @idle: see struct mdev_bpf_program
 *
 * Context: Process context.
 *
 * Return: the program, with a reference for put_device(); NULL if out of memory.
 */
struct mdev_bpf_program *mdev_bpf_program_alloc(const struct mdev_bpf_ops *ops,
						struct bpf_link *link,
						void (*idle)(struct mdev_bpf_program *))
{
	struct mdev_bpf_program *program = kvzalloc(sizeof(*program), GFP_KERNEL);

	if (!program)
		return NULL;
	spin_lock_init(&program->lock);
	spin_lock_init(&program->info);
	INIT_LIST_HEAD(&program->devices);
	ida_init(&program->instances);
	program->idle = idle;
	init_completion(&program->gone);
	program->decl = *ops;
	program->ops = ops;
	program->link = link;
	mdev_bpf_param_files_init(&program->params, ops);
	program_init_types(program);
	device_initialize(&program->dev);
	program->dev.release = program_release;
	return program;
}

/* If the program has neither ops nor devices, have it removed. Return: true if so. */
static bool check_idle(struct mdev_bpf_program *program)
{
	lockdep_assert_held(&program->lock);
	if (program->ops || program->nr_devices)
		return false;
	if (!program->dead)
		program->idle(program);
	return true;
}

/**
 * mdev_bpf_program_switch_begin() - begin to attach, update or detach the ops of a program
 * @program: the program
 * @attach: true if it is to have ops afterwards
 *
 * Until mdev_bpf_program_switch_end(), the list of devices does not change.
 *
 * Context: Process context. The caller serialises.
 *
 * Return: true; false if the program was taken out of service just now, and @attach is set.
 */
bool mdev_bpf_program_switch_begin(struct mdev_bpf_program *program, bool attach)
{
	guard(spinlock)(&program->lock);
	if (attach && program->dead)
		return false;
	WRITE_ONCE(program->switching, true);
	return true;
}

/**
 * mdev_bpf_program_switch_end() - the ops of the program, and of all its devices, were changed
 * @program: the program
 *
 * Context: Process context.
 */
void mdev_bpf_program_switch_end(struct mdev_bpf_program *program)
{
	scoped_guard(spinlock, &program->lock) {
		WRITE_ONCE(program->switching, false);
		/* What mdev_bpf_program_retire() has refused meanwhile */
		check_idle(program);
	}
	/* Pairs with the one in prepare_to_wait_event(): it sees the store, or this the waiter */
	smp_mb();
	wake_up_var(&program->switching);
}

/**
 * mdev_bpf_program_check_idle() - have a program removed if it has neither ops nor devices
 * @program: the program
 *
 * Context: Process context.
 *
 * Return: true if it has neither; then mdev_bpf_program::idle was called, now or earlier.
 */
bool mdev_bpf_program_check_idle(struct mdev_bpf_program *program)
{
	guard(spinlock)(&program->lock);
	return check_idle(program);
}

/**
 * mdev_bpf_program_retire() - take a program without ops out of service
 * @program: the program
 * @devices: true to do this even if it still has devices
 *
 * Context: Process context.
 *
 * Return: true if this has taken the program out of service, so that no device can be created any
 * more; then the caller must unregister it. False if the program is still needed, or another task
 * has already taken it out of service, or is about to attach or detach ops.
 */
bool mdev_bpf_program_retire(struct mdev_bpf_program *program, bool devices)
{
	guard(spinlock)(&program->lock);
	if (program->dead || program->switching || program->ops ||
	    (program->nr_devices && !devices))
		return false;
	/* From now on mdev_bpf_program_reserve() fails, so no device can be created */
	program->dead = true;
	return true;
}

/**
 * mdev_bpf_program_is_attached() - does a program have ops?
 * @program: the program
 *
 * Context: Process context.
 *
 * Return: true if it does.
 */
bool mdev_bpf_program_is_attached(struct mdev_bpf_program *program)
{
	guard(spinlock)(&program->lock);
	return program->ops;
}

/**
 * mdev_bpf_program_assign() - change the ops of a program
 * @program: the program
 * @ops: the new ops, or NULL
 * @link: the link that attaches them, or NULL
 * @registers: the registers that @ops declare; on return, those of the previous ops. Stays as it is
 *	without @ops, because the doorbells of the last ones can still be rung
 *
 * The caller then changes the ops of each device.
 *
 * Context: Process context, after mdev_bpf_program_switch_begin().
 */
void mdev_bpf_program_assign(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
			     struct bpf_link *link, struct mdev_bpf_register_table **registers)
{
	lockdep_assert(program->switching);
	guard(spinlock)(&program->lock);
	guard(spinlock)(&program->info);
	if (ops) {
		program->decl = *ops;
		swap(program->registers, *registers);
	}
	WRITE_ONCE(program->link, link);
	WRITE_ONCE(program->ops, ops);
}

/**
 * mdev_bpf_program_progress() - record the progress of an upgrade
 * @program: the program
 * @what: the current operation; NULL if the upgrade is over
 * @nr: number of the current device
 * @total: number of devices
 * @name: name of the current device
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

static int take_units(struct mdev_bpf_type *type)
{
	struct mdev_bpf_program *program = type->program;
	unsigned int units;

	guard(spinlock)(&program->lock);
	if (program->dead || !program->ops)
		return -ENODEV;
	units = mdev_bpf_ops_units(&program->decl, type->index);
	if (program->used_units + units > mdev_bpf_ops_pool(&program->decl))
		return -ENOSPC;
	program->used_units += units;
	program->nr_devices++;
	return 0;
}

/**
 * mdev_bpf_program_reserve() - take the units and an instance number for a new device
 * @type: type of the device
 *
 * Context: Process context.
 *
 * Return: the instance number; -ENODEV if no program is attached; -ENOSPC if too few units are
 * left; -ENOMEM.
 */
int mdev_bpf_program_reserve(struct mdev_bpf_type *type)
{
	struct ida *instances = &type->program->instances;
	int instance = ida_alloc(instances, GFP_KERNEL), ret;

	if (instance < 0)
		return instance;
	ret = take_units(type);
	if (!ret)
		return instance;
	ida_free(instances, instance);
	return ret;
}

/**
 * mdev_bpf_program_unreserve() - return what mdev_bpf_program_reserve() has taken
 * @type: type of the device
 * @instance: its instance number
 *
 * Context: Process context. May be called inside mdev_unregister_parent(), so a work item removes a
 * program that is not needed any more.
 */
void mdev_bpf_program_unreserve(struct mdev_bpf_type *type, unsigned int instance)
{
	struct mdev_bpf_program *program = type->program;

	ida_free(&program->instances, instance);
	guard(spinlock)(&program->lock);
	program->used_units -= mdev_bpf_ops_units(&program->decl, type->index);
	program->nr_devices--;
	check_idle(program);
}
