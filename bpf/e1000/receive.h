/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receiving (3.2). A frame that has come by the cable or the loopback, and that the filters let
 * pass, is stored in E1000_RX_MEMORY, the card's packet buffer. A batch of them is then copied to
 * the buffers of the guest.
 */
#ifndef __E1000_RECEIVE_H
#define __E1000_RECEIVE_H

#include "cable.h"
#include "checksum.h"
#include "ring.h"

#define E1000_TAKE	64	/* frames that are taken from the cable by one op */

static __always_inline struct e1000_arrival *e1000_arrival(struct e1000_state *s, __u32 n)
{
	return &s->arrival[n & (E1000_ARRIVALS - 1)];
}

/* Find room for a frame in the packet buffer: where, or -1. */
static __always_inline __s64 e1000_room(struct e1000_state *s, __u32 size)
{
	__u32 at = s->room_at, oldest = e1000_arrival(s, s->first)->at;

	if (s->first == s->last)
		return 0;
	if (s->last - s->first >= E1000_ARRIVALS)
		return -1;
	if (at < oldest)
		return at + size < oldest ? at : -1;
	if (at + size <= E1000_RX_SIZE)
		return at;
	return size < oldest ? 0 : -1;
}

/* Statistics of a frame, of whichever direction: registers are in the same order for both. */
static __always_inline void e1000_count_frame(struct e1000_state *s, __u32 size, __u64 by_size,
					      __u64 octets)
{
	__u32 total = size + E1000_FCS;
	/* 64 bytes; 65 to 127, and so on */
	__u32 class = (total > 64) + (total > 127) + (total > 255) + (total > 511) + (total > 1023);

	e1000_count(s, by_size + 4 * class, 1);
	e1000_count_octets(s, octets, total);
}

static __always_inline void e1000_count_received(struct e1000_state *s, __u32 size)
{
	e1000_count_frame(s, size, E1000_REG_PRC64, E1000_REG_GORCL);
	e1000_count(s, E1000_REG_GPRC, 1);
	if (e1000_is_broadcast(s))
		e1000_count(s, E1000_REG_BPRC, 1);
	else if (e1000_is_multicast(s))
		e1000_count(s, E1000_REG_MPRC, 1);
}

/* Take the tag of a VLAN out of the frame: the addresses move, and the frame begins behind it. */
static __always_inline __u32 e1000_strip_tag(struct e1000_state *s, struct e1000_arrival *a)
{
	__u32 *word = (__u32 *)s->frame;

	if (!(E1000_VALUE(s, CTRL) & E1000_CTRL_VME) || !e1000_is_tagged(s))
		return 0;
	a->special = e1000_frame16(s, 14);
	a->status |= E1000_RXD_VP;
	word[3] = word[2];
	word[2] = word[1];
	word[1] = word[0];
	return E1000_TAG_SIZE;
}

/* Store a frame of @size bytes, without a CRC, that has passed the filters. */
static __always_inline int e1000_keep(unsigned long long *ctx, struct mdev_bpf_dev *dev,
				      struct e1000_state *s, __u64 size, enum e1000_match match)
{
	struct e1000_arrival *a;
	__u32 skip, found;
	__s64 at;

	if (!e1000_bounded(&size, E1000_MIN_FRAME, E1000_MAX_FRAME))
		return -EINVAL;
	at = e1000_room(s, size + E1000_FCS);
	if (at < 0) {
		e1000_count(s, E1000_REG_MPC, 1);
		e1000_interrupt(dev, s, E1000_ICR_RXO);
		return 0;
	}
	found = e1000_check(ctx, size);
	e1000_count_received(s, size);
	a = e1000_arrival(s, s->last);
	a->status = found | (match == E1000_MATCH_INEXACT ? E1000_RXD_PIF : 0);
	a->errors = found >> 8;
	a->special = 0;
	skip = e1000_strip_tag(s, a);
	a->checksum = e1000_sum(ctx, skip + E1000_RXCSUM_PCSS(E1000_VALUE(s, RXCSUM)), size);
	if (!(E1000_VALUE(s, RCTL) & E1000_RCTL_SECRC)) {
		/* Nobody has calculated a CRC. */
		e1000_store(s, size, 0);
		e1000_store(s, size + 2, 0);
		size += E1000_FCS;
	}
	a->at = at;
	a->size = size - skip;
	if (mdev_bpf_memory_write(dev, E1000_RX_MEMORY, at, s->frame + skip, size - skip))
		return -ENOMEM;
	s->room_at = at + size - skip;
	s->last++;
	return 0;
}

/* A frame of @size bytes has arrived in s->frame. */
int MDEV_BPF_FUNC(e1000_arrived, dev, __u64, size)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	enum e1000_match match;

	if (!s || !(E1000_VALUE(s, RCTL) & E1000_RCTL_EN))
		return 0;
	e1000_count(s, E1000_REG_TPR, 1);
	e1000_count_octets(s, E1000_REG_TORL, size + E1000_FCS);
	if (!e1000_fits(s, size) || !e1000_match_vlan(s))
		return 0;
	match = e1000_match_address(s);
	if (match == E1000_NO_MATCH)
		return 0;
	if (!e1000_ring_left(s, E1000_RX))
		e1000_count(s, E1000_REG_RNBC, 1);
	return e1000_keep(ctx, dev, s, size, match);
}

/* Take frames from the cable, as long as there is room; a receiver that is off loses them. */
int MDEV_BPF_FUNC(e1000_take, dev)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_for(i, dev, 0, E1000_TAKE) {
		__s64 size = e1000_cable_next(dev);

		if (size < 0 || (E1000_VALUE(s, RCTL) & E1000_RCTL_EN &&
				 e1000_room(s, E1000_MAX_FRAME + E1000_FCS) < 0))
			return 0;
		size = e1000_cable_receive(dev);
		if (size < 0)
			return size;
		e1000_arrived(ctx, size);
	}
	return mdev_bpf_work_queue(dev, E1000_WORK_RX);
}

/* Bytes of a receive buffer */
static __always_inline __u32 e1000_buffer_size(const struct e1000_state *s)
{
	__u32 rctl = E1000_VALUE(s, RCTL), size = 2048 >> E1000_RCTL_BSIZE(rctl);

	return rctl & E1000_RCTL_BSEX && size < 2048 ? size * 16 : size;
}

/* Fill descriptor @d with the next part of frame @a, from @done on: the bytes of it. */
static __always_inline __u32 e1000_fill_one(struct e1000_ring *r, struct e1000_rx_desc *d,
					    const struct e1000_arrival *a, __u32 done, __u32 most)
{
	__u32 part = a->size - done < most ? a->size - done : most;

	if (!e1000_ring_add(r, d->addr, part))
		return 0;
	d->length = part;
	d->checksum = a->checksum;
	d->status = E1000_RXD_DD | a->status;
	d->errors = a->errors;
	d->special = a->special;
	if (done + part == a->size)
		d->status |= E1000_RXD_EOP;
	return part;
}

/* Descriptors were fetched: share out the frames that wait to them, whole frames only. */
int MDEV_BPF_FUNC(e1000_rx_fill, dev)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	__u32 most, done = 0;
	struct e1000_ring *r;
	int i;

	if (!s)
		return -EIO;
	r = &s->ring[E1000_RX];
	most = e1000_buffer_size(s);
	r->from = e1000_arrival(s, s->first)->at;
	r->pieces = 0;
	r->bytes = 0;
	r->used = 0;
	s->taken = 0;
	mdev_bpf_for(i, dev, 0, r->count) {
		struct e1000_arrival *a = e1000_arrival(s, s->first + s->taken);
		struct e1000_rx_desc *d = mdev_bpf_at(r->rx, i);

		if (!d || s->first + s->taken == s->last)
			break;
		/* The frames of a batch follow each other in memory. */
		if (!done && (a->at != r->from + r->bytes || (r->count - i) * most < a->size))
			break;
		done += e1000_fill_one(r, d, a, done, most);
		if (done < a->size)
			continue;
		done = 0;
		s->taken++;
		r->used = i + 1;
	}
	return 0;
}

/* A frame for which the whole ring has too few buffers is lost. */
static __always_inline bool e1000_rx_hopeless(const struct e1000_state *s)
{
	const struct e1000_ring *r = &s->ring[E1000_RX];

	return r->count == E1000_BATCH || r->count == r->size - 1;
}

/* Begin with a batch, if there are frames and buffers. */
static __always_inline void e1000_rx_run(unsigned long long *ctx, struct e1000_state *s)
{
	if (E1000_VALUE(s, RCTL) & E1000_RCTL_EN && s->first != s->last)
		e1000_ring_fetch(ctx, s, E1000_RX);
}

/* The batch is over. */
static __always_inline void e1000_rx_end(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	__u32 rctl = E1000_VALUE(s, RCTL);

	s->first += s->taken;
	e1000_ring_advance(s, E1000_RX);
	if (e1000_ring_left(s, E1000_RX) <= s->ring[E1000_RX].size >> (E1000_RCTL_RDMTS(rctl) + 1))
		e1000_interrupt(dev, s, E1000_ICR_RXDMT0);
	e1000_interrupt_later(dev, s, E1000_RX, E1000_ICR_RXT0, E1000_VALUE(s, RDTR),
			      E1000_VALUE(s, RADV));
}

/* The data could not be copied: say so. */
static __always_inline void e1000_rx_failed(struct mdev_bpf_dev *dev, struct e1000_ring *r)
{
	int i;

	mdev_bpf_for(i, dev, 0, r->used) {
		struct e1000_rx_desc *d = mdev_bpf_at(r->rx, i);

		if (d)
			d->errors |= E1000_RXD_RXE;
	}
}

/* A step has ended. */
static __always_inline void e1000_rx_next(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					  struct e1000_state *s, int error)
{
	struct e1000_ring *r = &s->ring[E1000_RX];

	if (r->step == E1000_FETCH && !error) {
		e1000_rx_fill(ctx);
		if (r->used) {
			e1000_step(ctx, s, E1000_RX, E1000_COPY);
			return;
		}
		s->first += e1000_rx_hopeless(s);
	} else if (r->step == E1000_COPY) {
		if (error)
			e1000_rx_failed(dev, r);
		e1000_step(ctx, s, E1000_RX, E1000_WRITE_BACK);
		return;
	} else if (r->step == E1000_WRITE_BACK) {
		e1000_rx_end(dev, s);
		e1000_take(ctx);
	}
	r->step = E1000_IDLE;
}

#endif /* __E1000_RECEIVE_H */
