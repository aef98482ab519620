// SPDX-License-Identifier: GPL-2.0-only
/* A device with memory that is protected while it runs; see kprot.h. */
#include "mdev_bpf.bpf.h"
#include "kprot.h"

char _license[] SEC("license") = "GPL";

struct kprot_state {
	__u64 region;
	__u64 offset;
	__u64 size;
	__s64 result;
};

static void protect(struct mdev_bpf_dev *dev, struct kprot_state *s)
{
	s->result = mdev_bpf_memory_protect(dev, s->region, s->offset, s->size);
}

int MDEV_BPF_OP(kprot_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kprot_state *s = mdev_bpf_state(dev, struct kprot_state);
	__u64 data = a->val;

	if (!s)
		return -EIO;
	if (a->offset == KPROT_GO)
		protect(dev, s);
	else if (a->offset == KPROT_WRITE)
		s->result = mdev_bpf_memory_write(dev, s->region, s->offset, &data, sizeof(data));
	else
		s->result = mdev_bpf_timer_arm(dev, 0, a->val, 0);
	return 0;
}

int MDEV_BPF_OP(kprot_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	return 0;
}

int MDEV_BPF_OP(kprot_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kprot_state *s = mdev_bpf_state(dev, struct kprot_state);

	if (s)
		protect(dev, s);
	return 0;
}

#define RW	MDEV_BPF_REGION_RW
#define MEM	(MDEV_BPF_REGION_MEMORY | RW)
#define REG(name, at, member)	\
	MDEV_BPF_REG(name, 0, at, struct kprot_state, member, .write = ~0ULL)

MDEV_BPF_DEVICE(kprot,
		.region_read = kprot_read,
		.region_write = kprot_write,
		.timer = kprot_timer,
		.state_size = sizeof(struct kprot_state),
		.types = { { .name = "1" } },
		.pci = { .vendor = 0x1234, .device = 0x5680, .class_code = 0x050100 },
		.regions = {
			{ .size = 64, .access_size = 8, .flags = RW },
			{
				.index = KPROT_FLASH, .size = KPROT_FLASH_SIZE,
				.flags = MEM | MDEV_BPF_REGION_MMAP | MDEV_BPF_REGION_PROTECT,
			},
			{ .index = KPROT_PLAIN, .size = KPROT_PAGE,
			  .flags = MEM | MDEV_BPF_REGION_MMAP },
			{
				.index = KPROT_SMALL, .size = KPROT_SMALL_SIZE,
				.flags = MEM | MDEV_BPF_REGION_PROTECT,
			},
		},
		.registers = {
			REG("REGION", KPROT_REGION, region),
			REG("OFFSET", KPROT_OFFSET, offset),
			REG("SIZE", KPROT_SIZE, size),
			REG("RESULT", KPROT_RESULT, result),
		});
