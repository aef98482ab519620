/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtqueues, of whatever format the driver has chosen. For mdev_virtio.bpf.h. */
#ifndef __MDEV_VIRTIO_RING_BPF_H
#define __MDEV_VIRTIO_RING_BPF_H

#include "mdev_virtio_area.bpf.h"
#include "mdev_virtio_split.bpf.h"
#include "mdev_virtio_packed.bpf.h"

/* The queue begins. */
static __always_inline void virtio_enable(const struct virtio *v, struct virtio_queue *q)
{
	q->packed = virtio_has(v, VIRTIO_F_RING_PACKED);
	q->next_avail = q->packed ? VIRTIO_PACKED_WRAP : 0;
	q->next_used = q->next_avail;
	q->enabled = 1;
}

/* Is no chain available? If so, the driver notifies of the next one. */
static __always_inline bool virtio_is_empty(struct mdev_bpf_dev *dev, struct virtio *v,
					    struct virtio_queue *q, __u64 nr)
{
	return q->packed ? virtio_packed_is_empty(dev, q, nr) :
			   virtio_split_is_empty(dev, v, q, nr);
}

/* The head of the next chain: an index, which may be out of range; negative if it is not there. */
static __always_inline int virtio_head(struct mdev_bpf_dev *dev, struct virtio_queue *q, __u64 nr)
{
	return q->packed ? q->next_avail & VIRTIO_PACKED_INDEX : virtio_split_head(dev, q, nr);
}

/* The chain is taken. */
static __always_inline void virtio_advance(struct virtio_queue *q, const struct virtio_chain *c)
{
	if (q->packed)
		q->next_avail = virtio_packed_add(q, q->next_avail, c->entries);
	else
		q->next_avail++;
}

/* Give a chain back; false if the ring is not there. */
static __always_inline bool virtio_push(struct mdev_bpf_dev *dev, struct virtio *v,
					struct virtio_queue *q, __u64 nr,
					const struct virtio_chain *c)
{
	bool wanted;

	if (q->packed ? !virtio_packed_push(dev, q, nr, c) : !virtio_split_push(dev, q, nr, c))
		return false;
	wanted = q->packed ? virtio_packed_is_wanted(dev, q, nr, c->entries) :
			     virtio_split_is_wanted(dev, v, q, nr);
	if (wanted)
		virtio_interrupt(dev, v, q->vector, VIRTIO_ISR_QUEUE);
	return true;
}

#endif /* __MDEV_VIRTIO_RING_BPF_H */
