// SPDX-License-Identifier: GPL-2.0-only
/* A program as of headers that are newer than the kernel: an op and a member that it lacks. */
#define dma_windows	dma_windows; int (*teleport)(struct mdev_bpf_dev *dev); __u32 colour
#include "mdev_bpf.bpf.h"
#undef dma_windows

char _license[] SEC("license") = "GPL";

SEC("struct_ops")
int BPF_PROG(newer_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

#define DEVICE								\
	.name = "newer",						\
	.abi = MDEV_BPF_ABI,						\
	.types = { { .name = "1" } },					\
	.pci = { .vendor = 0x1234 },					\
	.regions = { { .size = 16, .flags = MDEV_BPF_REGION_READ } },	\
	.region_read = (void *)newer_read

SEC("?struct_ops")
int BPF_PROG(newer_teleport, struct mdev_bpf_dev *dev)
{
	return 0;
}

SEC("?.struct_ops.link")
struct mdev_bpf_ops lacks_op = { DEVICE, .teleport = (void *)newer_teleport };

SEC("?.struct_ops.link")
struct mdev_bpf_ops lacks_member = { DEVICE, .colour = 7 };

/* Members that the program does not use need not exist in the kernel. */
SEC("?.struct_ops.link")
struct mdev_bpf_ops lacks_nothing = { DEVICE };
