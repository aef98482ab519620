/* SPDX-License-Identifier: GPL-2.0-only */
/* Live upgrade: a program that converts the state of its devices. */
#ifndef __MDEV_BPF_PROGRAM_UPGRADE_H
#define __MDEV_BPF_PROGRAM_UPGRADE_H

#include <linux/mdev_bpf.h>

struct bpf_link;
struct mdev_bpf_program;

/**
 * struct mdev_bpf_upgrade_ctx - the state that a program converts to its own
 * @old: what the program sees of it
 * @data: the state, old.size bytes
 */
struct mdev_bpf_upgrade_ctx {
	struct mdev_bpf_old old;
	const void *data;
};

bool mdev_bpf_upgrade_needed(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops);
int mdev_bpf_upgrade(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
		     struct bpf_link *link);

#endif /* __MDEV_BPF_PROGRAM_UPGRADE_H */
