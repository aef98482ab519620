/* SPDX-License-Identifier: GPL-2.0-only */
/* The plain loops of a program. */
#ifndef __MDEV_BPF_PROGRAM_FLOW_H
#define __MDEV_BPF_PROGRAM_FLOW_H

#include <linux/types.h>

struct bpf_insn;
struct bpf_prog;

bool mdev_bpf_flow_is_next(const struct bpf_insn *insn);
int mdev_bpf_flow_find_loops(const struct bpf_prog *prog, u8 *looping);

#endif /* __MDEV_BPF_PROGRAM_FLOW_H */
