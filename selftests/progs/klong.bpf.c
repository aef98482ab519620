// SPDX-License-Identifier: GPL-2.0-only
/* A device whose writes take long, in a plain loop that nothing ends but the last round. */
#include "mdev_bpf.bpf.h"

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__uint(key_size, MDEV_BPF_MAX_KEY);
	__uint(value_size, MDEV_BPF_MAX_VALUE);
} largest SEC(".maps");

__u8 key[MDEV_BPF_MAX_KEY];
__u8 value[MDEV_BPF_MAX_VALUE] SEC(".data.value");

SEC("struct_ops")
int BPF_PROG(klong_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

SEC("struct_ops")
int BPF_PROG(klong_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	__u32 i;

	for (i = 0; i < 8000; i++)
		bpf_map_update_elem(&largest, key, value, BPF_ANY);
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
