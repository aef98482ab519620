// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_virtio: virtio devices of mdev_bpf on the host's own virtio bus. This file has the entry
 * points of the module, and the files in /sys/class/mdev_virtio.
 */
#include <linux/device/class.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uuid.h>
#include <linux/workqueue.h>

#include "host.h"

static int parse(const char *buf, guid_t *uuid)
{
	/* guid_parse() accepts anything after the UUID */
	size_t len = strcspn(buf, "\n");

	return len == UUID_STRING_LEN ? guid_parse(buf, uuid) : -EINVAL;
}

static ssize_t bind_store(const struct class *class, const struct class_attribute *attr,
			  const char *buf, size_t count)
{
	guid_t uuid;
	int ret = parse(buf, &uuid) ?: mdev_virtio_host_bind(&uuid);

	return ret ?: count;
}
static CLASS_ATTR_WO(bind);

static ssize_t unbind_store(const struct class *class, const struct class_attribute *attr,
			    const char *buf, size_t count)
{
	guid_t uuid;
	int ret = parse(buf, &uuid) ?: mdev_virtio_host_unbind(&uuid);

	return ret ?: count;
}
static CLASS_ATTR_WO(unbind);

static struct attribute *mdev_virtio_attrs[] = {
	&class_attr_bind.attr,
	&class_attr_unbind.attr,
	NULL,
};
ATTRIBUTE_GROUPS(mdev_virtio);

const struct class mdev_virtio_class = {
	.name = KBUILD_MODNAME,
	.class_groups = mdev_virtio_groups,
};

static void destroy_workqueues(void)
{
	if (mdev_virtio_leave_wq)
		destroy_workqueue(mdev_virtio_leave_wq);
	if (mdev_virtio_host_wq)
		destroy_workqueue(mdev_virtio_host_wq);
	if (mdev_virtio_queue_wq)
		destroy_workqueue(mdev_virtio_queue_wq);
}

static int __init mdev_virtio_init(void)
{
	int ret = -ENOMEM;

	mdev_virtio_queue_wq = alloc_workqueue("mdev_virtio_queue",
					       WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	mdev_virtio_host_wq = alloc_workqueue("mdev_virtio_host", WQ_UNBOUND | WQ_MEM_RECLAIM,
					      WQ_MAX_ACTIVE);
	/* Not WQ_MEM_RECLAIM: drivers that lose their device flush work of theirs that is not */
	mdev_virtio_leave_wq = alloc_workqueue("mdev_virtio_leave", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (mdev_virtio_queue_wq && mdev_virtio_host_wq && mdev_virtio_leave_wq)
		ret = class_register(&mdev_virtio_class);
	if (ret)
		destroy_workqueues();
	return ret;
}

/* A device on the bus has a reference to the module, so there is none left. */
static void __exit mdev_virtio_exit(void)
{
	mdev_virtio_host_exit();
	class_unregister(&mdev_virtio_class);
	destroy_workqueues();
}

module_init(mdev_virtio_init);
module_exit(mdev_virtio_exit);

MODULE_DESCRIPTION("Virtio devices written as BPF programs, on the host's own virtio bus");
MODULE_LICENSE("GPL");
