// SPDX-License-Identifier: GPL-2.0-only
/* Implements display.h. */
#include <drm/drm_fourcc.h>
#include <string.h>
#include <unistd.h>

#include "display.h"

int buf_fd = -1;

void display_load(void)
{
	dev_load(KGFX);
}

void display_set(unsigned int reg, __u64 val)
{
	dev_set(0, reg, 4, val & 0xffffffff);
	if (reg % 0x40 == KGFX_OFFSET || reg % 0x40 == KGFX_MODIFIER)
		dev_set(0, reg + 4, 4, val >> 32);
}

void display_show(unsigned int plane)
{
	display_set(plane + KGFX_REGION, KGFX_FB);
	display_set(plane + KGFX_FORMAT, DRM_FORMAT_XRGB8888);
	display_set(plane + KGFX_WIDTH, WIDTH);
	display_set(plane + KGFX_HEIGHT, HEIGHT);
	display_set(plane + KGFX_STRIDE, STRIDE);
}

void display_open(void)
{
	dev_open("kgfx-a");
	display_show(KGFX_PRIMARY);
}

void display_close(void)
{
	if (buf_fd >= 0)
		close(buf_fd);
	buf_fd = -1;
	dev_close();
	/* Some test points lose the program, or have it fail. */
	prog_close(&dev_prog);
	display_load();
}

int query(__u32 flags, __u32 type, struct vfio_device_gfx_plane_info *info)
{
	memset(info, 0xa5, sizeof(*info));
	info->argsz = sizeof(*info);
	info->flags = flags;
	info->drm_plane_type = type;
	return vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, info);
}

int query_errno(__u32 flags, __u32 type)
{
	struct vfio_device_gfx_plane_info info;

	return query(flags, type, &info);
}

__u32 dmabuf_id(__u32 type)
{
	struct vfio_device_gfx_plane_info info;

	ASSERT_EQ(query(DMABUF, type, &info), 0);
	return info.dmabuf_id;
}

int get_dmabuf(__u32 id)
{
	return vfio_ioctl(&dev, VFIO_DEVICE_GET_GFX_DMABUF, &id);
}
