// SPDX-License-Identifier: GPL-2.0-only
/* A PCI Express device with all capabilities; see kpci.h for its registers. */
#include <linux/pci_regs.h>
#include "mdev_bpf.bpf.h"
#include "kpci.h"

char _license[] SEC("license") = "GPL";

struct {
	__u64 nr[KPCI_NR_COUNTERS];
} counters;

int fail_reset;

#define EXTENDED	MDEV_BPF_PCI_CAP_EXTENDED
#define LOW		MDEV_BPF_PCI_CAP_LOW

struct kpci_state {
	__u32 off;
	__u32 size;
	__u32 result;
	__u32 hooks;
	__u32 where;
	__u32 val;
	__u32 now;
	__u32 invert;
};

/* In a variant without this capability that does nothing. */
static void put(struct mdev_bpf_dev *dev, __u32 index, __u32 off, __u32 val)
{
	int cap = mdev_bpf_pci_cap_offset(dev, index);

	if (cap > 0)
		mdev_bpf_config_write(dev, cap + off, 4, val);
}

static void fill(struct mdev_bpf_dev *dev)
{
	put(dev, KPCI_CAP_SERIAL, 4, KPCI_SERIAL_LOW);
	put(dev, KPCI_CAP_SERIAL, 8, KPCI_SERIAL_HIGH);
	put(dev, KPCI_CAP_LOW, 4, KPCI_LOW);
	put(dev, KPCI_CAP_VSEC, 4, KPCI_VSEC);
	put(dev, KPCI_CAP_VSEC, 8, KPCI_VSEC_BODY);
	put(dev, KPCI_CAP_DVSEC, 4, KPCI_DVSEC);
	put(dev, KPCI_CAP_DVSEC, 8, 7);
}

int MDEV_BPF_OP(kpci_init, struct mdev_bpf_dev *dev)
{
	fill(dev);
	return 0;
}

int MDEV_BPF_OP(kpci_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kpci_state *s = mdev_bpf_state(dev, struct kpci_state);

	if (!s)
		return -EIO;
	if (access->offset == KPCI_OFF)
		s->off = access->val;
	else if (access->offset == KPCI_SIZE)
		s->size = access->val;
	else if (access->offset == KPCI_WRITE)
		s->result = mdev_bpf_config_write(dev, s->off, s->size, access->val);
	else if (access->offset == KPCI_FAIL_RESET)
		fail_reset = access->val;
	else if (access->offset == KPCI_INVERT)
		s->invert = access->val;
	else if (access->offset == KPCI_WHERE)
		s->result = mdev_bpf_pci_cap_offset(dev, access->val);
	return 0;
}

int MDEV_BPF_OP(kpci_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kpci_state *s = mdev_bpf_state(dev, struct kpci_state);

	if (!s)
		return -EIO;
	if (access->offset == KPCI_READ)
		access->val = mdev_bpf_config_read(dev, s->off, s->size);
	else if (access->offset == KPCI_RESULT)
		access->val = s->result;
	else if (access->offset == KPCI_HOOKS)
		access->val = s->hooks;
	else if (access->offset == KPCI_HOOK_WHERE)
		access->val = s->where;
	else if (access->offset == KPCI_HOOK_VAL)
		access->val = s->val;
	else if (access->offset == KPCI_HOOK_NOW)
		access->val = s->now;
	else if (access->offset == KPCI_ASKED)
		access->val = counters.nr[KPCI_NR_ASKED];
	return 0;
}

int MDEV_BPF_OP(kpci_config_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kpci_state *s = mdev_bpf_state(dev, struct kpci_state);

	if (!s)
		return -EIO;
	__sync_fetch_and_add(&counters.nr[KPCI_NR_ASKED], 1);
	access->val ^= s->invert;
	/* Ignored */
	return -EPERM;
}

int MDEV_BPF_OP(kpci_config_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kpci_state *s = mdev_bpf_state(dev, struct kpci_state);
	int scratch = mdev_bpf_pci_cap_offset(dev, KPCI_CAP_SCRATCH);

	__sync_fetch_and_add(&counters.nr[KPCI_NR_HOOKS], 1);
	if (!s)
		return -EIO;
	if (scratch > 0 && access->offset - scratch - 4 < KPCI_SCRATCH_SIZE - 4)
		mdev_bpf_config_write(dev, access->offset, access->size, access->val);
	s->hooks++;
	s->where = access->region << 24 | access->size << 16 | access->offset;
	s->val = access->val;
	s->now = mdev_bpf_config_read(dev, access->offset, access->size);
	/* Ignored */
	return -EPERM;
}

int MDEV_BPF_OP(kpci_reset, struct mdev_bpf_dev *dev)
{
	__sync_fetch_and_add(&counters.nr[KPCI_NR_RESETS], 1);
	fill(dev);
	return fail_reset;
}

MDEV_BPF_DEVICE(kpci,
		.init = kpci_init,
		.reset = kpci_reset,
		.region_read = kpci_read,
		.region_write = kpci_write,
		.config_read = kpci_config_read,
		.config_write = kpci_config_write,
		.state_size = sizeof(struct kpci_state),
		.types = { { .name = "1" } },
		.pci = {
			.vendor = 0x1234, .device = 0x0004, .class_code = 0xff0000,
			.flags = MDEV_BPF_PCI_PM | MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		},
		.pci_caps = {
			[KPCI_CAP_EMPTY] = { .id = PCI_CAP_ID_VNDR, .size = KPCI_EMPTY_SIZE },
			[KPCI_CAP_SERIAL] = { .id = PCI_EXT_CAP_ID_DSN, .size = KPCI_SERIAL_SIZE,
					      .flags = EXTENDED },
			[KPCI_CAP_LOW] = { .id = PCI_CAP_ID_VNDR, .size = KPCI_LOW_SIZE,
					   .flags = LOW },
			[KPCI_CAP_SCRATCH] = { .id = PCI_CAP_ID_VNDR, .size = KPCI_SCRATCH_SIZE },
			[KPCI_CAP_VSEC] = { .id = PCI_EXT_CAP_ID_VNDR, .size = KPCI_VSEC_SIZE,
					    .flags = EXTENDED, .version = 3 },
			[KPCI_CAP_LOW2] = { .id = PCI_CAP_ID_VNDR, .size = KPCI_LOW2_SIZE,
					    .flags = LOW },
			[KPCI_CAP_LOW3] = { .id = PCI_CAP_ID_VNDR, .size = KPCI_LOW3_SIZE,
					    .flags = LOW },
			[KPCI_CAP_DVSEC] = { .id = PCI_EXT_CAP_ID_DVSEC, .size = KPCI_DVSEC_SIZE,
					     .flags = EXTENDED },
		},
		.regions = { { .size = 64, .flags = MDEV_BPF_REGION_RW } },
		.irqs = { { .count = 1 }, { .index = 1, .count = KPCI_MSI } });
