/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mediated devices: the interface between the mdev core and its drivers.
 *
 * A physical (or made up) device becomes a *parent* when its driver calls
 * mdev_register_parent() with the *types* of virtual device it can carve out.
 * User space then writes a UUID to a type's "create" file; the core makes a
 * struct mdev_device below the parent and binds it to the struct mdev_driver
 * the parent named.
 *
 * The structures have the member names, types and order of the header of the
 * same name in the kernel tree. They must keep them: a driver built against
 * either header runs on this core, and symbol versions of the four functions
 * below are computed from these definitions. State that belongs to this core
 * alone lives in kmod/mdev/, never here. The include guard is the kernel's
 * too, so that a file which sees both headers gets one set of definitions.
 */

#ifndef MDEV_H
#define MDEV_H

#include <linux/device.h>
#include <linux/uuid.h>

struct mdev_type;

/**
 * struct mdev_device - one mediated device
 * @dev: the device, a child of the parent's &mdev_parent.dev
 * @uuid: identity given by user space, unique among all mediated devices; its
 *	lower case text is the name of @dev
 * @next: present for the layout only, not used by this core
 * @type: type the device was created from; stays valid until @dev is released
 * @active: present for the layout only, not used by this core
 *
 * Allocated and freed by the core. Drivers may read @dev, @uuid and @type.
 */
struct mdev_device {
	struct device dev;
	guid_t uuid;
	struct list_head next;
	struct mdev_type *type;
	bool active;
};

/**
 * struct mdev_type - one kind of device a parent offers
 * @sysfs_name: name of the type below "mdev_supported_types", without the
 *	driver prefix the core puts in front; set by the driver
 * @pretty_name: name for people, shown in the "name" file; may be NULL, then
 *	@sysfs_name is shown; set by the driver
 * @parent: parent the type is registered for; set by the core, drivers may
 *	read it
 *
 * Usually embedded in the driver's own type structure. It has to stay around
 * from mdev_register_parent() until the last reference to @kobj is gone, that
 * is as long as the parent device itself.
 */
struct mdev_type {
	const char *sysfs_name;
	const char *pretty_name;

	struct mdev_parent *parent;

	/* private: used by the core only */
	struct kobject kobj;
	struct kobject *devices_kobj;
};

/**
 * struct mdev_parent - what makes a device a parent of mediated devices
 *
 * Embedded in the parent driver's own structure and passed to
 * mdev_register_parent(), which initialises all of it.
 */
struct mdev_parent {
	/* private: used by the core only */
	struct device *dev;
	struct mdev_driver *mdev_driver;
	struct kset *mdev_types_kset;
	/*
	 * Held for reading while a device is created or removed, for writing
	 * while the types come and go. Readers only ever try.
	 */
	struct rw_semaphore unreg_sem;
	struct mdev_type **types;
	unsigned int nr_types;
	atomic_t available_instances;
};

/**
 * to_mdev_device - mediated device of a struct device
 * @dev: a device on the mdev bus
 *
 * Return: the mediated device @dev is embedded in.
 */
static inline struct mdev_device *to_mdev_device(struct device *dev)
{
	return container_of(dev, struct mdev_device, dev);
}

/**
 * struct mdev_driver - driver of mediated devices
 * @device_api: text of the types' "device_api" file, for instance one of the
 *	VFIO_DEVICE_API_*_STRING names; mandatory
 * @max_instances: number of devices one parent can have at a time. Read once,
 *	by mdev_register_parent(); not used if there is a @get_available.
 * @probe: called for each new device, in the context of the "create" writer,
 *	who gets to see the error it returns; optional
 * @remove: called when a device goes away, mirrors @probe; optional
 * @get_available: number of further devices of a type that can be created now.
 *	The driver then does the accounting, and has @probe refuse; optional
 * @show_description: prints the type's "description" file, which is there only
 *	with this callback; optional
 * @driver: the driver proper; the core sets its bus
 *
 * The core does not serialise these callbacks: devices of one parent are
 * probed and removed in parallel.
 */
struct mdev_driver {
	const char *device_api;
	unsigned int max_instances;
	int (*probe)(struct mdev_device *dev);
	void (*remove)(struct mdev_device *dev);
	unsigned int (*get_available)(struct mdev_type *mtype);
	ssize_t (*show_description)(struct mdev_type *mtype, char *buf);
	struct device_driver driver;
};

int mdev_register_parent(struct mdev_parent *parent, struct device *dev,
			 struct mdev_driver *mdev_driver,
			 struct mdev_type **types, unsigned int nr_types);
void mdev_unregister_parent(struct mdev_parent *parent);

int mdev_register_driver(struct mdev_driver *drv);
void mdev_unregister_driver(struct mdev_driver *drv);

/**
 * mdev_dev - struct device of a mediated device
 * @mdev: the mediated device
 *
 * Return: the device embedded in @mdev.
 */
static inline struct device *mdev_dev(struct mdev_device *mdev)
{
	return &mdev->dev;
}

#endif /* MDEV_H */
