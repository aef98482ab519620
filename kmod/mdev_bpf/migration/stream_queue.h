/* SPDX-License-Identifier: GPL-2.0-only */
/* Section queues of the migration stream. */
#ifndef __MDEV_BPF_MIGRATION_STREAM_QUEUE_H
#define __MDEV_BPF_MIGRATION_STREAM_QUEUE_H

#include <linux/types.h>

struct mdev_bpf_device;

size_t mdev_bpf_stream_queue_size(struct mdev_bpf_device *bdev);
void mdev_bpf_stream_queue_save(struct mdev_bpf_device *bdev, void *data);
bool mdev_bpf_stream_queue_check(struct mdev_bpf_device *bdev, const void *data, size_t size);
void mdev_bpf_stream_queue_load(struct mdev_bpf_device *bdev, const void *data, size_t size);

#endif /* __MDEV_BPF_MIGRATION_STREAM_QUEUE_H */
