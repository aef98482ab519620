/* SPDX-License-Identifier: GPL-2.0-only */
/* A device of a program on the host's virtio bus. */
#ifndef __MDEV_VIRTIO_HOST_H
#define __MDEV_VIRTIO_HOST_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mdev_bpf_client.h>
#include <linux/uuid.h>
#include <linux/virtio.h>
#include <linux/workqueue.h>

#include "iova.h"
#include "pci.h"

struct mdev_virtio_queue;

/* Bits of mdev_virtio_host::flags */
enum mdev_virtio_flag {
	MDEV_VIRTIO_DEAD,	/* requests fail, and the program is not asked any more */
	MDEV_VIRTIO_REFUSED,	/* binding has failed */
};

/**
 * struct mdev_virtio_host - a device of a program on the host's virtio bus
 * @dev: in the class mdev_virtio, a child of the mdev; holds the memory of this struct
 * @vdev: the virtio device, a child of @dev
 * @node: entry in the list of devices
 * @uuid: UUID of the mdev
 * @client: how the program is reached
 * @places: where its registers are
 * @type: what is known of this type of virtio device
 * @iova: the memory that the program can access
 * @queues: its queues, @nr_queues of them
 * @nr_queues: number of queues
 * @vectors: number of MSI-X vectors
 * @status: what the driver has written to the status; 0 after a reset
 * @smallest: number of entries of its smallest queue that is in use
 * @flags: MDEV_VIRTIO_DEAD and MDEV_VIRTIO_REFUSED
 * @generation: the generation of the configuration that was read last
 * @changes: how often in a row it was another one than before
 * @progress: counts completed requests
 * @config: work item for an interrupt of the configuration
 * @leave: work item that removes the device from the bus
 * @watch: work item that kills the device if a task waits for it in vain
 * @seen: @progress when @watch last found that it had changed
 * @since: time in jiffies of that
 * @bound: completed when the driver has been bound, or binding has failed
 * @gone: completed when the device is not on the bus any more
 */
struct mdev_virtio_host {
	struct device dev;
	struct virtio_device vdev;
	struct list_head node;
	guid_t uuid;
	struct mdev_bpf_client *client;
	struct mdev_virtio_places places;
	const struct mdev_virtio_type *type;
	struct mdev_virtio_iova iova;
	struct mdev_virtio_queue *queues;
	unsigned int nr_queues;
	unsigned int vectors;
	u8 status;
	u16 smallest;
	unsigned long flags;
	u32 generation;
	unsigned int changes;
	atomic_t progress;
	struct work_struct config;
	struct work_struct leave;
	struct delayed_work watch;
	int seen;
	unsigned long since;
	struct completion bound;
	struct completion gone;
};

static inline struct mdev_virtio_host *vdev_to_host(struct virtio_device *vdev)
{
	return container_of(vdev, struct mdev_virtio_host, vdev);
}

static inline bool mdev_virtio_host_is_dead(const struct mdev_virtio_host *host)
{
	return test_bit(MDEV_VIRTIO_DEAD, &host->flags);
}

/* Work of all queues; disks are written to when memory is short */
extern struct workqueue_struct *mdev_virtio_queue_wq;
/* Work that may wait for those */
extern struct workqueue_struct *mdev_virtio_host_wq;
/* Devices leave the bus, which waits for both, and for their drivers */
extern struct workqueue_struct *mdev_virtio_leave_wq;

void mdev_virtio_host_exit(void);
int mdev_virtio_host_bind(const guid_t *uuid);
int mdev_virtio_host_unbind(const guid_t *uuid);
__printf(2, 3) void mdev_virtio_host_kill(struct mdev_virtio_host *host, const char *why, ...);

extern const struct class mdev_virtio_class;

#endif /* __MDEV_VIRTIO_HOST_H */
