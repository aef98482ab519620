/* SPDX-License-Identifier: GPL-2.0-only */
/* The kfuncs for cables. */
#ifndef __MDEV_BPF_PROGRAM_KFUNC_CABLE_H
#define __MDEV_BPF_PROGRAM_KFUNC_CABLE_H

#include <linux/mdev_bpf.h>

/* Only programs call these, but global functions need declarations. */
int mdev_bpf_cable_peer(struct mdev_bpf_dev *dev, u32 param);
int mdev_bpf_cable_ring(struct mdev_bpf_dev *dev, u32 param);
int mdev_bpf_cable_send(struct mdev_bpf_dev *dev, u32 param, u64 where, u32 size);
s64 mdev_bpf_cable_next(struct mdev_bpf_dev *dev, u32 param);
s64 mdev_bpf_cable_receive(struct mdev_bpf_dev *dev, u32 param, u64 where, u32 size);

#endif /* __MDEV_BPF_PROGRAM_KFUNC_CABLE_H */
