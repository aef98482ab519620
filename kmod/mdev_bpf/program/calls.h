/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program may call, and which maps it may use. */
#ifndef __MDEV_BPF_PROGRAM_CALLS_H
#define __MDEV_BPF_PROGRAM_CALLS_H

#include <linux/bpf.h>

const struct bpf_func_proto *mdev_bpf_calls_helper(enum bpf_func_id id,
						   const struct bpf_prog *prog);
int mdev_bpf_calls_check(const struct bpf_prog *prog);
int mdev_bpf_calls_check_functions(const struct bpf_prog *prog);
int mdev_bpf_calls_check_maps(const struct bpf_prog *prog);

#endif /* __MDEV_BPF_PROGRAM_CALLS_H */
