/* SPDX-License-Identifier: GPL-2.0-only */
/* Migration: the states that VFIO takes a device through. */
#ifndef __MDEV_BPF_MIGRATION_MIGRATION_H
#define __MDEV_BPF_MIGRATION_MIGRATION_H

#include <linux/vfio.h>

struct mdev_bpf_device;
struct mdev_bpf_resume_migf;
struct mdev_bpf_save_migf;

/**
 * struct mdev_bpf_migration - where a device is on its way to another host, under its lock
 * @state: what VFIO's user has brought it to
 * @saving_migf: the migration file that the state is read from
 * @resuming_migf: the migration file that it is written to
 * @held: DMA waits, since the user wants the device quiet
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
