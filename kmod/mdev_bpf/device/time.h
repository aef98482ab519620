/* SPDX-License-Identifier: GPL-2.0-only */
/* The time of a device. */
#ifndef __MDEV_BPF_DEVICE_TIME_H
#define __MDEV_BPF_DEVICE_TIME_H

#include "work/worker.h"

struct mdev_bpf_device;

void mdev_bpf_time_run(struct mdev_bpf_worker *worker);
void mdev_bpf_time_killed(struct mdev_bpf_worker *worker);
void mdev_bpf_time_renew(struct mdev_bpf_device *bdev);
void mdev_bpf_time_kick(struct mdev_bpf_device *bdev);
void mdev_bpf_time_freeze(struct mdev_bpf_device *bdev, unsigned int why);
void mdev_bpf_time_thaw(struct mdev_bpf_device *bdev, unsigned int why);

#endif /* __MDEV_BPF_DEVICE_TIME_H */
