// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parent device of a type: driver, class, device and mdev types in sysfs.
 *
 * The class carries the program's name, for two reasons: the ids of mdev types
 * begin with it ("mtty-2"), and libvirt tells a virtual parent by its subsystem.
 */
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "../compat.h"
#include "internal.h"

static struct mdev_bpf_type *dev_to_type(struct device *dev)
{
	return container_of(dev, struct mdev_bpf_type, dev);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	bool attached = READ_ONCE(dev_to_type(dev)->ops);

	return sysfs_emit(buf, "%s\n", attached ? "attached" : "detached");
}
static DEVICE_ATTR_RO(state);

static ssize_t link_id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_type *type = dev_to_type(dev);

	guard(mutex)(&type->lock);
	return sysfs_emit(buf, "%u\n", type->link ? type->link->id : 0);
}
static DEVICE_ATTR_RO(link_id);

static ssize_t state_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_type *type = dev_to_type(dev);

	guard(mutex)(&type->lock);
	return sysfs_emit(buf, "%u\n", type->decl.state_size);
}
static DEVICE_ATTR_RO(state_size);

static ssize_t state_version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_type *type = dev_to_type(dev);

	guard(mutex)(&type->lock);
	return sysfs_emit(buf, "%u\n", type->decl.state_version);
}
static DEVICE_ATTR_RO(state_version);

static ssize_t devices_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_type *type = dev_to_type(dev);

	guard(mutex)(&type->lock);
	return sysfs_emit(buf, "%u\n", type->nr_devices);
}
static DEVICE_ATTR_RO(devices);

static struct attribute *parent_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_link_id.attr,
	&dev_attr_state_size.attr,
	&dev_attr_state_version.attr,
	&dev_attr_devices.attr,
	NULL,
};

static const struct attribute_group parent_group = {
	.name = KBUILD_MODNAME,
	.attrs = parent_attrs,
};

static const struct attribute_group *parent_groups[] = {
	&parent_group,
	NULL,
};

static unsigned int mtype_get_available(struct mdev_type *mtype)
{
	struct mdev_bpf_mtype *m = container_of(mtype, struct mdev_bpf_mtype, mtype);
	struct mdev_bpf_type *type = m->type;
	unsigned int pool;

	guard(mutex)(&type->lock);
	pool = mdev_bpf_decl_pool(&type->decl);
	if (!type->ops || type->used_units >= pool)
		return 0;
	return (pool - type->used_units) / mdev_bpf_decl_units(&type->decl, m->index);
}

static ssize_t mtype_show_description(struct mdev_type *mtype, char *buf)
{
	struct mdev_bpf_mtype *m = container_of(mtype, struct mdev_bpf_mtype, mtype);

	guard(mutex)(&m->type->lock);
	return sysfs_emit(buf, "%s\n", m->type->decl.description);
}

/* Is there "<dir>/<name>" in sysfs? */
static bool sysfs_has(const char *const *dir, const char *name)
{
	struct kernfs_node *kn, *next;

	kn = compat_sysfs_root();
	kernfs_get(kn);
	for (; kn && *dir; dir++) {
		next = kernfs_find_and_get(kn, *dir);
		kernfs_put(kn);
		kn = next;
	}
	if (!kn)
		return false;
	next = kernfs_find_and_get(kn, name);
	kernfs_put(kn);
	kernfs_put(next);
	return next;
}

/*
 * The driver core answers a name that is taken with a warning and a stack dump,
 * so look first. Whoever takes the name between this and the registration
 * gets that dump; nothing breaks.
 */
static int check_name_is_free(const char *name)
{
	static const struct {
		const char *what;
		const char *dir[4];
	} places[] = {
		{ "an mdev driver", { "bus", "mdev", "drivers" } },
		{ "a device class", { "class" } },
		{ "a virtual device directory", { "devices", "virtual" } },
		{ "an mdev parent", { "class", "mdev_bus" } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (!sysfs_has(places[i].dir, name))
			continue;
		mdev_bpf_refuse(name, "%s of this name exists already; choose another name",
				places[i].what);
		return -EEXIST;
	}
	return 0;
}

static void init_driver(struct mdev_bpf_type *type)
{
	struct mdev_driver *drv = &type->driver;

	drv->device_api = mdev_bpf_api_find(&type->decl)->name;
	drv->probe = mdev_bpf_probe;
	drv->remove = mdev_bpf_remove;
	drv->get_available = mtype_get_available;
	if (type->decl.description[0])
		drv->show_description = mtype_show_description;
	drv->driver.name = type->decl.name;
	drv->driver.owner = THIS_MODULE;
	drv->driver.mod_name = KBUILD_MODNAME;
	drv->driver.dev_groups = mdev_bpf_device_groups;
}

/**
 * mdev_bpf_parent_register() - make a type visible: driver, class, parent, mdev types
 * @type: the type, with its program attached
 *
 * Context: Process context, types_lock held.
 *
 * Return: 0; -EEXIST with a sentence if the name is taken; errnos of the driver core.
 */
int mdev_bpf_parent_register(struct mdev_bpf_type *type)
{
	const char *name = type->decl.name;
	int ret;

	ret = check_name_is_free(name);
	if (ret)
		return ret;
	init_driver(type);
	ret = mdev_register_driver(&type->driver);
	if (ret)
		goto out_refuse;
	type->class = class_create(name);
	if (IS_ERR(type->class)) {
		ret = PTR_ERR(type->class);
		goto out_driver;
	}
	type->dev.class = type->class;
	type->dev.groups = parent_groups;
	ret = dev_set_name(&type->dev, "%s", name) ?: device_add(&type->dev);
	if (ret)
		goto out_class;
	ret = mdev_register_parent(&type->parent, &type->dev, &type->driver,
				   type->mtype_ptrs, type->nr_mtypes);
	if (ret)
		goto out_device;
	return 0;

out_device:
	device_del(&type->dev);
out_class:
	class_destroy(type->class);
out_driver:
	mdev_unregister_driver(&type->driver);
out_refuse:
	mdev_bpf_refuse(name, "the driver core refused the registration, errno %d", -ret);
	return ret;
}

/**
 * mdev_bpf_parent_unregister() - undo mdev_bpf_parent_register()
 * @type: the type
 *
 * Context: Process context, types_lock held. Waits for writes to the type's "create"
 * files, and for devices if there are any, to go.
 */
void mdev_bpf_parent_unregister(struct mdev_bpf_type *type)
{
	mdev_unregister_parent(&type->parent);
	device_del(&type->dev);
	class_destroy(type->class);
	mdev_unregister_driver(&type->driver);
}
