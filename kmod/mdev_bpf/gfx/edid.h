/* SPDX-License-Identifier: GPL-2.0-only */
/* The EDID region. */
#ifndef __MDEV_BPF_GFX_EDID_H
#define __MDEV_BPF_GFX_EDID_H

#include <linux/mdev_bpf.h>
#include <linux/vfio.h>

struct mdev_bpf_call;
struct mdev_bpf_device;

/* Is it an EDID region that the core handles? If it is not MEMORY, the program does. */
static inline bool mdev_bpf_edid_is(const struct mdev_bpf_region *r)
{
	return r->flags & MDEV_BPF_REGION_MEMORY && r->cap_type == VFIO_REGION_TYPE_GFX &&
	       r->cap_subtype == VFIO_REGION_SUBTYPE_GFX_EDID;
}

int mdev_bpf_edid_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, bool write);
void mdev_bpf_edid_repeat(const struct mdev_bpf_call *call);

#endif /* __MDEV_BPF_GFX_EDID_H */
