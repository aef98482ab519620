// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFIO ioctls as the core answers them, on a copy of the argument.
 */
#include "internal.h"

static unsigned int count_regions(const struct mdev_bpf_device *bdev)
{
	unsigned int nr = bdev->api->pci ? VFIO_PCI_NUM_REGIONS : 0, i;

	for (i = nr; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->regions[i].size)
			nr = i + 1;
	return nr;
}

static unsigned int count_irqs(const struct mdev_bpf_device *bdev)
{
	unsigned int nr = bdev->api->pci ? VFIO_PCI_NUM_IRQS : 0, i;

	for (i = nr; i < MDEV_BPF_MAX_IRQS; i++)
		if (mdev_bpf_irq_count(bdev, i))
			nr = i + 1;
	return nr;
}

static long get_info(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	struct vfio_device_info *info = ctx->data;

	info->flags = bdev->api->flag | VFIO_DEVICE_FLAGS_RESET;
	info->num_regions = count_regions(bdev);
	info->num_irqs = count_irqs(bdev);
	/* Users of an older header have no cap_offset */
	if (ctx->call.size >= sizeof(*info))
		info->cap_offset = 0;
	return 0;
}

static long get_region_info(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	struct vfio_region_info *info = ctx->data;
	u32 flags;

	if (info->index >= count_regions(bdev))
		return -EINVAL;
	info->offset = (u64)info->index << MDEV_BPF_OFFSET_SHIFT;
	info->cap_offset = 0;
	if (bdev->api->pci && info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info->size = mdev_bpf_pci_size(bdev);
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	}
	flags = bdev->regions[info->index].flags;
	info->size = bdev->regions[info->index].size;
	info->flags = 0;
	if (flags & MDEV_BPF_REGION_READ)
		info->flags |= VFIO_REGION_INFO_FLAG_READ;
	if (flags & MDEV_BPF_REGION_WRITE)
		info->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	return 0;
}

static u32 irq_flags(const struct mdev_bpf_device *bdev, u32 index)
{
	if (bdev->irqs.kinds[index].line)
		return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	if (bdev->api->pci && index != VFIO_PCI_MSIX_IRQ_INDEX)
		return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	return VFIO_IRQ_INFO_EVENTFD;
}

static long get_irq_info(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	struct vfio_irq_info *info = ctx->data;

	if (info->index >= count_irqs(bdev))
		return -EINVAL;
	info->count = mdev_bpf_irq_count(bdev, info->index);
	info->flags = info->count ? irq_flags(bdev, info->index) : 0;
	return 0;
}

static long set_irqs(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	return mdev_bpf_set_irqs(bdev, ctx->data, ctx->call.size);
}

static long reset(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	return mdev_bpf_call_reset(bdev);
}

static long ioeventfd(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	return mdev_bpf_ioeventfd_set(bdev, ctx->data);
}

#define MINSZ(type, last) offsetofend(struct type, last)

static const struct mdev_bpf_core_ioctl core_ioctls[] = {
	{ VFIO_DEVICE_GET_INFO, MINSZ(vfio_device_info, num_irqs),
	  sizeof(struct vfio_device_info), get_info },
	{ VFIO_DEVICE_GET_REGION_INFO, MINSZ(vfio_region_info, offset),
	  sizeof(struct vfio_region_info), get_region_info },
	{ VFIO_DEVICE_GET_IRQ_INFO, MINSZ(vfio_irq_info, count),
	  sizeof(struct vfio_irq_info), get_irq_info },
	{ VFIO_DEVICE_SET_IRQS, MINSZ(vfio_irq_set, count), 0, set_irqs },
	{ VFIO_DEVICE_RESET, 0, 0, reset },
	{ VFIO_DEVICE_IOEVENTFD, MINSZ(vfio_device_ioeventfd, fd), 0, ioeventfd },
};

/**
 * mdev_bpf_core_ioctl() - how the core answers an ioctl
 * @cmd: the command
 *
 * Return: the entry, NULL for a command that the core does not know.
 */
const struct mdev_bpf_core_ioctl *mdev_bpf_core_ioctl(u32 cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(core_ioctls); i++)
		if (core_ioctls[i].cmd == cmd)
			return &core_ioctls[i];
	return NULL;
}
