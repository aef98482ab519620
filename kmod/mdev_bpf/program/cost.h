/* SPDX-License-Identifier: GPL-2.0-only */
/* How many instructions an op can take. */
#ifndef __MDEV_BPF_PROGRAM_COST_H
#define __MDEV_BPF_PROGRAM_COST_H

#include <linux/types.h>

struct bpf_prog;

int mdev_bpf_cost_check(const struct bpf_prog *prog);

#endif /* __MDEV_BPF_PROGRAM_COST_H */
