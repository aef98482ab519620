/* SPDX-License-Identifier: GPL-2.0-only */
/* The transport of devices on the host's virtio bus. */
#ifndef __MDEV_VIRTIO_TRANSPORT_H
#define __MDEV_VIRTIO_TRANSPORT_H

#include <linux/types.h>

struct mdev_virtio_host;

/**
 * struct mdev_virtio_type - a type of virtio device that the host takes
 * @id: VIRTIO_ID_*
 * @has_error: the last byte that the device writes of a chain is a status
 * @error: the status for an error
 * @features: the features of the type that are passed on to the driver
 */
struct mdev_virtio_type {
	u32 id;
	bool has_error;
	u8 error;
	u64 features;
};

const struct mdev_virtio_type *mdev_virtio_type_find(u32 id);
void mdev_virtio_transport_init(struct mdev_virtio_host *host);

#endif /* __MDEV_VIRTIO_TRANSPORT_H */
