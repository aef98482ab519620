/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO_DEVICE_SET_IRQS. */
#ifndef __MDEV_BPF_VFIO_SET_IRQS_H
#define __MDEV_BPF_VFIO_SET_IRQS_H

#include <linux/types.h>

struct mdev_bpf_device;
struct mdev_bpf_irqs;
struct vfio_irq_set;

int mdev_bpf_set_irqs(struct mdev_bpf_device *bdev, struct vfio_irq_set *hdr, u32 avail);

#endif /* __MDEV_BPF_VFIO_SET_IRQS_H */
