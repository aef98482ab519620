/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the card remembers. All of it is in the state, and frames that wait are in memory of the
 * device, so that they migrate with it.
 *
 * Each direction makes one DMA request at a time: fetch descriptors, copy the data of all their
 * frames, write the descriptors back. What the request is follows from the state, so one that was
 * cancelled because the state was converted is made again.
 */
#ifndef __E1000_STATE_H
#define __E1000_STATE_H

#include <linux/pci_regs.h>

#include "mdev_bpf.bpf.h"
#include "spec.h"

#define E1000_BATCH		64	/* descriptors that are fetched at a time */
#define E1000_MAX_FRAME		16380	/* bytes, without the CRC */
#define E1000_MIN_FRAME		60
#define E1000_MAX_SEGMENTS	2048	/* of a packet that is segmented */

/* Regions: memory that nobody else sees */
#define E1000_RX_MEMORY		9	/* frames that have arrived */
#define E1000_RX_SIZE		(256u << 10)
#define E1000_TX_MEMORY		10	/* what the guest transmits */
#define E1000_TX_SIZE		(128u << 10)
#define E1000_ARRIVALS		256	/* frames in E1000_RX_MEMORY, at most; a power of two */

enum { E1000_PARAM_MAC, E1000_PARAM_CABLE };
enum { E1000_WORK_TX, E1000_WORK_RX };
enum { E1000_TIMER_ITR, E1000_TIMER_RX, E1000_TIMER_TX };

/* Directions: the id of a request, and its channel */
enum { E1000_TX, E1000_RX, E1000_DIRECTIONS };

enum e1000_step { E1000_IDLE, E1000_FETCH, E1000_COPY, E1000_WRITE_BACK };

struct e1000_ring {
	__u32 step;
	__u32 busy;		/* a request is in progress */
	__u32 stale;		/* whose result does not count, because of a reset */
	__u32 first;		/* where the descriptors are in the ring */
	__u32 size;		/* entries of the ring */
	__u32 count;		/* descriptors that were fetched */
	__u32 used;		/* that are worked on */
	__u32 pieces;		/* entries of @data */
	__u32 from;		/* where the data is in the memory of this direction */
	__u32 bytes;
	__u32 places;		/* entries of @place */
	__u32 reserved;
	struct mdev_bpf_sg place[2];	/* of the descriptors in guest memory */
	struct mdev_bpf_sg data[E1000_BATCH];
	union {
		struct e1000_tx_desc tx[E1000_BATCH];
		struct e1000_rx_desc rx[E1000_BATCH];
	};
};

/* The packet that is being transmitted: it may have begun in an earlier batch. */
struct e1000_packet {
	struct e1000_tx_desc context;
	__u32 at;		/* where it begins in E1000_TX_MEMORY */
	__u32 end;		/* how far it was fetched */
	__u32 begun;
	__u32 options;		/* POPTS, and E1000_TXD_TSE: of its first descriptor */
	__u32 skip;		/* it is too long: nothing of it is fetched */
	__u32 report;		/* E1000_TXD_RS and E1000_TXD_IDE: what the batch reports */
};

/* A frame in E1000_RX_MEMORY */
struct e1000_arrival {
	__u32 at;
	__u16 size;		/* with the CRC, if the driver wants that */
	__u16 checksum;
	__u8 status;
	__u8 errors;
	__u16 special;
};

struct e1000_state {
	__u32 reg[E1000_REG_END / 4];
	struct e1000_ring ring[E1000_DIRECTIONS];
	struct e1000_packet packet;

	/* Frames that have arrived, from @arrival[first] to the one before @arrival[last] */
	struct e1000_arrival arrival[E1000_ARRIVALS];
	__u32 first, last;	/* they count on and on */
	__u32 room_at;		/* where the next frame is stored */
	__u32 taken;		/* frames that the batch takes */

	/* Interrupts */
	__u64 asserted;		/* when the line went up last */
	__u64 delayed[E1000_DIRECTIONS];	/* since when an interrupt is delayed, or 0 */
	__u32 line;

	/* PHY */
	__u32 link;
	__u32 link_lost;	/* since its status was read */
	__u16 phy[32];

	/* EEPROM, and its three wires */
	__u16 eeprom[E1000_EEPROM_WORDS];
	__u32 wire_bits;	/* that came in since the start bit */
	__u32 wire_in;
	__u32 wire_out;
	__u32 io_addr;

	/* A frame while it is worked on: headers may be put in front of 16 KiB */
	__u8 frame[E1000_MAX_FRAME + 4 + 256 + 64];
};

#define E1000_IN_STATE(member)	MDEV_BPF_STATE(offsetof(struct e1000_state, member))

/* The value of a register, or of one of an array */
#define E1000_VALUE(s, name)	((s)->reg[E1000_REG_##name / 4])

/* Is a size in a range? The verifier needs both ends, which clang would make one comparison of. */
static __always_inline bool e1000_bounded(__u64 *size, __u64 least, __u64 most)
{
	barrier_var(*size);
	if (*size < least)
		return false;
	barrier_var(*size);
	if (*size > most)
		return false;
	barrier_var(*size);
	return true;
}

/* Add to a statistics register. */
static __always_inline void e1000_count(struct e1000_state *s, __u64 reg, __u32 n)
{
	__u32 *value = mdev_bpf_at(s->reg, reg / 4);

	if (value)
		*value = *value + n < n ? ~0U : *value + n;
}

/* Add to one of two registers, the upper half behind the lower one. */
static __always_inline void e1000_count_octets(struct e1000_state *s, __u64 reg, __u32 n)
{
	__u32 *low = mdev_bpf_at(s->reg, reg / 4), *high = mdev_bpf_at(s->reg, reg / 4 + 1);

	if (!low || !high)
		return;
	*low += n;
	*high += *low < n;
}

/* The driver has set the PHY's or the MAC's loopback. */
static __always_inline bool e1000_loops_back(const struct e1000_state *s)
{
	return E1000_VALUE(s, RCTL) & E1000_RCTL_LBM || s->phy[0] & 1 << 14;
}

#endif /* __E1000_STATE_H */
