// SPDX-License-Identifier: GPL-2.0-only
/* A device whose ops do nothing: what an access costs without the program, for bench/lsr. */
#include "mdev_bpf.bpf.h"

SEC("struct_ops")
int BPF_PROG(kempty_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

SEC("struct_ops")
int BPF_PROG(kempty_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

SEC(".struct_ops.link")
struct mdev_bpf_ops kempty = {
	.name = "kempty",
	.abi = MDEV_BPF_ABI,
	.types = { { .name = "1" } },
	.pci = { .vendor = 0x1234, .device = 0x0002, .class_code = 0xff0000 },
	.regions = { { .size = 8, .access_size = 1, .flags = MDEV_BPF_REGION_RW |
							     MDEV_BPF_REGION_IO } },
	.region_read = (void *)kempty_read,
	.region_write = (void *)kempty_write,
};

char _license[] SEC("license") = "GPL";
