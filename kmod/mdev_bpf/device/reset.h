/* SPDX-License-Identifier: GPL-2.0-only */
/* Reset: the power-on state of a device. */
#ifndef __MDEV_BPF_DEVICE_RESET_H
#define __MDEV_BPF_DEVICE_RESET_H

struct mdev_bpf_device;

int mdev_bpf_reset(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_DEVICE_RESET_H */
