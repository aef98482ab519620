/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs that must not load are made of: all of each is right but for one op. */
#ifndef BAD_H
#define BAD_H

#include "mdev_bpf.bpf.h"

struct state {
	__u64 words[64];
};

SEC("struct_ops/region_write")
int BPF_PROG(good_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	return 0;
}

#define DEVICE								\
	.name = "bad",							\
	.abi = MDEV_BPF_ABI,						\
	.state_size = sizeof(struct state),				\
	.types = { { .name = "1" } },					\
	.pci = { .vendor = 0x1234 },					\
	.regions = { { .size = 16, .flags = MDEV_BPF_REGION_RW } },	\
	.irqs = { { .count = 1 } }

#define BAD_READ(which)							\
SEC("?.struct_ops.link")						\
struct mdev_bpf_ops which = {						\
	DEVICE,								\
	.region_read = (void *)which##_read,				\
	.region_write = (void *)good_write,				\
}

#define READ(which)							\
SEC("?struct_ops/region_read")						\
int BPF_PROG(which##_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)

#endif /* BAD_H */
