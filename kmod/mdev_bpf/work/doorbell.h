/* SPDX-License-Identifier: GPL-2.0-only */
/* Doorbells: registers whose write queues work. */
#ifndef __MDEV_BPF_WORK_DOORBELL_H
#define __MDEV_BPF_WORK_DOORBELL_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

static inline bool mdev_bpf_doorbell_overlaps(const struct mdev_bpf_doorbell *db, u64 offset,
					      u64 size)
{
	return offset < db->offset + db->size && db->offset < offset + size;
}

bool mdev_bpf_doorbell_cuts(const struct mdev_bpf_device *bdev, u32 region, u64 offset, u32 size);
int mdev_bpf_doorbell_work(const struct mdev_bpf_device *bdev, u32 region, u64 offset);
void mdev_bpf_doorbell_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);

#endif /* __MDEV_BPF_WORK_DOORBELL_H */
