/* SPDX-License-Identifier: GPL-2.0-only */
/* MSI-X: the table and the pending bits. */
#ifndef __MDEV_BPF_PCI_MSIX_H
#define __MDEV_BPF_PCI_MSIX_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

/**
 * struct mdev_bpf_msix - MSI-X table and pending bits, protected by mdev_bpf_irqs::lock
 * @pending: vectors that were triggered while they had no eventfd
 * @table_size: size of @table in bytes
 * @table: the table as the driver sees it, little endian
 */
struct mdev_bpf_msix {
	DECLARE_BITMAP(pending, MDEV_BPF_MAX_MSIX);
	u32 table_size;
	u8 table[];
};

/**
 * struct mdev_bpf_msix_range - the place of the MSI-X table or of the pending bits
 * @region: VFIO index of the BAR
 * @start: first byte
 * @end: first byte after the range
 */
struct mdev_bpf_msix_range {
	u32 region;
	u64 start;
	u64 end;
};

struct mdev_bpf_msix_range mdev_bpf_msix_table(const struct mdev_bpf_irq *irq);
struct mdev_bpf_msix_range mdev_bpf_msix_pba(const struct mdev_bpf_irq *irq);
bool mdev_bpf_msix_next(const struct mdev_bpf_device *bdev, u32 region, u64 offset,
			struct mdev_bpf_msix_range *range);
bool mdev_bpf_msix_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
			  bool write);
void mdev_bpf_msix_reset(struct mdev_bpf_device *bdev);
int mdev_bpf_msix_init(struct mdev_bpf_device *bdev);
void mdev_bpf_msix_destroy(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_PCI_MSIX_H */
