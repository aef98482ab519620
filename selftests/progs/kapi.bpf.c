// SPDX-License-Identifier: GPL-2.0-only
/* Devices that are not PCI; see kirq.h. */
#include "kirq_common.h"

char _license[] SEC("license") = "GPL";

int MDEV_BPF_OP(kapi_region_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kirq_state *s = mdev_bpf_state(dev, struct kirq_state);
	__u32 i;

	if (!s)
		return -ENOMEM;
	if (a->region == KPLAT_CTL) {
		a->val = ctl_read(dev, s, a->offset);
		return 0;
	}
	for (i = 0; i < 8 && i < a->size; i++)
		a->val |= (__u64)s->bytes[(a->offset + i) & 63] << 8 * i;
	return 0;
}

int MDEV_BPF_OP(kapi_region_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kirq_state *s = mdev_bpf_state(dev, struct kirq_state);
	__u32 i;

	if (!s)
		return -ENOMEM;
	if (a->region == KPLAT_CTL) {
		ctl_write(dev, s, a->offset, a->val);
		return 0;
	}
	for (i = 0; i < 8 && i < a->size; i++)
		s->bytes[(a->offset + i) & 63] = a->val >> 8 * i;
	return 0;
}

/* The channel program of a write to all of the config region is "done" at once. */
int MDEV_BPF_OP(kccw_region_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kirq_state *s = mdev_bpf_state(dev, struct kirq_state);
	__u32 i;

	if (!s)
		return -ENOMEM;
	for (i = 0; i < 8 && i < a->size; i++)
		s->bytes[(a->offset + i) & 63] = a->val >> 8 * i;
	if (a->offset + a->size == KCCW_CONFIG_SIZE)
		s->result = mdev_bpf_irq_signal(dev, 0, 0);
	return 0;
}

#define REGION(i, bytes)	{ .index = (i), .size = (bytes), .flags = MDEV_BPF_REGION_RW }

/* A platform device has any regions and interrupts; AMBA is the same by another name. */
#define PLATFORM(_name, _api)							\
MDEV_BPF_DEVICE(_name,								\
		.region_read = kapi_region_read,			\
		.region_write = kapi_region_write,			\
		.irq_unmask = kirq_irq_unmask,				\
		.device_api = _api,					\
		.state_size = sizeof(struct kirq_state),		\
		.types = { { .name = "1" }, { .name = "few" } },	\
		.regions = {						\
			REGION(0, 0x1000),				\
			REGION(KPLAT_ODD, KPLAT_ODD_SIZE),		\
			REGION(KPLAT_CTL, KIRQ_CTL_SIZE),		\
			{ .index = 15, .size = 1ULL << 40, .flags = MDEV_BPF_REGION_READ, \
			  .types = 1 },				\
		},							\
		.irqs = {						\
			{ .index = KPLAT_LINE, .count = 1, .flags = MDEV_BPF_IRQ_LEVEL },	\
			{ .index = KPLAT_EDGE, .count = 1 },			\
			{ .index = KPLAT_LINE2, .count = 1, .flags = MDEV_BPF_IRQ_LEVEL },	\
			{ .index = KPLAT_VECTORS, .count = KPLAT_NR, .types = 1 },	\
		})

PLATFORM(kplat, "vfio-platform");
PLATFORM(kamba, "vfio-amba");

MDEV_BPF_DEVICE(kccw,
		.region_read = kapi_region_read,
		.region_write = kccw_region_write,
		.device_api = "vfio-ccw",
		.state_size = sizeof(struct kirq_state),
		.types = { { .name = "1" } },
		.regions = { { .size = KCCW_CONFIG_SIZE, .access_size = 8,
				     .flags = MDEV_BPF_REGION_RW } },
		.irqs = { { .count = 1 }, { .index = 1, .count = 1 }, { .index = 2, .count = 1 } });

MDEV_BPF_DEVICE(kap,
		.device_api = "vfio-ap",
		.types = { { .name = "1" } },
		.irqs = { { .count = 1 } });
