/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtqueues of split format (virtio 1.2, 2.7): what the driver has made available, and what the
 * device gives back. For mdev_virtio.bpf.h.
 */
#ifndef __MDEV_VIRTIO_SPLIT_BPF_H
#define __MDEV_VIRTIO_SPLIT_BPF_H

#define VIRTIO_SPLIT_NO_INTERRUPT	1

/* How many chains are available: a number, or negative if the ring is wrong or not there. */
static __always_inline int virtio_split_available(struct mdev_bpf_dev *dev, struct virtio *v,
						  struct virtio_queue *q, __u64 nr)
{
	__u16 *index = virtio_area(dev, nr, VIRTIO_DRIVER, VIRTIO_RING_INDEX, __u16);
	__u16 count;

	if (!index)
		return -EAGAIN;
	count = READ_ONCE(*index) - q->next_avail;
	if (count > q->size) {
		virtio_fail(dev, v, nr, VIRTIO_WRONG_INDEX);
		return -EINVAL;
	}
	return count;
}

/* The driver shall notify of the next chain; is there none by now? */
static __always_inline bool virtio_split_is_empty(struct mdev_bpf_dev *dev, struct virtio *v,
						  struct virtio_queue *q, __u64 nr)
{
	__u16 *event;

	if (virtio_split_available(dev, v, q, nr))
		return false;
	if (!virtio_has(v, VIRTIO_RING_F_EVENT_IDX))
		return true;
	event = virtio_area(dev, nr, VIRTIO_USED, virtio_area_size(q, VIRTIO_USED) - 2, __u16);
	if (!event)
		return true;
	WRITE_ONCE(*event, q->next_avail);
	mdev_bpf_mb();
	return !virtio_split_available(dev, v, q, nr);
}

/* The head of the next chain: an index, which may be out of range; negative if it is not there. */
static __always_inline int virtio_split_head(struct mdev_bpf_dev *dev, struct virtio_queue *q,
					     __u64 nr)
{
	__u64 slot = q->next_avail & (q->size - 1);
	__u16 *entry;

	mdev_bpf_rmb();
	entry = virtio_area(dev, nr, VIRTIO_DRIVER,
			    VIRTIO_RING_ENTRIES + slot * VIRTIO_AVAIL_ENTRY, __u16);
	return entry ? READ_ONCE(*entry) : -EAGAIN;
}

/* Does the driver want an interrupt for the entry that was given back last? */
static __always_inline bool virtio_split_is_wanted(struct mdev_bpf_dev *dev,
						   const struct virtio *v,
						   struct virtio_queue *q, __u64 nr)
{
	__u16 *word;

	mdev_bpf_mb();
	if (!virtio_has(v, VIRTIO_RING_F_EVENT_IDX)) {
		word = virtio_area(dev, nr, VIRTIO_DRIVER, VIRTIO_RING_FLAGS, __u16);
		return !word || !(READ_ONCE(*word) & VIRTIO_SPLIT_NO_INTERRUPT);
	}
	word = virtio_area(dev, nr, VIRTIO_DRIVER, virtio_area_size(q, VIRTIO_DRIVER) - 2, __u16);
	return !word || READ_ONCE(*word) == (__u16)(q->next_used - 1);
}

/* Give a chain back; false if the ring is not there. */
static __always_inline bool virtio_split_push(struct mdev_bpf_dev *dev, struct virtio_queue *q,
					      __u64 nr, const struct virtio_chain *c)
{
	__u64 entry = VIRTIO_RING_ENTRIES + (q->next_used & (q->size - 1)) * VIRTIO_USED_ENTRY;
	__u32 *id = virtio_area(dev, nr, VIRTIO_USED, entry, __u32);
	__u32 *length = virtio_area(dev, nr, VIRTIO_USED, entry + 4, __u32);
	__u16 *index = virtio_area(dev, nr, VIRTIO_USED, VIRTIO_RING_INDEX, __u16);

	if (!id || !length || !index)
		return false;
	WRITE_ONCE(*id, c->id);
	WRITE_ONCE(*length, c->written);
	mdev_bpf_wmb();
	WRITE_ONCE(*index, ++q->next_used);
	return true;
}

#endif /* __MDEV_VIRTIO_SPLIT_BPF_H */
