// SPDX-License-Identifier: GPL-2.0-only
/* One function as two ops, which libbpf refuses for the whole object. */
#include "mdev_bpf.bpf.h"

char _license[] SEC("license") = "GPL";

SEC("struct_ops")
int BPF_PROG(reuse_access, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

SEC(".struct_ops.link")
struct mdev_bpf_ops reuse = {
	.name = "reuse",
	.abi = MDEV_BPF_ABI,
	.types = { { .name = "1" } },
	.pci = { .vendor = 0x1234 },
	.regions = { { .size = 16, .flags = MDEV_BPF_REGION_RW } },
	.region_read = (void *)reuse_access,
	.region_write = (void *)reuse_access,
};
