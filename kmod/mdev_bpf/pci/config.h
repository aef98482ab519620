/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space. */
#ifndef __MDEV_BPF_PCI_CONFIG_H
#define __MDEV_BPF_PCI_CONFIG_H

#include <linux/types.h>

struct mdev_bpf_device;

int mdev_bpf_pci_config_init(struct mdev_bpf_device *bdev);
bool mdev_bpf_pci_config_has_bar(const struct mdev_bpf_device *bdev, unsigned int region);
void mdev_bpf_pci_config_resize(struct mdev_bpf_device *bdev, unsigned int region);
void mdev_bpf_pci_config_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_pci_config_reset(struct mdev_bpf_device *bdev);
u32 mdev_bpf_pci_config_size(const struct mdev_bpf_device *bdev);
bool mdev_bpf_pci_config_valid(const struct mdev_bpf_device *bdev, u32 offset, u32 size);
int mdev_bpf_pci_config_user_read(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access);
int mdev_bpf_pci_config_user_write(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access);
u32 mdev_bpf_pci_config_read(struct mdev_bpf_device *bdev, u32 offset, u32 size);
bool mdev_bpf_pci_config_write(struct mdev_bpf_device *bdev, u32 offset, u32 size, u32 val);
bool mdev_bpf_pci_config_is_master(struct mdev_bpf_device *bdev);
int mdev_bpf_pci_config_own_write(struct mdev_bpf_device *bdev, u32 offset, u32 size, u32 val);
void mdev_bpf_pci_config_load(struct mdev_bpf_device *bdev, const u8 *config);

#endif /* __MDEV_BPF_PCI_CONFIG_H */
