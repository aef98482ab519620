/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that a program no longer needs. */
#ifndef __MDEV_BPF_MEMORY_TRIM_H
#define __MDEV_BPF_MEMORY_TRIM_H

#include <linux/types.h>

struct mdev_bpf_device;

int mdev_bpf_trim_zero(struct mdev_bpf_device *bdev, u32 region, u64 offset, u64 size);
void mdev_bpf_trim_init(struct mdev_bpf_device *bdev);
void mdev_bpf_trim_destroy(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_MEMORY_TRIM_H */
