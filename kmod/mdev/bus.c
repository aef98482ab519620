// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mdev bus with its drivers, and the class that lists the parents.
 */

#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "mdev_private.h"

static struct mdev_driver *to_mdev_driver(struct device_driver *drv)
{
	return container_of(drv, struct mdev_driver, driver);
}

static int mdev_bus_probe(struct device *dev)
{
	struct mdev_driver *drv = to_mdev_driver(dev->driver);

	return drv->probe ? drv->probe(to_mdev_device(dev)) : 0;
}

static void mdev_bus_remove(struct device *dev)
{
	struct mdev_driver *drv = to_mdev_driver(dev->driver);

	if (drv->remove)
		drv->remove(to_mdev_device(dev));
}

/*
 * A device belongs to the driver its parent was registered with and to no
 * other: the core attaches the two by hand when it creates the device. So
 * nothing matches, neither for the driver core nor for a writer of a driver's
 * "bind" file.
 */
static int mdev_bus_match(struct device *dev, const struct device_driver *drv)
{
	return 0;
}

const struct bus_type mdev_bus_type = {
	.name	= "mdev",
	.probe	= mdev_bus_probe,
	.remove	= mdev_bus_remove,
	.match	= mdev_bus_match,
};

/**
 * mdev_register_driver() - make a driver known to the mdev bus
 * @drv: the driver, with @drv->device_api and @drv->driver.name filled in
 *
 * A driver has to be registered before a parent names it in
 * mdev_register_parent(), and must outlive that parent.
 *
 * Context: Process context. May sleep.
 *
 * Return:
 * * 0		- the driver is registered
 * * -EINVAL	- there is no @drv->device_api
 * * -EBUSY	- the bus has a driver of that name
 * * -ENOMEM	- out of memory
 */
int mdev_register_driver(struct mdev_driver *drv)
{
	if (!drv->device_api)
		return -EINVAL;

	drv->driver.bus = &mdev_bus_type;
	/* Undone by mdev_unregister_driver() */
	return driver_register(&drv->driver);
}
EXPORT_SYMBOL(mdev_register_driver);

/**
 * mdev_unregister_driver() - take a driver off the mdev bus
 * @drv: the driver
 *
 * All parents that name @drv must have been unregistered before.
 *
 * Context: Process context. May sleep.
 */
void mdev_unregister_driver(struct mdev_driver *drv)
{
	driver_unregister(&drv->driver);
}
EXPORT_SYMBOL(mdev_unregister_driver);

/*
 * The class: /sys/class/mdev_bus/<parent>
 *
 * Device names are unique on one bus only, so two parents may share one. sysfs
 * answers a second link of a name with a stack trace, and the second parent's
 * unregistration would then remove the first one's link. So we remember whose
 * links there are.
 */

struct mdev_class_link {
	struct list_head node;
	struct device *dev;
};

static struct class_compat *mdev_class;
static LIST_HEAD(mdev_class_links);
/* Protects mdev_class_links and the links themselves. Never held for long. */
static DEFINE_MUTEX(mdev_class_lock);

/**
 * mdev_class_register() - create /sys/class/mdev_bus
 *
 * Context: Process context, module initialisation.
 *
 * Return: 0 or -ENOMEM.
 */
int mdev_class_register(void)
{
	mdev_class = class_compat_register("mdev_bus");
	return mdev_class ? 0 : -ENOMEM;
}

/**
 * mdev_class_unregister() - remove /sys/class/mdev_bus
 *
 * Context: Process context, no parent is left.
 */
void mdev_class_unregister(void)
{
	class_compat_unregister(mdev_class);
}

static bool mdev_class_name_taken(const char *name)
{
	struct mdev_class_link *link;

	lockdep_assert_held(&mdev_class_lock);

	list_for_each_entry(link, &mdev_class_links, node)
		if (!strcmp(dev_name(link->dev), name))
			return true;
	return false;
}

/**
 * mdev_class_link_add() - list a parent in /sys/class/mdev_bus
 * @dev: the parent device
 *
 * Context: Process context. May sleep.
 *
 * Return:
 * * 0		- the link is there
 * * -EEXIST	- it is another parent's
 * * -ENOMEM	- out of memory
 */
int mdev_class_link_add(struct device *dev)
{
	struct mdev_class_link *link;
	int ret = -EEXIST;

	/* Freed in mdev_class_link_remove() */
	link = kmalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return -ENOMEM;
	link->dev = dev;

	mutex_lock(&mdev_class_lock);
	if (!mdev_class_name_taken(dev_name(dev)))
		ret = compat_class_create_link(mdev_class, dev);
	if (!ret)
		list_add(&link->node, &mdev_class_links);
	mutex_unlock(&mdev_class_lock);

	if (ret)
		kfree(link);
	return ret;
}

/**
 * mdev_class_link_remove() - undo mdev_class_link_add()
 * @dev: the parent device; nothing happens if it has no link
 *
 * Context: Process context. May sleep.
 */
void mdev_class_link_remove(struct device *dev)
{
	struct mdev_class_link *link;

	mutex_lock(&mdev_class_lock);
	list_for_each_entry(link, &mdev_class_links, node) {
		if (link->dev != dev)
			continue;
		list_del(&link->node);
		compat_class_remove_link(mdev_class, dev);
		kfree(link);
		break;
	}
	mutex_unlock(&mdev_class_lock);
}
