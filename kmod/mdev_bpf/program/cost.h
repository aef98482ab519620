/* SPDX-License-Identifier: GPL-2.0-only */
/* A bound for the instructions of an op. */
#ifndef __MDEV_BPF_PROGRAM_COST_H
#define __MDEV_BPF_PROGRAM_COST_H

#include <linux/types.h>

struct bpf_prog;

int mdev_bpf_cost_check(const struct bpf_prog *prog);

#endif /* __MDEV_BPF_PROGRAM_COST_H */
