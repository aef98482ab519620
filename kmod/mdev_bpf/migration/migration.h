/* SPDX-License-Identifier: GPL-2.0-only */
/* Migration: the states that VFIO takes a device through. */
#ifndef __MDEV_BPF_MIGRATION_MIGRATION_H
#define __MDEV_BPF_MIGRATION_MIGRATION_H

#include <linux/vfio.h>

struct mdev_bpf_device;
struct mdev_bpf_resume_migf;
struct mdev_bpf_save_migf;

/**
 * struct mdev_bpf_migration - migration of a device, protected by the device's lock
 * @state: the current state
 * @saving_migf: the session that saves the device, or NULL
 * @resuming_migf: the session that receives its state, or NULL
 * @held: DMA is held, because the device is in a P2P state or stopped
 */
struct mdev_bpf_migration {
	enum vfio_device_mig_state state;
	struct mdev_bpf_save_migf *saving_migf;
	struct mdev_bpf_resume_migf *resuming_migf;
	bool held;
};

void mdev_bpf_migration_init(struct mdev_bpf_device *bdev);
void mdev_bpf_migration_reset(struct mdev_bpf_device *bdev);
void mdev_bpf_migration_close(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_MIGRATION_MIGRATION_H */
