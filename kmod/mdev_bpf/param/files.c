// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folder params/ of a device in sysfs, with a file for each parameter. All devices of a program
 * share the files, which belong to its driver. So they are there before "create" has returned, and
 * mdevctl can write them as attributes ("params/NAME").
 */
#include <linux/container_of.h>
#include <linux/device.h>
#include <linux/string.h>

#include "device/device.h"
#include "param/files.h"
#include "param/param.h"
#include "program/ops.h"
#include "program/program.h"

static unsigned int index_of(struct mdev_bpf_device *bdev, struct device_attribute *attr)
{
	return attr - bdev->program->params.files;
}

static ssize_t param_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_device *bdev = dev_get_drvdata(dev);

	return mdev_bpf_param_emit(bdev, index_of(bdev, attr), buf);
}

static ssize_t param_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t size)
{
	struct mdev_bpf_device *bdev = dev_get_drvdata(dev);

	return mdev_bpf_param_store(bdev, index_of(bdev, attr), buf, size) ?: size;
}

/* A device only has the files of its type's parameters. */
static umode_t param_mode(struct kobject *kobj, struct attribute *attr, int i)
{
	struct mdev_bpf_device *bdev = dev_get_drvdata(kobj_to_dev(kobj));

	return mdev_bpf_param_has(bdev, i) ? attr->mode : 0;
}

/**
 * mdev_bpf_param_files_init() - prepare the files of a program's parameters
 * @files: zeroed
 * @ops: the program
 *
 * Context: Any.
 */
void mdev_bpf_param_files_init(struct mdev_bpf_param_files *files,
			       const struct mdev_bpf_ops *ops)
{
	unsigned int i;

	files->nr = mdev_bpf_ops_nr_params(ops);
	memcpy(files->decl, ops->params, sizeof(files->decl));
	for (i = 0; i < files->nr; i++) {
		struct device_attribute *file = &files->files[i];

		sysfs_attr_init(&file->attr);
		file->attr.name = files->decl[i].name;
		file->attr.mode = 0644;
		file->show = param_show;
		file->store = param_store;
		files->attrs[i] = &file->attr;
	}
	files->group.name = "params";
	files->group.attrs = files->attrs;
	files->group.is_visible = param_mode;
}
