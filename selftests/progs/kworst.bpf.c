// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose writes take about as long as any op that can be loaded, without a loop of
 * mdev_bpf_for(): as many instructions as may be, and among them the calls that take longest.
 */
#include "mdev_bpf.bpf.h"
#include "kworst.h"

char _license[] SEC("license") = "GPL";

SEC("struct_ops")
int BPF_PROG(kworst_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

SEC("struct_ops")
int BPF_PROG(kworst_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	look_up(40);
	return 0;
}

SEC(".struct_ops.link")
struct mdev_bpf_ops kworst = {
	.name = "kworst",
	.abi = MDEV_BPF_ABI,
	.types = { { .name = "1" } },
	.pci = { .vendor = 0x1234, .device = 0x000d, .class_code = 0xff0000 },
	.regions = { { .size = 64, .flags = MDEV_BPF_REGION_RW } },
	.region_read = (void *)kworst_read,
	.region_write = (void *)kworst_write,
};
