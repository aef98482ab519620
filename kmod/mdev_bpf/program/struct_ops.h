/* SPDX-License-Identifier: GPL-2.0-only */
/* struct mdev_bpf_ops as a BPF struct_ops type. */
#ifndef __MDEV_BPF_PROGRAM_STRUCT_OPS_H
#define __MDEV_BPF_PROGRAM_STRUCT_OPS_H

int mdev_bpf_struct_ops_init(void);

#endif /* __MDEV_BPF_PROGRAM_STRUCT_OPS_H */
