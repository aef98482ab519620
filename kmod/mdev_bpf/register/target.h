/* SPDX-License-Identifier: GPL-2.0-only */
/* Which register an access is to. */
#ifndef __MDEV_BPF_REGISTER_TARGET_H
#define __MDEV_BPF_REGISTER_TARGET_H

#include <linux/bits.h>
#include <linux/mdev_bpf.h>

#include "register/table.h"
#include "register/value.h"

/**
 * struct mdev_bpf_target - the register that an access is to
 * @row: the register's declaration
 * @index: its index in the array that @row declares
 * @shift: the first bit of the register that the access covers
 */
struct mdev_bpf_target {
	const struct mdev_bpf_register *row;
	u32 index;
	u32 shift;
};

/* Return: false if the access is not to one register. */
static __always_inline bool mdev_bpf_target_find(struct mdev_bpf_target *t,
						 const struct mdev_bpf_register_map *map,
						 const struct mdev_bpf_access *access)
{
	const struct mdev_bpf_register *row;
	u64 offset;

	row = mdev_bpf_register_table_find(map, access->region, access->offset);
	if (!row || row->width < access->size)
		return false;
	offset = access->offset - row->offset;
	t->row = row;
	t->index = 0;
	if (row->count > 1) {
		t->index = (u32)offset / row->stride;
		offset -= t->index * row->stride;
	}
	t->shift = offset * BITS_PER_BYTE;
	return true;
}

/* Tell the access which register it is to. */
static __always_inline void mdev_bpf_target_name(const struct mdev_bpf_target *t,
						 const struct mdev_bpf_register_map *map,
						 struct mdev_bpf_access *access)
{
	access->reg = t->row - map->table->rows;
	access->index = t->index;
}

/* Where the value of the register is in a state */
static __always_inline void *mdev_bpf_target_place(const struct mdev_bpf_target *t, void *state)
{
	return state + t->row->state + t->index * t->row->state_stride;
}

/* The bits of the register that the access covers */
static inline u64 mdev_bpf_target_mask(const struct mdev_bpf_target *t,
				       const struct mdev_bpf_access *access)
{
	return mdev_bpf_register_bits(access->size) << t->shift;
}

#endif /* __MDEV_BPF_REGISTER_TARGET_H */
