/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses to regions. */
#ifndef __MDEV_BPF_VFIO_REGION_H
#define __MDEV_BPF_VFIO_REGION_H

#include <linux/sockptr.h>
#include <linux/types.h>

struct mdev_bpf_device;

void mdev_bpf_region_init(struct mdev_bpf_device *bdev);
ssize_t mdev_bpf_region_rw(struct mdev_bpf_device *bdev, sockptr_t buf, size_t count,
			   loff_t *ppos, bool write);

#endif /* __MDEV_BPF_VFIO_REGION_H */
