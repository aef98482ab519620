/* SPDX-License-Identifier: GPL-2.0-only */
/* Masking and unmasking lines for the user of a device, also by eventfd. */
#ifndef __MDEV_BPF_WORK_MASK_H
#define __MDEV_BPF_WORK_MASK_H

#include <linux/types.h>

struct mdev_bpf_device;

int mdev_bpf_mask_by_eventfd(struct mdev_bpf_device *bdev, unsigned int index, bool mask, int fd);
void mdev_bpf_mask_end(struct mdev_bpf_device *bdev, unsigned int index);
void mdev_bpf_mask_settle(struct mdev_bpf_device *bdev);
void mdev_bpf_mask_run(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_WORK_MASK_H */
