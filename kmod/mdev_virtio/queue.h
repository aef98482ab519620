/* SPDX-License-Identifier: GPL-2.0-only */
/* Queues of a device on the host's virtio bus. */
#ifndef __MDEV_VIRTIO_QUEUE_H
#define __MDEV_VIRTIO_QUEUE_H

#include <linux/mutex.h>
#include <linux/virtio_ring.h>
#include <linux/workqueue.h>

struct mdev_virtio_head;
struct mdev_virtio_host;
struct virtqueue;
struct virtqueue_info;

/* How many queues a device may have, and how many entries are used of one, or must be there */
#define MDEV_VIRTIO_QUEUES	64
#define MDEV_VIRTIO_ENTRIES	256
#define MDEV_VIRTIO_ENTRIES_MIN	4

/* The areas of a queue: descriptors, the driver's and the device's */
enum { MDEV_VIRTIO_DESC, MDEV_VIRTIO_AVAIL, MDEV_VIRTIO_USED, MDEV_VIRTIO_AREAS };

/**
 * struct mdev_virtio_queue - a queue of a device
 * @host: the device
 * @index: number of the queue
 * @vector: the MSI-X vector of its interrupt
 * @work: brings what the driver has made available to the program, and back what was used
 * @vq: the driver's end; NULL if the queue is not in use
 * @ring: the driver's ring, which the program does not see
 * @memory: the memory of @ring
 * @areas: the program's ring, a page for each area
 * @iova: addresses of these pages
 * @heads: what is known of each descriptor that begins a chain
 * @nr: number of entries
 * @avail: index of the next entry to take from the driver
 * @used: index of the next entry to take from the program
 * @busy: number of chains that the program has
 * @doorbell: where in the notifications the queue has its own
 * @owed: the doorbell could not be rung
 */
struct mdev_virtio_queue {
	struct mdev_virtio_host *host;
	unsigned int index;
	u16 vector;
	struct delayed_work work;
	/** @lock: held while the queue is worked on, set up or deleted */
	struct mutex lock;
	struct virtqueue *vq;
	const struct vring *ring;
	void *memory;
	void *areas[MDEV_VIRTIO_AREAS];
	u64 iova[MDEV_VIRTIO_AREAS];
	struct mdev_virtio_head *heads;
	u16 nr;
	u16 avail;
	u16 used;
	u16 busy;
	u32 doorbell;
	bool owed;
};

int mdev_virtio_queue_init(struct mdev_virtio_host *host);
void mdev_virtio_queue_destroy(struct mdev_virtio_host *host);
struct virtqueue *mdev_virtio_queue_new(struct mdev_virtio_queue *q,
					const struct virtqueue_info *info);
void mdev_virtio_queue_delete(struct mdev_virtio_queue *q);
void mdev_virtio_queue_stop(struct mdev_virtio_queue *q);
void mdev_virtio_queue_kick(struct mdev_virtio_queue *q);

#endif /* __MDEV_VIRTIO_QUEUE_H */
