// SPDX-License-Identifier: GPL-2.0-only
/* Displays: what planes show, in regions. */
#include <drm/drm_fourcc.h>
#include <string.h>
#include <sys/mman.h>

#include "display.h"
#include "wrong.h"

static __u8 *map(int fd, size_t size, int prot)
{
	return mmap(NULL, size, prot, MAP_SHARED, fd, 0);
}

MTAP_TEST(probe)
{
	EXPECT_EQ(query_errno(PROBE | REGION, 0), 0);
	EXPECT_EQ(query_errno(PROBE | DMABUF, 0), 0);
	EXPECT_EQ(query_errno(PROBE, 0), -EINVAL);
	EXPECT_EQ(query_errno(PROBE | REGION | DMABUF, 0), -EINVAL);
	/* The program is not asked. */
	EXPECT_EQ(dev_get(0, KGFX_CALLS, 4), 0);
}

static void probe_one_kind(__u32 kind, __u32 has, __u32 has_not)
{
	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, KGFX, NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, "kgfx2", 6);
	prog_ops(&dev_prog2)->gfx[1].flags = kind;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kgfx2-a");
	display_show(KGFX_PRIMARY);
	EXPECT_EQ(query_errno(PROBE | has, 0), 0);
	EXPECT_EQ(query_errno(PROBE | has_not, 0), -EINVAL);
	EXPECT_EQ(query_errno(has, PRIMARY), 0);
	EXPECT_EQ(dev_get(0, KGFX_KIND, 4), kind);
	EXPECT_EQ(query_errno(has_not, PRIMARY), -EINVAL);
}

MTAP_TEST(one_kind)
{
	probe_one_kind(MDEV_BPF_GFX_REGION, REGION, DMABUF);
	EXPECT_EQ(get_dmabuf(1), -ENOENT);
	probe_one_kind(MDEV_BPF_GFX_DMABUF, DMABUF, REGION);
}

MTAP_TEST(in_region)
{
	struct vfio_device_gfx_plane_info info;

	ASSERT_EQ(query(REGION, PRIMARY, &info), 0);
	EXPECT_EQ(info.argsz, sizeof(info));
	EXPECT_EQ(info.flags, REGION);
	EXPECT_EQ(info.drm_plane_type, PRIMARY);
	EXPECT_EQ(info.drm_format, DRM_FORMAT_XRGB8888);
	EXPECT_EQ(info.drm_format_mod, DRM_FORMAT_MOD_LINEAR);
	EXPECT_EQ(info.width, WIDTH);
	EXPECT_EQ(info.height, HEIGHT);
	EXPECT_EQ(info.stride, STRIDE);
	EXPECT_EQ(info.size, PAGES);
	EXPECT_EQ(info.region_index, KGFX_FB);
	EXPECT_EQ(dev_get(0, KGFX_CALLS, 4), 1);
}

/* QEMU does not say which plane it wants. */
MTAP_TEST(region_of_no_type)
{
	struct vfio_device_gfx_plane_info info;

	ASSERT_EQ(query(REGION, 0, &info), 0);
	EXPECT_EQ(info.drm_plane_type, 0);
	EXPECT_EQ(info.width, WIDTH);
	EXPECT_EQ(info.region_index, KGFX_FB);
}

/* The program is asked for each query. */
MTAP_TEST(other_mode)
{
	struct vfio_device_gfx_plane_info info;

	display_set(KGFX_PRIMARY + KGFX_WIDTH, 16);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, 4);
	display_set(KGFX_PRIMARY + KGFX_STRIDE, 16);
	display_set(KGFX_PRIMARY + KGFX_FORMAT, DRM_FORMAT_C8);
	display_set(KGFX_PRIMARY + KGFX_REGION, KGFX_SMALL);
	ASSERT_EQ(query(REGION, PRIMARY, &info), 0);
	EXPECT_EQ(info.drm_format, DRM_FORMAT_C8);
	EXPECT_EQ(info.width, 16);
	EXPECT_EQ(info.height, 4);
	EXPECT_EQ(info.stride, 16);
	/* Not more than there is */
	EXPECT_EQ(info.size, KGFX_SMALL_SIZE);
	EXPECT_EQ(info.region_index, KGFX_SMALL);
}

MTAP_TEST(cursor)
{
	struct vfio_device_gfx_plane_info info;

	display_show(KGFX_CURSOR);
	display_set(KGFX_CURSOR + KGFX_OFFSET, 0x80000);
	display_set(KGFX_CURSOR + KGFX_WIDTH, 64);
	display_set(KGFX_CURSOR + KGFX_HEIGHT, 64);
	display_set(KGFX_CURSOR + KGFX_STRIDE, 256);
	display_set(KGFX_CURSOR + KGFX_FORMAT, DRM_FORMAT_ARGB8888);
	display_set(KGFX_CURSOR + KGFX_MODIFIER, DRM_FORMAT_MOD_INVALID);
	display_set(KGFX_CURSOR + KGFX_X, 11);
	display_set(KGFX_CURSOR + KGFX_Y, 12);
	display_set(KGFX_CURSOR + KGFX_X_HOT, 13);
	display_set(KGFX_CURSOR + KGFX_Y_HOT, 14);
	ASSERT_EQ(query(DMABUF, CURSOR, &info), 0);
	EXPECT_EQ(info.drm_format, DRM_FORMAT_ARGB8888);
	EXPECT(info.drm_format_mod == DRM_FORMAT_MOD_INVALID);
	EXPECT_EQ(info.size, 0x4000);
	EXPECT_EQ(info.x_pos, 11);
	EXPECT_EQ(info.y_pos, 12);
	EXPECT_EQ(info.x_hot, 13);
	EXPECT_EQ(info.y_hot, 14);
	/* Where it is does not matter. */
	display_set(KGFX_CURSOR + KGFX_X, 100);
	EXPECT_EQ(dmabuf_id(CURSOR), info.dmabuf_id);
	EXPECT(dmabuf_id(PRIMARY) != info.dmabuf_id);
	ASSERT_EQ(query(REGION, PRIMARY, &info), 0);
	EXPECT_EQ(info.x_pos, 0);
}

MTAP_TEST(nothing)
{
	struct vfio_device_gfx_plane_info info;

	EXPECT_EQ(query(REGION, CURSOR, &info), 0);
	display_set(KGFX_PRIMARY + KGFX_FORMAT, 0);
	/* Whatever the other members are */
	display_set(KGFX_PRIMARY + KGFX_REGION, 99);
	ASSERT_EQ(query(DMABUF, PRIMARY, &info), 0);
	EXPECT_EQ(info.drm_format, 0);
	EXPECT_EQ(info.width, 0);
	EXPECT_EQ(info.height, 0);
	EXPECT_EQ(info.stride, 0);
	EXPECT_EQ(info.size, 0);
	EXPECT_EQ(info.dmabuf_id, 0);
	EXPECT_EQ(get_dmabuf(0), -ENOENT);
}

MTAP_TEST(bad_arguments)
{
	struct vfio_device_gfx_plane_info info;

	EXPECT_EQ(query_errno(0, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION | DMABUF, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION | 8, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION | 1U << 31, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION, CURSOR + 1), -EINVAL);
	EXPECT_EQ(query_errno(REGION, 0xffffffff), -EINVAL);
	EXPECT_EQ(dev_get(0, KGFX_CALLS, 4), 0);
	/* A plane that this program does not have */
	EXPECT_EQ(query_errno(DMABUF, MDEV_BPF_PLANE_OVERLAY), -ENXIO);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, NULL), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_GFX_DMABUF, NULL), -EFAULT);
	memset(&info, 0, sizeof(info));
	info.flags = REGION;
	info.drm_plane_type = PRIMARY;
	info.argsz = offsetof(struct vfio_device_gfx_plane_info, reserved) - 1;
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, &info), -EINVAL);
	info.argsz++;
	info.reserved = 0x5a5a;
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, &info), 0);
	EXPECT_EQ(info.width, WIDTH);
	EXPECT_EQ(info.reserved, 0x5a5a);
}

MTAP_TEST(result_of_program)
{
	display_set(KGFX_RESULT, -EAGAIN);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EAGAIN);
	display_set(KGFX_RESULT, 1);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	display_set(KGFX_RESULT, -600);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	display_set(KGFX_RESULT, 0);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

/* One register of the primary plane that makes it nonsense */
static const struct {
	unsigned int reg;
	__u64 val;
	__u32 kinds;
} wrong[] = {
	{ KGFX_REGION, 0, REGION | DMABUF },	/* no memory */
	{ KGFX_REGION, 3, REGION | DMABUF },	/* no region */
	{ KGFX_REGION, VFIO_PCI_CONFIG_REGION_INDEX, REGION | DMABUF },
	{ KGFX_REGION, KGFX_SMALL, REGION | DMABUF },
	{ KGFX_REGION, 16, REGION | DMABUF },
	{ KGFX_REGION, 0xffffffff, REGION | DMABUF },
	{ KGFX_OFFSET, 4096, REGION },	/* VFIO cannot say where in the region */
	{ KGFX_OFFSET, 4, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE - SIZE + 2048, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE - PAGES + 4096, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE + 4096, REGION | DMABUF },
	{ KGFX_OFFSET, 0xfffffffffffff000, REGION | DMABUF },
	{ KGFX_WIDTH, 0, REGION | DMABUF },
	{ KGFX_WIDTH, WIDTH + 1, REGION | DMABUF },	/* more than a line has */
	{ KGFX_WIDTH, 0x40000001, REGION | DMABUF },	/* times 4 is 4 */
	{ KGFX_HEIGHT, 0, REGION | DMABUF },
	{ KGFX_HEIGHT, KGFX_FB_SIZE / STRIDE + 1, REGION | DMABUF },
	{ KGFX_HEIGHT, MDEV_BPF_MAX_RES + 1, REGION | DMABUF },
	{ KGFX_HEIGHT, 0x80000000, REGION | DMABUF },
	{ KGFX_STRIDE, 0, REGION | DMABUF },
	{ KGFX_STRIDE, STRIDE - 1, REGION | DMABUF },
	{ KGFX_STRIDE, KGFX_FB_SIZE / HEIGHT + 1, REGION | DMABUF },
	{ KGFX_STRIDE, 0x80000000, REGION | DMABUF },
};

MTAP_TEST(nonsense)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		__u32 kinds = wrong[i].kinds;
		int ret;

		display_show(KGFX_PRIMARY);
		display_set(KGFX_PRIMARY + KGFX_OFFSET, 0);
		display_set(KGFX_PRIMARY + wrong[i].reg, wrong[i].val);
		ret = query_errno(REGION, PRIMARY);
		if (ret != (kinds & REGION ? -EIO : 0))
			mtap_fail(__FILE__, __LINE__, "[%zu] region: %d", i, ret);
		ret = query_errno(DMABUF, PRIMARY);
		if (ret != (kinds & DMABUF ? -EIO : 0))
			mtap_fail(__FILE__, __LINE__, "[%zu] dma-buf: %d", i, ret);
	}
}

/* The last place where it fits, and formats that the core does not know */
MTAP_TEST(just_fits)
{
	display_show(KGFX_PRIMARY);
	display_set(KGFX_PRIMARY + KGFX_OFFSET, KGFX_FB_SIZE - PAGES);
	EXPECT_EQ(query_errno(DMABUF, PRIMARY), 0);
	display_set(KGFX_PRIMARY + KGFX_OFFSET, 0);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, KGFX_FB_SIZE / STRIDE);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
	display_set(KGFX_PRIMARY + KGFX_FORMAT, DRM_FORMAT_RGB565);
	display_set(KGFX_PRIMARY + KGFX_WIDTH, STRIDE / 2);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
	display_set(KGFX_PRIMARY + KGFX_WIDTH, STRIDE / 2 + 1);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	display_set(KGFX_PRIMARY + KGFX_FORMAT, DRM_FORMAT_NV12);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

/* A plane in private memory can only be had as a dma-buf. */
MTAP_TEST(private_memory)
{
	display_set(KGFX_PRIMARY + KGFX_REGION, KGFX_PRIVATE);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, 8);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	EXPECT(map(buf_fd, 4096, PROT_READ | PROT_WRITE) == MAP_FAILED);
	EXPECT_EQ(errno, EACCES);
	EXPECT(map(buf_fd, 4096, PROT_READ) != MAP_FAILED);
}

/* A device of this type has no frame buffer. */
MTAP_TEST(not_this_type)
{
	dev_close();
	dev_open("kgfx-b");
	display_show(KGFX_PRIMARY);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	display_set(KGFX_PRIMARY + KGFX_REGION, KGFX_SMALL);
	display_set(KGFX_PRIMARY + KGFX_WIDTH, 4);
	display_set(KGFX_PRIMARY + KGFX_STRIDE, 16);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, 4);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

MTAP_TEST(no_display)
{
	struct vfio_device_gfx_plane_info info;

	dev_close();
	ASSERT_EQ(prog_up(&dev_prog2, KDEV), 0);
	dev_open("kdev-a");
	EXPECT_EQ(query(PROBE | REGION, 0, &info), -ENOTTY);
	EXPECT_EQ(get_dmabuf(1), -ENOTTY);
}

MTAP_TEST(without_program)
{
	__u32 id = dmabuf_id(PRIMARY);

	prog_detach(&dev_prog);
	EXPECT_EQ(query_errno(PROBE | REGION, 0), 0);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -ENODEV);
	buf_fd = get_dmabuf(id);
	EXPECT(buf_fd >= 0);
}

MTAP_TEST(failed)
{
	display_set(KGFX_FAIL, 1);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "failed");
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	EXPECT_EQ(vfio_reset(&dev), 0);
	display_show(KGFX_PRIMARY);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

WRONG(gfx_flag, ops->gfx[1].flags |= 4)
WRONG(gfx_flags_high, ops->gfx[0].flags |= 1U << 31)
WRONG(gfx_xres, ops->gfx[0].max_xres = MDEV_BPF_MAX_RES + 1)
WRONG(gfx_yres, ops->gfx[1].max_yres = 0xffffffff)
WRONG(gfx_no_query, ops->gfx_query = NULL)
WRONG(gfx_no_flags, ops->gfx[1].flags = 0)
WRONG(gfx_gap, ops->gfx[3].types = 1)
WRONG(gfx_twice, ops->gfx[1].types = 0)
WRONG(gfx_no_type, ops->gfx[1].types = 4)
WRONG(gfx_query_alone, memset(ops->gfx, 0, sizeof(ops->gfx)))
WRONG(gfx_no_memory, memset(&ops->regions[1], 0, 31 * sizeof(ops->regions[0])))
WRONG(edid_only, memset(ops->gfx, 0, sizeof(ops->gfx)); ops->gfx_query = NULL)
WRONG(edid_alone, memset(&ops->gfx[1], 0, sizeof(ops->gfx[1])))
WRONG(edid_read_only, ops_region(ops, KGFX_EDID)->flags &= ~MDEV_BPF_REGION_WRITE)
WRONG(edid_mmap, ops_region(ops, KGFX_EDID)->flags |= MDEV_BPF_REGION_MMAP;
	ops_region(ops, KGFX_EDID)->size = 4096)
WRONG(edid_window, ops_region(ops, KGFX_EDID)->size = 8192;
	ops_region(ops, KGFX_EDID)->trap_size = 4096)
WRONG(edid_small, ops_region(ops, KGFX_EDID)->size = MDEV_BPF_EDID_OFFSET + 127)
WRONG(edid_large, ops_region(ops, KGFX_EDID)->size = 0x10001)
WRONG(edid_width, ops_region(ops, KGFX_EDID)->access_size = 8)
WRONG(edid_twice, ops->regions[5] = *ops_region(ops, KGFX_EDID); ops->regions[5].index = 12)
WRONG(edid_none, ops_region(ops, KGFX_EDID)->cap_subtype = 2)

static const struct wrong refusals[] = {
	{ gfx_flag, -EOPNOTSUPP, "gfx[1].flags 0x4 are not supported" },
	{ gfx_flags_high, -EOPNOTSUPP, "gfx[0].flags 0x80000000 are not supported" },
	{ gfx_xres, -EINVAL, "gfx[0].max_xres or max_yres is more than 32767" },
	{ gfx_yres, -EINVAL, "gfx[1].max_xres or max_yres is more than 32767" },
	{ gfx_no_query, -EINVAL, "there are gfx[0].flags, but no gfx_query" },
	{ gfx_no_flags, -EINVAL, "gfx[1] has no flags, but it or a later row is not empty" },
	{ gfx_gap, -EINVAL, "gfx[2] has no flags, but it or a later row is not empty" },
	{ gfx_twice, -EINVAL, "gfx[0] and gfx[1] are both for a type" },
	{ gfx_no_type, -EINVAL, "gfx[1].types 0x4 names a type above the last, 1" },
	{ gfx_query_alone, -EINVAL, "there is a gfx_query, but no gfx[0].flags" },
	{ gfx_no_memory, -EINVAL, "there are gfx[0].flags, but no region is MEMORY" },
	{ edid_only, -EINVAL, "regions[4] is for EDID, but type 0 has no gfx[].flags" },
	{ edid_alone, -EINVAL, "regions[4] is for EDID, but type 0 has no gfx[].flags" },
	{ edid_read_only, -EINVAL, "regions[4] is for EDID: readable, writable, no MMAP" },
	{ edid_mmap, -EINVAL, "regions[4] is for EDID: readable, writable, no MMAP" },
	{ edid_window, -EINVAL, "regions[4] is for EDID: readable, writable, no MMAP" },
	{ edid_small, -EINVAL, "regions[4].size 0xbf is not 0xc0 to 0x10000, for EDID" },
	{ edid_large, -EINVAL, "regions[4].size 0x10001 is not 0xc0 to 0x10000, for EDID" },
	{ edid_width, -EINVAL, "regions[4].access_size 8 is not 4, for EDID" },
	{ edid_twice, -EINVAL, "regions[5] is a second one for EDID" },
	{ edid_none, -EINVAL, "there is a gfx_edid, but no region for EDID" },
};

MTAP_TEST(refused)
{
	expect_wrong(KGFX, refusals, ARRAY_SIZE(refusals));
}

/* A program that takes devices over must have the display that they have. */
MTAP_TEST(other_display)
{
	ASSERT_EQ(prog_open(&dev_prog2, KGFX, NULL), 0);
	prog_ops(&dev_prog2)->gfx[1].max_xres--;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_update(&dev_prog, &dev_prog2), -EINVAL);
	EXPECT_HAS(why_refused(), "gfx[] differ from those in use");
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = display_load, .before = display_open, .after = display_close,
	.teardown = dev_unload,
};
