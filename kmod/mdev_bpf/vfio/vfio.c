// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vfio_device_ops of our devices.
 */
#include "../../compat.h"

#include "device/device.h"
#include "dma/unmap.h"
#include "gate/trace.h"
#include "pci/irq.h"
#include "vfio/ioctl.h"
#include "vfio/mmap.h"
#include "vfio/region.h"
#include "vfio/vfio.h"

static int mdev_bpf_vfio_open(struct vfio_device *vdev)
{
	return mdev_bpf_device_open(vdev_to_bdev(vdev), NULL);
}

static void mdev_bpf_vfio_close(struct vfio_device *vdev)
{
	mdev_bpf_device_close(vdev_to_bdev(vdev));
}

static ssize_t mdev_bpf_vfio_read(struct vfio_device *vdev, char __user *buf, size_t count,
				  loff_t *ppos)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	mdev_bpf_worker_enter(bdev, &bdev->worker);
	return mdev_bpf_region_rw(bdev, USER_SOCKPTR(buf), count, ppos, false);
}

static ssize_t mdev_bpf_vfio_write(struct vfio_device *vdev, const char __user *buf,
				   size_t count, loff_t *ppos)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	mdev_bpf_worker_enter(bdev, &bdev->worker);
	/* A sockptr_t knows no const; "write" makes sure that it is only read from */
	return mdev_bpf_region_rw(bdev, USER_SOCKPTR((char __user *)buf), count, ppos,
				  true);
}

static long mdev_bpf_vfio_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	mdev_bpf_worker_enter(bdev, &bdev->worker);
	return mdev_bpf_ioctl_handle(vdev, cmd, arg);
}

static void mdev_bpf_vfio_request(struct vfio_device *vdev, unsigned int count)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	if (!mdev_bpf_irq_request(&bdev->irqs) && !count)
		dev_notice(&bdev->mdev->dev, "in use; removal waits until it is closed\n");
}

static void mdev_bpf_vfio_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	mdev_bpf_unmap(vdev_to_bdev(vdev), iova, length);
}

/* VFIO answers the features it knows itself; all others end here, to be traced. */
static int mdev_bpf_vfio_feature(struct vfio_device *vdev, u32 flags, void __user *arg,
				 size_t argsz)
{
	trace_mdev_bpf_ioctl(&vdev_to_bdev(vdev)->ctx, VFIO_DEVICE_FEATURE, -ENOTTY);
	return -ENOTTY;
}

/* The iommufd ops are NULL where the kernel has no iommufd, which VFIO then expects. */
#define VFIO_OPS						\
	.name = KBUILD_MODNAME,					\
	.init = mdev_bpf_device_init,				\
	.release = mdev_bpf_device_release,			\
	.open_device = mdev_bpf_vfio_open,			\
	.close_device = mdev_bpf_vfio_close,			\
	.read = mdev_bpf_vfio_read,				\
	.write = mdev_bpf_vfio_write,				\
	.mmap = mdev_bpf_mmap,					\
	.ioctl = mdev_bpf_vfio_ioctl,				\
	.request = mdev_bpf_vfio_request,			\
	.device_feature = mdev_bpf_vfio_feature,		\
	.bind_iommufd = vfio_iommufd_emulated_bind,		\
	.unbind_iommufd = vfio_iommufd_emulated_unbind,		\
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,	\
	.detach_ioas = vfio_iommufd_emulated_detach_ioas

const struct vfio_device_ops mdev_bpf_vfio_ops = {
	VFIO_OPS,
#ifdef COMPAT_HAS_GET_REGION_INFO_CAPS
	.get_region_info_caps = mdev_bpf_ioctl_region_info,
#endif
};

/* For devices that may pin memory: VFIO lists them, with locks of its own, and asks them back. */
const struct vfio_device_ops mdev_bpf_vfio_pin_ops = {
	VFIO_OPS,
#ifdef COMPAT_HAS_GET_REGION_INFO_CAPS
	.get_region_info_caps = mdev_bpf_ioctl_region_info,
#endif
	.dma_unmap = mdev_bpf_vfio_dma_unmap,
};
