// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parent device of a program: driver, class, device and mdev types in sysfs.
 *
 * The class has the name of the program, for two reasons: the ids of mdev types begin with it
 * ("mtty-2"), and libvirt recognises a virtual parent by its subsystem.
 */
#include <linux/bpf.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "../../compat.h"

#include "device/device.h"
#include "device/sysfs.h"
#include "gate/refuse.h"
#include "program/ops.h"
#include "program/parent.h"
#include "program/program.h"
#include "validate/api.h"
#include "vfio/vfio.h"

static struct mdev_bpf_program *dev_to_program(struct device *dev)
{
	return container_of(dev, struct mdev_bpf_program, dev);
}

/*
 * Every user may read these files, even one with hardly any processor time. So these functions do
 * not take a mutex that attaching and detaching need.
 */
static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	bool attached = READ_ONCE(dev_to_program(dev)->ops);

	return sysfs_emit(buf, "%s\n", attached ? "attached" : "detached");
}
static DEVICE_ATTR_RO(state);

static ssize_t link_id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_program *program = dev_to_program(dev);

	guard(spinlock)(&program->info);
	return sysfs_emit(buf, "%u\n", program->link ? program->link->id : 0);
}
static DEVICE_ATTR_RO(link_id);

static ssize_t state_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(dev_to_program(dev)->decl.state_size));
}
static DEVICE_ATTR_RO(state_size);

static ssize_t state_version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(dev_to_program(dev)->decl.state_version));
}
static DEVICE_ATTR_RO(state_version);

static ssize_t devices_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(dev_to_program(dev)->nr_devices));
}
static DEVICE_ATTR_RO(devices);

static ssize_t upgrade_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_program *program = dev_to_program(dev);
	const struct mdev_bpf_progress *p = &program->progress;

	guard(spinlock)(&program->info);
	if (!p->what)
		return 0;
	return sysfs_emit(buf, "%s %s, %u of %u\n", p->what, p->name, p->nr + 1, p->total);
}
static DEVICE_ATTR_RO(upgrade);

static struct attribute *parent_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_link_id.attr,
	&dev_attr_state_size.attr,
	&dev_attr_state_version.attr,
	&dev_attr_devices.attr,
	&dev_attr_upgrade.attr,
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
	struct mdev_bpf_type *type = container_of(mtype, struct mdev_bpf_type, mtype);
	struct mdev_bpf_program *program = type->program;
	unsigned int pool, used = READ_ONCE(program->used_units);

	guard(spinlock)(&program->info);
	pool = mdev_bpf_ops_pool(&program->decl);
	if (!program->ops || used >= pool)
		return 0;
	return (pool - used) / mdev_bpf_ops_units(&program->decl, type->index);
}

static ssize_t mtype_show_description(struct mdev_type *mtype, char *buf)
{
	struct mdev_bpf_type *type = container_of(mtype, struct mdev_bpf_type, mtype);

	guard(spinlock)(&type->program->info);
	return sysfs_emit(buf, "%s\n", type->program->decl.description);
}

/* Does "<dir>/<name>" exist in sysfs? */
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
 * If a name is taken, the driver core prints a warning and a stack dump, so look it up first. If
 * the name is taken between this and the registration, there is such a dump, but no other harm.
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

static int probe(struct mdev_device *mdev)
{
	struct mdev_bpf_type *type = mdev_bpf_program_type(mdev);
	int instance, ret;

	instance = mdev_bpf_program_reserve(type);
	if (instance < 0)
		return instance;
	ret = mdev_bpf_vfio_probe(mdev, instance);
	if (ret)
		mdev_bpf_program_unreserve(type, instance);
	return ret;
}

static void remove(struct mdev_device *mdev)
{
	struct mdev_bpf_device *bdev = dev_get_drvdata(&mdev->dev);
	unsigned int instance = bdev->ctx.instance;

	mdev_bpf_vfio_remove(bdev);
	mdev_bpf_program_unreserve(mdev_bpf_program_type(mdev), instance);
}

static void init_driver(struct mdev_bpf_program *program)
{
	struct mdev_driver *drv = &program->driver;

	drv->device_api = mdev_bpf_api_find(&program->decl)->name;
	drv->probe = probe;
	drv->remove = remove;
	drv->get_available = mtype_get_available;
	if (program->decl.description[0])
		drv->show_description = mtype_show_description;
	drv->driver.name = program->decl.name;
	drv->driver.owner = THIS_MODULE;
	drv->driver.mod_name = KBUILD_MODNAME;
	program->groups[0] = &mdev_bpf_sysfs_group;
	program->groups[1] = program->params.nr ? &program->params.group : NULL;
	drv->driver.dev_groups = program->groups;
}

/**
 * mdev_bpf_parent_register() - register driver, class, parent and mdev types of a program
 * @program: the program, with its ops attached
 *
 * Context: Process context, programs_lock held.
 *
 * Return: 0; -EEXIST with a sentence if the name is taken; an errno of the driver core.
 */
int mdev_bpf_parent_register(struct mdev_bpf_program *program)
{
	const char *name = program->decl.name;
	int ret;

	ret = check_name_is_free(name);
	if (ret)
		return ret;
	init_driver(program);
	ret = mdev_register_driver(&program->driver);
	if (ret)
		goto out_refuse;
	program->class = class_create(name);
	if (IS_ERR(program->class)) {
		ret = PTR_ERR(program->class);
		goto out_driver;
	}
	program->dev.class = program->class;
	program->dev.groups = parent_groups;
	ret = dev_set_name(&program->dev, "%s", name) ?: device_add(&program->dev);
	if (ret)
		goto out_class;
	ret = mdev_register_parent(&program->parent, &program->dev, &program->driver,
				   program->type_ptrs, program->nr_types);
	if (ret)
		goto out_device;
	return 0;

out_device:
	device_del(&program->dev);
out_class:
	class_destroy(program->class);
out_driver:
	mdev_unregister_driver(&program->driver);
out_refuse:
	mdev_bpf_refuse(name, "the driver core refused the registration with %pe",
			ERR_PTR(ret));
	return ret;
}

/**
 * mdev_bpf_parent_unregister() - undo mdev_bpf_parent_register()
 * @program: the program
 *
 * Context: Process context, with no lock held that attach and detach need. Waits for tasks that use
 * its files in sysfs, and until its devices are removed, if there are any.
 */
void mdev_bpf_parent_unregister(struct mdev_bpf_program *program)
{
	mdev_unregister_parent(&program->parent);
	device_del(&program->dev);
	class_destroy(program->class);
	mdev_unregister_driver(&program->driver);
}
