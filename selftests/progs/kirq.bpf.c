// SPDX-License-Identifier: GPL-2.0-only
/* PCI devices with all kinds of interrupts; see kirq.h. */
#include "kirq_common.h"

char _license[] SEC("license") = "GPL";

int MDEV_BPF_OP(kirq_region_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kirq_state *s = mdev_bpf_state(dev, struct kirq_state);

	if (!s)
		return -ENOMEM;
	if (a->region == 0) {
		a->val = ctl_read(dev, s, a->offset);
		return 0;
	}
	s->accesses++;
	a->val = KIRQ_FILL * 0x0101010101010101ULL;
	return 0;
}

int MDEV_BPF_OP(kirq_region_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kirq_state *s = mdev_bpf_state(dev, struct kirq_state);

	if (!s)
		return -ENOMEM;
	if (a->region == 0)
		ctl_write(dev, s, a->offset, a->val);
	else
		s->accesses++;
	return 0;
}

#define BAR(i, bytes)	{ .index = (i), .size = (bytes), .access_size = 8, \
			  .flags = MDEV_BPF_REGION_RW }
#define CTL		{ .size = KIRQ_CTL_SIZE, .flags = MDEV_BPF_REGION_RW }

MDEV_BPF_DEVICE(kirq,
		.region_read = kirq_region_read,
		.region_write = kirq_region_write,
		.irq_unmask = kirq_irq_unmask,
		.state_size = sizeof(struct kirq_state),
		.types = { { .name = "1" } },
		.pci = { .vendor = 0x1234, .device = 0x5679, .class_code = 0xff0000 },
		.regions = { CTL, BAR(KIRQ_BAR, KIRQ_BAR_SIZE) },
		.irqs = {
			{ .count = 1 },
			{ .index = 1, .count = KIRQ_NR_MSI },
			{ .index = 2, .count = KIRQ_NR_MSIX, .table = KIRQ_TABLE | KIRQ_BAR,
				.pba = KIRQ_PBA | KIRQ_BAR },
		});

MDEV_BPF_DEVICE(kmsix,
		.region_read = kirq_region_read,
		.region_write = kirq_region_write,
		.state_size = sizeof(struct kirq_state),
		.types = { { .name = "1" } },
		.pci = { .vendor = 0x1234, .device = 0x567a, .class_code = 0xff0000 },
		.regions = {
			CTL,
			BAR(KMSIX_TABLE_BAR, MDEV_BPF_MAX_MSIX * 16),
			BAR(KMSIX_PBA_BAR, 0x200),
		},
		.irqs = {
			{ .index = 1, .count = KMSIX_NR_MSI },
			{ .index = 2, .count = MDEV_BPF_MAX_MSIX, .table = KMSIX_TABLE_BAR,
				.pba = KMSIX_PBA | KMSIX_PBA_BAR },
		});
