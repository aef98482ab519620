// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mdev core: lifetime of mediated devices and of their parents.
 *
 * Three things order what happens:
 *
 * - mdev_uuids, a hash table, hands out the UUIDs. It has no global lock, so
 *   creating a device costs the same whatever else there is, and creators of
 *   different devices do not meet.
 * - mdev_parent.unreg_sem is the fence around a parent. Creating and removing
 *   a device holds it for reading, so that they run in parallel; registering
 *   and unregistering the parent holds it for writing. A reader only tries,
 *   and gives up with -ENODEV: it is called from a sysfs file which the writer
 *   is going to remove, and which the writer therefore waits for.
 * - mdev_instance.state decides who removes a device.
 */

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/rhashtable.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "mdev_private.h"

/*
 * MDEV_CREATING ---> MDEV_LIVE ---> MDEV_REMOVING
 *
 * A device whose creation fails never leaves the first state. Unregistration
 * of the parent does not look at the state: the fence gives it all devices.
 */
enum mdev_state {
	MDEV_CREATING,	/* a "remove" is answered with -EAGAIN */
	MDEV_LIVE,	/* set last, by the creator */
	MDEV_REMOVING,	/* set by the one "remove" that goes ahead */
};

/**
 * struct mdev_instance - a mediated device and what the core knows about it
 * @mdev: the part drivers see
 * @state: an enum mdev_state
 * @node: entry in mdev_uuids
 * @rcu: lookups in mdev_uuids read @mdev.uuid under RCU, also when it has just
 *	been taken out of the table
 */
struct mdev_instance {
	struct mdev_device mdev;
	atomic_t state;
	struct rhash_head node;
	struct rcu_head rcu;
};

static const struct rhashtable_params mdev_uuids_params = {
	.key_offset		= offsetof(struct mdev_instance, mdev.uuid),
	.key_len		= sizeof_field(struct mdev_instance, mdev.uuid),
	.head_offset		= offsetof(struct mdev_instance, node),
	.automatic_shrinking	= true,
};

static struct rhashtable mdev_uuids;

static struct mdev_instance *to_mdev_instance(struct mdev_device *mdev)
{
	return container_of(mdev, struct mdev_instance, mdev);
}

/*
 * The counter holds an unsigned number, all of it: "unless zero", not "if
 * positive".
 */
static int mdev_count_take(struct mdev_parent *parent)
{
	if (parent->mdev_driver->get_available)
		return 0;
	if (!atomic_add_unless(&parent->available_instances, -1, 0))
		return -EUSERS;
	return 0;
}

static void mdev_count_return(struct mdev_parent *parent)
{
	if (!parent->mdev_driver->get_available)
		atomic_inc(&parent->available_instances);
}

/*
 * Take the UUID, then one of the parent's instances. Undone by
 * mdev_unreserve(), at the latest.
 */
static int mdev_reserve(struct mdev_instance *inst)
{
	int ret;

	ret = rhashtable_lookup_insert_fast(&mdev_uuids, &inst->node,
					    mdev_uuids_params);
	if (ret)
		return ret;

	ret = mdev_count_take(inst->mdev.type->parent);
	if (ret)
		rhashtable_remove_fast(&mdev_uuids, &inst->node,
				       mdev_uuids_params);
	return ret;
}

/*
 * Done when the device is gone from sysfs and not, later, when it is released:
 * its name is free by now, and whoever sits on a last reference does not keep
 * the next creator out. The instance is returned first, so that a creator who
 * gets the UUID finds the instance too.
 */
static void mdev_unreserve(struct mdev_instance *inst)
{
	mdev_count_return(inst->mdev.type->parent);
	rhashtable_remove_fast(&mdev_uuids, &inst->node, mdev_uuids_params);
}

static void mdev_device_release(struct device *dev)
{
	struct mdev_instance *inst = to_mdev_instance(to_mdev_device(dev));

	/* Pairs with the get in mdev_alloc() */
	kobject_put(&inst->mdev.type->kobj);
	kfree_rcu(inst, rcu);
}

static struct mdev_instance *mdev_alloc(struct mdev_type *type,
					const guid_t *uuid)
{
	struct mdev_instance *inst;
	struct mdev_device *mdev;
	int ret;

	inst = kzalloc(sizeof(*inst), GFP_KERNEL);
	if (!inst)
		return ERR_PTR(-ENOMEM);
	atomic_set(&inst->state, MDEV_CREATING);

	mdev = &inst->mdev;
	guid_copy(&mdev->uuid, uuid);
	INIT_LIST_HEAD(&mdev->next);
	mdev->type = type;
	/* Pairs with the put in mdev_device_release() */
	kobject_get(&type->kobj);

	/* Pairs with the put below, in mdev_device_create() or mdev_destroy() */
	device_initialize(&mdev->dev);
	mdev->dev.parent = type->parent->dev;
	mdev->dev.bus = &mdev_bus_type;
	mdev->dev.groups = mdev_device_groups;
	mdev->dev.release = mdev_device_release;

	ret = dev_set_name(&mdev->dev, "%pUl", uuid);
	if (ret) {
		put_device(&mdev->dev);
		return ERR_PTR(ret);
	}
	return inst;
}

/*
 * Show a reserved device to user space and bind it. The ADD event waits until
 * the links are there, since it is what makes mdevctl and udev look at them;
 * no event is sent for a device that does not get that far.
 */
static int mdev_bring_up(struct mdev_instance *inst)
{
	struct mdev_device *mdev = &inst->mdev;
	struct mdev_parent *parent = mdev->type->parent;
	struct device *dev = &mdev->dev;
	int ret;

	lockdep_assert_held_read(&parent->unreg_sem);

	dev_set_uevent_suppress(dev, true);
	ret = device_add(dev);
	if (ret)
		return ret;

	ret = mdev_links_add(mdev);
	if (ret)
		goto out_del;

	dev_set_uevent_suppress(dev, false);
	kobject_uevent(&dev->kobj, KOBJ_ADD);

	ret = device_driver_attach(&parent->mdev_driver->driver, dev);
	if (ret)
		goto out_unlink;

	dev_dbg(dev, "created\n");
	/* Last: from here on the device can be removed under our feet. */
	atomic_set_release(&inst->state, MDEV_LIVE);
	return 0;

out_unlink:
	mdev_links_remove(mdev);
out_del:
	device_del(dev);
	return ret;
}

/**
 * mdev_device_create() - create a device
 * @type: type of the device
 * @uuid: its UUID
 *
 * Context: Process context, a reader of @type's sysfs files, which is what
 *	keeps @type and its parent in place.
 *
 * Return:
 * * 0		- the device is there and bound to its driver
 * * -EEXIST	- there is a device with this UUID, on this parent or another
 * * -EUSERS	- the parent has no instance left
 * * -ENODEV	- the parent is being registered or unregistered
 * * -EAGAIN	- the driver's probe asked for a deferral
 * * -ENOMEM	- out of memory
 * * other	- what the driver's probe failed with
 */
int mdev_device_create(struct mdev_type *type, const guid_t *uuid)
{
	struct mdev_parent *parent = type->parent;
	struct mdev_instance *inst;
	int ret;

	inst = mdev_alloc(type, uuid);
	if (IS_ERR(inst))
		return PTR_ERR(inst);

	ret = mdev_reserve(inst);
	if (ret)
		goto out_put;

	ret = -ENODEV;
	if (!down_read_trylock(&parent->unreg_sem))
		goto out_unreserve;
	ret = mdev_bring_up(inst);
	up_read(&parent->unreg_sem);
	if (ret)
		goto out_unreserve;
	return 0;

out_unreserve:
	mdev_unreserve(inst);
out_put:
	/* Pairs with device_initialize() in mdev_alloc() */
	put_device(&inst->mdev.dev);
	return ret;
}

/* Everything mdev_device_create() did, backwards. May free @inst. */
static void mdev_destroy(struct mdev_instance *inst)
{
	struct mdev_device *mdev = &inst->mdev;

	lockdep_assert_held(&mdev->type->parent->unreg_sem);

	/* Waits for users of the device, for VFIO until its file is closed. */
	device_release_driver(&mdev->dev);
	mdev_links_remove(mdev);
	device_del(&mdev->dev);
	mdev_unreserve(inst);
	/* Pairs with device_initialize() in mdev_alloc() */
	put_device(&mdev->dev);
}

/**
 * mdev_device_remove() - remove a device on behalf of its own sysfs file
 * @mdev: the device; may be freed on return
 * @self: the sysfs attribute the caller was called through
 *
 * Of several callers one removes the device. The others return at once, they
 * do not wait for it: it may be waiting for a virtual machine to end. The file
 * goes away only when nothing can stop the removal any more, so that a caller
 * who is refused can come again.
 *
 * Context: Process context, a writer of @self.
 *
 * Return:
 * * 0		- the device is gone
 * * -EAGAIN	- the device is being created, or being removed by another
 * * -ENODEV	- the parent is being unregistered, and will remove the device
 */
int mdev_device_remove(struct mdev_device *mdev, struct device_attribute *self)
{
	struct mdev_instance *inst = to_mdev_instance(mdev);
	struct mdev_parent *parent = mdev->type->parent;
	struct device *dev = parent->dev;
	int ret = 0;

	if (atomic_read(&inst->state) != MDEV_LIVE)
		return -EAGAIN;
	if (!down_read_trylock(&parent->unreg_sem))
		return -ENODEV;
	/*
	 * Once the device is gone nothing else holds the parent, and a driver
	 * may have @parent in the same memory: up_read() still needs it.
	 */
	get_device(dev);

	if (atomic_cmpxchg(&inst->state, MDEV_LIVE, MDEV_REMOVING) == MDEV_LIVE) {
		/* Or else device_del() would wait for the caller, for us. */
		device_remove_file_self(&mdev->dev, self);
		mdev_destroy(inst);
	} else {
		ret = -EAGAIN;
	}

	up_read(&parent->unreg_sem);
	put_device(dev);	/* Pairs with the get above */
	return ret;
}

/* The parent has children of other kinds, too. */
static int mdev_destroy_child(struct device *dev, void *unused)
{
	if (dev->bus == &mdev_bus_type)
		mdev_destroy(to_mdev_instance(to_mdev_device(dev)));
	return 0;
}

static void mdev_parent_event(struct device *dev, char *state)
{
	char *envp[2] = { state, NULL };

	kobject_uevent_env(&dev->kobj, KOBJ_CHANGE, envp);
}

/**
 * mdev_register_parent() - make a device a parent of mediated devices
 * @parent: to be embedded in the caller's structure; initialised here
 * @dev: the parent device
 * @mdev_driver: registered driver to bind the mediated devices to
 * @types: the types the parent offers, with their names filled in
 * @nr_types: number of @types
 *
 * The caller has to hold a reference to @dev until mdev_unregister_parent() is
 * done, and must keep @parent and @types as long as @dev exists.
 *
 * The link in /sys/class/mdev_bus is a convenience: failing to make it, for
 * instance since another parent has the same name, does not fail the call.
 *
 * Context: Process context. May sleep.
 *
 * Return:
 * * 0		- the parent is registered, its types can be used
 * * -EEXIST	- @dev is a parent already, or two types have one name
 * * -ENOMEM	- out of memory
 */
int mdev_register_parent(struct mdev_parent *parent, struct device *dev,
			 struct mdev_driver *mdev_driver,
			 struct mdev_type **types, unsigned int nr_types)
{
	int ret;

	memset(parent, 0, sizeof(*parent));
	init_rwsem(&parent->unreg_sem);
	parent->dev = dev;
	parent->mdev_driver = mdev_driver;
	parent->types = types;
	parent->nr_types = nr_types;
	atomic_set(&parent->available_instances, mdev_driver->max_instances);

	down_write(&parent->unreg_sem);
	ret = mdev_types_add(parent);
	up_write(&parent->unreg_sem);
	if (ret)
		return ret;

	ret = mdev_class_link_add(dev);
	if (ret)
		dev_warn(dev, "no link in /sys/class/mdev_bus: %d\n", ret);

	dev_info(dev, "mdev parent with %u types registered\n", nr_types);
	mdev_parent_event(dev, "MDEV_STATE=registered");
	return 0;
}
EXPORT_SYMBOL(mdev_register_parent);

/**
 * mdev_unregister_parent() - undo mdev_register_parent()
 * @parent: the parent
 *
 * Removes all devices of the parent, and waits for their users to let go. From
 * the start of the call on, "create" and "remove" return -ENODEV; those that
 * are under way are waited for.
 *
 * Context: Process context. May sleep, for as long as a user of a device likes
 *	to. Must not be called with a lock held that the driver's remove, or a
 *	probe under way, takes.
 */
void mdev_unregister_parent(struct mdev_parent *parent)
{
	struct device *dev = parent->dev;

	dev_info(dev, "mdev parent unregistering\n");

	down_write(&parent->unreg_sem);
	mdev_class_link_remove(dev);
	device_for_each_child(dev, NULL, mdev_destroy_child);
	mdev_types_remove(parent);
	up_write(&parent->unreg_sem);

	mdev_parent_event(dev, "MDEV_STATE=unregistered");
}
EXPORT_SYMBOL(mdev_unregister_parent);

static int __init mdev_init(void)
{
	int ret;

	ret = rhashtable_init(&mdev_uuids, &mdev_uuids_params);
	if (ret)
		return ret;

	ret = bus_register(&mdev_bus_type);
	if (ret)
		goto out_table;

	ret = mdev_class_register();
	if (ret)
		goto out_bus;
	return 0;

out_bus:
	bus_unregister(&mdev_bus_type);
out_table:
	rhashtable_destroy(&mdev_uuids);
	return ret;
}
module_init(mdev_init);

static void __exit mdev_exit(void)
{
	mdev_class_unregister();
	bus_unregister(&mdev_bus_type);
	rhashtable_destroy(&mdev_uuids);
}
module_exit(mdev_exit);

MODULE_LICENSE("GPL");
/* That of the kernel's own is 0.1, and DKMS installs only what is newer. */
MODULE_VERSION("0.1.0");
MODULE_AUTHOR("mdev-bpf developers");
MODULE_DESCRIPTION("Mediated device core");
