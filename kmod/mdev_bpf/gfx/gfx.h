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
 * @id: what the user calls it; 0: there is none
 * @region: VFIO index of the region that it is in
 * @offset: where there
 * @modifier: DRM_FORMAT_MOD_*
 * @format: DRM_FORMAT_*
 * @width: in pixels
 * @height: in pixels
 * @stride: bytes from one line to the next
 * @size: bytes, whole pages
 * @used: when it was shown last, in mdev_bpf_display::queries
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

/* How many framebuffers of a device have an id at a time */
#define MDEV_BPF_FRAMEBUFFERS	16

/**
 * struct mdev_bpf_display - display of a device
 * @decl: as declared, fixed for the device's life
 * @fbs: the framebuffers shown last, under the gate
 * @last_id: the last id that a framebuffer was given
 * @queries: how often one was shown
 * @edid_size: bytes of EDID, under the gate
 * @link: the monitor is connected, likewise
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
void mdev_bpf_gfx_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
void mdev_bpf_gfx_close(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_GFX_GFX_H */
