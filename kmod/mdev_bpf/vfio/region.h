/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses to regions. */
#ifndef __MDEV_BPF_VFIO_REGION_H
#define __MDEV_BPF_VFIO_REGION_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct mdev_bpf_device;

void mdev_bpf_region_init(struct mdev_bpf_device *bdev);
ssize_t mdev_bpf_region_read(struct mdev_bpf_device *bdev, char __user *buf, size_t count,
			     loff_t *ppos);
ssize_t mdev_bpf_region_read_config(struct mdev_bpf_device *bdev, char __user *buf, size_t count,
				    loff_t *ppos);
ssize_t mdev_bpf_region_write(struct mdev_bpf_device *bdev, const char __user *buf, size_t count,
			      loff_t *ppos);
ssize_t mdev_bpf_region_kernel(struct mdev_bpf_device *bdev, void *buf, size_t count, loff_t pos,
			       bool write);

#endif /* __MDEV_BPF_VFIO_REGION_H */
