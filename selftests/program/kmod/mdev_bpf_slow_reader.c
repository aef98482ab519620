// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file "slow" in sysfs, in the folder of a device, that takes long to read. For a task that
 * removes the device, it is like a reader of any other file that does not get to run.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "../../../kmod/compat.h"

static char uevent[128];
module_param_string(uevent, uevent, sizeof(uevent), 0444);
MODULE_PARM_DESC(uevent, "the file of that name in the folder");

static unsigned int slow_ms;
module_param(slow_ms, uint, 0444);
MODULE_PARM_DESC(slow_ms, "how long it takes to read the file");

static unsigned int readers;
module_param(readers, uint, 0444);
MODULE_PARM_DESC(readers, "how many tasks are reading it");

static ssize_t slow_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	WRITE_ONCE(readers, 1);
	msleep(slow_ms);
	WRITE_ONCE(readers, 0);
	return sysfs_emit(buf, "at last\n");
}
static DEVICE_ATTR_RO(slow);

/* The folder goes with the device, and the file with it. */
static int __init slow_reader_init(void)
{
	struct file *file = filp_open(uevent, O_RDONLY, 0);
	struct kernfs_node *kn, *parent;
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	kn = file_inode(file)->i_private;
	parent = compat_kernfs_parent(kn);
	ret = device_create_file(kobj_to_dev(parent->priv), &dev_attr_slow);
	fput(file);
	return ret;
}

static void __exit slow_reader_exit(void)
{
}

module_init(slow_reader_init);
module_exit(slow_reader_exit);

MODULE_DESCRIPTION("Test of a device that is removed while its files are read");
MODULE_LICENSE("GPL");
