// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device as the mdev core makes one, without the mdev core: on a bus, with a "remove" file, two
 * links and a driver that is attached by hand. Its cost is what the driver core and sysfs take,
 * and what benchmarks subtract.
 *
 * A UUID written to a parent's "create_bare" file creates one, its own "remove" file removes it.
 */

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#include "mdev_test.h"

struct bare {
	struct device dev;
	guid_t uuid;
};

static int bare_match(struct device *dev, const struct device_driver *drv)
{
	return 0;
}

static int bare_probe(struct device *dev)
{
	return 0;
}

static const struct bus_type bare_bus = {
	.name	= "mdevt_bare",
	.match	= bare_match,
	.probe	= bare_probe,
};

static struct device_driver bare_driver = {
	.name	= "mdevt_bare",
	.bus	= &bare_bus,
	.owner	= THIS_MODULE,
};

/* The directory of links, and with it all devices, are of the parent that is used first. */
static struct kobject *bare_links;
static DEFINE_MUTEX(bare_lock);

static void bare_release(struct device *dev)
{
	kfree(container_of(dev, struct bare, dev));
}

static void bare_destroy(struct device *dev)
{
	device_release_driver(dev);
	sysfs_remove_link(&dev->kobj, "mdev_type");
	sysfs_remove_link(bare_links, dev_name(dev));
	device_unregister(dev);
}

static ssize_t remove_store(struct device *dev, struct device_attribute *attr, const char *buf,
			    size_t count)
{
	unsigned long val;

	if (kstrtoul(buf, 0, &val))
		return -EINVAL;
	if (val && device_remove_file_self(dev, attr))
		bare_destroy(dev);
	return count;
}
static DEVICE_ATTR_WO(remove);

static struct attribute *bare_attrs[] = {
	&dev_attr_remove.attr,
	NULL,
};
ATTRIBUTE_GROUPS(bare);

static int bare_make_links_dir(struct device *parent)
{
	bool ours;

	mutex_lock(&bare_lock);
	if (!bare_links)
		bare_links = kobject_create_and_add("bare", &parent->kobj);
	ours = bare_links && bare_links->parent == &parent->kobj;
	mutex_unlock(&bare_lock);
	return ours ? 0 : -EBUSY;
}

static int bare_bring_up(struct device *dev)
{
	int ret;

	ret = device_add(dev);
	if (ret)
		return ret;
	ret = sysfs_create_link(bare_links, &dev->kobj, dev_name(dev));
	if (ret)
		goto out_del;
	ret = sysfs_create_link(&dev->kobj, bare_links, "mdev_type");
	if (ret)
		goto out_link;
	ret = device_driver_attach(&bare_driver, dev);
	if (ret)
		goto out_links;
	return 0;

out_links:
	sysfs_remove_link(&dev->kobj, "mdev_type");
out_link:
	sysfs_remove_link(bare_links, dev_name(dev));
out_del:
	device_del(dev);
	return ret;
}

static ssize_t create_bare_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct bare *bare;
	int ret;

	if (count < UUID_STRING_LEN)
		return -EINVAL;
	ret = bare_make_links_dir(dev);
	if (ret)
		return ret;
	bare = kzalloc(sizeof(*bare), GFP_KERNEL);
	if (!bare)
		return -ENOMEM;
	device_initialize(&bare->dev);
	bare->dev.parent = dev;
	bare->dev.bus = &bare_bus;
	bare->dev.groups = bare_groups;
	bare->dev.release = bare_release;
	ret = guid_parse(buf, &bare->uuid);
	if (!ret)
		ret = dev_set_name(&bare->dev, "%pUl", &bare->uuid);
	if (!ret)
		ret = bare_bring_up(&bare->dev);
	if (ret)
		put_device(&bare->dev);
	return ret ? ret : count;
}
DEVICE_ATTR_WO(create_bare);

int bare_register(void)
{
	int ret;

	ret = bus_register(&bare_bus);
	if (ret)
		return ret;
	ret = driver_register(&bare_driver);
	if (ret)
		bus_unregister(&bare_bus);
	return ret;
}

static int bare_destroy_child(struct device *dev, void *unused)
{
	if (dev->bus == &bare_bus)
		bare_destroy(dev);
	return 0;
}

void bare_exit(struct device *parent)
{
	if (!bare_links || bare_links->parent != &parent->kobj)
		return;
	device_for_each_child(parent, NULL, bare_destroy_child);
	/* Pairs with the creation in bare_make_links_dir() */
	kobject_put(bare_links);
	bare_links = NULL;
}

void bare_unregister(void)
{
	driver_unregister(&bare_driver);
	bus_unregister(&bare_bus);
}
