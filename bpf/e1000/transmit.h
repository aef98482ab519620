/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transmitting (3.3, 3.4): the data of a batch of descriptors is copied to E1000_TX_MEMORY, and
 * each packet goes from there to s->frame and to the cable. A batch ends with a packet, unless that
 * has more descriptors.
 */
#ifndef __E1000_TRANSMIT_H
#define __E1000_TRANSMIT_H

#include "segment.h"

static __always_inline bool e1000_is_context(const struct e1000_tx_desc *d)
{
	return d->cmd & E1000_TXD_DEXT && E1000_TXD_DTYP(d->cmd) != E1000_TXD_DATA;
}

static __always_inline __u32 e1000_desc_bytes(const struct e1000_tx_desc *d)
{
	if (e1000_is_context(d))
		return 0;
	return d->cmd & E1000_TXD_DEXT ? E1000_TXD_DTALEN(d->cmd) : E1000_TXD_LENGTH(d->cmd);
}

/* Descriptors were fetched: how many of them are worked on, and where is their data? */
int MDEV_BPF_FUNC(e1000_tx_plan, dev)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	__u32 whole = 0, whole_pieces = 0, whole_bytes = 0;
	struct e1000_packet *p;
	struct e1000_ring *r;
	bool too_long = false;
	int i;

	if (!s)
		return -EIO;
	p = &s->packet;
	r = &s->ring[E1000_TX];
	r->from = p->end;
	r->pieces = 0;
	r->bytes = 0;
	r->used = 0;
	mdev_bpf_for(i, dev, 0, r->count) {
		struct e1000_tx_desc *d = mdev_bpf_at(r->tx, i);
		__u32 bytes;

		if (!d)
			break;
		bytes = p->skip ? 0 : e1000_desc_bytes(d);
		too_long = bytes > E1000_TX_SIZE || r->from + r->bytes + bytes > E1000_TX_SIZE;
		if (too_long || (bytes && !e1000_ring_add(r, d->addr, bytes)))
			break;
		r->used = i + 1;
		if (e1000_is_context(d) || !(d->cmd & E1000_TXD_EOP))
			continue;
		whole = r->used;
		whole_pieces = r->pieces;
		whole_bytes = r->bytes;
		if (p->skip)
			break;
	}
	if (whole) {
		r->used = whole;
		r->pieces = whole_pieces;
		r->bytes = whole_bytes;
	} else if (too_long) {
		p->skip = 1;
		p->end = 0;
		r->used = r->used ?: 1;
		r->pieces = 0;
	}
	return 0;
}

/* Go through the batch, whose data is there unless @failed: send packets, mark descriptors. */
int MDEV_BPF_FUNC(e1000_tx_walk, dev, int, failed)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	struct e1000_packet *p;
	struct e1000_ring *r;
	int i;

	if (!s)
		return -EIO;
	p = &s->packet;
	r = &s->ring[E1000_TX];
	p->report = 0;
	mdev_bpf_for(i, dev, 0, r->used) {
		struct e1000_tx_desc *d = mdev_bpf_at(r->tx, i);

		if (!d)
			break;
		if (d->cmd & E1000_TXD_RS) {
			d->status |= E1000_TXD_DD;
			p->report |= d->cmd & E1000_TXD_IDE ? E1000_REPORT_LATER : E1000_REPORT_NOW;
		}
		if (e1000_is_context(d)) {
			p->context = *d;
			continue;
		}
		if (!p->begun) {
			p->begun = 1;
			p->options = d->cmd & E1000_TXD_DEXT ?
				     d->options | (d->cmd & E1000_TXD_TSE) : 0;
		}
		if (failed)
			p->skip = 1;
		if (!p->skip)
			p->end += e1000_desc_bytes(d);
		if (!(d->cmd & E1000_TXD_EOP))
			continue;
		if (!p->skip)
			e1000_packet_send(ctx, i);
		p->at = p->end;
		p->begun = 0;
		p->skip = 0;
	}
	if (!p->begun || p->skip) {
		p->at = 0;
		p->end = 0;
	}
	return 0;
}

static __always_inline void e1000_tx_run(unsigned long long *ctx, struct e1000_state *s)
{
	if (E1000_VALUE(s, TCTL) & E1000_TCTL_EN)
		e1000_ring_fetch(ctx, s, E1000_TX);
}

/* The batch is over. */
static __always_inline void e1000_tx_end(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	__u32 report = s->packet.report, causes = 0;

	e1000_ring_advance(s, E1000_TX);
	if (report & E1000_REPORT_NOW)
		causes |= E1000_ICR_TXDW;
	else if (report)
		e1000_interrupt_later(dev, s, E1000_TX, E1000_ICR_TXDW, E1000_VALUE(s, TIDV),
				      E1000_VALUE(s, TADV));
	if (!e1000_ring_left(s, E1000_TX))
		causes |= E1000_ICR_TXQE;
	e1000_interrupt(dev, s, causes);
}

/* A step has ended. Without data, or anything to report, there is no request for that. */
static __always_inline void e1000_tx_next(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					  struct e1000_state *s, int error)
{
	struct e1000_ring *r = &s->ring[E1000_TX];

	if (r->step == E1000_FETCH) {
		if (error) {
			r->step = E1000_IDLE;
			return;
		}
		e1000_tx_plan(ctx);
		if (r->pieces) {
			e1000_step(ctx, s, E1000_TX, E1000_COPY);
			return;
		}
		r->step = E1000_COPY;
	}
	if (r->step == E1000_COPY) {
		e1000_tx_walk(ctx, error);
		if (s->packet.report) {
			e1000_step(ctx, s, E1000_TX, E1000_WRITE_BACK);
			return;
		}
	}
	e1000_tx_end(dev, s);
}

#endif /* __E1000_TRANSMIT_H */
