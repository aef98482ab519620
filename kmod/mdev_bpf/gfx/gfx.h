/* SPDX-License-Identifier: GPL-2.0-only */
/* Displays. */
#ifndef __MDEV_BPF_GFX_GFX_H
#define __MDEV_BPF_GFX_GFX_H

#include <linux/mdev_bpf.h>

struct file;
struct mdev_bpf_device;
struct vfio_device_gfx_plane_info;

/**
 * struct mdev_bpf_framebuffer - a framebuffer that can be exported as a dma-buf
 * @id: the id for the user; 0 if there is no framebuffer
 * @region: VFIO index of the region that contains it
 * @offset: first byte in the region
 * @modifier: DRM_FORMAT_MOD_*
 * @format: DRM_FORMAT_*
 * @width: width in pixels
 * @height: height in pixels
 * @stride: number of bytes from one line to the next
 * @size: size in bytes, whole pages
 * @used: value of mdev_bpf_display::queries when it was shown last
 */
struct mdev_bpf_framebuffer {
	u32 id;
	u32 region;
	u64 offset;
	u64 modifier;
	u32 format;
	u32 width;
	u32 height;
	u32 stride;
	u32 size;
	u64 used;
};

/* Number of framebuffers of a device that can have an id at a time */
#define MDEV_BPF_FRAMEBUFFERS	16

/**
 * struct mdev_bpf_display - display of a device
 * @decl: the declaration, which never changes for a device; empty if it has no display
 * @fbs: the framebuffers that were shown last; protected by the gate, like all members below
 * @last_id: the last id that was assigned to a framebuffer
 * @queries: number of queries that were answered with a framebuffer
 * @edid_size: size of the EDID in bytes
 * @link: the monitor is connected
 */
struct mdev_bpf_display {
	struct mdev_bpf_gfx decl;
	struct mdev_bpf_framebuffer fbs[MDEV_BPF_FRAMEBUFFERS];
	u32 last_id;
	u64 queries;
	u32 edid_size;
	bool link;
};

long mdev_bpf_gfx_query(struct mdev_bpf_device *bdev, struct vfio_device_gfx_plane_info *info);
long mdev_bpf_gfx_get_dmabuf(struct mdev_bpf_device *bdev, u32 id, struct file **file);
void mdev_bpf_gfx_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
		       unsigned int type);
void mdev_bpf_gfx_close(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_GFX_GFX_H */
