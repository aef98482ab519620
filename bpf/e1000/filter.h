/* SPDX-License-Identifier: GPL-2.0-only */
/* Which frames are received (3.2.1): by address, by VLAN and by size. The frame is in s->frame. */
#ifndef __E1000_FILTER_H
#define __E1000_FILTER_H

#include "state.h"

#define E1000_MAX_ORDINARY	1518	/* without the CRC, and with a VLAN tag; more is "long" */

enum e1000_match { E1000_NO_MATCH, E1000_MATCH, E1000_MATCH_INEXACT };

static __always_inline __u16 e1000_frame16(const struct e1000_state *s, __u32 at)
{
	return s->frame[at] << 8 | s->frame[at + 1];
}

static __always_inline bool e1000_is_multicast(const struct e1000_state *s)
{
	return s->frame[0] & 1;
}

static __always_inline bool e1000_is_broadcast(const struct e1000_state *s)
{
	return *(const __u32 *)s->frame == ~0U && *(const __u16 *)(s->frame + 4) == 0xffff;
}

/* The tag of a VLAN is behind the addresses. */
static __always_inline bool e1000_is_tagged(const struct e1000_state *s)
{
	return e1000_frame16(s, 12) == E1000_VALUE(s, VET);
}

/* One of the sixteen addresses, of this card or groups */
static __always_inline bool e1000_match_exact(const struct e1000_state *s)
{
	__u32 low = *(const __u32 *)s->frame, high = *(const __u16 *)(s->frame + 4);
	const __u32 *ra = &E1000_VALUE(s, RAL);

	/* Unrolled: a loop counts as a million instructions, see "Loops" in abi/kfuncs.rst. */
#pragma unroll
	for (int i = 0; i < E1000_RA_SIZE; i++) {
		__u32 rah = ra[2 * i + 1];

		if (rah & E1000_RAH_AV && !E1000_RAH_AS(rah) && ra[2 * i] == low &&
		    (rah & 0xffff) == high)
			return true;
	}
	return false;
}

/* 13.5.1: twelve bits of a group's address choose a bit of the table. */
static __always_inline bool e1000_match_table(struct e1000_state *s)
{
	__u32 offset = E1000_RCTL_MO(E1000_VALUE(s, RCTL)), shift = offset < 3 ? 4 - offset : 0;
	__u64 hash = (*(const __u16 *)(s->frame + 4) >> shift) & 0xfff;
	const __u32 *mta = &E1000_VALUE(s, MTA);

	return mta[hash >> 5] >> (hash & 31) & 1;
}

static __always_inline enum e1000_match e1000_match_address(struct e1000_state *s)
{
	__u32 rctl = E1000_VALUE(s, RCTL);

	if (e1000_match_exact(s))
		return E1000_MATCH;
	if (!e1000_is_multicast(s))
		return rctl & E1000_RCTL_UPE ? E1000_MATCH_INEXACT : E1000_NO_MATCH;
	if (e1000_is_broadcast(s) && rctl & E1000_RCTL_BAM)
		return E1000_MATCH;
	return rctl & E1000_RCTL_MPE || e1000_match_table(s) ? E1000_MATCH_INEXACT : E1000_NO_MATCH;
}

static __always_inline bool e1000_match_vlan(const struct e1000_state *s)
{
	__u32 rctl = E1000_VALUE(s, RCTL), tag = e1000_frame16(s, 14);
	const __u32 *vfta = &E1000_VALUE(s, VFTA);

	if (!(rctl & E1000_RCTL_VFE) || !e1000_is_tagged(s))
		return true;
	if (rctl & E1000_RCTL_CFIEN && !(tag & 1 << 12) != !(rctl & E1000_RCTL_CFI))
		return false;
	return vfta[tag >> 5 & 127] >> (tag & 31) & 1;
}

/* Is a frame of @size bytes without the CRC as long as it must and may be? */
static __always_inline bool e1000_fits(struct e1000_state *s, __u32 size)
{
	bool is_long = E1000_VALUE(s, RCTL) & E1000_RCTL_LPE;

	if (size < E1000_MIN_FRAME) {
		e1000_count(s, E1000_REG_RUC, 1);
		return false;
	}
	if (size <= (is_long ? E1000_MAX_FRAME : E1000_MAX_ORDINARY))
		return true;
	e1000_count(s, E1000_REG_ROC, 1);
	return false;
}

#endif /* __E1000_FILTER_H */
