/* SPDX-License-Identifier: GPL-2.0-only */
/* The vfio_device_ops of our devices. */
#ifndef __MDEV_BPF_VFIO_VFIO_H
#define __MDEV_BPF_VFIO_VFIO_H

struct vfio_device_ops;

extern const struct vfio_device_ops mdev_bpf_vfio_ops;
extern const struct vfio_device_ops mdev_bpf_vfio_pin_ops;

#endif /* __MDEV_BPF_VFIO_VFIO_H */
