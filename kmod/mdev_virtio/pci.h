/* SPDX-License-Identifier: GPL-2.0-only */
/* The registers of a virtio device over PCI, as its program has them. */
#ifndef __MDEV_VIRTIO_PCI_H
#define __MDEV_VIRTIO_PCI_H

#include <linux/types.h>

struct mdev_virtio_host;

/**
 * struct mdev_virtio_place - one of the structures of virtio over PCI
 * @region: VFIO index of the BAR; only if @size is not 0
 * @size: number of bytes
 * @offset: first byte in the BAR
 */
struct mdev_virtio_place {
	u32 region;
	u32 size;
	u64 offset;
};

/**
 * struct mdev_virtio_places - where these structures are
 * @common: common configuration
 * @notify: notifications
 * @device: configuration of the type of device
 * @multiplier: bytes between the notifications of two queues
 */
struct mdev_virtio_places {
	struct mdev_virtio_place common;
	struct mdev_virtio_place notify;
	struct mdev_virtio_place device;
	u32 multiplier;
};

int mdev_virtio_pci_init(struct mdev_virtio_host *host);
int mdev_virtio_pci_get(struct mdev_virtio_host *host, const struct mdev_virtio_place *place,
			u32 offset, void *buf, u32 size);
int mdev_virtio_pci_set(struct mdev_virtio_host *host, const struct mdev_virtio_place *place,
			u32 offset, const void *buf, u32 size);
int mdev_virtio_pci_status(struct mdev_virtio_host *host);
int mdev_virtio_pci_common_get(struct mdev_virtio_host *host, u32 offset, u32 size, u32 *val);
int mdev_virtio_pci_common_set(struct mdev_virtio_host *host, u32 offset, u32 size, u32 val);

/* A member of the common configuration, by its name there */
#define mdev_virtio_common_get(host, member, val)					\
	mdev_virtio_pci_common_get(host, offsetof(struct virtio_pci_common_cfg, member), \
				   sizeof_field(struct virtio_pci_common_cfg, member), val)
#define mdev_virtio_common_set(host, member, val)					\
	mdev_virtio_pci_common_set(host, offsetof(struct virtio_pci_common_cfg, member), \
				   sizeof_field(struct virtio_pci_common_cfg, member), val)

#endif /* __MDEV_VIRTIO_PCI_H */
