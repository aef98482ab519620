/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses to the registers that a program declares. */
#ifndef __MDEV_BPF_REGISTER_REGISTER_H
#define __MDEV_BPF_REGISTER_REGISTER_H

#include <linux/bits.h>
#include <linux/mdev_bpf.h>

struct mdev_bpf_device;
struct mdev_bpf_ops;
struct mdev_bpf_register_map;
struct mdev_bpf_register_table;
struct mdev_bpf_state_block;

/*
 * Result of an access of which only a part is to a register, so that it has to be split. Neither an
 * errno nor a number of bytes.
 */
#define MDEV_BPF_REGISTER_CUT BIT(16)

/**
 * struct mdev_bpf_registers - the registers of a device
 * @map: the registers that the attached program declares; NULL if none. Protected by the gate
 * @block: the state that has their values, under RCU; NULL if each read has to take the gate
 */
struct mdev_bpf_registers {
	const struct mdev_bpf_register_map *map;
	struct mdev_bpf_state_block __rcu *block;
};

bool mdev_bpf_register_read(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access);
int mdev_bpf_register_access(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			     struct mdev_bpf_access *access, bool write);
void mdev_bpf_register_assign(struct mdev_bpf_device *bdev,
			      const struct mdev_bpf_register_table *table);
void mdev_bpf_register_publish(struct mdev_bpf_device *bdev);
void mdev_bpf_register_update(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_REGISTER_REGISTER_H */
