/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a packet in E1000_TX_MEMORY to frames (3.3, 3.5): checksums, a VLAN tag, and TCP
 * segmentation, which makes many frames with the same headers of one large packet.
 */
#ifndef __E1000_SEGMENT_H
#define __E1000_SEGMENT_H

#include "receive.h"

/* What the descriptors of a batch report */
#define E1000_REPORT_NOW	1
#define E1000_REPORT_LATER	2

#define E1000_TCP_FIN_PSH	0x09	/* only the last segment has them */

static __always_inline void e1000_count_sent(struct e1000_state *s, __u32 size)
{
	e1000_count_frame(s, size, E1000_REG_PTC64, E1000_REG_GOTCL);
	e1000_count_octets(s, E1000_REG_TOTL, size + E1000_FCS);
	e1000_count(s, E1000_REG_GPTC, 1);
	e1000_count(s, E1000_REG_TPT, 1);
	if (e1000_is_broadcast(s))
		e1000_count(s, E1000_REG_BPTC, 1);
	else if (e1000_is_multicast(s))
		e1000_count(s, E1000_REG_MPTC, 1);
}

/* Send the frame of @size bytes in s->frame. Without a cable it is lost. */
int MDEV_BPF_FUNC(e1000_send, dev, __u64, size)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	__u8 *rest;

	if (!s || !e1000_bounded(&size, E1000_ETH_SIZE, E1000_MAX_FRAME))
		return -EINVAL;
	if (size < E1000_MIN_FRAME && E1000_VALUE(s, TCTL) & E1000_TCTL_PSP) {
		rest = &s->frame[size];
		__builtin_memset(rest, 0, E1000_MIN_FRAME - E1000_ETH_SIZE);
		size = E1000_MIN_FRAME;
	}
	e1000_count_sent(s, size);
	if (e1000_loops_back(s))
		return e1000_arrived(ctx, size);
	return e1000_cable_send(dev, size);
}

/* Does the packet that ends with descriptor @d get a VLAN tag? */
static __always_inline __u64 e1000_tag_size(const struct e1000_state *s,
					    const struct e1000_tx_desc *d)
{
	bool tagged = d->cmd & E1000_TXD_VLE && E1000_VALUE(s, CTRL) & E1000_CTRL_VME;

	return tagged ? E1000_TAG_SIZE : 0;
}

/* The frame is behind the room for the tag: move the addresses there, and insert it. */
static __always_inline void e1000_insert_tag(struct e1000_state *s, __u16 tag)
{
	__u32 *word = (__u32 *)s->frame;

	word[0] = word[1];
	word[1] = word[2];
	word[2] = word[3];
	word[3] = __builtin_bswap16(E1000_VALUE(s, VET)) | __builtin_bswap16(tag) << 16;
}

/* Copy a part of the packet to s->frame. */
static __always_inline int e1000_load_part(struct mdev_bpf_dev *dev, struct e1000_state *s,
					   __u64 to, __u64 from, __u64 size)
{
	barrier_var(to);
	if (to > E1000_TAG_SIZE + 255 || !e1000_bounded(&size, 1, E1000_MAX_FRAME))
		return -EINVAL;
	return mdev_bpf_memory_read(dev, E1000_TX_MEMORY, from, &s->frame[to], size);
}

/* 3.6: insert the checksums that the context describes. The frame is from @base up to @end. */
static __always_inline void e1000_offload(unsigned long long *ctx, struct e1000_state *s,
					  __u64 base, __u64 end)
{
	const struct e1000_tx_desc *c = &s->packet.context;
	__u64 stop;

	if (s->packet.options & E1000_TXD_IXSM) {
		stop = c->ipcse ? base + c->ipcse + 1 : end;
		e1000_insert(ctx, s, base + c->ipcss, stop < end ? stop : end, base + c->ipcso,
			     false);
	}
	if (s->packet.options & E1000_TXD_TXSM) {
		stop = c->tucse ? base + c->tucse + 1 : end;
		e1000_insert(ctx, s, base + c->tucss, stop < end ? stop : end, base + c->tucso,
			     !(c->cmd & E1000_TXD_TCP));
	}
}

/* One frame that is as the driver has made it */
static __always_inline int e1000_plain(unsigned long long *ctx, struct mdev_bpf_dev *dev,
				       struct e1000_state *s, const struct e1000_tx_desc *d)
{
	__u64 size = s->packet.end - s->packet.at, base = e1000_tag_size(s, d);

	/* The driver has calculated a CRC, which we do not transmit. */
	if (!(d->cmd & E1000_TXD_IFCS) && size > E1000_FCS)
		size -= E1000_FCS;
	if (size < E1000_ETH_SIZE || e1000_load_part(dev, s, base, s->packet.at, size))
		return -EINVAL;
	if (d->cmd & E1000_TXD_DEXT)
		e1000_offload(ctx, s, base, base + size);
	else if (d->cmd & E1000_TXD_IC)
		e1000_insert(ctx, s, base + d->options, base + size,
			     base + E1000_TXD_CSO(d->cmd), false);
	if (base)
		e1000_insert_tag(s, d->special);
	return e1000_send(ctx, base + size);
}

/* Big endian numbers in s->frame */
static __always_inline void e1000_add16(struct e1000_state *s, __u64 at, __u32 n)
{
	e1000_store(s, at, __builtin_bswap16(__builtin_bswap16(e1000_load(s, at)) + n));
}

static __always_inline void e1000_add32(struct e1000_state *s, __u64 at, __u32 n)
{
	__u32 sum = __builtin_bswap16(e1000_load(s, at)) << 16 |
		    __builtin_bswap16(e1000_load(s, at + 2));

	sum += n;
	e1000_store(s, at, __builtin_bswap16(sum >> 16));
	e1000_store(s, at + 2, __builtin_bswap16(sum));
}

/*
 * 3.5.6: the headers of segment @n, whose first byte of data is @offset. They begin at @base in
 * s->frame, and the frame has @size bytes.
 */
static __always_inline void e1000_segment_headers(struct e1000_state *s, __u64 base, __u32 size,
						  __u32 n, __u32 offset, bool last)
{
	const struct e1000_tx_desc *c = &s->packet.context;
	__u64 ip = base + c->ipcss, tcp = base + c->tucss;
	__u32 behind = size - c->tucss;

	if (c->cmd & E1000_TXD_IP) {
		e1000_store(s, ip + 2, __builtin_bswap16(size - c->ipcss));
		e1000_add16(s, ip + 4, n);
	} else {
		e1000_store(s, ip + 4, __builtin_bswap16(size - c->ipcss - 40));
	}
	if (c->cmd & E1000_TXD_TCP) {
		e1000_add32(s, tcp + 4, offset);
		if (!last)
			e1000_store(s, tcp + 12, e1000_load(s, tcp + 12) &
						 ~(E1000_TCP_FIN_PSH << 8));
	} else {
		e1000_store(s, tcp + 4, __builtin_bswap16(behind));
	}
	/* The driver's pseudo header has no length. */
	if (s->packet.options & E1000_TXD_TXSM)
		e1000_store(s, base + c->tucso, e1000_fold(e1000_load(s, base + c->tucso) +
							   __builtin_bswap16(behind)));
}

/* Send segment @n of the packet that ends with descriptor @last: 0, or 1 if it is the last one. */
int MDEV_BPF_FUNC(e1000_segment, dev, __u64, n, __u64, last)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	struct e1000_tx_desc *d = s ? mdev_bpf_at(s->ring[E1000_TX].tx, last) : NULL;
	__u64 header, data, offset, left, base;

	if (!d)
		return -EINVAL;
	header = s->packet.context.options;
	data = s->packet.context.special;
	offset = n * data;
	left = s->packet.end - s->packet.at - header - offset;
	if (data > left)
		data = left;
	base = e1000_tag_size(s, d);
	if (e1000_load_part(dev, s, base, s->packet.at, header) ||
	    e1000_load_part(dev, s, base + header, s->packet.at + header + offset, data))
		return -EINVAL;
	e1000_segment_headers(s, base, header + data, n, offset, data == left);
	e1000_offload(ctx, s, base, base + header + data);
	if (base)
		e1000_insert_tag(s, d->special);
	e1000_send(ctx, base + header + data);
	return data == left;
}

/* Send the packet that ends with descriptor @last. */
int MDEV_BPF_FUNC(e1000_packet_send, dev, __u64, last)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	struct e1000_tx_desc *d = s ? mdev_bpf_at(s->ring[E1000_TX].tx, last) : NULL;
	__u32 size, header, data;
	int i;

	if (!d)
		return -EINVAL;
	if (!(s->packet.options & E1000_TXD_TSE))
		return e1000_plain(ctx, dev, s, d);
	size = s->packet.end - s->packet.at;
	header = s->packet.context.options;
	data = s->packet.context.special;
	if (header < E1000_ETH_SIZE || size <= header || !data ||
	    header + data > E1000_MAX_FRAME - E1000_TAG_SIZE ||
	    size - header > data * E1000_MAX_SEGMENTS) {
		e1000_count(s, E1000_REG_TSCTFC, 1);
		return -EINVAL;
	}
	e1000_count(s, E1000_REG_TSCTC, 1);
	mdev_bpf_for(i, dev, 0, E1000_MAX_SEGMENTS)
		if (e1000_segment(ctx, i, last))
			break;
	return 0;
}

#endif /* __E1000_SEGMENT_H */
