/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of programs. */
#ifndef __MDEV_BPF_PROGRAM_REGISTRY_H
#define __MDEV_BPF_PROGRAM_REGISTRY_H

#include <linux/mdev_bpf.h>
#include <linux/uuid.h>

struct bpf_link;
struct mdev_bpf_device;

int mdev_bpf_registry_attach(const struct mdev_bpf_ops *ops, struct bpf_link *link);
int mdev_bpf_registry_update(const struct mdev_bpf_ops *ops, const struct mdev_bpf_ops *old,
			     struct bpf_link *link);
void mdev_bpf_registry_detach(const struct mdev_bpf_ops *ops);
struct mdev_bpf_device *mdev_bpf_registry_find_device(const guid_t *uuid);
int mdev_bpf_registry_init(void);
void mdev_bpf_registry_exit(void);

#endif /* __MDEV_BPF_PROGRAM_REGISTRY_H */
