// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answers of the core to VFIO's ioctls, in a copy of the argument.
 */
#include <linux/nospec.h>
#include <linux/slab.h>

#include "device/device.h"
#include "device/reset.h"
#include "gfx/gfx.h"
#include "pci/config.h"
#include "validate/api.h"
#include "vfio/info.h"
#include "vfio/ioctl.h"
#include "vfio/region_caps.h"
#include "vfio/set_irqs.h"
#include "work/ioeventfd.h"

static unsigned int count_regions(const struct mdev_bpf_device *bdev)
{
	unsigned int nr = bdev->api->pci ? VFIO_PCI_NUM_REGIONS : 0, i;

	/* Regions that are private to the program do not count */
	for (i = nr; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->regions[i].flags & MDEV_BPF_REGION_RW)
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
	/* The argument of users with an older header has no cap_offset */
	if (ctx->call.size >= sizeof(*info))
		info->cap_offset = 0;
	return 0;
}

/* Add capabilities to the answer. If they do not fit, set argsz to the size that is needed. */
static void answer_caps(struct mdev_bpf_ioctl_ctx *ctx, struct vfio_info_cap *caps)
{
	struct vfio_region_info *info = ctx->data;
	size_t size = sizeof(*info) + caps->size;

	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	/* Do not use argsz, which the program may have changed */
	if (ctx->call.size < size) {
		info->argsz = size;
		return;
	}
	vfio_info_cap_shift(caps, sizeof(*info));
	memcpy(info + 1, caps->buf, caps->size);
	info->cap_offset = sizeof(*info);
	ctx->out = size;
}

static long get_region_caps(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	struct vfio_region_info *info = ctx->data;
	struct vfio_info_cap caps = { };
	long ret;

	if (ctx->caps)
		return mdev_bpf_region_caps_add(bdev, info->index, ctx->caps);
	ret = mdev_bpf_region_caps_add(bdev, info->index, &caps);
	if (!ret && caps.size)
		answer_caps(ctx, &caps);
	kfree(caps.buf);
	return ret;
}

static long get_region_info(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	struct vfio_region_info *info = ctx->data;
	unsigned int nr = count_regions(bdev);
	u32 flags;

	if (info->index >= nr)
		return -EINVAL;
	info->index = array_index_nospec(info->index, nr);
	info->offset = (u64)info->index << MDEV_BPF_OFFSET_SHIFT;
	info->cap_offset = 0;
	if (bdev->api->pci && info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info->size = mdev_bpf_pci_config_size(bdev);
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	}
	flags = bdev->regions[info->index].flags;
	info->size = 0;
	info->flags = 0;
	/* The user must not see private memory of the program */
	if (!(flags & MDEV_BPF_REGION_RW))
		return 0;
	info->size = bdev->regions[info->index].size;
	if (flags & MDEV_BPF_REGION_READ)
		info->flags |= VFIO_REGION_INFO_FLAG_READ;
	if (flags & MDEV_BPF_REGION_WRITE)
		info->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	if (mdev_bpf_region_caps_can_map(bdev, info->index))
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return get_region_caps(bdev, ctx);
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
	unsigned int nr = count_irqs(bdev);

	if (info->index >= nr)
		return -EINVAL;
	info->index = array_index_nospec(info->index, nr);
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
	return mdev_bpf_reset(bdev);
}

static long ioeventfd(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	return mdev_bpf_ioeventfd_set(bdev, ctx->data);
}

static long query_gfx_plane(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	return mdev_bpf_gfx_query(bdev, ctx->data);
}

static long get_gfx_dmabuf(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	ctx->fd = mdev_bpf_gfx_get_dmabuf(bdev, *(u32 *)ctx->data, &ctx->file);
	return ctx->fd;
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
	{ VFIO_DEVICE_QUERY_GFX_PLANE, MINSZ(vfio_device_gfx_plane_info, dmabuf_id),
	  sizeof(struct vfio_device_gfx_plane_info), query_gfx_plane, .gfx = true },
	{ VFIO_DEVICE_GET_GFX_DMABUF, sizeof(u32), 0, get_gfx_dmabuf, .gfx = true },
};

/**
 * mdev_bpf_info_find() - find the function with which the core answers an ioctl
 * @bdev: the device
 * @cmd: the command
 *
 * Return: the entry; NULL for a command that the core does not know, or the device does not have.
 */
const struct mdev_bpf_core_ioctl *mdev_bpf_info_find(const struct mdev_bpf_device *bdev, u32 cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(core_ioctls); i++)
		if (core_ioctls[i].cmd == cmd && (!core_ioctls[i].gfx || bdev->display.decl.flags))
			return &core_ioctls[i];
	return NULL;
}
