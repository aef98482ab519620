/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtqueues in guest memory, of split format (virtio 1.2, 2.7): what the driver has made
 * available, and what the device gives back. The areas of a queue are pinned, so an op accesses
 * them by pointers. For mdev_virtio.bpf.h.
 *
 * The driver can change what is in there at any time, so each value is read once, and checked
 * before it is used.
 */
#ifndef __MDEV_VIRTIO_RING_BPF_H
#define __MDEV_VIRTIO_RING_BPF_H

/* Offsets in the areas of the driver and of the device, and bytes of an entry there */
#define VIRTIO_RING_FLAGS	0
#define VIRTIO_RING_INDEX	2
#define VIRTIO_RING_ENTRIES	4
#define VIRTIO_AVAIL_ENTRY	2
#define VIRTIO_USED_ENTRY	8
#define VIRTIO_NO_INTERRUPT	1

#define virtio_once(p)		(*(volatile __typeof__(*(p)) *)(p))

/* A pointer to a @type in an area of queue @q, or NULL if that is not pinned */
#define virtio_area(dev, q, which, offset, type)						\
	((type *)mdev_bpf_dma_get(dev, MDEV_BPF_PIN((q) * VIRTIO_AREAS + (which), offset),	\
				  sizeof(type)))

static __always_inline __u64 virtio_area_size(const struct virtio_queue *q, __u32 which)
{
	switch (which) {
	case VIRTIO_DESC:
		return (__u64)q->size * sizeof(struct virtio_desc);
	case VIRTIO_DRIVER:
		return VIRTIO_RING_ENTRIES + (__u64)q->size * VIRTIO_AVAIL_ENTRY + 2;
	default:
		return VIRTIO_RING_ENTRIES + (__u64)q->size * VIRTIO_USED_ENTRY + 2;
	}
}

static __always_inline bool virtio_is_aligned(__u64 addr, __u32 which)
{
	return !(addr & (which == VIRTIO_DESC ? 15 : which == VIRTIO_DRIVER ? 1 : 3));
}

static __always_inline int virtio_pin(struct mdev_bpf_dev *dev, struct virtio *v,
				      struct virtio_queue *q, __u64 nr, __u32 which)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_PIN, .id = nr * VIRTIO_AREAS + which,
		.channel = VIRTIO_CHANNEL_QUEUES, .iova = q->area[which],
		.size = virtio_area_size(q, which),
	};

	if (!virtio_is_aligned(req.iova, which) || mdev_bpf_request(dev, &req, sizeof(req)))
		return -EINVAL;
	q->pinning |= 1 << which;
	q->requests++;
	v->requests++;
	return 0;
}

/* Are the areas of a queue there? If not, they are requested, and the queue is run later. */
static __always_inline bool virtio_is_pinned(struct mdev_bpf_dev *dev, struct virtio *v,
					     struct virtio_queue *q, __u64 nr)
{
	bool there = !q->pinning;

	for (__u32 which = 0; which < VIRTIO_AREAS; which++) {
		if (q->pinning & 1 << which || virtio_area(dev, nr, which, 0, __u16))
			continue;
		there = false;
		if (virtio_pin(dev, v, q, nr, which))
			virtio_fail(dev, v, nr, VIRTIO_WRONG_ADDRESS);
	}
	return there;
}

static __always_inline void virtio_unpin(struct mdev_bpf_dev *dev, __u64 nr)
{
	for (__u32 which = 0; which < VIRTIO_AREAS; which++) {
		mdev_bpf_request_cancel(dev, nr * VIRTIO_AREAS + which);
		mdev_bpf_dma_unpin(dev, nr * VIRTIO_AREAS + which);
	}
}

/* How many chains are available: a number, or negative if the ring is wrong or not there. */
static __always_inline int virtio_available(struct mdev_bpf_dev *dev, struct virtio *v,
					    struct virtio_queue *q, __u64 nr)
{
	__u16 *index = virtio_area(dev, nr, VIRTIO_DRIVER, VIRTIO_RING_INDEX, __u16);
	__u16 count;

	if (!index)
		return -EAGAIN;
	count = virtio_once(index) - q->next_avail;
	if (count > q->size) {
		virtio_fail(dev, v, nr, VIRTIO_WRONG_INDEX);
		return -EINVAL;
	}
	return count;
}

/* The driver shall notify of the next chain; is there none by now? */
static __always_inline bool virtio_is_empty(struct mdev_bpf_dev *dev, struct virtio *v,
					    struct virtio_queue *q, __u64 nr)
{
	__u16 *event;

	if (virtio_available(dev, v, q, nr))
		return false;
	if (!virtio_has(v, VIRTIO_RING_F_EVENT_IDX))
		return true;
	event = virtio_area(dev, nr, VIRTIO_USED, virtio_area_size(q, VIRTIO_USED) - 2, __u16);
	if (!event)
		return true;
	virtio_once(event) = q->next_avail;
	mdev_bpf_mb();
	return !virtio_available(dev, v, q, nr);
}

/* The head of the next chain: an index, which may be out of range; negative if it is not there. */
static __always_inline int virtio_head(struct mdev_bpf_dev *dev, struct virtio_queue *q, __u64 nr)
{
	__u64 slot = q->next_avail & (q->size - 1);
	__u16 *entry;

	mdev_bpf_rmb();
	entry = virtio_area(dev, nr, VIRTIO_DRIVER,
			    VIRTIO_RING_ENTRIES + slot * VIRTIO_AVAIL_ENTRY, __u16);
	return entry ? virtio_once(entry) : -EAGAIN;
}

/* Does the driver want an interrupt for the entry that was given back last? */
static __always_inline bool virtio_is_wanted(struct mdev_bpf_dev *dev, const struct virtio *v,
					     struct virtio_queue *q, __u64 nr)
{
	__u16 *word;

	mdev_bpf_mb();
	if (!virtio_has(v, VIRTIO_RING_F_EVENT_IDX)) {
		word = virtio_area(dev, nr, VIRTIO_DRIVER, VIRTIO_RING_FLAGS, __u16);
		return !word || !(virtio_once(word) & VIRTIO_NO_INTERRUPT);
	}
	word = virtio_area(dev, nr, VIRTIO_DRIVER, virtio_area_size(q, VIRTIO_DRIVER) - 2, __u16);
	return !word || virtio_once(word) == (__u16)(q->next_used - 1);
}

/* Give a chain back; false if the ring is not there. */
static __always_inline bool virtio_push(struct mdev_bpf_dev *dev, struct virtio *v,
					struct virtio_queue *q, __u64 nr,
					const struct virtio_chain *c)
{
	__u64 entry = VIRTIO_RING_ENTRIES + (q->next_used & (q->size - 1)) * VIRTIO_USED_ENTRY;
	__u32 *id = virtio_area(dev, nr, VIRTIO_USED, entry, __u32);
	__u32 *length = virtio_area(dev, nr, VIRTIO_USED, entry + 4, __u32);
	__u16 *index = virtio_area(dev, nr, VIRTIO_USED, VIRTIO_RING_INDEX, __u16);

	if (!id || !length || !index)
		return false;
	virtio_once(id) = c->id;
	virtio_once(length) = c->written;
	mdev_bpf_wmb();
	virtio_once(index) = ++q->next_used;
	if (virtio_is_wanted(dev, v, q, nr))
		virtio_interrupt(dev, v, q->vector, VIRTIO_ISR_QUEUE);
	return true;
}

#endif /* __MDEV_VIRTIO_RING_BPF_H */
