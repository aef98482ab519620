/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO devices. */
#ifndef __MDEV_BPF_VFIO_VFIO_H
#define __MDEV_BPF_VFIO_VFIO_H

struct mdev_bpf_device;
struct mdev_device;

int mdev_bpf_vfio_probe(struct mdev_device *mdev, unsigned int instance);
void mdev_bpf_vfio_remove(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_VFIO_VFIO_H */
