/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a "where": MDEV_BPF_STATE(), MDEV_BPF_MEMORY(), MDEV_BPF_PIN(). */
#ifndef __MDEV_BPF_DMA_WHERE_H
#define __MDEV_BPF_DMA_WHERE_H

#include <linux/bits.h>
#include <linux/mdev_bpf.h>

/* What it is, with the bits between it and the index, which must be zero */
static inline u64 mdev_bpf_where_kind(u64 where)
{
	return where & ~GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT + 7, 0);
}

static inline bool mdev_bpf_where_is(u64 where, u64 kind)
{
	return mdev_bpf_where_kind(where) == MDEV_BPF_WHERE(kind, 0, 0);
}

static inline u64 mdev_bpf_where_index(u64 where)
{
	return where >> MDEV_BPF_OFFSET_SHIFT & 0xff;
}

static inline u64 mdev_bpf_where_offset(u64 where)
{
	return where & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);
}

#endif /* __MDEV_BPF_DMA_WHERE_H */
