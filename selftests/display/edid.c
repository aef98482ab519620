// SPDX-License-Identifier: GPL-2.0-only
/* Displays: the region through which a user says what monitor there is. */
#include <string.h>

#include "display.h"

#define EDID(member)	offsetof(struct vfio_region_gfx_edid, member)
#define EDID_MAX	(KGFX_EDID_SIZE - MDEV_BPF_EDID_OFFSET)
#define UP		VFIO_DEVICE_GFX_LINK_STATE_UP
#define DOWN		VFIO_DEVICE_GFX_LINK_STATE_DOWN

static int set_edid(__u32 reg, __u32 val)
{
	return vfio_set(&dev, KGFX_EDID, reg, 4, val);
}

static int get_edid(__u32 reg)
{
	return vfio_get(&dev, KGFX_EDID, reg, 4);
}

/* How a user finds the region */
MTAP_TEST(edid_found)
{
	struct {
		struct vfio_region_info info;
		struct vfio_region_info_cap_type type;
		__u32 more[16];
	} arg = { .info = { .argsz = sizeof(arg), .index = KGFX_EDID } };

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &arg), 0);
	EXPECT_EQ(arg.info.size, KGFX_EDID_SIZE);
	EXPECT_EQ(arg.info.flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
				  VFIO_REGION_INFO_FLAG_CAPS);
	ASSERT_EQ(arg.info.cap_offset, sizeof(arg.info));
	EXPECT_EQ(arg.type.header.id, VFIO_REGION_INFO_CAP_TYPE);
	EXPECT_EQ(arg.type.type, VFIO_REGION_TYPE_GFX);
	EXPECT_EQ(arg.type.subtype, VFIO_REGION_SUBTYPE_GFX_EDID);
}

/* With less room than its capability takes: what it would take; with less than that, nothing. */
MTAP_TEST(edid_found_with_little_room)
{
	__u8 arg[64], behind[64];
	struct vfio_region_info *info = (void *)arg;
	const __u32 head = sizeof(*info), all = head + sizeof(struct vfio_region_info_cap_type);
	__u32 argsz, written;
	int ret;

	memset(behind, 0xa5, sizeof(behind));
	for (argsz = 0; argsz <= sizeof(arg); argsz++) {
		memset(arg, 0xa5, sizeof(arg));
		info->argsz = argsz;
		info->index = KGFX_EDID;
		ret = vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, arg);
		written = argsz < head ? 8 + sizeof(info->index) + 4 : argsz < all ? head : all;
		EXPECT_EQ(ret, argsz < head ? -EINVAL : 0);
		EXPECT_EQ(memcmp(arg + written, behind, sizeof(arg) - written), 0);
		if (ret)
			continue;
		EXPECT_EQ(info->argsz, argsz < all ? all : argsz);
		EXPECT_EQ(info->cap_offset, argsz < all ? 0 : head);
		EXPECT_EQ(info->flags & VFIO_REGION_INFO_FLAG_CAPS, VFIO_REGION_INFO_FLAG_CAPS);
	}
}

/* The protocol as vfio.h has it */
MTAP_TEST(edid)
{
	__u8 blob[256], back[256];
	struct vfio_region_gfx_edid regs;

	ASSERT_EQ(vfio_pread(&dev, KGFX_EDID, 0, &regs, sizeof(regs)), sizeof(regs));
	EXPECT_EQ(regs.edid_offset, MDEV_BPF_EDID_OFFSET);
	EXPECT_EQ(regs.edid_max_size, EDID_MAX);
	EXPECT_EQ(regs.edid_size, 0);
	EXPECT_EQ(regs.max_xres, 1024);
	EXPECT_EQ(regs.max_yres, 768);
	EXPECT_EQ(regs.link_state, DOWN);
	/* The link is already down */
	EXPECT_EQ(set_edid(EDID(link_state), DOWN), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 0);
	memset(blob, 0xe7, sizeof(blob));
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, regs.edid_offset, blob, 256), 256);
	EXPECT_EQ(set_edid(EDID(edid_size), 256), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 1);
	EXPECT_EQ(dev_get(0, KGFX_LINK, 4), 1);
	EXPECT_EQ(dev_get(0, KGFX_EDID_LEN, 4), 256);
	EXPECT_EQ(dev_get(0, KGFX_EDID_BYTE, 4), 0xe7);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 1);
	EXPECT_EQ(get_edid(EDID(link_state)), UP);
	EXPECT_EQ(get_edid(EDID(edid_size)), 256);
	EXPECT_EQ(vfio_pread(&dev, KGFX_EDID, regs.edid_offset, back, 256), 256);
	EXPECT_EQ(memcmp(blob, back, 256), 0);
	EXPECT_EQ(set_edid(EDID(link_state), DOWN), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 2);
	EXPECT_EQ(dev_get(0, KGFX_LINK, 4), 0);
}

MTAP_TEST(edid_wrong)
{
	__u8 bytes[KGFX_EDID_SIZE] = { 0 };
	__u32 reg;

	EXPECT_EQ(set_edid(EDID(edid_size), EDID_MAX), 0);
	EXPECT_EQ(set_edid(EDID(edid_size), EDID_MAX + 1), -EINVAL);
	EXPECT_EQ(set_edid(EDID(edid_size), 0xffffffff), -EINVAL);
	EXPECT_EQ(get_edid(EDID(edid_size)), EDID_MAX);
	EXPECT_EQ(set_edid(EDID(link_state), 0), -EINVAL);
	EXPECT_EQ(set_edid(EDID(link_state), 3), -EINVAL);
	EXPECT_EQ(set_edid(EDID(edid_offset), 64), -EINVAL);
	EXPECT_EQ(set_edid(EDID(edid_max_size), 128), -EINVAL);
	EXPECT_EQ(set_edid(EDID(max_xres), 1), -EINVAL);
	EXPECT_EQ(set_edid(EDID(max_yres), 1), -EINVAL);
	for (reg = sizeof(struct vfio_region_gfx_edid); reg < MDEV_BPF_EDID_OFFSET; reg += 4) {
		EXPECT_EQ(set_edid(reg, 1), -EINVAL);
		EXPECT_EQ(get_edid(reg), 0);
	}
	/* Neither a part of a register nor an access across two */
	EXPECT_EQ(vfio_get(&dev, KGFX_EDID, EDID(edid_size), 2), -EINVAL);
	EXPECT_EQ(vfio_get(&dev, KGFX_EDID, EDID(edid_size) + 3, 1), -EINVAL);
	EXPECT_EQ(vfio_set(&dev, KGFX_EDID, EDID(edid_size), 1, 1), -EINVAL);
	EXPECT_EQ(vfio_set(&dev, KGFX_EDID, EDID(edid_size) + 2, 4, 1), -EINVAL);
	EXPECT_EQ(get_edid(EDID(edid_size)), EDID_MAX);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 0);
	/* The EDID is bytes, up to the end and no further. */
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, MDEV_BPF_EDID_OFFSET + 1, bytes, 3), 3);
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, KGFX_EDID_SIZE - 1, bytes, 2), 1);
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, KGFX_EDID_SIZE, bytes, 1), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, KGFX_EDID, 0, bytes, sizeof(bytes)), sizeof(bytes));
	EXPECT_EQ(bytes[EDID(edid_max_size)], EDID_MAX & 0xff);
}

/* It describes the monitor: reset leaves it alone, and it goes with its user. */
MTAP_TEST(edid_stays)
{
	EXPECT_EQ(set_edid(MDEV_BPF_EDID_OFFSET, 0x12345678), 0);
	EXPECT_EQ(set_edid(EDID(edid_size), 128), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(get_edid(EDID(link_state)), UP);
	EXPECT_EQ(get_edid(EDID(edid_size)), 128);
	EXPECT_EQ(get_edid(MDEV_BPF_EDID_OFFSET), 0x12345678);
	/* The program, whose state was zeroed, is told again, but of nothing else. */
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 1);
	EXPECT_EQ(dev_get(0, KGFX_LINK, 4), 1);
	EXPECT_EQ(dev_get(0, KGFX_EDID_LEN, 4), 128);
	EXPECT_EQ(dev_get(0, KGFX_EDID_BYTE, 4), 0x78);
	EXPECT_EQ(set_edid(EDID(link_state), DOWN), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 0);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(get_edid(EDID(link_state)), DOWN);
	EXPECT_EQ(get_edid(EDID(edid_size)), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(dev_get(0, KGFX_LINK, 4), 1);
}

/* Devices of the other type have another display. */
MTAP_TEST(edid_of_type)
{
	dev_close();
	dev_open("kgfx-b");
	EXPECT_EQ(get_edid(EDID(max_xres)), 640);
	EXPECT_EQ(get_edid(EDID(max_yres)), 480);
}

MTAP_TEST(edid_without_program)
{
	prog_detach(&dev_prog);
	EXPECT_EQ(set_edid(EDID(edid_size), 128), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), -ENODEV);
	EXPECT_EQ(get_edid(EDID(link_state)), DOWN);
	EXPECT_EQ(get_edid(EDID(edid_size)), 128);
}

/* What is before the EDID is no place for a picture. */
MTAP_TEST(edid_is_no_picture)
{
	display_set(KGFX_PRIMARY + KGFX_REGION, KGFX_EDID);
	display_set(KGFX_PRIMARY + KGFX_WIDTH, 4);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, 4);
	display_set(KGFX_PRIMARY + KGFX_STRIDE, 16);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	EXPECT_EQ(query_errno(DMABUF, PRIMARY), -EIO);
}

const struct mtap_suite mtap_suite = {
	.setup = display_load, .before = display_open, .after = display_close,
	.teardown = dev_unload,
};
