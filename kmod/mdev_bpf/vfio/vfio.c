// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO devices: their creation and removal, and their vfio_device_ops.
 */
#include "../../compat.h"

#include "device/device.h"
#include "device/time.h"
#include "dma/unmap.h"
#include "gate/trace.h"
#include "pci/irq.h"
#include "program/program.h"
#include "register/quick.h"
#include "vfio/ioctl.h"
#include "vfio/mmap.h"
#include "vfio/region.h"
#include "vfio/vfio.h"

static int mdev_bpf_vfio_init(struct vfio_device *vdev)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	int ret = mdev_bpf_device_init(bdev);

	if (!ret)
		mdev_bpf_region_init(bdev);
	return ret;
}

static void mdev_bpf_vfio_release(struct vfio_device *vdev)
{
	mdev_bpf_device_release(vdev_to_bdev(vdev));
}

static int mdev_bpf_vfio_open(struct vfio_device *vdev)
{
	return mdev_bpf_device_open(vdev_to_bdev(vdev), NULL);
}

static void mdev_bpf_vfio_close(struct vfio_device *vdev)
{
	mdev_bpf_device_close(vdev_to_bdev(vdev));
}

/*
 * The next four are not inlined, so that mdev_bpf_vfio_read() and mdev_bpf_vfio_write() need no
 * stack: an access that calls the program does not pay for the case that it is to a register.
 */
static noinline ssize_t read_renewed(struct mdev_bpf_device *bdev, char __user *buf, size_t count,
				     loff_t *ppos)
{
	mdev_bpf_time_renew(bdev);
	return mdev_bpf_region_read(bdev, buf, count, ppos);
}

static noinline ssize_t write_renewed(struct mdev_bpf_device *bdev, const char __user *buf,
				      size_t count, loff_t *ppos)
{
	mdev_bpf_time_renew(bdev);
	return mdev_bpf_region_write(bdev, buf, count, ppos);
}

static noinline ssize_t read_register(struct mdev_bpf_device *bdev, char __user *buf,
				      size_t count, loff_t *ppos)
{
	ssize_t ret = mdev_bpf_register_quick_read(bdev, buf, count, ppos);

	return ret ?: mdev_bpf_region_read(bdev, buf, count, ppos);
}

static noinline ssize_t write_register(struct mdev_bpf_device *bdev, const char __user *buf,
				       size_t count, loff_t *ppos)
{
	ssize_t ret = mdev_bpf_register_quick_write(bdev, buf, count, ppos);

	return ret ?: mdev_bpf_region_write(bdev, buf, count, ppos);
}

static ssize_t mdev_bpf_vfio_read(struct vfio_device *vdev, char __user *buf, size_t count,
				  loff_t *ppos)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	if (unlikely(READ_ONCE(bdev->orphan)))
		return read_renewed(bdev, buf, count, ppos);
	if ((u64)*ppos >> MDEV_BPF_OFFSET_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX)
		return mdev_bpf_region_read_config(bdev, buf, count, ppos);
	if (rcu_access_pointer(bdev->registers.block))
		return read_register(bdev, buf, count, ppos);
	return mdev_bpf_region_read(bdev, buf, count, ppos);
}

static ssize_t mdev_bpf_vfio_write(struct vfio_device *vdev, const char __user *buf,
				   size_t count, loff_t *ppos)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	if (unlikely(READ_ONCE(bdev->orphan)))
		return write_renewed(bdev, buf, count, ppos);
	if (rcu_access_pointer(bdev->registers.block))
		return write_register(bdev, buf, count, ppos);
	return mdev_bpf_region_write(bdev, buf, count, ppos);
}

static long mdev_bpf_vfio_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	if (unlikely(READ_ONCE(bdev->orphan)))
		mdev_bpf_time_renew(bdev);
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

/* VFIO answers the features that it knows. All others arrive here, and are traced. */
static int mdev_bpf_vfio_feature(struct vfio_device *vdev, u32 flags, void __user *arg,
				 size_t argsz)
{
	trace_mdev_bpf_ioctl(&vdev_to_bdev(vdev)->ctx, VFIO_DEVICE_FEATURE, -ENOTTY);
	return -ENOTTY;
}

/* In kernels without iommufd, the iommufd ops are NULL, as VFIO then expects. */
#define VFIO_OPS						\
	.name = KBUILD_MODNAME,					\
	.init = mdev_bpf_vfio_init,				\
	.release = mdev_bpf_vfio_release,			\
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

static const struct vfio_device_ops vfio_ops = {
	VFIO_OPS,
#ifdef COMPAT_HAS_GET_REGION_INFO_CAPS
	.get_region_info_caps = mdev_bpf_ioctl_region_info,
#endif
};

/* For devices that may pin memory: VFIO calls dma_unmap for them, with locks of its own held. */
static const struct vfio_device_ops vfio_pin_ops = {
	VFIO_OPS,
#ifdef COMPAT_HAS_GET_REGION_INFO_CAPS
	.get_region_info_caps = mdev_bpf_ioctl_region_info,
#endif
	.dma_unmap = mdev_bpf_vfio_dma_unmap,
};

/**
 * mdev_bpf_vfio_probe() - create the device of an mdev, and register it with VFIO
 * @mdev: the mdev
 * @instance: number of the instance
 *
 * Context: Process context, in a write to "create", with unreg_sem of the parent held.
 *
 * Return: 0; -ENOMEM; as mdev_bpf_device_create(); the errno of VFIO.
 */
int mdev_bpf_vfio_probe(struct mdev_device *mdev, unsigned int instance)
{
	/* This is the same for all programs of the device, now and later */
	bool pins = READ_ONCE(mdev_bpf_program_type(mdev)->program->decl.dma_windows);
	struct mdev_bpf_device *bdev;
	int ret;

	bdev = vfio_alloc_device(mdev_bpf_device, vdev, &mdev->dev,
				 pins ? &vfio_pin_ops : &vfio_ops);
	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	bdev->ctx.instance = instance;
	ret = mdev_bpf_device_create(bdev);
	if (ret)
		goto out_put;
	dev_set_drvdata(&mdev->dev, bdev);
	ret = vfio_register_emulated_iommu_dev(&bdev->vdev);
	if (ret)
		goto out_destroy;
	return 0;

out_destroy:
	/* A kernel client may have found the device in the list: wait until it is closed */
	mdev_bpf_device_destroy(bdev);
out_put:
	vfio_put_device(&bdev->vdev);	/* Pairs with vfio_alloc_device() */
	return ret;
}

/**
 * mdev_bpf_vfio_remove() - undo mdev_bpf_vfio_probe()
 * @bdev: the device
 *
 * Context: Process context. Waits until the user of the device has closed it, and asks the user to
 * do so by mdev_bpf_irq_request().
 */
void mdev_bpf_vfio_remove(struct mdev_bpf_device *bdev)
{
	/* First wait for users of VFIO, then for kernel clients */
	vfio_unregister_group_dev(&bdev->vdev);
	mdev_bpf_device_destroy(bdev);
	trace_mdev_bpf_lifecycle(&bdev->ctx, MDEV_BPF_EVENT_REMOVE, 0);
	vfio_put_device(&bdev->vdev);	/* Pairs with vfio_alloc_device() */
}
