/* SPDX-License-Identifier: GPL-2.0-only */
/* A program, and its mdev types. */
#ifndef __MDEV_BPF_PROGRAM_PROGRAM_H
#define __MDEV_BPF_PROGRAM_PROGRAM_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mdev.h>
#include <linux/mdev_bpf.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "param/files.h"

struct bpf_link;
struct mdev_bpf_register_table;

/* An mdev type of a program; the mdev core uses the embedded part. */
struct mdev_bpf_type {
	struct mdev_type mtype;
	struct mdev_bpf_program *program;
	unsigned int index;
};

/**
 * struct mdev_bpf_progress - progress of an upgrade
 * @what: the current operation; NULL if there is no upgrade
 * @nr: number of the current device
 * @total: number of devices
 * @name: name of the current device
 */
struct mdev_bpf_progress {
	const char *what;
	unsigned int nr;
	unsigned int total;
	char name[UUID_STRING_LEN + 1];
};

/**
 * struct mdev_bpf_program - a loaded BPF program, with its driver, parent and mdev types
 * @dev: the parent device; its reference count is that of this struct
 * @driver: the mdev driver to which the program's devices are bound
 * @parent: the parent, for the mdev core
 * @class: the class with the name of the program; @dev is its only member
 * @node: entry in the list of all programs, protected by programs_lock
 * @idle: called when it has neither ops nor devices any more, with @lock held
 * @reap: work item that unregisters it
 * @gone: completed when it is unregistered, so its name is free
 * @decl: the data members of the ops that are attached, or were attached last
 * @params: the parameters that the ops declare, and their files; never changes
 * @groups: what each device has in sysfs
 * @types: the mdev types
 * @type_ptrs: pointers to the types, for mdev_register_parent()
 * @nr_types: number of types
 * @ops: the attached ops; NULL if detached. Devices have their own pointer to them
 * @registers: the registers that they declare, or if detached, that the last ones declared; NULL if
 *	there are none
 * @link: the BPF link that attaches them; valid as long as @ops is set
 * @progress: progress of an upgrade
 * @switching: a task attaches, updates or detaches ops, so @devices does not change
 * @devices: list of the devices that are bound; changes wait until @switching is false
 * @nr_devices: number of devices that hold units of the pool
 * @used_units: number of units of the pool that are in use
 * @instances: instance numbers that are in use
 * @dead: the program is being removed, and accepts no new devices
 */
struct mdev_bpf_program {
	struct device dev;
	struct mdev_driver driver;
	struct mdev_parent parent;
	struct class *class;
	struct list_head node;
	void (*idle)(struct mdev_bpf_program *program);
	struct work_struct reap;
	struct completion gone;
	struct mdev_bpf_ops decl;
	struct mdev_bpf_param_files params;
	const struct attribute_group *groups[3];
	struct mdev_bpf_type types[MDEV_BPF_MAX_TYPES];
	struct mdev_type *type_ptrs[MDEV_BPF_MAX_TYPES];
	unsigned int nr_types;
	const struct mdev_bpf_ops *ops;
	struct mdev_bpf_register_table *registers;
	struct bpf_link *link;

	/** @info: for reading @decl, @link and @progress only; changes take both locks */
	spinlock_t info;
	struct mdev_bpf_progress progress;
	/**
	 * @lock: protects the members below, @ops, @registers, and changes of @link and @decl. It
	 * is a spinlock, because those who create and remove devices may have hardly any processor
	 * time, and must not keep others waiting who hold BPF's update_mutex
	 */
	spinlock_t lock;
	bool switching;
	struct list_head devices;
	unsigned int nr_devices;
	unsigned int used_units;
	struct ida instances;
	bool dead;
};

/* The caller may change the ops of the program's devices. */
static inline void mdev_bpf_program_assert_locked(struct mdev_bpf_program *program)
{
	lockdep_assert(program->switching || lockdep_is_held(&program->lock));
}

/*
 * Take the lock of a program when its list of devices may be changed: wait for a task that attaches
 * or updates ops. Context: process context.
 */
static inline void mdev_bpf_program_lock_list(struct mdev_bpf_program *program)
{
	spin_lock(&program->lock);
	while (program->switching) {
		spin_unlock(&program->lock);
		wait_var_event(&program->switching, !READ_ONCE(program->switching));
		spin_lock(&program->lock);
	}
}

static inline void mdev_bpf_program_unlock_list(struct mdev_bpf_program *program)
{
	spin_unlock(&program->lock);
}

static inline struct mdev_bpf_type *mdev_bpf_program_type(struct mdev_device *mdev)
{
	return container_of(mdev->type, struct mdev_bpf_type, mtype);
}

struct mdev_bpf_program *mdev_bpf_program_alloc(const struct mdev_bpf_ops *ops,
						struct bpf_link *link,
						void (*idle)(struct mdev_bpf_program *));
/* Holding the lock, with a list of devices that may be changed */
DEFINE_GUARD(mdev_bpf_program_list, struct mdev_bpf_program *, mdev_bpf_program_lock_list(_T),
	     mdev_bpf_program_unlock_list(_T))

bool mdev_bpf_program_switch_begin(struct mdev_bpf_program *program, bool attach);
void mdev_bpf_program_switch_end(struct mdev_bpf_program *program);
bool mdev_bpf_program_check_idle(struct mdev_bpf_program *program);
bool mdev_bpf_program_retire(struct mdev_bpf_program *program, bool devices);
bool mdev_bpf_program_is_attached(struct mdev_bpf_program *program);
void mdev_bpf_program_assign(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
			     struct bpf_link *link, struct mdev_bpf_register_table **registers);
void mdev_bpf_program_progress(struct mdev_bpf_program *program, const char *what,
			       unsigned int nr, unsigned int total, const char *name);
int mdev_bpf_program_reserve(struct mdev_bpf_type *type);
void mdev_bpf_program_unreserve(struct mdev_bpf_type *type, unsigned int instance);

#endif /* __MDEV_BPF_PROGRAM_PROGRAM_H */
