// SPDX-License-Identifier: GPL-2.0-only
/* The files in the mdev_bpf/ folder of a device in sysfs. */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "device/device.h"
#include "device/dump.h"
#include "device/failure.h"
#include "device/sysfs.h"
#include "gate/stats.h"

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", mdev_bpf_failure_state(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(state);

static ssize_t open_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_device *bdev = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", atomic_read(&bdev->use) == MDEV_BPF_USE_OPEN);
}
static DEVICE_ATTR_RO(open);

static ssize_t instance_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdev_bpf_device *bdev = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", bdev->ctx.instance);
}
static DEVICE_ATTR_RO(instance);

static ssize_t failure_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdev_bpf_failure_emit(dev_get_drvdata(dev), buf);
}
static DEVICE_ATTR_RO(failure);

static ssize_t stats_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdev_bpf_stats_emit(dev_get_drvdata(dev), buf);
}
static DEVICE_ATTR_RO(stats);

static ssize_t slow_op_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdev_bpf_stats_emit_slow(dev_get_drvdata(dev), buf);
}
static DEVICE_ATTR_RO(slow_op);

/* Only for root, because the dump shows data of the device's user */
static ssize_t dump_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdev_bpf_dump_emit(dev_get_drvdata(dev), buf);
}
static DEVICE_ATTR_ADMIN_RO(dump);

static struct attribute *device_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_open.attr,
	&dev_attr_instance.attr,
	&dev_attr_failure.attr,
	&dev_attr_stats.attr,
	&dev_attr_slow_op.attr,
	&dev_attr_dump.attr,
	NULL,
};

const struct attribute_group mdev_bpf_sysfs_group = {
	.name = KBUILD_MODNAME,
	.attrs = device_attrs,
};
