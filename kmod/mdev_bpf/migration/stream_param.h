/* SPDX-License-Identifier: GPL-2.0-only */
/* Section params of the migration stream. */
#ifndef __MDEV_BPF_MIGRATION_STREAM_PARAM_H
#define __MDEV_BPF_MIGRATION_STREAM_PARAM_H

#include <linux/types.h>

struct mdev_bpf_device;

size_t mdev_bpf_stream_param_size(struct mdev_bpf_device *bdev);
void mdev_bpf_stream_param_save(struct mdev_bpf_device *bdev, void *data);
bool mdev_bpf_stream_param_check(struct mdev_bpf_device *bdev, const void *data, size_t size);
void mdev_bpf_stream_param_load(struct mdev_bpf_device *bdev, const void *data, size_t size);
int mdev_bpf_stream_param_match(struct mdev_bpf_device *bdev, const void *data, size_t size);

#endif /* __MDEV_BPF_MIGRATION_STREAM_PARAM_H */
