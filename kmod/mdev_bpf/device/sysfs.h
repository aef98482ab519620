/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a device in sysfs. */
#ifndef __MDEV_BPF_DEVICE_SYSFS_H
#define __MDEV_BPF_DEVICE_SYSFS_H

struct attribute_group;

extern const struct attribute_group mdev_bpf_sysfs_group;

#endif /* __MDEV_BPF_DEVICE_SYSFS_H */
