// SPDX-License-Identifier: GPL-2.0-only
/* A display that shows what its registers say; see kgfx.h. */
#include "mdev_bpf.bpf.h"
#include <linux/vfio.h>
#include "kgfx.h"

char _license[] SEC("license") = "GPL";

struct kgfx_state {
	__u32 reg[KGFX_CTL_SIZE / 4];
};

int MDEV_BPF_OP(kgfx_region_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kgfx_state *s = mdev_bpf_state(dev, struct kgfx_state);

	if (!s || a->size != 4)
		return -EINVAL;
	a->val = s->reg[a->offset / 4 & (KGFX_CTL_SIZE / 4 - 1)];
	return 0;
}

#define REG(r)		(s->reg[(base + (r)) / 4])
#define REG64(r)	(REG(r) | (__u64)REG((r) + 4) << 32)

static __always_inline int draw(struct mdev_bpf_dev *dev, struct kgfx_state *s, __u32 base)
{
	__u32 line = s->reg[KGFX_DRAW / 4], x, i, pixel[16];
	int ret = 0;

	for (x = 0; !ret && x < 1024 && x < REG(KGFX_WIDTH); x += 16) {
		for (i = 0; i < 16; i++)
			pixel[i] = line << 12 | (x + i);
		ret = mdev_bpf_memory_write(dev, REG(KGFX_REGION), REG64(KGFX_OFFSET) +
					    line * REG(KGFX_STRIDE) + x * 4, pixel,
					    sizeof(pixel));
	}
	return ret;
}

int MDEV_BPF_OP(kgfx_region_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kgfx_state *s = mdev_bpf_state(dev, struct kgfx_state);

	if (!s || a->size != 4)
		return -EINVAL;
	s->reg[a->offset / 4 & (KGFX_CTL_SIZE / 4 - 1)] = a->val;
	return a->offset == KGFX_DRAW ? draw(dev, s, KGFX_PRIMARY) : 0;
}

static __always_inline void show(struct mdev_bpf_plane *plane, struct kgfx_state *s, __u32 base)
{
	plane->region = REG(KGFX_REGION);
	plane->offset = REG64(KGFX_OFFSET);
	plane->drm_modifier = REG64(KGFX_MODIFIER);
	plane->drm_format = REG(KGFX_FORMAT);
	plane->width = REG(KGFX_WIDTH);
	plane->height = REG(KGFX_HEIGHT);
	plane->stride = REG(KGFX_STRIDE);
	plane->x_pos = REG(KGFX_X);
	plane->y_pos = REG(KGFX_Y);
	plane->x_hot = REG(KGFX_X_HOT);
	plane->y_hot = REG(KGFX_Y_HOT);
}

int MDEV_BPF_OP(kgfx_gfx_query, struct mdev_bpf_dev *dev, struct mdev_bpf_plane *plane)
{
	struct kgfx_state *s = mdev_bpf_state(dev, struct kgfx_state);

	if (!s)
		return -ENOMEM;
	s->reg[KGFX_CALLS / 4]++;
	s->reg[KGFX_KIND / 4] = plane->kind;
	if (s->reg[KGFX_FAIL / 4])
		mdev_bpf_fail_printf(dev, 1, "no light");
	if (plane->type == MDEV_BPF_PLANE_PRIMARY)
		show(plane, s, KGFX_PRIMARY);
	else if (plane->type == MDEV_BPF_PLANE_CURSOR)
		show(plane, s, KGFX_CURSOR);
	else
		return -ENXIO;
	return s->reg[KGFX_RESULT / 4];
}

int MDEV_BPF_OP(kgfx_gfx_edid, struct mdev_bpf_dev *dev, struct mdev_bpf_edid *edid)
{
	struct kgfx_state *s = mdev_bpf_state(dev, struct kgfx_state);
	__u8 byte = 0;

	if (!s)
		return 0;
	mdev_bpf_memory_read(dev, KGFX_EDID, MDEV_BPF_EDID_OFFSET, &byte, 1);
	s->reg[KGFX_EDIDS / 4]++;
	s->reg[KGFX_LINK / 4] = edid->link;
	s->reg[KGFX_EDID_LEN / 4] = edid->size;
	s->reg[KGFX_EDID_BYTE / 4] = byte;
	return 0;
}

int MDEV_BPF_OP(kgfx_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	struct kgfx_state *s = mdev_bpf_state(dev, struct kgfx_state);

	if (!s || call->cmd != VFIO_DEVICE_GET_GFX_DMABUF || !s->reg[KGFX_DROP / 4])
		return MDEV_BPF_IOCTL_PASS;
	if (call->stage == MDEV_BPF_IOCTL_BEFORE)
		return MDEV_BPF_IOCTL_REVIEW;
	if (call->ret >= 0)
		call->ret = s->reg[KGFX_DROP / 4];
	return 0;
}

#define MEMORY(i, bytes, more) \
	{ .index = (i), .size = (bytes), .flags = MDEV_BPF_REGION_MEMORY | (more) }

#define KGFX_OPS \
	.region_read = kgfx_region_read, \
	.region_write = kgfx_region_write, \
	.gfx_query = kgfx_gfx_query, \
	.gfx_edid = kgfx_gfx_edid, \
	.ioctl = kgfx_ioctl, \
	.name = "kgfx", \
	.state_size = sizeof(struct kgfx_state), \
	.types = { { .name = "a" }, { .name = "b" } }, \
	.pci = { .vendor = 0x1234, .device = 0x6fbf, .class_code = 0x030000 }, \
	.regions = { \
		{ .size = KGFX_CTL_SIZE, .flags = MDEV_BPF_REGION_RW }, \
		{ .index = KGFX_FB, .size = KGFX_FB_SIZE, .types = 1, \
			      .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY | \
				       MDEV_BPF_REGION_MMAP }, \
		MEMORY(KGFX_SMALL, KGFX_SMALL_SIZE, MDEV_BPF_REGION_READ), \
		MEMORY(KGFX_PRIVATE, KGFX_PRIVATE_SIZE, 0), \
		{ .index = KGFX_EDID, .size = KGFX_EDID_SIZE, .cap_type = VFIO_REGION_TYPE_GFX, \
				.cap_subtype = VFIO_REGION_SUBTYPE_GFX_EDID, \
				.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY }, \
	}

MDEV_BPF_DEVICE(kgfx,
		KGFX_OPS,
		.gfx = {
			{ .flags = MDEV_BPF_GFX_REGION | MDEV_BPF_GFX_DMABUF, .types = 1 << 1,
			  .max_xres = 640, .max_yres = 480 },
			{ .flags = MDEV_BPF_GFX_REGION | MDEV_BPF_GFX_DMABUF, .types = 1 << 0,
			  .max_xres = 1024, .max_yres = 768 },
		});

/* Without dma-bufs, which QEMU would want to hand to OpenGL */
MDEV_BPF_DEVICE(kgfx_region,
		KGFX_OPS,
		.gfx = {
			{ .flags = MDEV_BPF_GFX_REGION, .max_xres = 1024, .max_yres = 768 },
		});
