// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types: which programs there are, attaching and detaching them, and the pool
 * of instances.
 *
 * attach, update and detach run under a mutex of the BPF core that all
 * struct_ops users of the machine share. So nothing here waits for user space,
 * for a guest, or for a device to be closed: a type that loses its program while
 * it has devices is detached and stays; it is reaped with the last device.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "trace.h"

static DEFINE_MUTEX(types_lock);
static LIST_HEAD(types);	/* under types_lock */

static struct mdev_bpf_type *type_find(const char *name)
{
	struct mdev_bpf_type *type;

	lockdep_assert_held(&types_lock);
	list_for_each_entry(type, &types, node)
		if (!strcmp(type->decl.name, name))
			return type;
	return NULL;
}

/*
 * Unregisters a type. Its devices, if it still has any (only at module exit),
 * go first.
 */
static void type_destroy(struct mdev_bpf_type *type)
{
	lockdep_assert_held(&types_lock);
	list_del(&type->node);
	mdev_bpf_parent_unregister(type);
	put_device(&type->dev);	/* Pairs with device_initialize() in type_create() */
}

static bool type_is_idle(struct mdev_bpf_type *type)
{
	guard(mutex)(&type->lock);
	if (type->ops || type->nr_devices)
		return false;
	/* From here on mdev_bpf_type_reserve() fails: no device will come. */
	type->dead = true;
	return true;
}

static void types_reap(struct work_struct *work)
{
	struct mdev_bpf_type *type, *next;

	guard(mutex)(&types_lock);
	list_for_each_entry_safe(type, next, &types, node)
		if (type_is_idle(type))
			type_destroy(type);
}

static DECLARE_WORK(reap_work, types_reap);

static void type_release(struct device *dev)
{
	struct mdev_bpf_type *type = container_of(dev, struct mdev_bpf_type, dev);

	ida_destroy(&type->instances);
	mutex_destroy(&type->lock);
	kfree(type);
}

static void type_init_mtypes(struct mdev_bpf_type *type)
{
	unsigned int i;

	type->nr_mtypes = mdev_bpf_decl_nr_types(&type->decl);
	for (i = 0; i < type->nr_mtypes; i++) {
		struct mdev_bpf_mtype *mtype = &type->mtypes[i];

		mtype->type = type;
		mtype->index = i;
		mtype->mtype.sysfs_name = type->decl.types[i].name;
		if (type->decl.types[i].pretty_name[0])
			mtype->mtype.pretty_name = type->decl.types[i].pretty_name;
		type->mtype_ptrs[i] = &mtype->mtype;
	}
}

static struct mdev_bpf_type *type_alloc(const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_type *type = kzalloc(sizeof(*type), GFP_KERNEL);

	if (!type)
		return NULL;
	mutex_init(&type->lock);
	INIT_LIST_HEAD(&type->devices);
	ida_init(&type->instances);
	type->decl = *ops;
	type_init_mtypes(type);
	device_initialize(&type->dev);
	type->dev.release = type_release;
	return type;
}

static int type_create(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_type *type = type_alloc(ops);
	int ret;

	lockdep_assert_held(&types_lock);
	if (!type)
		return -ENOMEM;
	/* A device can be created as soon as the parent is there */
	WRITE_ONCE(type->ops, ops);
	type->link = link;
	ret = mdev_bpf_parent_register(type);
	if (ret) {
		put_device(&type->dev);
		return ret;
	}
	list_add_tail(&type->node, &types);
	return 0;
}

/**
 * mdev_bpf_type_assign() - from here on a type has another program
 * @type: the type
 * @ops: the program, NULL for none
 * @link: the link that attaches it
 *
 * What devices are told is up to the caller.
 *
 * Context: mdev_bpf_type::lock held.
 */
void mdev_bpf_type_assign(struct mdev_bpf_type *type, const struct mdev_bpf_ops *ops,
			  struct bpf_link *link)
{
	lockdep_assert_held(&type->lock);
	if (ops)
		type->decl = *ops;
	WRITE_ONCE(type->link, link);
	WRITE_ONCE(type->ops, ops);
}

/* The devices keep their state, converted if need be, and go on with the new program. */
static int type_set_program(struct mdev_bpf_type *type, const struct mdev_bpf_ops *ops,
			    struct bpf_link *link)
{
	unsigned int event = ops ? MDEV_BPF_EVENT_ATTACH : MDEV_BPF_EVENT_DETACH;
	struct mdev_bpf_device *bdev;
	int ret = 0;

	guard(mutex)(&type->lock);
	if (ops && type->link)
		event = MDEV_BPF_EVENT_UPGRADE;
	if (ops && mdev_bpf_upgrade_needed(type, ops))
		ret = mdev_bpf_upgrade(type, ops, link);
	else
		mdev_bpf_type_assign(type, ops, link);
	if (ret)
		return ret;
	/* It takes each device's lock: after this no task runs the program that was there before */
	list_for_each_entry(bdev, &type->devices, node) {
		mdev_bpf_device_set_program(bdev, ops);
		trace_mdev_bpf_lifecycle(&bdev->ctx, event, 0);
	}
	return 0;
}

static bool type_is_attached(struct mdev_bpf_type *type)
{
	guard(mutex)(&type->lock);
	return type->ops;
}

/**
 * mdev_bpf_type_attach() - a program comes: make its type, or give it the detached one
 * @ops: the program, checked by mdev_bpf_decl_check()
 * @link: the link that attaches it
 *
 * Context: Process context, BPF's update_mutex held.
 *
 * Return: 0; -EEXIST if the type has a program or its name is taken elsewhere in the
 * kernel; -EINVAL if the program does not fit the type's devices; as mdev_bpf_upgrade();
 * -ENOMEM and other errnos of the driver core.
 */
int mdev_bpf_type_attach(const struct mdev_bpf_ops *ops, struct bpf_link *link)
{
	struct mdev_bpf_type *type;

	guard(mutex)(&types_lock);
	type = type_find(ops->name);
	/* Without devices there is nothing the program would have to fit */
	if (type && type_is_idle(type)) {
		type_destroy(type);
		type = NULL;
	}
	if (!type)
		return type_create(ops, link);
	if (type_is_attached(type)) {
		mdev_bpf_refuse(ops->name, "a program of this name is loaded already");
		return -EEXIST;
	}
	return mdev_bpf_decl_compatible(&type->decl, ops) ?: type_set_program(type, ops, link);
}

/**
 * mdev_bpf_type_update() - replace the program of a type under its running devices
 * @ops: the new program, checked by mdev_bpf_decl_check()
 * @old: the program that is attached
 * @link: the link, which stays
 *
 * Each access runs in the old or in the new program; when this returns the old one
 * runs no more.
 *
 * Context: Process context, BPF's update_mutex held.
 *
 * Return: 0; -EINVAL if the new program does not fit; or as mdev_bpf_upgrade(). If it is
 * not 0, the old one stays attached and nothing has changed.
 */
int mdev_bpf_type_update(const struct mdev_bpf_ops *ops, const struct mdev_bpf_ops *old,
			 struct bpf_link *link)
{
	struct mdev_bpf_type *type;

	guard(mutex)(&types_lock);
	type = type_find(old->name);
	return mdev_bpf_decl_compatible(&type->decl, ops) ?: type_set_program(type, ops, link);
}

/**
 * mdev_bpf_type_detach() - a program goes; when this returns nobody runs it
 * @ops: the program
 *
 * The type goes with it, unless there are devices: those are detached until
 * mdev_bpf_type_attach() brings a program that fits.
 *
 * Context: Process context; BPF's update_mutex may be held.
 */
void mdev_bpf_type_detach(const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_type *type;

	guard(mutex)(&types_lock);
	type = type_find(ops->name);
	type_set_program(type, NULL, NULL);
	if (type_is_idle(type))
		type_destroy(type);
}

/**
 * mdev_bpf_type_reserve() - take the units and the number of a new device
 * @mtype: type of the device
 *
 * Context: Process context.
 *
 * Return: the instance number; -ENODEV if no program is attached; -ENOSPC if the
 * pool has too little left; -ENOMEM.
 */
int mdev_bpf_type_reserve(struct mdev_bpf_mtype *mtype)
{
	struct mdev_bpf_type *type = mtype->type;
	unsigned int units;
	int instance;

	guard(mutex)(&type->lock);
	if (type->dead || !type->ops)
		return -ENODEV;
	units = mdev_bpf_decl_units(&type->decl, mtype->index);
	if (type->used_units + units > mdev_bpf_decl_pool(&type->decl))
		return -ENOSPC;
	instance = ida_alloc(&type->instances, GFP_KERNEL);
	if (instance < 0)
		return instance;
	type->used_units += units;
	type->nr_devices++;
	return instance;
}

/**
 * mdev_bpf_type_unreserve() - give back what mdev_bpf_type_reserve() took
 * @mtype: type of the device
 * @instance: its number
 *
 * Context: Process context. May be inside mdev_unregister_parent(), so a type that
 * has now become idle is left to a work item.
 */
void mdev_bpf_type_unreserve(struct mdev_bpf_mtype *mtype, unsigned int instance)
{
	struct mdev_bpf_type *type = mtype->type;

	guard(mutex)(&type->lock);
	ida_free(&type->instances, instance);
	type->used_units -= mdev_bpf_decl_units(&type->decl, mtype->index);
	if (!--type->nr_devices && !type->ops)
		schedule_work(&reap_work);
}

/**
 * mdev_bpf_type_find_device() - find a device by UUID
 * @uuid: UUID of the mdev
 *
 * Context: Process context.
 *
 * Return: the device with a reference, for vfio_put_device(); NULL if there is none, or only
 * one that is on its way in or out.
 */
struct mdev_bpf_device *mdev_bpf_type_find_device(const guid_t *uuid)
{
	struct mdev_bpf_device *bdev;
	struct mdev_bpf_type *type;

	guard(mutex)(&types_lock);
	list_for_each_entry(type, &types, node) {
		guard(mutex)(&type->lock);
		list_for_each_entry(bdev, &type->devices, node) {
			if (!READ_ONCE(bdev->live) || !guid_equal(&bdev->mdev->uuid, uuid))
				continue;
			get_device(&bdev->vdev.device);
			return bdev;
		}
	}
	return NULL;
}

/**
 * mdev_bpf_type_ids() - what BPF calls the program that is running
 * @type: its type
 * @link_id: id of the link that attached it
 * @map_id: id of its struct_ops map; 0 for a moment at its attachment
 *
 * With both, "bpftool map dump" has the ids of the ops' programs.
 *
 * Context: In an op, so that the link stays.
 */
void mdev_bpf_type_ids(struct mdev_bpf_type *type, u32 *link_id, u32 *map_id)
{
	const struct bpf_link *link = READ_ONCE(type->link);
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
 * mdev_bpf_type_exit() - module exit: remove all types
 *
 * An open device or a loaded program holds a module reference, so there are only
 * detached types left, whose devices nobody uses.
 */
void mdev_bpf_type_exit(void)
{
	struct mdev_bpf_type *type, *next;

	mutex_lock(&types_lock);
	list_for_each_entry_safe(type, next, &types, node)
		type_destroy(type);
	mutex_unlock(&types_lock);
	cancel_work_sync(&reap_work);
}
