/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtqueues of packed format (virtio 1.2, 2.8): one ring of descriptors, which the driver makes
 * available in their order, and in which the device gives chains back. Whose an entry is shows in
 * two bits of it, whose meaning changes each time around the ring. For mdev_virtio.bpf.h.
 */
#ifndef __MDEV_VIRTIO_PACKED_BPF_H
#define __MDEV_VIRTIO_PACKED_BPF_H

/* Members of a descriptor, and the bits of its flags */
#define VIRTIO_PACKED_LENGTH	8
#define VIRTIO_PACKED_ID	12
#define VIRTIO_PACKED_FLAGS	14
#define VIRTIO_PACKED_AVAIL	(1 << 7)
#define VIRTIO_PACKED_USED	(1 << 15)
/* A place in the ring: an index, and in this bit the wrap counter */
#define VIRTIO_PACKED_WRAP	(1 << 15)
#define VIRTIO_PACKED_INDEX	0x7fff
/* Flags of an event */
#define VIRTIO_PACKED_DISABLE	1
#define VIRTIO_PACKED_AT	2

/* The place that is @entries after @place */
static __always_inline __u16 virtio_packed_add(const struct virtio_queue *q, __u16 place,
					       __u16 entries)
{
	__u32 index = (place & VIRTIO_PACKED_INDEX) + entries;
	__u16 wrap = place & VIRTIO_PACKED_WRAP;

	if (index < q->size)
		return index | wrap;
	return (index - q->size) | (wrap ^ VIRTIO_PACKED_WRAP);
}

/* The driver always notifies, so there is nothing to ask it for. */
static __always_inline bool virtio_packed_is_empty(struct mdev_bpf_dev *dev,
						   struct virtio_queue *q, __u64 nr)
{
	__u64 entry = (q->next_avail & VIRTIO_PACKED_INDEX) * sizeof(struct virtio_desc);
	__u16 *flags = virtio_area(dev, nr, VIRTIO_DESC, entry + VIRTIO_PACKED_FLAGS, __u16);
	bool wrap = q->next_avail & VIRTIO_PACKED_WRAP;
	__u16 is;

	if (!flags)
		return true;
	is = READ_ONCE(*flags);
	mdev_bpf_rmb();
	return !!(is & VIRTIO_PACKED_AVAIL) != wrap || !!(is & VIRTIO_PACKED_USED) == wrap;
}

/* Give a chain back; false if the ring is not there. */
static __always_inline bool virtio_packed_push(struct mdev_bpf_dev *dev, struct virtio_queue *q,
					       __u64 nr, const struct virtio_chain *c)
{
	__u64 entry = (q->next_used & VIRTIO_PACKED_INDEX) * sizeof(struct virtio_desc);
	__u16 *flags = virtio_area(dev, nr, VIRTIO_DESC, entry + VIRTIO_PACKED_FLAGS, __u16);
	__u32 *length = virtio_area(dev, nr, VIRTIO_DESC, entry + VIRTIO_PACKED_LENGTH, __u32);
	__u16 *id = virtio_area(dev, nr, VIRTIO_DESC, entry + VIRTIO_PACKED_ID, __u16);
	__u16 set = c->written ? VIRTIO_DESC_WRITE : 0;

	if (!flags || !length || !id)
		return false;
	if (q->next_used & VIRTIO_PACKED_WRAP)
		set |= VIRTIO_PACKED_AVAIL | VIRTIO_PACKED_USED;
	WRITE_ONCE(*length, c->written);
	WRITE_ONCE(*id, c->id);
	mdev_bpf_wmb();
	WRITE_ONCE(*flags, set);
	q->next_used = virtio_packed_add(q, q->next_used, c->entries);
	return true;
}

/* Does the driver want an interrupt for the chain of @entries that was given back last? */
static __always_inline bool virtio_packed_is_wanted(struct mdev_bpf_dev *dev,
						    struct virtio_queue *q, __u64 nr,
						    __u16 entries)
{
	__u16 now = q->next_used & VIRTIO_PACKED_INDEX;
	__u16 *flags, *place, at, what;

	mdev_bpf_mb();
	flags = virtio_area(dev, nr, VIRTIO_DRIVER, VIRTIO_EVENT_FLAGS, __u16);
	place = virtio_area(dev, nr, VIRTIO_DRIVER, VIRTIO_EVENT_PLACE, __u16);
	if (!flags || !place)
		return true;
	what = READ_ONCE(*flags);
	if (what != VIRTIO_PACKED_AT)
		return what != VIRTIO_PACKED_DISABLE;
	mdev_bpf_rmb();
	at = READ_ONCE(*place);
	if ((at ^ q->next_used) & VIRTIO_PACKED_WRAP)
		at = (at & VIRTIO_PACKED_INDEX) - q->size;
	else
		at &= VIRTIO_PACKED_INDEX;
	return (__u16)(now - at - 1) < entries;
}

#endif /* __MDEV_VIRTIO_PACKED_BPF_H */
