/* SPDX-License-Identifier: GPL-2.0-only */
/* The rings of descriptors in guest memory (3.2.6, 3.4), and the requests of a direction. */
#ifndef __E1000_RING_H
#define __E1000_RING_H

#include "interrupt.h"

/* The registers of a ring, at the same distances for both directions */
#define E1000_RING_REG(s, direction, name)						\
	((s)->reg[((direction) == E1000_TX ? E1000_REG_TD##name : E1000_REG_RD##name) / 4])

/* Where a member of a ring is in the state */
#define E1000_IN_RING(direction, member)						\
	(E1000_IN_STATE(ring) + (direction) * sizeof(struct e1000_ring) +		\
	 offsetof(struct e1000_ring, member))

/* Descriptors that belong to the card, by the registers; 0 if these make no sense */
static __always_inline __u32 e1000_ring_left(const struct e1000_state *s, __u32 direction)
{
	__u32 size = E1000_RING_REG(s, direction, LEN) / E1000_DESC_SIZE;
	__u32 head = E1000_RING_REG(s, direction, H), tail = E1000_RING_REG(s, direction, T);

	if (head >= size || tail >= size)
		return 0;
	return tail >= head ? tail - head : size - head + tail;
}

/* Request what the step of a direction needs: 0, or as mdev_bpf_request(). */
int MDEV_BPF_FUNC(e1000_request, dev, __u64, direction)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	struct e1000_ring *r = s ? mdev_bpf_at(s->ring, direction) : NULL;
	struct mdev_bpf_request req = { .flags = MDEV_BPF_DMA_LIST };
	int ret;

	if (!r)
		return -EINVAL;
	req.id = direction;
	req.channel = direction;
	if (r->step == E1000_COPY) {
		req.op = direction == E1000_TX ? MDEV_BPF_DMA_READ : MDEV_BPF_DMA_WRITE;
		req.iova = E1000_IN_RING(direction, data);
		req.count = r->pieces;
		req.where = MDEV_BPF_MEMORY(direction == E1000_TX ? E1000_TX_MEMORY :
								    E1000_RX_MEMORY, r->from);
		req.size = r->bytes;
	} else {
		bool fetch = r->step == E1000_FETCH;

		req.op = fetch ? MDEV_BPF_DMA_READ : MDEV_BPF_DMA_WRITE;
		req.iova = E1000_IN_RING(direction, place);
		req.count = r->places;
		req.where = E1000_IN_RING(direction, tx);
		req.size = (fetch ? r->count : r->used) * E1000_DESC_SIZE;
	}
	ret = mdev_bpf_request(dev, &req, sizeof(req));
	if (ret)
		r->step = E1000_IDLE;
	else
		r->busy = 1;
	return ret;
}

static __always_inline void e1000_step(unsigned long long *ctx, struct e1000_state *s,
				       __u32 direction, enum e1000_step step)
{
	s->ring[direction].step = step;
	e1000_request(ctx, direction);
}

/* Fetch descriptors from the head on, if there are any, and nothing else is in progress. */
static __always_inline void e1000_ring_fetch(unsigned long long *ctx, struct e1000_state *s,
					     __u32 direction)
{
	__u64 base = E1000_RING_REG(s, direction, BAL) |
		     (__u64)E1000_RING_REG(s, direction, BAH) << 32;
	__u32 left = e1000_ring_left(s, direction), straight;
	struct e1000_ring *r = &s->ring[direction];

	if (r->busy || r->step != E1000_IDLE || !left)
		return;
	r->first = E1000_RING_REG(s, direction, H);
	r->size = E1000_RING_REG(s, direction, LEN) / E1000_DESC_SIZE;
	r->count = left < E1000_BATCH ? left : E1000_BATCH;
	straight = r->size - r->first < r->count ? r->size - r->first : r->count;
	r->place[0].iova = base + r->first * E1000_DESC_SIZE;
	r->place[0].size = straight * E1000_DESC_SIZE;
	r->place[1].iova = base;
	r->place[1].size = (r->count - straight) * E1000_DESC_SIZE;
	r->places = straight < r->count ? 2 : 1;
	e1000_step(ctx, s, direction, E1000_FETCH);
}

/* The descriptors of the batch are the driver's again. */
static __always_inline void e1000_ring_advance(struct e1000_state *s, __u32 direction)
{
	struct e1000_ring *r = &s->ring[direction];
	__u32 head = r->first + r->used;

	E1000_RING_REG(s, direction, H) = head >= r->size ? head - r->size : head;
	r->step = E1000_IDLE;
}

/* Add a piece of guest memory to the batch's data; false if there is no room for it. */
static __always_inline bool e1000_ring_add(struct e1000_ring *r, __u64 addr, __u32 size)
{
	struct mdev_bpf_sg *piece = mdev_bpf_at(r->data, r->pieces);

	if (!piece)
		return false;
	piece->iova = addr;
	piece->size = size;
	piece->reserved = 0;
	r->pieces++;
	r->bytes += size;
	return true;
}

/* Stop a direction: what is in progress does not count. */
static __always_inline void e1000_ring_stop(struct mdev_bpf_dev *dev, struct e1000_state *s,
					    __u32 direction)
{
	struct e1000_ring *r = &s->ring[direction];

	r->step = E1000_IDLE;
	s->delayed[direction] = 0;
	if (!r->busy || r->stale)
		return;
	r->stale = 1;
	mdev_bpf_request_cancel(dev, direction, ~0U);
}

#endif /* __E1000_RING_H */
