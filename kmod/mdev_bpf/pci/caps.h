/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI capabilities. */
#ifndef __MDEV_BPF_PCI_CAPS_H
#define __MDEV_BPF_PCI_CAPS_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

/**
 * struct mdev_bpf_cap_place - where in configuration space a declared capability is
 * @start: its header, which is the core's; 0: there is no such capability
 * @body: the first byte of the program's
 * @end: the first byte behind it
 */
struct mdev_bpf_cap_place {
	u16 start;
	u16 body;
	u16 end;
};

unsigned int mdev_bpf_pci_caps_size(const struct mdev_bpf_ops *ops);
unsigned int mdev_bpf_pci_caps_declared(const struct mdev_bpf_pci_cap *caps, u8 where);
void mdev_bpf_pci_caps_build(struct mdev_bpf_device *bdev);
u8 mdev_bpf_pci_caps_mask(const struct mdev_bpf_device *bdev, u32 offset, u8 val);
bool mdev_bpf_pci_caps_is_flr(const struct mdev_bpf_device *bdev, u32 offset, u8 val);
bool mdev_bpf_pci_caps_is_own(const struct mdev_bpf_device *bdev, u32 offset, u32 size);
bool mdev_bpf_pci_caps_match(const struct mdev_bpf_device *bdev, const u8 *config);

#endif /* __MDEV_BPF_PCI_CAPS_H */
