/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatting of text for programs. */
#ifndef __MDEV_BPF_PROGRAM_TEXT_H
#define __MDEV_BPF_PROGRAM_TEXT_H

#include <linux/mdev_bpf.h>

/* Only programs call these, but global functions need declarations. */
int mdev_bpf_snprintf(char *out, u32 out__sz, const char *fmt__str, const u64 *args,
		      u32 args__sz);
int mdev_bpf_print(struct mdev_bpf_dev *dev, const char *text, u32 text__sz);

#endif /* __MDEV_BPF_PROGRAM_TEXT_H */
