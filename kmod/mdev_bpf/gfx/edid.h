/* SPDX-License-Identifier: GPL-2.0-only */
/* The EDID region. */
#ifndef __MDEV_BPF_GFX_EDID_H
#define __MDEV_BPF_GFX_EDID_H

#include <linux/types.h>

struct mdev_bpf_access;
struct mdev_bpf_device;
struct mdev_bpf_region;

bool mdev_bpf_edid_is(const struct mdev_bpf_region *r);
int mdev_bpf_edid_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, bool write);

#endif /* __MDEV_BPF_GFX_EDID_H */
