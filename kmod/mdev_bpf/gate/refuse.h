/* SPDX-License-Identifier: GPL-2.0-only */
/* Refusals: a sentence for each. */
#ifndef __MDEV_BPF_GATE_REFUSE_H
#define __MDEV_BPF_GATE_REFUSE_H

#include <linux/mdev_bpf.h>

struct attribute;
struct mdev_bpf_device;
struct va_format;

__printf(2, 3) void mdev_bpf_refuse(const char *name, const char *fmt, ...);
__printf(2, 3) void mdev_bpf_refuse_user(struct mdev_bpf_device *bdev, const char *fmt, ...);
void mdev_bpf_refuse_format(const char *name, struct va_format *vaf);
void mdev_bpf_refuse_clear(void);

extern const struct attribute *const mdev_bpf_refuse_attrs[];

/* Refuse @ops with a sentence and @err, which is also the value. */
#define mdev_bpf_refuse_ops(ops, err, fmt, ...) \
	(mdev_bpf_refuse((ops)->name, fmt, ##__VA_ARGS__), (err))

#endif /* __MDEV_BPF_GATE_REFUSE_H */
