// SPDX-License-Identifier: GPL-2.0-only
/*
 * Displays: queries of a plane, which the program answers each time, and dma-bufs of framebuffers.
 *
 * The program's answer has the place of the framebuffer in a MEMORY region. The core checks that
 * the framebuffer is within that memory, so that the user need not trust the program.
 */
#include <drm/drm_fourcc.h>
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/mm.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gfx/edid.h"
#include "gfx/gfx.h"
#include "memory/dmabuf.h"
#include "memory/memory.h"
#include "program/ops.h"

/**
 * mdev_bpf_gfx_init() - set up the display of a new device
 * @bdev: the device, whose regions are known
 * @ops: the program
 * @type: index of the device's type
 */
void mdev_bpf_gfx_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
		       unsigned int type)
{
	const struct mdev_bpf_gfx *decl = mdev_bpf_ops_gfx(ops, BIT(type));
	unsigned int i;

	if (decl)
		bdev->display.decl = *decl;
	/* The EDID describes the user's monitor, which a reset of the device does not change */
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (mdev_bpf_edid_is(&bdev->regions[i]))
			bdev->regions[i].flags |= MDEV_BPF_REGION_KEEP;
}

/* Bytes per pixel of a line; 0 for formats that the core does not know. */
static u32 pixel_size(u32 format)
{
	switch (format & ~DRM_FORMAT_BIG_ENDIAN) {
	case DRM_FORMAT_C8:
	case DRM_FORMAT_R8:
		return 1;
	case DRM_FORMAT_RGB565:
	case DRM_FORMAT_BGR565:
	case DRM_FORMAT_XRGB1555:
	case DRM_FORMAT_ARGB1555:
		return 2;
	case DRM_FORMAT_RGB888:
	case DRM_FORMAT_BGR888:
		return 3;
	case DRM_FORMAT_XRGB8888:
	case DRM_FORMAT_ARGB8888:
	case DRM_FORMAT_XBGR8888:
	case DRM_FORMAT_ABGR8888:
	case DRM_FORMAT_RGBX8888:
	case DRM_FORMAT_RGBA8888:
	case DRM_FORMAT_BGRX8888:
	case DRM_FORMAT_BGRA8888:
	case DRM_FORMAT_XRGB2101010:
	case DRM_FORMAT_ARGB2101010:
	case DRM_FORMAT_XBGR2101010:
	case DRM_FORMAT_ABGR2101010:
		return 4;
	default:
		return 0;
	}
}

/* Size of a framebuffer in whole pages, in bytes; 0 if the plane is not valid. */
static u32 fb_size(const struct mdev_bpf_plane *plane)
{
	u64 size = PAGE_ALIGN((u64)plane->stride * plane->height);

	if (!plane->width || plane->width > MDEV_BPF_MAX_RES || plane->height > MDEV_BPF_MAX_RES ||
	    plane->stride < plane->width * pixel_size(plane->drm_format))
		return 0;
	return size <= U32_MAX ? size : 0;
}

/* Is the framebuffer in memory that the user can access by this kind of plane? */
static bool fb_fits(const struct mdev_bpf_device *bdev, const struct mdev_bpf_plane *plane,
		    u32 kind)
{
	const struct mdev_bpf_memory *mem;

	if (plane->region >= MDEV_BPF_MAX_REGIONS)
		return false;
	mem = bdev->memory[plane->region];
	if (!mem || (u64)plane->stride * plane->height >
		    mdev_bpf_memory_span(mem, plane->offset, PAGE_SIZE))
		return false;
	/* VFIO cannot express an offset, so the framebuffer must be at the start of the region */
	if (kind == VFIO_GFX_PLANE_TYPE_REGION)
		return bdev->regions[plane->region].flags & MDEV_BPF_REGION_READ && !plane->offset;
	return PAGE_ALIGNED(plane->offset);
}

static bool fb_is(const struct mdev_bpf_framebuffer *fb, const struct mdev_bpf_plane *plane)
{
	return fb->id && fb->region == plane->region &&
	       fb->offset == plane->offset && fb->format == plane->drm_format &&
	       fb->modifier == plane->drm_modifier && fb->width == plane->width &&
	       fb->height == plane->height && fb->stride == plane->stride;
}

static void fb_new(struct mdev_bpf_display *display, struct mdev_bpf_framebuffer *fb,
		   const struct mdev_bpf_plane *plane)
{
	if (!++display->last_id)
		display->last_id++;
	*fb = (struct mdev_bpf_framebuffer){
		.id = display->last_id,
		.region = plane->region,
		.offset = plane->offset,
		.modifier = plane->drm_modifier,
		.format = plane->drm_format,
		.width = plane->width,
		.height = plane->height,
		.stride = plane->stride,
		.size = fb_size(plane),
	};
}

/* Get the id of a framebuffer. It stays the same as long as the framebuffer is remembered. */
static u32 fb_id(struct mdev_bpf_device *bdev, const struct mdev_bpf_plane *plane)
{
	struct mdev_bpf_display *display = &bdev->display;
	struct mdev_bpf_framebuffer *fb, *oldest = display->fbs;

	guard(mdev_bpf_gate)(bdev);
	for (fb = display->fbs;
	     fb < display->fbs + ARRAY_SIZE(display->fbs); fb++) {
		if (fb_is(fb, plane)) {
			fb->used = ++display->queries;
			return fb->id;
		}
		if (fb->used < oldest->used)
			oldest = fb;
	}
	fb_new(display, oldest, plane);
	oldest->used = ++display->queries;
	return oldest->id;
}

static void answer(struct vfio_device_gfx_plane_info *info, const struct mdev_bpf_plane *plane,
		   u32 size)
{
	info->drm_format = plane->drm_format;
	info->drm_format_mod = plane->drm_modifier;
	info->width = plane->width;
	info->height = plane->height;
	info->stride = plane->stride;
	info->size = size;
	info->x_pos = plane->x_pos;
	info->y_pos = plane->y_pos;
	info->x_hot = plane->x_hot;
	info->y_hot = plane->y_hot;
	info->region_index = plane->region;
}

static bool has_kind(const struct mdev_bpf_device *bdev, u32 kind)
{
	u32 flags = bdev->display.decl.flags;

	if (kind == VFIO_GFX_PLANE_TYPE_REGION)
		return flags & MDEV_BPF_GFX_REGION;
	return kind == VFIO_GFX_PLANE_TYPE_DMABUF && flags & MDEV_BPF_GFX_DMABUF;
}

/* For a region, QEMU does not set the type. It is then 0, which would be the overlay. */
static u32 plane_type(const struct vfio_device_gfx_plane_info *info, u32 kind)
{
	if (kind == VFIO_GFX_PLANE_TYPE_REGION && info->drm_plane_type == MDEV_BPF_PLANE_OVERLAY)
		return MDEV_BPF_PLANE_PRIMARY;
	return info->drm_plane_type;
}

/* Ask the program what a plane shows. validate/gfx.c has checked that it has the op. */
static int call_gfx_query(struct mdev_bpf_device *bdev, struct mdev_bpf_plane *plane)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_GFX_QUERY);
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	ret = mdev_bpf_call_result(mdev_bpf_call_op(&call, gfx_query, plane), 0);
	return mdev_bpf_call_began(&call, ret);
}

/**
 * mdev_bpf_gfx_query() - VFIO_DEVICE_QUERY_GFX_PLANE
 * @bdev: the device
 * @info: the argument
 *
 * Context: Process context.
 *
 * Return: 0; -EINVAL for a kind or type of plane that the device does not have; -EIO if the answer
 * of the program is not valid; -ENODEV if no program is attached; the errno of gfx_query.
 */
long mdev_bpf_gfx_query(struct mdev_bpf_device *bdev, struct vfio_device_gfx_plane_info *info)
{
	u32 kind = info->flags & ~VFIO_GFX_PLANE_TYPE_PROBE, size;
	struct mdev_bpf_plane plane = {
		.type = plane_type(info, kind),
		.kind = kind == VFIO_GFX_PLANE_TYPE_DMABUF ? MDEV_BPF_GFX_DMABUF :
							     MDEV_BPF_GFX_REGION,
	};
	const struct mdev_bpf_plane nothing = { };
	int ret;

	if (!has_kind(bdev, kind))
		return -EINVAL;
	if (info->flags & VFIO_GFX_PLANE_TYPE_PROBE)
		return 0;
	if (plane.type > MDEV_BPF_PLANE_CURSOR)
		return -EINVAL;
	ret = call_gfx_query(bdev, &plane);
	if (ret)
		return ret;
	if (!plane.drm_format) {
		answer(info, &nothing, 0);
		return 0;
	}
	size = fb_size(&plane);
	if (!size || !fb_fits(bdev, &plane, kind))
		return -EIO;
	answer(info, &plane, size);
	if (kind == VFIO_GFX_PLANE_TYPE_DMABUF)
		info->dmabuf_id = fb_id(bdev, &plane);
	else
		info->size = min_t(u64, size, bdev->regions[plane.region].size);
	return 0;
}

static struct mdev_bpf_framebuffer find_fb(struct mdev_bpf_device *bdev, u32 id)
{
	const struct mdev_bpf_display *display = &bdev->display;
	unsigned int i;

	guard(mdev_bpf_gate)(bdev);
	for (i = 0; id && i < ARRAY_SIZE(display->fbs); i++)
		if (display->fbs[i].id == id)
			return display->fbs[i];
	return (struct mdev_bpf_framebuffer){ };
}

/**
 * mdev_bpf_gfx_get_dmabuf() - VFIO_DEVICE_GET_GFX_DMABUF
 * @bdev: the device
 * @id: the id that mdev_bpf_gfx_query() has returned for the framebuffer
 * @file: set to the dma-buf, for the caller to install as the file descriptor that is returned
 *
 * This works without a program, because the framebuffer stays where it is.
 *
 * Context: Process context.
 *
 * Return: a file descriptor; -ENOENT for an id that does not exist, or no longer; -ENOMEM; -EMFILE.
 */
long mdev_bpf_gfx_get_dmabuf(struct mdev_bpf_device *bdev, u32 id, struct file **file)
{
	struct mdev_bpf_framebuffer fb = find_fb(bdev, id);
	struct dma_buf *buf;
	bool write;
	int fd;

	if (!fb.id)
		return -ENOENT;
	/* What a program may protect is never writable by a dma-buf, which cannot be revoked */
	write = bdev->regions[fb.region].flags & MDEV_BPF_REGION_WRITE &&
		!(bdev->regions[fb.region].flags & MDEV_BPF_REGION_PROTECT);
	buf = mdev_bpf_dmabuf_export(bdev->memory[fb.region], fb.offset, fb.size,
				     write);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(buf);
	else
		*file = buf->file;
	return fd;
}

/**
 * mdev_bpf_gfx_close() - forget framebuffers and the monitor because the user has closed the device
 * @bdev: the device
 *
 * Ids are not used again, so that they cannot be mistaken for those of the next user.
 *
 * Context: Process context.
 */
void mdev_bpf_gfx_close(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	memset(bdev->display.fbs, 0, sizeof(bdev->display.fbs));
	bdev->display.link = false;
	bdev->display.edid_size = 0;
}
