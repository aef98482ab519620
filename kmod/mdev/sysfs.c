// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's files and links in sysfs: the types of a parent, and what a device
 * has. The links in /sys/class/mdev_bus are in bus.c.
 */

#include <linux/kstrtox.h>
#include <linux/lockdep.h>
#include <linux/mdev.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdev_private.h"

#define MDEV_TYPES_DIR	"mdev_supported_types"
#define MDEV_TYPE_LINK	"mdev_type"

/*
 * Types: <parent>/mdev_supported_types/<driver>-<type>/
 */

static struct mdev_type *to_mdev_type(struct kobject *kobj)
{
	return container_of(kobj, struct mdev_type, kobj);
}

/* 36 characters, as "echo" or "echo -n" writes them, and nothing else. */
static int mdev_parse_uuid(const char *buf, size_t count, guid_t *uuid)
{
	if (count == UUID_STRING_LEN + 1 && buf[UUID_STRING_LEN] == '\n')
		count--;
	if (count != UUID_STRING_LEN)
		return -EINVAL;

	return guid_parse(buf, uuid);
}

static ssize_t create_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	guid_t uuid;
	int ret;

	ret = mdev_parse_uuid(buf, count, &uuid);
	if (ret)
		return ret;

	ret = mdev_device_create(to_mdev_type(kobj), &uuid);
	return ret ? ret : count;
}

static struct kobj_attribute create_attr = __ATTR_WO(create);

static ssize_t name_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	struct mdev_type *type = to_mdev_type(kobj);

	return sysfs_emit(buf, "%s\n", type->pretty_name ?: type->sysfs_name);
}

static struct kobj_attribute name_attr = __ATTR_RO(name);

static ssize_t description_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	struct mdev_type *type = to_mdev_type(kobj);

	return type->parent->mdev_driver->show_description(type, buf);
}

static struct kobj_attribute description_attr = __ATTR_RO(description);

static ssize_t device_api_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct mdev_parent *parent = to_mdev_type(kobj)->parent;

	return sysfs_emit(buf, "%s\n", parent->mdev_driver->device_api);
}

static struct kobj_attribute device_api_attr = __ATTR_RO(device_api);

static ssize_t available_instances_show(struct kobject *kobj,
					struct kobj_attribute *attr, char *buf)
{
	struct mdev_type *type = to_mdev_type(kobj);
	struct mdev_parent *parent = type->parent;
	unsigned int nr;

	if (parent->mdev_driver->get_available)
		nr = parent->mdev_driver->get_available(type);
	else
		nr = atomic_read(&parent->available_instances);

	return sysfs_emit(buf, "%u\n", nr);
}

static struct kobj_attribute available_instances_attr =
	__ATTR_RO(available_instances);

static struct attribute *mdev_type_attrs[] = {
	&create_attr.attr,
	&name_attr.attr,
	&description_attr.attr,
	&device_api_attr.attr,
	&available_instances_attr.attr,
	NULL,
};

static umode_t mdev_type_attr_mode(struct kobject *kobj,
				   struct attribute *attr, int n)
{
	struct mdev_parent *parent = to_mdev_type(kobj)->parent;

	if (attr == &description_attr.attr &&
	    !parent->mdev_driver->show_description)
		return 0;
	return attr->mode;
}

static const struct attribute_group mdev_type_group = {
	.attrs		= mdev_type_attrs,
	.is_visible	= mdev_type_attr_mode,
};

static const struct attribute_group *mdev_type_groups[] = {
	&mdev_type_group,
	NULL,
};

static void mdev_type_release(struct kobject *kobj)
{
	/* Pairs with the get in mdev_type_add() */
	put_device(to_mdev_type(kobj)->parent->dev);
}

static const struct kobj_type mdev_type_ktype = {
	.sysfs_ops	= &kobj_sysfs_ops,
	.release	= mdev_type_release,
	.default_groups	= mdev_type_groups,
};

static int mdev_type_add(struct mdev_parent *parent, struct mdev_type *type)
{
	int ret;

	/* The caller may be registering the same type for a second time. */
	memset(&type->kobj, 0, sizeof(type->kobj));
	type->kobj.kset = parent->mdev_types_kset;
	type->parent = parent;

	/* Pairs with the put in mdev_type_release() */
	get_device(parent->dev);
	/* Pairs with the put below, or with the one in mdev_type_remove() */
	ret = kobject_init_and_add(&type->kobj, &mdev_type_ktype, NULL, "%s-%s",
				   dev_driver_string(parent->dev),
				   type->sysfs_name);
	if (ret)
		goto out_put;

	/* Pairs with the put in mdev_type_remove() */
	type->devices_kobj = kobject_create_and_add("devices", &type->kobj);
	if (!type->devices_kobj) {
		ret = -ENOMEM;
		goto out_del;
	}
	return 0;

out_del:
	kobject_del(&type->kobj);
out_put:
	kobject_put(&type->kobj);
	return ret;
}

static void mdev_type_remove(struct mdev_type *type)
{
	/* Pair with the two that mdev_type_add() created */
	kobject_put(type->devices_kobj);
	kobject_del(&type->kobj);
	kobject_put(&type->kobj);
}

static bool mdev_type_is_listed(struct mdev_type **types, unsigned int nr,
				const char *name)
{
	while (nr--)
		if (!strcmp(types[nr]->sysfs_name, name))
			return true;
	return false;
}

static bool mdev_types_dir_exists(struct device *dev)
{
	struct kernfs_node *kn = sysfs_get_dirent(dev->kobj.sd, MDEV_TYPES_DIR);

	if (!kn)
		return false;
	sysfs_put(kn);
	return true;
}

/**
 * mdev_types_add() - create the directories of all types of a parent
 * @parent: the parent, completely initialised
 *
 * A type's "create" file can be written as soon as it is there, before its
 * "devices" directory is. The fence keeps such a writer out.
 *
 * Names are compared before sysfs gets to see them: it answers a duplicate
 * with a stack trace.
 *
 * Context: Process context. @parent->unreg_sem held for writing.
 *
 * Return:
 * * 0		- all types are there
 * * -EEXIST	- the device is a parent already, or two types share a name
 * * -ENOMEM	- out of memory
 */
int mdev_types_add(struct mdev_parent *parent)
{
	unsigned int i;
	int ret;

	lockdep_assert_held_write(&parent->unreg_sem);

	if (mdev_types_dir_exists(parent->dev))
		return -EEXIST;

	/* Pairs with the unregister below, or that in mdev_types_remove() */
	parent->mdev_types_kset = kset_create_and_add(MDEV_TYPES_DIR, NULL,
						      &parent->dev->kobj);
	if (!parent->mdev_types_kset)
		return -ENOMEM;

	for (i = 0; i < parent->nr_types; i++) {
		struct mdev_type *type = parent->types[i];

		if (mdev_type_is_listed(parent->types, i, type->sysfs_name))
			ret = -EEXIST;
		else
			ret = mdev_type_add(parent, type);
		if (ret)
			goto out_remove;
	}
	return 0;

out_remove:
	while (i--)
		mdev_type_remove(parent->types[i]);
	kset_unregister(parent->mdev_types_kset);
	return ret;
}

/**
 * mdev_types_remove() - remove the directories of all types of a parent
 * @parent: the parent; none of its devices is left
 *
 * Waits for whoever is inside one of the types' files. The writers of "create"
 * among them do not wait for the fence, so they get out.
 *
 * Context: Process context. @parent->unreg_sem held for writing.
 */
void mdev_types_remove(struct mdev_parent *parent)
{
	unsigned int i = parent->nr_types;

	lockdep_assert_held_write(&parent->unreg_sem);

	while (i--)
		mdev_type_remove(parent->types[i]);
	kset_unregister(parent->mdev_types_kset);
}

/*
 * Devices: <parent>/<uuid>/{remove,mdev_type} and <type>/devices/<uuid>
 */

static ssize_t remove_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	unsigned long val;
	int ret;

	if (kstrtoul(buf, 0, &val))
		return -EINVAL;
	if (!val)
		return count;

	ret = mdev_device_remove(to_mdev_device(dev), attr);
	return ret ? ret : count;
}
static DEVICE_ATTR_WO(remove);

static struct attribute *mdev_device_attrs[] = {
	&dev_attr_remove.attr,
	NULL,
};

static const struct attribute_group mdev_device_group = {
	.attrs	= mdev_device_attrs,
};

const struct attribute_group *mdev_device_groups[] = {
	&mdev_device_group,
	NULL,
};

/**
 * mdev_links_add() - link a device and its type to each other
 * @mdev: the device, known to sysfs
 *
 * Context: Process context. The parent's unreg_sem held for reading.
 *
 * Return: 0, or the negative errno of sysfs, -ENOMEM in practice.
 */
int mdev_links_add(struct mdev_device *mdev)
{
	struct mdev_type *type = mdev->type;
	struct kobject *kobj = &mdev->dev.kobj;
	int ret;

	lockdep_assert_held_read(&type->parent->unreg_sem);

	ret = sysfs_create_link(type->devices_kobj, kobj, dev_name(&mdev->dev));
	if (ret)
		return ret;

	ret = sysfs_create_link(kobj, &type->kobj, MDEV_TYPE_LINK);
	if (ret)
		sysfs_remove_link(type->devices_kobj, dev_name(&mdev->dev));
	return ret;
}

/**
 * mdev_links_remove() - undo mdev_links_add()
 * @mdev: the device, still known to sysfs
 *
 * Context: Process context. The parent's unreg_sem held.
 */
void mdev_links_remove(struct mdev_device *mdev)
{
	lockdep_assert_held(&mdev->type->parent->unreg_sem);

	sysfs_remove_link(&mdev->dev.kobj, MDEV_TYPE_LINK);
	sysfs_remove_link(mdev->type->devices_kobj, dev_name(&mdev->dev));
}
