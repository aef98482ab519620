// SPDX-License-Identifier: GPL-2.0-only
/* A PCI Express device with all capabilities; see kpci.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "kpci.h"

char _license[] SEC("license") = "GPL";

struct {
	__u64 nr[KPCI_NR_COUNTERS];
} counters;

int fail_reset;

struct kpci_state {
	__u32 off;
	__u32 size;
	__u32 result;
	__u32 hooks;
	__u32 where;
	__u32 val;
	__u32 now;
};

SEC("struct_ops")
int BPF_PROG(kpci_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
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
	return 0;
}

SEC("struct_ops")
int BPF_PROG(kpci_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
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
	return 0;
}

SEC("struct_ops")
int BPF_PROG(kpci_config_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kpci_state *s = mdev_bpf_state(dev, struct kpci_state);

	__sync_fetch_and_add(&counters.nr[KPCI_NR_HOOKS], 1);
	if (!s)
		return -EIO;
	s->hooks++;
	s->where = access->region << 24 | access->size << 16 | access->offset;
	s->val = access->val;
	s->now = mdev_bpf_config_read(dev, access->offset, access->size);
	/* Ignored */
	return -EPERM;
}

SEC("struct_ops")
int BPF_PROG(kpci_reset, struct mdev_bpf_dev *dev)
{
	__sync_fetch_and_add(&counters.nr[KPCI_NR_RESETS], 1);
	return fail_reset;
}

SEC(".struct_ops.link")
struct mdev_bpf_ops kpci = {
	.reset = (void *)kpci_reset,
	.region_read = (void *)kpci_read,
	.region_write = (void *)kpci_write,
	.config_write = (void *)kpci_config_write,
	.name = "kpci",
	.abi = MDEV_BPF_ABI,
	.state_size = sizeof(struct kpci_state),
	.types = { { .name = "1" } },
	.pci = {
		.vendor = 0x1234, .device = 0x0004, .class_code = 0xff0000,
		.flags = MDEV_BPF_PCI_PM | MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		.vendor_cap = KPCI_VENDOR_CAP,
	},
	.regions = { { .size = 64, .flags = MDEV_BPF_REGION_RW } },
	.irqs = { { .count = 1 }, { .count = KPCI_MSI } },
};
