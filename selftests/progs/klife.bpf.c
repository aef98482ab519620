// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs with one mistake each, which mdev-bpf test has to find (cli/life.sh). Each is a card
 * with four words.
 */
#include "mdev_bpf.bpf.h"
#include <linux/vfio.h>

#define WORDS	4

struct klife_state {
	__u32 word[WORDS];
	__u32 mark;
};

/* What no reset clears */
static __u32 writes;

int MDEV_BPF_OP(klife_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct klife_state *s = mdev_bpf_state(dev, struct klife_state);

	if (!s)
		return -EIO;
	access->val = s->word[access->offset / 4 & (WORDS - 1)];
	return 0;
}

int MDEV_BPF_OP(klife_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct klife_state *s = mdev_bpf_state(dev, struct klife_state);

	if (!s)
		return -EIO;
	s->word[access->offset / 4 & (WORDS - 1)] = access->val;
	writes++;
	return 0;
}

int MDEV_BPF_OP(klife_fail, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	if (access->val & 1)
		return mdev_bpf_fail_printf(dev, -EIO, "%u is odd", (__u32)access->val);
	return 0;
}

int MDEV_BPF_OP(klife_keep, struct mdev_bpf_dev *dev)
{
	struct klife_state *s = mdev_bpf_state(dev, struct klife_state);

	if (s)
		s->mark = writes;
	return 0;
}

int MDEV_BPF_OP(klife_refuse, struct mdev_bpf_dev *dev)
{
	return -EBUSY;
}

int MDEV_BPF_OP(klife_once, struct mdev_bpf_dev *dev)
{
	struct klife_state *s = mdev_bpf_state(dev, struct klife_state);

	if (!s || s->mark)
		return -EPERM;
	s->mark = 1;
	return 0;
}

void MDEV_BPF_OP(klife_close, struct mdev_bpf_dev *dev)
{
	struct klife_state *s = mdev_bpf_state(dev, struct klife_state);

	if (s)
		s->mark = 1;
}

int MDEV_BPF_OP(klife_started, struct mdev_bpf_dev *dev, __u32 why)
{
	struct klife_state *s = mdev_bpf_state(dev, struct klife_state);

	if (s && why & MDEV_BPF_STARTED_TAKEN_OVER)
		s->mark = !s->mark;
	return 0;
}

int MDEV_BPF_OP(klife_restore, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	struct klife_state *s = mdev_bpf_state(dev, struct klife_state);

	if (s)
		s->word[2] = ~s->word[2];
	return MDEV_BPF_STREAM_CORE;
}

int MDEV_BPF_OP(klife_save, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	return -EOPNOTSUPP;
}

int MDEV_BPF_OP(klife_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	struct vfio_irq_info *info;

	if (call->cmd != VFIO_DEVICE_GET_IRQ_INFO)
		return MDEV_BPF_IOCTL_PASS;
	if (call->stage == MDEV_BPF_IOCTL_BEFORE)
		return MDEV_BPF_IOCTL_REVIEW;
	info = (void *)mdev_bpf_ioctl_data(call, sizeof(*info));
	if (info && info->index == VFIO_PCI_MSI_IRQ_INDEX)
		info->count++;
	return 0;
}

/* Members that come later are those that count. */
#define KLIFE(ops, members...)								\
	MDEV_BPF_DEVICE(ops,								\
			.types = { { .name = "1" } },					\
			.state_size = sizeof(struct klife_state),			\
			.pci = { .vendor = 0x1234, .device = 0x0021, .class_code = 0xff0000 }, \
			.regions = { { .size = 4 * WORDS, .flags = MDEV_BPF_REGION_RW } }, \
			.irqs = { { .count = 1 }, { .index = 1, .count = 1 } },		\
			.region_read = klife_read,					\
			.region_write = klife_write,					\
			members)

KLIFE(right, .max_instances = 2);
KLIFE(single, .max_instances = 1);
KLIFE(fails, .region_write = klife_fail);
KLIFE(keeps, .init = klife_keep);
KLIFE(refuses, .reset = klife_refuse);
KLIFE(once, .open = klife_once, .close = klife_close);
KLIFE(starts, .started = klife_started);
KLIFE(restores, .restore = klife_restore);
KLIFE(stays, .save = klife_save);
KLIFE(irqs, .ioctl = klife_ioctl);

char _license[] SEC("license") = "GPL";
