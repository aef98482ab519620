// SPDX-License-Identifier: GPL-2.0-only
/* A device with doorbells; see kbell.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "kbell.h"

char _license[] SEC("license") = "GPL";

struct kbell_state {
	__u32 writes;
	__u32 where;
	__u64 val;
	__u32 reads;
	__u32 works[8];
};

int MDEV_BPF_OP(kbell_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kbell_state *s = mdev_bpf_state(dev, struct kbell_state);

	if (!s)
		return -EIO;
	s->writes++;
	s->where = access->region << 24 | access->size << 16 | access->offset;
	s->val = access->val;
	mdev_bpf_irq_trigger(dev, KBELL_WRITE_VECTOR);
	return 0;
}

int MDEV_BPF_OP(kbell_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kbell_state *s = mdev_bpf_state(dev, struct kbell_state);

	if (!s)
		return -EIO;
	if (access->region) {
		s->reads++;
		return 0;
	}
	if (access->offset == KBELL_WRITES)
		access->val = s->writes;
	else if (access->offset == KBELL_WHERE)
		access->val = s->where;
	else if (access->offset == KBELL_VAL)
		access->val = s->val;
	else if (access->offset == KBELL_VAL_HIGH)
		access->val = s->val >> 32;
	else if (access->offset == KBELL_READS)
		access->val = s->reads;
	else if (access->offset >= KBELL_WORKS)
		access->val = s->works[access->offset / 4 & 7];
	return 0;
}

int MDEV_BPF_OP(kbell_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kbell_state *s = mdev_bpf_state(dev, struct kbell_state);

	if (!s)
		return -EIO;
	s->works[id & 7]++;
	mdev_bpf_irq_trigger(dev, id);
	return 0;
}

#define BELL(r, off, bytes, id) { .region = (r), .offset = (off), .size = (bytes), .work = (id) }

MDEV_BPF_DEVICE(kbell,
		.region_read = kbell_read,
		.region_write = kbell_write,
		.work = kbell_work,
		.state_size = sizeof(struct kbell_state),
		.types = { { .name = "a" }, { .name = "b" } },
		.pci = { .vendor = 0x1234, .device = 0x0005, .class_code = 0xff0000 },
		.regions = {
			{ .size = 64, .flags = MDEV_BPF_REGION_READ },
			{
				.index = KBELL_BAR, .size = KBELL_BAR_SIZE, .access_size = 8,
				.flags = MDEV_BPF_REGION_RW,
			},
			{
				.index = KBELL_IO, .size = KBELL_IO_SIZE, .access_size = 1, .types = 1,
				.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO,
			},
			{ .index = KBELL_RO, .size = 64, .flags = MDEV_BPF_REGION_READ },
		},
		.irqs = { { .index = 1, .count = KBELL_MSI } },
		.doorbells = {
			BELL(KBELL_BAR, KBELL_A, 8, KBELL_A_WORK),
			BELL(KBELL_BAR, KBELL_B, 4, KBELL_B_WORK),
			{ 0 },
			BELL(KBELL_IO, KBELL_PORT, 1, KBELL_PORT_WORK),
			BELL(KBELL_BAR, KBELL_ODD, 5, KBELL_ODD_WORK),
		});
