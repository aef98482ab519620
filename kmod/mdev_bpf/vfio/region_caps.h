/* SPDX-License-Identifier: GPL-2.0-only */
/* Capabilities of regions: how they can be mapped, and what they are. */
#ifndef __MDEV_BPF_VFIO_REGION_CAPS_H
#define __MDEV_BPF_VFIO_REGION_CAPS_H

#include <linux/types.h>

struct mdev_bpf_device;
struct vfio_info_cap;

bool mdev_bpf_region_caps_can_map(const struct mdev_bpf_device *bdev, u32 index);
int mdev_bpf_region_caps_add(const struct mdev_bpf_device *bdev, u32 index,
			     struct vfio_info_cap *caps);

#endif /* __MDEV_BPF_VFIO_REGION_CAPS_H */
