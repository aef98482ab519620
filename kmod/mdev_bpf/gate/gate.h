/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: the only way into a program. Who holds it is in the program of a device, or changes
 * what ops and kfuncs reach: the program itself, the state, configuration space, timers, the DMA
 * queue, the failure.
 *
 * It will be a spinlock. So nothing below it sleeps: no mutex, no GFP_KERNEL, no user memory; and
 * no more is done than one op, or copying what has a fixed bound.
 */
#ifndef __MDEV_BPF_GATE_GATE_H
#define __MDEV_BPF_GATE_GATE_H

#include <linux/cleanup.h>
#include <linux/mdev_bpf.h>

#include "device/device.h"

struct file;
struct mdev_bpf_device;
struct mdev_bpf_ioeventfd;

#define mdev_bpf_gate_assert_held(bdev)	lockdep_assert_held(&(bdev)->lock)

void mdev_bpf_gate_lock(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_unlock(struct mdev_bpf_device *bdev);

DEFINE_GUARD(mdev_bpf_gate, struct mdev_bpf_device *, mdev_bpf_gate_lock(_T),
	     mdev_bpf_gate_unlock(_T))

void mdev_bpf_gate_assign(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
int mdev_bpf_gate_init(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_open(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_close(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_exit(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_reset(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_config_write(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access);
int mdev_bpf_gate_region(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
			 bool write);
void mdev_bpf_gate_deferred(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_upgrade(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			  struct mdev_bpf_old *old);
void mdev_bpf_gate_ioeventfd(struct mdev_bpf_ioeventfd *entry);
void mdev_bpf_gate_dma_done(struct mdev_bpf_device *bdev);
bool mdev_bpf_gate_dma_unmap(struct mdev_bpf_device *bdev);
bool mdev_bpf_gate_has_ioctl(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_ioctl(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl *call);
void mdev_bpf_gate_dump(struct mdev_bpf_device *bdev, struct mdev_bpf_dump *dump);
bool mdev_bpf_gate_saves_core(struct mdev_bpf_device *bdev);
bool mdev_bpf_gate_restores(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_save(struct mdev_bpf_device *bdev, struct file **file);
int mdev_bpf_gate_restore(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_gfx_query(struct mdev_bpf_device *bdev, struct mdev_bpf_plane *plane);
int mdev_bpf_gate_gfx_edid(struct mdev_bpf_device *bdev, bool link);
bool mdev_bpf_gate_wants_unmask(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_GATE_GATE_H */
