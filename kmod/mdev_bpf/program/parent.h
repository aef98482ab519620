/* SPDX-License-Identifier: GPL-2.0-only */
/* The parent device of a program. */
#ifndef __MDEV_BPF_PROGRAM_PARENT_H
#define __MDEV_BPF_PROGRAM_PARENT_H

struct mdev_bpf_program;

int mdev_bpf_parent_register(struct mdev_bpf_program *program);
void mdev_bpf_parent_unregister(struct mdev_bpf_program *program);

#endif /* __MDEV_BPF_PROGRAM_PARENT_H */
