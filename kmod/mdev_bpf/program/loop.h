/* SPDX-License-Identifier: GPL-2.0-only */
/* Loops of programs. */
#ifndef __MDEV_BPF_PROGRAM_LOOP_H
#define __MDEV_BPF_PROGRAM_LOOP_H

#include <linux/mdev_bpf.h>

/* Only programs call these, but global functions need declarations. */
int bpf_iter_mdev_new(struct bpf_iter_mdev *it, struct mdev_bpf_dev *dev, s32 start, s32 end);
int *bpf_iter_mdev_next(struct bpf_iter_mdev *it);
void bpf_iter_mdev_destroy(struct bpf_iter_mdev *it);
int bpf_iter_mdev_q_new(struct bpf_iter_mdev_q *it, struct mdev_bpf_queue *q, s32 start, s32 end);
int *bpf_iter_mdev_q_next(struct bpf_iter_mdev_q *it);
void bpf_iter_mdev_q_destroy(struct bpf_iter_mdev_q *it);

#endif /* __MDEV_BPF_PROGRAM_LOOP_H */
