/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls that the core answers. */
#ifndef __MDEV_BPF_VFIO_INFO_H
#define __MDEV_BPF_VFIO_INFO_H

#include <linux/types.h>

struct mdev_bpf_core_ioctl;
struct mdev_bpf_device;

const struct mdev_bpf_core_ioctl *mdev_bpf_info_find(const struct mdev_bpf_device *bdev, u32 cmd);

#endif /* __MDEV_BPF_VFIO_INFO_H */
