// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device that a program declares. This file checks its PCI identity; the other parts are
 * checked in separate files.
 */
#include <linux/string.h>

#include "gate/refuse.h"
#include "validate/api.h"
#include "validate/validate.h"

#define PCI_FLAGS (MDEV_BPF_PCI_PM | MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR)

#define refuse mdev_bpf_refuse_ops

static int check_pci_flags(const struct mdev_bpf_ops *ops)
{
	u32 flags = ops->pci.flags;

	if (flags & ~PCI_FLAGS)
		return refuse(ops, -EOPNOTSUPP, "pci.flags %#x are not supported",
			      flags & ~PCI_FLAGS);
	if (flags & MDEV_BPF_PCI_FLR && !(flags & MDEV_BPF_PCI_EXPRESS))
		return refuse(ops, -EINVAL, "pci.flags have FLR, which needs EXPRESS");
	return mdev_bpf_validate_pci_caps(ops);
}

static int check_pci(const struct mdev_bpf_ops *ops)
{
	if (!mdev_bpf_api_is_pci(ops)) {
		if (memchr_inv(&ops->pci, 0, sizeof(ops->pci)))
			return refuse(ops, -EINVAL, "pci is not empty, but device_api is \"%s\"",
				      ops->device_api);
		if (memchr_inv(ops->pci_caps, 0, sizeof(ops->pci_caps)))
			return refuse(ops, -EINVAL,
				      "pci_caps[] is not empty, but device_api is \"%s\"",
				      ops->device_api);
		return 0;
	}
	if (!ops->pci.vendor || ops->pci.vendor == 0xffff)
		return refuse(ops, -EINVAL, "pci.vendor %#x is no vendor id", ops->pci.vendor);
	if (ops->pci.class_code > 0xffffff)
		return refuse(ops, -EINVAL, "pci.class_code %#x has more than 24 bits",
			      ops->pci.class_code);
	if (memchr_inv(ops->pci.reserved, 0, sizeof(ops->pci.reserved)))
		return refuse(ops, -EINVAL, "pci.reserved is not zero");
	return check_pci_flags(ops);
}

/**
 * mdev_bpf_validate_device() - check the device that a program declares
 * @ops: the program, whose names and types have been checked
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_device(const struct mdev_bpf_ops *ops)
{
	return check_pci(ops) ?: mdev_bpf_validate_regions(ops) ?: mdev_bpf_validate_irqs(ops) ?:
	       mdev_bpf_validate_registers(ops) ?: mdev_bpf_validate_gfx(ops);
}
