// SPDX-License-Identifier: GPL-2.0-only
/*
 * A framebuffer in three sizes, which a driver finds described in configuration space: the device
 * of the kernel's sample samples/vfio-mdev/mdpy.c. Documentation/devices/mdpy.rst has its data
 * sheet.
 */
#include "mdev_bpf.bpf.h"
#include <drm/drm_fourcc.h>
#include <linux/pci_regs.h>

#define BAR		0

/* Where the vendor's capability has the mode */
#define CAP_SIZE	16
#define CAP_FORMAT	4
#define CAP_WIDTH	8
#define CAP_HEIGHT	12

/* mdev_bpf_type_desc::arg */
#define MODE(width, height)	((__u64)(width) << 32 | (height))

static __u32 width(const struct mdev_bpf_dev *dev)
{
	return dev->arg >> 32;
}

static __u32 height(const struct mdev_bpf_dev *dev)
{
	return dev->arg;
}

static int describe(struct mdev_bpf_dev *dev)
{
	int cap = mdev_bpf_pci_cap_offset(dev, 0);

	if (cap < 0)
		return cap;
	return mdev_bpf_config_write(dev, cap + CAP_FORMAT, 4, DRM_FORMAT_XRGB8888) ?:
	       mdev_bpf_config_write(dev, cap + CAP_WIDTH, 4, width(dev)) ?:
	       mdev_bpf_config_write(dev, cap + CAP_HEIGHT, 4, height(dev));
}

/* From black at the top to white */
static int draw(struct mdev_bpf_dev *dev)
{
	__u32 line = width(dev) * 4;
	int y;

	mdev_bpf_for(y, dev, 0, height(dev)) {
		__u64 grey = y * 255 / height(dev);
		int ret = mdev_bpf_memory_fill(dev, BAR, (__u64)y * line, line,
					       grey * 0x0101010101010101);

		if (ret)
			return ret;
	}
	return 0;
}

/* Also at a reset, which has cleared all of that */
int MDEV_BPF_OP(mdpy_init, struct mdev_bpf_dev *dev)
{
	return describe(dev) ?: draw(dev);
}

/* What the last guest has drawn is not for the next one. */
int MDEV_BPF_OP(mdpy_open, struct mdev_bpf_dev *dev)
{
	return draw(dev);
}

int MDEV_BPF_OP(mdpy_query, struct mdev_bpf_dev *dev, struct mdev_bpf_plane *plane)
{
	if (plane->type != MDEV_BPF_PLANE_PRIMARY)
		return 0;
	plane->region = BAR;
	plane->drm_format = DRM_FORMAT_XRGB8888;
	plane->width = width(dev);
	plane->height = height(dev);
	plane->stride = width(dev) * 4;
	return 0;
}

/* Populated, so that drawing never fails for lack of memory */
#define FRAMEBUFFER(type, megabytes) {							\
	.index = BAR, .types = 1 << (type), .size = (megabytes) << 20,			\
	.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_PREFETCH |			\
		 MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_MMAP |			\
		 MDEV_BPF_REGION_POPULATE						\
}

MDEV_BPF_DEVICE(mdpy,
		.description = "A framebuffer of a fixed size",
		.types = {
			{ .name = "vga", .pretty_name = "mdpy-vga", .arg = MODE(640, 480) },
			{ .name = "xga", .pretty_name = "mdpy-xga", .arg = MODE(1024, 768) },
			{ .name = "hd", .pretty_name = "mdpy-hd", .arg = MODE(1920, 1080) },
		},
		.max_instances = 4,
		.pci = {
			.vendor = 0x1b36, .device = 0x000f, .class_code = 0x038000,
			.subsystem_vendor = 0x1af4, .subsystem_device = 0x1100, .revision = 1,
		},
		.pci_caps = {
			{ .id = PCI_CAP_ID_VNDR, .size = CAP_SIZE, .flags = MDEV_BPF_PCI_CAP_LOW },
		},
		.regions = { FRAMEBUFFER(0, 2), FRAMEBUFFER(1, 4), FRAMEBUFFER(2, 8) },
		.gfx = { { .flags = MDEV_BPF_GFX_REGION } },
		.init = mdpy_init,
		.open = mdpy_open,
		.gfx_query = mdpy_query);

char _license[] SEC("license") = "GPL";
