/* SPDX-License-Identifier: GPL-2.0-only */
/* Exchange the contents of a device's memory with received memory. */
#ifndef __MDEV_BPF_MIGRATION_SWAP_H
#define __MDEV_BPF_MIGRATION_SWAP_H

struct mdev_bpf_device;
struct mdev_bpf_memory;

int mdev_bpf_swap_prepare(struct mdev_bpf_device *bdev, struct mdev_bpf_memory **other);
void mdev_bpf_swap_contents(struct mdev_bpf_device *bdev, struct mdev_bpf_memory **other);

#endif /* __MDEV_BPF_MIGRATION_SWAP_H */
