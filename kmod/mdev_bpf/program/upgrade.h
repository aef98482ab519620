/* SPDX-License-Identifier: GPL-2.0-only */
/* Live upgrade: a program that converts the state of its devices. */
#ifndef __MDEV_BPF_PROGRAM_UPGRADE_H
#define __MDEV_BPF_PROGRAM_UPGRADE_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;
struct mdev_bpf_program;
struct mdev_bpf_register_table;
struct mdev_bpf_state_buf;

/**
 * struct mdev_bpf_upgrade_ctx - an old state that is being converted
 * @old: the argument of the op
 * @data: the bytes of the old state, old.size of them
 * @buf: the old state, with those of the queues
 */
struct mdev_bpf_upgrade_ctx {
	struct mdev_bpf_old old;
	const void *data;
	const struct mdev_bpf_state_buf *buf;
};

/**
 * struct mdev_bpf_upgrade - an upgrade that is in progress
 * @spares: empty states for the devices, in their order; later the old states
 * @nr: number of devices; 0 if no device needs another state
 * @registers: registers of the new program; once it is assigned, those of the previous one
 */
struct mdev_bpf_upgrade {
	struct mdev_bpf_state_buf *spares;
	unsigned int nr;
	struct mdev_bpf_register_table *registers;
};

int mdev_bpf_upgrade_prepare(struct mdev_bpf_upgrade *u, struct mdev_bpf_program *program,
			     const struct mdev_bpf_ops *ops);
int mdev_bpf_upgrade_device(struct mdev_bpf_upgrade *u, unsigned int i,
			    struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
void mdev_bpf_upgrade_end(struct mdev_bpf_upgrade *u);

#endif /* __MDEV_BPF_PROGRAM_UPGRADE_H */
