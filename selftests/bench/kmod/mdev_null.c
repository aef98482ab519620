// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mediated device in C that does as little as a driver can: what an access, an interrupt and DMA
 * cost without mdev_bpf.ko. For benchmarks; it checks no more than it needs to be safe.
 */

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/mdev.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "../../../kmod/compat.h"
#include "../mdev_null.h"

/* As vfio-pci does: the index of a region in the high bits of an offset */
#define NULL_SHIFT	40

struct null_device {
	struct vfio_device vdev;
	struct eventfd_ctx *msi;	/* set once each time the device is open */
	void *buffer;			/* NULL_DMA_MAX bytes, while it is open */
};

#define to_null(v)	container_of(v, struct null_device, vdev)

static ssize_t null_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	if (clear_user(buf, count))
		return -EFAULT;
	return count;
}

static ssize_t null_dma(struct null_device *null, const char __user *buf)
{
	u64 size;
	int ret = 0;

	if (copy_from_user(&size, buf, sizeof(size)))
		return -EFAULT;
	if (size > NULL_DMA_MAX)
		return -EINVAL;
	if (size)
		ret = vfio_dma_rw(&null->vdev, NULL_IOVA, null->buffer, size, false);
	return ret ?: sizeof(size);
}

static ssize_t null_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			  loff_t *ppos)
{
	struct null_device *null = to_null(vdev);
	struct eventfd_ctx *msi = READ_ONCE(null->msi);
	u8 val;

	if (*ppos == NULL_DMA && count == sizeof(u64))
		return null_dma(null, buf);
	if (copy_from_user(&val, buf, sizeof(val)))
		return -EFAULT;
	if (*ppos == NULL_IRQ && msi)
		eventfd_signal(msi);
	return count;
}

static int null_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
			    struct vfio_info_cap *caps)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->offset = (u64)info->index << NULL_SHIFT;
	info->size = info->index ? 0 : NULL_BAR_SIZE;
	info->flags = info->index ? 0 : VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	info->cap_offset = 0;
	return 0;
}

static long null_get_region_info(struct vfio_device *vdev, void __user *arg)
{
	size_t size = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;
	int ret;

	if (copy_from_user(&info, arg, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	ret = null_region_info(vdev, &info, NULL);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, size) ? -EFAULT : 0;
}

/* One eventfd for MSI 0, until the device is closed */
static long null_set_irqs(struct null_device *null, void __user *arg)
{
	struct vfio_irq_set set;
	struct eventfd_ctx *ctx;
	s32 fd;

	if (copy_from_user(&set, arg, sizeof(set)) ||
	    copy_from_user(&fd, arg + sizeof(set), sizeof(fd)))
		return -EFAULT;
	if (set.index != VFIO_PCI_MSI_IRQ_INDEX || set.start || set.count != 1 ||
	    set.flags != (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER))
		return -EINVAL;
	ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	if (cmpxchg(&null->msi, NULL, ctx)) {
		eventfd_ctx_put(ctx);
		return -EBUSY;
	}
	return 0;
}

static long null_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case VFIO_DEVICE_GET_REGION_INFO:
		return null_get_region_info(vdev, (void __user *)arg);
	case VFIO_DEVICE_SET_IRQS:
		return null_set_irqs(to_null(vdev), (void __user *)arg);
	}
	return -ENOTTY;
}

static int null_open(struct vfio_device *vdev)
{
	struct null_device *null = to_null(vdev);

	null->buffer = kvmalloc(NULL_DMA_MAX, GFP_KERNEL);
	return null->buffer ? 0 : -ENOMEM;
}

static void null_close(struct vfio_device *vdev)
{
	struct null_device *null = to_null(vdev);
	struct eventfd_ctx *ctx = xchg(&null->msi, NULL);

	if (ctx)
		eventfd_ctx_put(ctx);
	kvfree(null->buffer);
}

/* For vfio_dma_rw(); nothing is ever pinned. */
static void null_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
}

static const struct vfio_device_ops null_ops = {
	.name			= "mdev_null",
	.open_device		= null_open,
	.close_device		= null_close,
	.read			= null_read,
	.write			= null_write,
	.ioctl			= null_ioctl,
	.dma_unmap		= null_dma_unmap,
#ifdef COMPAT_HAS_GET_REGION_INFO_CAPS
	.get_region_info_caps	= null_region_info,
#endif
	.bind_iommufd		= vfio_iommufd_emulated_bind,
	.unbind_iommufd		= vfio_iommufd_emulated_unbind,
	.attach_ioas		= vfio_iommufd_emulated_attach_ioas,
	.detach_ioas		= vfio_iommufd_emulated_detach_ioas,
};

static int null_probe(struct mdev_device *mdev)
{
	struct null_device *null = vfio_alloc_device(null_device, vdev, &mdev->dev, &null_ops);
	int ret;

	if (IS_ERR(null))
		return PTR_ERR(null);
	ret = vfio_register_emulated_iommu_dev(&null->vdev);
	if (ret)
		vfio_put_device(&null->vdev);
	else
		dev_set_drvdata(&mdev->dev, null);
	return ret;
}

static void null_remove(struct mdev_device *mdev)
{
	struct null_device *null = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&null->vdev);
	vfio_put_device(&null->vdev);
}

static struct mdev_driver null_driver = {
	.device_api	= VFIO_DEVICE_API_PCI_STRING,
	.max_instances	= 10000,
	.probe		= null_probe,
	.remove		= null_remove,
	.driver		= {
		.name		= "mdev_null",
		.owner		= THIS_MODULE,
		.mod_name	= KBUILD_MODNAME,
	},
};

static const struct class null_class = { .name = "mdev_null" };
static struct mdev_type null_type = { .sysfs_name = "1", .pretty_name = "nothing" };
static struct mdev_type *null_types[] = { &null_type };
static struct mdev_parent null_parent;
static struct device *null_dev;

static int __init null_register(void)
{
	int ret;

	ret = class_register(&null_class);
	if (ret)
		return ret;
	null_dev = device_create(&null_class, NULL, 0, NULL, "mdev_null");
	ret = PTR_ERR_OR_ZERO(null_dev);
	if (ret)
		goto out_class;
	ret = mdev_register_driver(&null_driver);
	if (ret)
		goto out_device;
	ret = mdev_register_parent(&null_parent, null_dev, &null_driver, null_types, 1);
	if (ret)
		goto out_driver;
	return 0;

out_driver:
	mdev_unregister_driver(&null_driver);
out_device:
	device_unregister(null_dev);
out_class:
	class_unregister(&null_class);
	return ret;
}

static void __exit null_unregister(void)
{
	mdev_unregister_parent(&null_parent);
	mdev_unregister_driver(&null_driver);
	device_unregister(null_dev);
	class_unregister(&null_class);
}

module_init(null_register);
module_exit(null_unregister);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A mediated device that does nothing");
