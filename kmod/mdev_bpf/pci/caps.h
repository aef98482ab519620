/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI capabilities. */
#ifndef __MDEV_BPF_PCI_CAPS_H
#define __MDEV_BPF_PCI_CAPS_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

/**
 * struct mdev_bpf_cap_place - the place of a declared capability in configuration space
 * @start: offset of its header, which belongs to the core; 0 if there is no such capability
 * @body: offset of the first byte that belongs to the program
 * @end: offset of the first byte after it
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
