/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses to the registers that a program declares. */
#ifndef __MDEV_BPF_REGISTER_REGISTER_H
#define __MDEV_BPF_REGISTER_REGISTER_H

#include <linux/bits.h>
#include <linux/mdev_bpf.h>

struct mdev_bpf_call;
struct mdev_bpf_device;
struct mdev_bpf_register_map;
struct mdev_bpf_register_table;
struct mdev_bpf_state_block;

/*
 * Result of an access that is to a register in one part only, so has to be narrower: no errno, nor
 * a number of bytes
 */
#define MDEV_BPF_REGISTER_CUT BIT(16)

/**
 * struct mdev_bpf_registers - the registers of a device
 * @map: as the attached program declares them, under the gate; NULL: there are none
 * @block: the state that they are in, under RCU; NULL: each read has to pass the gate
 */
struct mdev_bpf_registers {
	const struct mdev_bpf_register_map *map;
	struct mdev_bpf_state_block __rcu *block;
};

bool mdev_bpf_register_read(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access);
int mdev_bpf_register_access(const struct mdev_bpf_call *call, struct mdev_bpf_access *access,
			     bool write);
void mdev_bpf_register_assign(struct mdev_bpf_device *bdev,
			      const struct mdev_bpf_register_table *table);
void mdev_bpf_register_publish(struct mdev_bpf_device *bdev);
void mdev_bpf_register_hide(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_REGISTER_REGISTER_H */
