// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose ops call functions of mdev_bpf that take time, in plain loops, which the watchdog
 * does not end; see kslow.h for its registers.
 */
#include <linux/pci_regs.h>

#include "mdev_bpf.bpf.h"
#include "kslow.h"

char _license[] SEC("license") = "GPL";

#define PAGE	4096
/* 50 conversions */
#define FIFTY	"%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u" \
		"%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u"

static char text[MDEV_BPF_MAX_TEXT];
static __u64 numbers[500];
/* A map of its own, because the value of a map has at most 64 KiB */
static __u8 block[MDEV_BPF_MAX_VALUE] SEC(".data.block");
__u32 late, control;

/* Without a branch, so that the verifier has one path only */
static void count(int ret)
{
	late += (__u32)ret >> 31;
}

static __always_inline void get_pages(struct mdev_bpf_dev *dev, __u64 offset)
{
	int i;

#pragma unroll
	for (i = 0; i < 8; i++)
		mdev_bpf_memory_get(dev, MDEV_BPF_MEMORY(1, offset + i * PAGE), 1);
}

/* When the time limit is over */
static void wake(struct mdev_bpf_dev *dev)
{
	int i, k;

	mdev_bpf_for(i, dev, 0, 1 << 23)
		mdev_bpf_for(k, dev, 0, 1 << 23)
			;
	late += mdev_bpf_timer_arm(dev, 0, 0, 0) == -ETIME;
	late += mdev_bpf_work_queue(dev, 0) == -ETIME;
	late += mdev_bpf_memory_protect(dev, 1, 0, PAGE) == -ETIME;
}

static void ask(struct mdev_bpf_dev *dev)
{
	int i;

	for (i = 0; i < KSLOW_ASKS; i++) {
		mdev_bpf_irq_mode(dev);
		mdev_bpf_config_read(dev, PCI_STATUS, 2);
	}
}

int MDEV_BPF_OP(kslow_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	int i;

	access->val = late;
	if (access->offset == KSLOW_IRQS)
		ask(dev);
	if (access->offset != KSLOW_PAGES)
		return 0;
	/* A branch in the loop would be too much for the verifier */
	for (i = 0; i < KSLOW_CALLS; i++)
		get_pages(dev, (__u64)i * 8 * PAGE);
	if (!mdev_bpf_memory_get(dev, MDEV_BPF_MEMORY(1, 0), 1))
		late++;
	return 0;
}

int MDEV_BPF_OP(kslow_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	int i;

	control = access->val;
	if (control == KSLOW_AFTER)
		wake(dev);
	if (control == KSLOW_ARM)
		for (i = 0; i < KSLOW_ARMS; i++)
			mdev_bpf_timer_arm(dev, 0, KSLOW_DELAY, 0);
	if (control != KSLOW_FORMAT)
		return 0;
	for (i = 0; i < KSLOW_CALLS; i++)
		count(mdev_bpf_snprintf(text, sizeof(text), FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY
					FIFTY FIFTY FIFTY FIFTY, numbers, sizeof(numbers)));
	return 0;
}

int MDEV_BPF_OP(kslow_save, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	mdev_bpf_stream_put(stream, block, sizeof(block));
	return MDEV_BPF_STREAM_OPAQUE;
}

int MDEV_BPF_OP(kslow_restore, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	int i;

	if (control != KSLOW_RESTORE)
		return 0;
	for (i = 0; i < KSLOW_CALLS; i++)
		count(mdev_bpf_stream_get(stream, 0, block, sizeof(block)));
	return 0;
}

MDEV_BPF_DEVICE(kslow,
		.types = { { .name = "1" } },
		.pci = { .vendor = 0x1234, .device = 0x000e, .class_code = 0xff0000 },
		.regions = {
			{ .size = 64, .flags = MDEV_BPF_REGION_RW },
			{
				.index = 1, .size = 128 << 20,
				.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY,
			},
		},
		.irqs = { { .index = 1, .count = KSLOW_VECTORS } },
		.region_read = kslow_read,
		.region_write = kslow_write,
		.save = kslow_save,
		.restore = kslow_restore);
