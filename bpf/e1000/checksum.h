/* SPDX-License-Identifier: GPL-2.0-only */
/* Checksums of the Internet protocols (RFC 1071) in s->frame, which the card inserts or checks. */
#ifndef __E1000_CHECKSUM_H
#define __E1000_CHECKSUM_H

#include "filter.h"

#define E1000_SUM_STEP	64	/* bytes in a round */

#define E1000_ETH_SIZE	14
#define E1000_TAG_SIZE	4
#define E1000_ETH_IP	0x0800
#define E1000_IP_MIN	20
#define E1000_IP_TCP	6
#define E1000_IP_UDP	17

static __always_inline __u16 e1000_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Add a word of the frame, of which @left bytes count. */
static __always_inline __u64 e1000_add_word(__u64 sum, __u64 word, __s64 left)
{
	if (left <= 0)
		return sum;
	if (left < 8)
		word &= (1ULL << 8 * left) - 1;
	return sum + (word & 0xffffffff) + (word >> 32);
}

/* The sum of the bytes from @start up to @end, in the order of the frame's bytes: 16 bits */
int MDEV_BPF_FUNC(e1000_sum, dev, __u64, start, __u64, end)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	__u64 sum = 0;
	int i;

	if (!s || start >= end || end > sizeof(s->frame))
		return 0;
	mdev_bpf_for(i, dev, 0, (end - start + E1000_SUM_STEP - 1) / E1000_SUM_STEP) {
		__u64 at = start + (__u64)i * E1000_SUM_STEP;
		__s64 left = end - at;
		const __u64 *word;

		barrier_var(at);
		if (at > sizeof(s->frame) - E1000_SUM_STEP)
			break;
		barrier_var(at);
		word = (const __u64 *)&s->frame[at];
		for (int j = 0; j < E1000_SUM_STEP / 8; j++)
			sum = e1000_add_word(sum, word[j], left - 8 * j);
	}
	return e1000_fold(sum);
}

static __always_inline __u16 e1000_load(struct e1000_state *s, __u64 at)
{
	__u8 *byte = mdev_bpf_at(s->frame, at), *next = mdev_bpf_at(s->frame, at + 1);

	return byte && next ? *byte | *next << 8 : 0;
}

static __always_inline void e1000_store(struct e1000_state *s, __u64 at, __u16 val)
{
	__u8 *byte = mdev_bpf_at(s->frame, at), *next = mdev_bpf_at(s->frame, at + 1);

	if (!byte || !next)
		return;
	*byte = val;
	*next = val >> 8;
}

/* Insert the checksum of the bytes from @start up to @end, unless there is no room for it. */
static __always_inline void e1000_insert(unsigned long long *ctx, struct e1000_state *s,
					 __u64 start, __u64 end, __u64 at, bool udp)
{
	__u16 sum;

	if (start >= end || at + 2 > end)
		return;
	sum = ~e1000_sum(ctx, start, end);
	/* UDP: 0 means that there is none. */
	e1000_store(s, at, udp && !sum ? 0xffff : sum);
}

/* What was found out about a received frame, in the bits of its descriptor */
#define E1000_FOUND(status, errors)	((status) | (errors) << 8)

/* The protocol of an IP packet that begins at @ip and has its size in the header. */
static __always_inline int e1000_check_tcp(unsigned long long *ctx, struct e1000_state *s,
					   __u64 ip, __u64 header, __u64 end)
{
	__u8 *protocol = mdev_bpf_at(s->frame, ip + 9);
	__u64 start = ip + header, sum;

	if (!protocol || start >= end)
		return 0;
	if (*protocol == E1000_IP_UDP ? !e1000_load(s, start + 6) : *protocol != E1000_IP_TCP)
		return 0;
	/* Fragments have no whole checksum: the offset, and "more fragments" */
	if (e1000_load(s, ip + 6) & 0xff3f)
		return 0;
	sum = e1000_sum(ctx, start, end) + e1000_sum(ctx, ip + 12, ip + 20);
	sum += __builtin_bswap16(end - start) + (*protocol << 8);
	return E1000_FOUND(E1000_RXD_TCPCS, e1000_fold(sum) == 0xffff ? 0 : E1000_RXD_TCPE);
}

/* 3.2.9: check a frame of @size bytes, as RXCSUM asks for. */
int MDEV_BPF_FUNC(e1000_check, dev, __u64, size)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	__u64 ip = E1000_ETH_SIZE, header, end;
	int found = 0;
	__u32 enabled;

	if (!s)
		return 0;
	enabled = E1000_VALUE(s, RXCSUM);
	if (!(enabled & (E1000_RXCSUM_IPOFL | E1000_RXCSUM_TUOFL)))
		return E1000_RXD_IXSM;
	if (e1000_is_tagged(s))
		ip += E1000_TAG_SIZE;
	if (e1000_load(s, ip - 2) != __builtin_bswap16(E1000_ETH_IP) || ip + E1000_IP_MIN > size)
		return 0;
	header = (e1000_load(s, ip) & 15) * 4;
	end = ip + __builtin_bswap16(e1000_load(s, ip + 2));
	if (header < E1000_IP_MIN || end > size || ip + header > end)
		return 0;
	if (enabled & E1000_RXCSUM_IPOFL)
		found = E1000_FOUND(E1000_RXD_IPCS,
				    e1000_sum(ctx, ip, ip + header) == 0xffff ? 0 : E1000_RXD_IPE);
	if (enabled & E1000_RXCSUM_TUOFL)
		found |= e1000_check_tcp(ctx, s, ip, header, end);
	return found;
}

#endif /* __E1000_CHECKSUM_H */
