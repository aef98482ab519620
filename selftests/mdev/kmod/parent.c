// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two parents, /sys/devices/virtual/mdevt/p0 and p1, with the types "a" and "b". A parent's
 * "registered" file makes it a parent of mediated devices and ends that; the module's parameters
 * are knobs and counters of the driver.
 *
 * A device knows nothing: probe counts, blocks or fails as told.
 */

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/kdev_t.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/wait.h>

#include "mdev_test.h"

#define NR_PARENTS	2
#define NR_TYPES	2

enum { BLOCK_PROBE = 1, BLOCK_REMOVE = 2 };

static unsigned int max_instances = 100000;
module_param(max_instances, uint, 0644);
MODULE_PARM_DESC(max_instances, "read when a parent is registered");

static int probe_errno;
module_param(probe_errno, int, 0644);
MODULE_PARM_DESC(probe_errno, "what probe fails with, a positive number");

/* Read-only counters. Each is a parameter of its name. */
static atomic_t nr_probes, nr_removes, nr_bound, nr_blocked, nr_leaving, nr_extra_probes;

static int counter_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops counter_ops = { .get = counter_get };

#define COUNTER(name)	module_param_cb(name, &counter_ops, &name, 0444)
COUNTER(nr_probes);	/* calls of probe */
COUNTER(nr_removes);	/* calls of remove */
COUNTER(nr_bound);	/* devices that are bound now */
COUNTER(nr_blocked);	/* callers that are waiting for "block" to change */
COUNTER(nr_leaving);	/* callers inside mdev_unregister_parent() */
COUNTER(nr_extra_probes);	/* calls of probe of the driver that nobody names */

/* A caller that has been let in waits for as long as its bit is set. */
static unsigned int block;
static DECLARE_WAIT_QUEUE_HEAD(block_wait);

static int block_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_uint(val, kp);

	wake_up_all(&block_wait);
	return ret;
}

static const struct kernel_param_ops block_ops = {
	.set = block_set,
	.get = param_get_uint,
};
module_param_cb(block, &block_ops, &block, 0644);
MODULE_PARM_DESC(block, "1: probe, 2: remove");

/* With a limit: a test that died must not leave a task that nothing can end. */
static void block_here(unsigned int bit)
{
	if (!(READ_ONCE(block) & bit))
		return;
	atomic_inc(&nr_blocked);
	wait_event_timeout(block_wait, !(READ_ONCE(block) & bit), 100 * HZ);
	atomic_dec(&nr_blocked);
}

/* A reference to each device that is probed, for as long as the parameter is set */
static struct device *kept[8];
static bool keep;

static void keep_device(struct device *dev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		/* Pairs with the put in keep_set() */
		if (!cmpxchg(&kept[i], NULL, dev)) {
			get_device(dev);
			return;
		}
	}
}

static int keep_set(const char *val, const struct kernel_param *kp)
{
	unsigned int i;
	int ret;

	ret = param_set_bool(val, kp);
	for (i = 0; i < ARRAY_SIZE(kept) && !keep; i++)
		put_device(xchg(&kept[i], NULL));
	return ret;
}

static const struct kernel_param_ops keep_ops = { .set = keep_set, .get = param_get_bool };
module_param_cb(keep, &keep_ops, &keep, 0644);

static int mdevt_probe(struct mdev_device *mdev)
{
	int err;

	atomic_inc(&nr_probes);
	if (READ_ONCE(keep))
		keep_device(mdev_dev(mdev));
	block_here(BLOCK_PROBE);
	err = READ_ONCE(probe_errno);
	if (!err)
		atomic_inc(&nr_bound);
	return -err;
}

static void mdevt_remove(struct mdev_device *mdev)
{
	atomic_inc(&nr_removes);
	block_here(BLOCK_REMOVE);
	atomic_dec(&nr_bound);
}

static ssize_t mdevt_description(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "made for tests, type %s\n", type->sysfs_name);
}

static struct mdev_driver mdevt_driver = {
	.device_api	= "test",
	.probe		= mdevt_probe,
	.remove		= mdevt_remove,
	.show_description = mdevt_description,
	.driver = {
		.name		= "mdevt",
		.owner		= THIS_MODULE,
		.mod_name	= KBUILD_MODNAME,
	},
};

/* The driver that counts for itself, and refuses in probe */
static unsigned int mdevt_available(struct mdev_type *type)
{
	return max(0, (int)READ_ONCE(max_instances) - atomic_read(&nr_bound));
}

static int mdevt_count_probe(struct mdev_device *mdev)
{
	return mdevt_available(mdev->type) ? mdevt_probe(mdev) : -ENOSPC;
}

static struct mdev_driver mdevt_count_driver = {
	.device_api	= "test",
	.max_instances	= 1,	/* to be ignored */
	.probe		= mdevt_count_probe,
	.remove		= mdevt_remove,
	.get_available	= mdevt_available,
	.driver = {
		.name		= "mdevt_count",
		.owner		= THIS_MODULE,
		.mod_name	= KBUILD_MODNAME,
	},
};

/* A driver with nothing but a name, which the core must not call */
static struct mdev_driver mdevt_plain_driver = {
	.device_api	= "test",
	.max_instances	= 2,
	.driver = {
		.name		= "mdevt_plain",
		.owner		= THIS_MODULE,
		.mod_name	= KBUILD_MODNAME,
	},
};

/* A driver no parent names: it must never get a device. */
static int mdevt_extra_probe(struct mdev_device *mdev)
{
	atomic_inc(&nr_extra_probes);
	return 0;
}

static struct mdev_driver mdevt_extra_driver = {
	.device_api	= "test",
	.probe		= mdevt_extra_probe,
	.driver = {
		.name		= "mdevt_extra",
		.owner		= THIS_MODULE,
		.mod_name	= KBUILD_MODNAME,
	},
};

static struct mdev_driver mdevt_no_api_driver = { .driver.name = "mdevt_no_api" };
static struct mdev_driver mdevt_twin_driver = { .device_api = "test", .driver.name = "mdevt" };

static bool extra_registered;

static int extra_set(const char *val, const struct kernel_param *kp)
{
	bool on = !sysfs_streq(val, "0");
	int ret = 0;

	if (sysfs_streq(val, "no-api"))
		return mdev_register_driver(&mdevt_no_api_driver);
	if (sysfs_streq(val, "twin"))
		return mdev_register_driver(&mdevt_twin_driver);
	if (on == extra_registered)
		return -EBUSY;
	if (on)
		ret = mdev_register_driver(&mdevt_extra_driver);
	else
		mdev_unregister_driver(&mdevt_extra_driver);
	if (!ret)
		extra_registered = on;
	return ret;
}

static const struct kernel_param_ops extra_ops = { .set = extra_set };
module_param_cb(extra_driver, &extra_ops, NULL, 0200);
MODULE_PARM_DESC(extra_driver, "0, 1; no-api, twin: drivers that are refused");

/**
 * struct mdevt_parent - one parent device
 * @dev: the device
 * @lock: one registration at a time
 * @mdev: what the core is given
 * @again: a second of the same device, which the core is to refuse
 * @types: "a", which has a name for people, and "b", which has none; another
 *	two for @again
 * @list: pointers to @types
 * @registered: whether @mdev is
 */
struct mdevt_parent {
	struct device *dev;
	struct mutex lock;	/* serialises registration */
	struct mdev_parent mdev, again;
	struct mdev_type types[2 * NR_TYPES];
	struct mdev_type *list[2 * NR_TYPES];
	bool registered;
};

static struct mdevt_parent parents[NR_PARENTS];

/* The name of a parent on another bus: the class has room for one link. */
static struct platform_device *namesake;
static struct mdev_parent namesake_parent;
static struct mdev_type namesake_type = { .sysfs_name = "a" };
static struct mdev_type *namesake_list[] = { &namesake_type };

static int mdevt_fill_types(struct mdevt_parent *p, unsigned int from, const char *second)
{
	unsigned int i;

	for (i = from; i < from + NR_TYPES; i++) {
		/* That of a type that was unregistered and is not released yet: something leaks. */
		if (kref_read(&p->types[i].kobj.kref))
			return -EBUSY;
		memset(&p->types[i], 0, sizeof(p->types[i]));
		p->list[i] = &p->types[i];
	}
	p->types[from].sysfs_name = "a";
	p->types[from].pretty_name = "Type A";
	p->types[from + 1].sysfs_name = second;
	return 0;
}

static int mdevt_register(struct mdevt_parent *p, struct mdev_driver *drv, const char *second)
{
	int ret;

	lockdep_assert_held(&p->lock);

	if (p->registered)
		return -EBUSY;
	ret = mdevt_fill_types(p, 0, second);
	if (ret)
		return ret;
	if (drv == &mdevt_driver)
		drv->max_instances = max_instances;
	ret = mdev_register_parent(&p->mdev, p->dev, drv, p->list, NR_TYPES);
	p->registered = !ret;
	return ret;
}

static void mdevt_unregister(struct mdevt_parent *p)
{
	lockdep_assert_held(&p->lock);

	if (!p->registered)
		return;
	atomic_inc(&nr_leaving);
	mdev_unregister_parent(&p->mdev);
	atomic_dec(&nr_leaving);
	p->registered = false;
}

static int mdevt_register_again(struct mdevt_parent *p)
{
	int ret = mdevt_fill_types(p, NR_TYPES, "c");

	if (ret)
		return ret;
	ret = mdev_register_parent(&p->again, p->dev, &mdevt_driver, p->list + NR_TYPES, NR_TYPES);
	if (!ret)
		mdev_unregister_parent(&p->again);
	return ret;
}

static int mdevt_register_as(struct mdevt_parent *p, const char *how)
{
	if (sysfs_streq(how, "1"))
		return mdevt_register(p, &mdevt_driver, "b");
	if (sysfs_streq(how, "count"))
		return mdevt_register(p, &mdevt_count_driver, "b");
	if (sysfs_streq(how, "plain"))
		return mdevt_register(p, &mdevt_plain_driver, "b");
	if (sysfs_streq(how, "same-types"))
		return mdevt_register(p, &mdevt_driver, "a");
	if (sysfs_streq(how, "again"))
		return mdevt_register_again(p);
	if (!sysfs_streq(how, "0"))
		return -EINVAL;
	mdevt_unregister(p);
	return 0;
}

static ssize_t registered_store(struct device *dev, struct device_attribute *attr,
				const char *buf, size_t count)
{
	struct mdevt_parent *p = dev_get_drvdata(dev);
	int ret;

	mutex_lock(&p->lock);
	ret = mdevt_register_as(p, buf);
	mutex_unlock(&p->lock);
	return ret ? ret : count;
}

static ssize_t registered_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdevt_parent *p = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", p->registered);
}
static DEVICE_ATTR_RW(registered);

/* References to the parent and to its types: what nobody else can count. */
static ssize_t refs_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdevt_parent *p = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u %u %u\n", kref_read(&dev->kobj.kref),
			  kref_read(&p->types[0].kobj.kref), kref_read(&p->types[1].kobj.kref));
}
static DEVICE_ATTR_RO(refs);

static struct attribute *mdevt_attrs[] = {
	&dev_attr_registered.attr,
	&dev_attr_refs.attr,
	&dev_attr_create_bare.attr,
	NULL,
};
ATTRIBUTE_GROUPS(mdevt);

static int namesake_set(const char *val, const struct kernel_param *kp)
{
	bool on = !sysfs_streq(val, "0");

	if (on == !!namesake)
		return -EBUSY;
	if (!on) {
		mdev_unregister_parent(&namesake_parent);
		platform_device_unregister(namesake);
		namesake = NULL;
		return 0;
	}
	namesake = platform_device_register_simple("p0", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(namesake)) {
		namesake = NULL;
		return -ENODEV;
	}
	memset(&namesake_type.kobj, 0, sizeof(namesake_type.kobj));
	return mdev_register_parent(&namesake_parent, &namesake->dev, &mdevt_driver, namesake_list,
				    ARRAY_SIZE(namesake_list));
}

static const struct kernel_param_ops namesake_ops = { .set = namesake_set };
module_param_cb(namesake, &namesake_ops, NULL, 0200);
MODULE_PARM_DESC(namesake, "a platform device of the name of the first parent is a parent");

static const struct class mdevt_class = { .name = "mdevt" };

static void mdevt_parent_exit(struct mdevt_parent *p)
{
	if (!p->dev)
		return;
	mutex_lock(&p->lock);
	mdevt_unregister(p);
	mutex_unlock(&p->lock);
	bare_exit(p->dev);
	/* Pairs with the creation in mdevt_parent_init() */
	device_unregister(p->dev);
	p->dev = NULL;
}

static int mdevt_parent_init(struct mdevt_parent *p, unsigned int nr)
{
	struct device *dev;

	mutex_init(&p->lock);
	dev = device_create_with_groups(&mdevt_class, NULL, MKDEV(0, 0), p, mdevt_groups, "p%u",
					nr);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	p->dev = dev;
	return 0;
}

static struct mdev_driver * const mdevt_drivers[] = {
	&mdevt_driver, &mdevt_count_driver, &mdevt_plain_driver,
};

static void mdevt_unregister_drivers(unsigned int nr)
{
	while (nr--)
		mdev_unregister_driver(mdevt_drivers[nr]);
}

static int mdevt_register_drivers(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(mdevt_drivers); i++) {
		ret = mdev_register_driver(mdevt_drivers[i]);
		if (ret) {
			mdevt_unregister_drivers(i);
			return ret;
		}
	}
	return 0;
}

static void mdevt_exit_all(void)
{
	unsigned int i = NR_PARENTS;

	if (namesake)
		namesake_set("0", NULL);
	while (i--)
		mdevt_parent_exit(&parents[i]);
	bare_unregister();
	class_unregister(&mdevt_class);
	if (extra_registered)
		mdev_unregister_driver(&mdevt_extra_driver);
	mdevt_unregister_drivers(ARRAY_SIZE(mdevt_drivers));
	inject_exit();
}

static int __init mdevt_init(void)
{
	unsigned int i;
	int ret;

	ret = mdevt_register_drivers();
	if (ret)
		return ret;
	ret = class_register(&mdevt_class);
	if (ret)
		goto out_drivers;
	ret = bare_register();
	if (ret)
		goto out_class;
	for (i = 0; i < NR_PARENTS; i++) {
		ret = mdevt_parent_init(&parents[i], i);
		if (ret) {
			mdevt_exit_all();
			return ret;
		}
	}
	return 0;

out_class:
	class_unregister(&mdevt_class);
out_drivers:
	mdevt_unregister_drivers(ARRAY_SIZE(mdevt_drivers));
	return ret;
}
module_init(mdevt_init);

static void __exit mdevt_exit(void)
{
	mdevt_exit_all();
}
module_exit(mdevt_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("mdev-bpf developers");
MODULE_DESCRIPTION("Parents of mediated devices for tests");
