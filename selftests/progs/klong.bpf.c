// SPDX-License-Identifier: GPL-2.0-only
/* A device whose writes take long, without a loop that could be ended. */
#include "mdev_bpf.bpf.h"
#include "kworst.h"

char _license[] SEC("license") = "GPL";

SEC("struct_ops")
int BPF_PROG(klong_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

SEC("struct_ops")
int BPF_PROG(klong_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	look_up(25);
	return 0;
}

SEC(".struct_ops.link")
struct mdev_bpf_ops klong = {
	.name = "klong",
	.abi = MDEV_BPF_ABI,
	.types = { { .name = "1" } },
	.pci = { .vendor = 0x1234, .device = 0x000c, .class_code = 0xff0000 },
	.regions = { { .size = 64, .flags = MDEV_BPF_REGION_RW } },
	.region_read = (void *)klong_read,
	.region_write = (void *)klong_write,
};
