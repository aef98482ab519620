/* SPDX-License-Identifier: GPL-2.0-only */
/* The registers that a program declares, with an index by their offsets. */
#ifndef __MDEV_BPF_REGISTER_TABLE_H
#define __MDEV_BPF_REGISTER_TABLE_H

#include <linux/mdev_bpf.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>

/* A region can have registers up to this many times the width of its narrowest one. */
#define MDEV_BPF_REGISTER_UNITS 65536

/**
 * struct mdev_bpf_register_index - the registers of a region, by offset
 * @nr: how many units of @shift bits there are, up to the end of the last register
 * @shift: a unit is as wide as the narrowest register
 * @rows: for each unit: 1 + the index in mdev_bpf_register_table::rows; 0: no register
 */
struct mdev_bpf_register_index {
	u32 nr;
	u32 shift;
	u8 *rows;
};

/**
 * struct mdev_bpf_register_quick - what the fast path needs to know about a register
 * @pos: where it is in the device's file: region and offset; or MDEV_BPF_QUICK_NOWHERE
 * @acts: a read that finds one of these bits set has to take the slow path
 * @state: where its value is in the state
 * @read_width: bytes; MDEV_BPF_QUICK_NEVER: reads have to take the slow path
 * @write_width: bytes; MDEV_BPF_QUICK_NEVER: writes have to take the slow path
 */
struct mdev_bpf_register_quick {
	u64 pos;
	u64 acts;
	u32 state;
	u32 read_width;
	u32 write_width;
};

/* No access is at this position, or has so many bytes (but one may have 0). */
#define MDEV_BPF_QUICK_NOWHERE	U64_MAX
#define MDEV_BPF_QUICK_NEVER	U32_MAX

struct mdev_bpf_register_table;
struct mdev_bpf_state_buf;

/**
 * struct mdev_bpf_register_map - the registers of the devices of one mdev type
 * @type: index of the type
 * @bells: the regions that have doorbells, a bit for each
 * @table: the table that it is part of
 * @quick: mdev_bpf_register_table::quick
 * @regions: by VFIO index of the region
 */
struct mdev_bpf_register_map {
	unsigned int type;
	unsigned long bells;
	const struct mdev_bpf_register_quick *quick;
	const struct mdev_bpf_register_table *table;
	struct mdev_bpf_register_index regions[MDEV_BPF_MAX_REGIONS];
};

/**
 * struct mdev_bpf_register_table - all registers of a program; never changed
 * @rcu: to free the table
 * @nr: how many rows there are
 * @nr_types: how many maps
 * @rows: the declared registers, with types, count, stride and state_stride filled in
 * @quick: what the fast path needs of each, in the same order, from 1 on; 0 is for no register
 * @latches: for each doorbell that keeps its value, the first of its latches
 * @latch_rows: for each latch, the row that it is for
 * @maps: by index of the mdev type
 */
struct mdev_bpf_register_table {
	struct rcu_head rcu;
	unsigned int nr;
	unsigned int nr_types;
	struct mdev_bpf_register rows[MDEV_BPF_MAX_REGISTERS];
	struct mdev_bpf_register_quick quick[MDEV_BPF_MAX_REGISTERS + 1];
	u8 latches[MDEV_BPF_MAX_REGISTERS];
	u8 latch_rows[MDEV_BPF_MAX_DOORBELLS];
	struct mdev_bpf_register_map maps[];
};

static_assert(MDEV_BPF_MAX_REGISTERS < U8_MAX);

/**
 * mdev_bpf_register_table_row() - which register is at an offset
 * @map: the registers
 * @region: VFIO index of the region; less than MDEV_BPF_MAX_REGIONS
 * @offset: the offset
 *
 * Return: 1 + the index in mdev_bpf_register_table::rows; 0 if there is none.
 */
static __always_inline unsigned int
mdev_bpf_register_table_row(const struct mdev_bpf_register_map *map, u32 region, u64 offset)
{
	const struct mdev_bpf_register_index *index = &map->regions[region];
	u64 unit = offset >> index->shift;

	if (unit >= index->nr)
		return 0;
	return index->rows[array_index_nospec(unit, index->nr)];
}

/**
 * mdev_bpf_register_table_find() - the register that is at an offset
 * @map: the registers
 * @region: VFIO index of the region; less than MDEV_BPF_MAX_REGIONS
 * @offset: the offset
 *
 * Return: the row; NULL if there is none.
 */
static __always_inline const struct mdev_bpf_register *
mdev_bpf_register_table_find(const struct mdev_bpf_register_map *map, u32 region, u64 offset)
{
	unsigned int row = mdev_bpf_register_table_row(map, region, offset);

	return row ? &map->table->rows[row - 1] : NULL;
}

/* The registers of the devices of a type; NULL without @table */
static inline const struct mdev_bpf_register_map *
mdev_bpf_register_table_map(const struct mdev_bpf_register_table *table, unsigned int type)
{
	return table ? &table->maps[type] : NULL;
}

struct mdev_bpf_register_table *mdev_bpf_register_table_make(const struct mdev_bpf_ops *ops);
void mdev_bpf_register_table_free(struct mdev_bpf_register_table *table);
bool mdev_bpf_register_table_cuts(const struct mdev_bpf_register_map *map, u32 region,
				  u64 offset, u32 size);
void mdev_bpf_register_table_reset(const struct mdev_bpf_register_map *map,
				   const struct mdev_bpf_state_buf *buf);

#endif /* __MDEV_BPF_REGISTER_TABLE_H */
