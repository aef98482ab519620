// SPDX-License-Identifier: GPL-2.0-only
/* A device whose ops do nothing: what an access costs without the program, for bench/guard. */
#include "mdev_bpf.bpf.h"

int MDEV_BPF_OP(kempty_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

int MDEV_BPF_OP(kempty_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

MDEV_BPF_DEVICE(kempty,
		.types = { { .name = "1" } },
		.pci = { .vendor = 0x1234, .device = 0x0002, .class_code = 0xff0000 },
		.regions = { { .size = 8, .access_size = 1, .flags = MDEV_BPF_REGION_RW |
								     MDEV_BPF_REGION_IO } },
		.region_read = kempty_read,
		.region_write = kempty_write);

char _license[] SEC("license") = "GPL";
