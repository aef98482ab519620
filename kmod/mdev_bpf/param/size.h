/* SPDX-License-Identifier: GPL-2.0-only */
/* Regions whose size is a parameter. */
#ifndef __MDEV_BPF_PARAM_SIZE_H
#define __MDEV_BPF_PARAM_SIZE_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;
struct mdev_bpf_memory;

/**
 * struct mdev_bpf_param_size - new memory for regions of a device
 * @memory: the memory by region; NULL for regions that keep theirs
 */
struct mdev_bpf_param_size {
	struct mdev_bpf_memory *memory[MDEV_BPF_MAX_REGIONS];
};

void mdev_bpf_param_size_init(struct mdev_bpf_device *bdev);
int mdev_bpf_param_size_prepare(struct mdev_bpf_device *bdev, unsigned int i, u64 number,
				struct mdev_bpf_param_size *size);
void mdev_bpf_param_size_apply(struct mdev_bpf_device *bdev, struct mdev_bpf_param_size *size);
void mdev_bpf_param_size_free(struct mdev_bpf_param_size *size);

#endif /* __MDEV_BPF_PARAM_SIZE_H */
