// SPDX-License-Identifier: GPL-2.0-only
/*
 * The EDID region, by which the user describes a monitor and connects it.
 *
 * The EDID is memory. The bytes before it, struct vfio_region_gfx_edid, are registers of the core,
 * so that the core can limit the size of the EDID, and call the program when the link changes.
 */
#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gfx/edid.h"

#define REG(member) offsetof(struct vfio_region_gfx_edid, member)

static u32 max_size(const struct mdev_bpf_device *bdev, u32 region)
{
	return bdev->regions[region].size - MDEV_BPF_EDID_OFFSET;
}

static u32 edid_read(struct mdev_bpf_device *bdev, const struct mdev_bpf_access *access)
{
	guard(mdev_bpf_gate)(bdev);
	switch (access->offset) {
	case REG(edid_offset):
		return MDEV_BPF_EDID_OFFSET;
	case REG(edid_max_size):
		return max_size(bdev, access->region);
	case REG(edid_size):
		return bdev->display.edid_size;
	case REG(max_xres):
		return bdev->display.decl.max_xres;
	case REG(max_yres):
		return bdev->display.decl.max_yres;
	case REG(link_state):
		return bdev->display.link ? VFIO_DEVICE_GFX_LINK_STATE_UP :
					    VFIO_DEVICE_GFX_LINK_STATE_DOWN;
	default:
		return 0;
	}
}

static int set_size(struct mdev_bpf_device *bdev, u32 region, u32 size)
{
	if (size > max_size(bdev, region))
		return -EINVAL;
	guard(mdev_bpf_gate)(bdev);
	bdev->display.edid_size = size;
	return 0;
}

/* The user connects or disconnects the monitor. Call gfx_edid if this is a change. */
static int set_link(struct mdev_bpf_device *bdev, bool link)
{
	struct mdev_bpf_edid edid = { .link = link };

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_GFX_EDID);
	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	if (bdev->display.link == link)
		return 0;
	bdev->display.link = link;
	edid.size = bdev->display.edid_size;
	mdev_bpf_call_op(&call, gfx_edid, &edid);
	return 0;
}

/**
 * mdev_bpf_edid_repeat() - tell the program of the monitor again, because the state was zeroed
 * @call: the call in which that was
 *
 * Context: The gate held.
 */
void mdev_bpf_edid_repeat(const struct mdev_bpf_call *call)
{
	struct mdev_bpf_edid edid = {
		.link = call->bdev->display.link, .size = call->bdev->display.edid_size,
	};

	if (edid.link)
		mdev_bpf_call_op(call, gfx_edid, &edid);
}

static int edid_write(struct mdev_bpf_device *bdev, const struct mdev_bpf_access *access)
{
	switch (access->offset) {
	case REG(edid_size):
		return set_size(bdev, access->region, access->val);
	case REG(link_state):
		if (access->val == VFIO_DEVICE_GFX_LINK_STATE_UP)
			return set_link(bdev, true);
		if (access->val == VFIO_DEVICE_GFX_LINK_STATE_DOWN)
			return set_link(bdev, false);
		return -EINVAL;
	default:
		return -EINVAL;
	}
}

/**
 * mdev_bpf_edid_access() - access the registers before the EDID
 * @bdev: the device
 * @access: the access to the EDID region; val is set to the result of a read
 * @write: true for a write, false for a read
 *
 * Context: Process context.
 *
 * Return: 0; -EINVAL if the offset is not that of a register, the value is not valid, or @access
 * does not have 4 bytes. For a write of the link state also -ENODEV if no program is attached, and
 * -EIO if the device has failed.
 */
int mdev_bpf_edid_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, bool write)
{
	if (access->size != sizeof(u32))
		return -EINVAL;
	if (write)
		return edid_write(bdev, access);
	access->val = edid_read(bdev, access);
	return 0;
}
