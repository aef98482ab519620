/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The areas of a queue in guest memory. They are pinned, so an op accesses them by pointers. For
 * mdev_virtio.bpf.h.
 *
 * The driver can change what is in there at any time, so each value is read once, and checked
 * before it is used.
 */
#ifndef __MDEV_VIRTIO_AREA_BPF_H
#define __MDEV_VIRTIO_AREA_BPF_H

/* The areas of the driver and of the device in a split ring, and bytes of an entry there */
#define VIRTIO_RING_FLAGS	0
#define VIRTIO_RING_INDEX	2
#define VIRTIO_RING_ENTRIES	4
#define VIRTIO_AVAIL_ENTRY	2
#define VIRTIO_USED_ENTRY	8
/* The same of a packed ring: what is to be notified of */
#define VIRTIO_EVENT_PLACE	0
#define VIRTIO_EVENT_FLAGS	2
#define VIRTIO_EVENT_SIZE	4

/* A pointer to a @type in an area of queue @q, or NULL if that is not pinned */
#define virtio_area(dev, q, which, offset, type)						\
	((type *)mdev_bpf_dma_get(dev, MDEV_BPF_PIN((q) * VIRTIO_AREAS + (which), offset),	\
				  sizeof(type)))

static __always_inline __u64 virtio_area_size(const struct virtio_queue *q, __u32 which)
{
	if (which == VIRTIO_DESC)
		return (__u64)q->size * sizeof(struct virtio_desc);
	if (q->packed)
		return VIRTIO_EVENT_SIZE;
	switch (which) {
	case VIRTIO_DRIVER:
		return VIRTIO_RING_ENTRIES + (__u64)q->size * VIRTIO_AVAIL_ENTRY + 2;
	default:
		return VIRTIO_RING_ENTRIES + (__u64)q->size * VIRTIO_USED_ENTRY + 2;
	}
}

static __always_inline bool virtio_is_aligned(const struct virtio_queue *q, __u64 addr,
					      __u32 which)
{
	__u32 align = which == VIRTIO_DESC ? 16 : which == VIRTIO_DRIVER && !q->packed ? 2 : 4;

	return !(addr & (align - 1));
}

static __always_inline int virtio_pin(struct mdev_bpf_dev *dev, struct virtio *v,
				      struct virtio_queue *q, __u64 nr, __u32 which)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_PIN, .id = nr * VIRTIO_AREAS + which,
		.channel = VIRTIO_CHANNEL_QUEUES, .iova = q->area[which],
		.size = virtio_area_size(q, which),
	};

	if (!virtio_is_aligned(q, req.iova, which) || mdev_bpf_request(dev, &req, sizeof(req)))
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
		mdev_bpf_request_cancel(dev, nr * VIRTIO_AREAS + which, ~0);
		mdev_bpf_dma_unpin(dev, nr * VIRTIO_AREAS + which);
	}
}

#endif /* __MDEV_VIRTIO_AREA_BPF_H */
