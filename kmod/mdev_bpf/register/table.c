// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the registers that a program declares. For each region with registers, it has a byte
 * for each unit of the region, which says which register is there. So a register is found without
 * a search. A table is made when a program is attached, and never changes. It is read under RCU.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "device/state.h"
#include "gate/refuse.h"
#include "program/ops.h"
#include "register/doorbell.h"
#include "register/table.h"
#include "register/value.h"

static bool has_type(const struct mdev_bpf_register *row, unsigned int type)
{
	return row->types & BIT(type);
}

static u64 row_end(const struct mdev_bpf_register *row)
{
	return row->offset + (u64)(row->count - 1) * row->stride + row->width;
}

/* The types that have the register: only those that have its region */
static u32 types_of(const struct mdev_bpf_ops *ops, const struct mdev_bpf_register *row)
{
	const struct mdev_bpf_region *region;
	u32 types = 0;

	mdev_bpf_ops_for_each_region(ops, row->region, row->types, region)
		types |= region->types ?: U32_MAX;
	return types & (row->types ?: U32_MAX);
}

/* What all types permit that have the register, because the fast path is the same for them */
static struct mdev_bpf_region common_region(const struct mdev_bpf_ops *ops,
					    const struct mdev_bpf_register *row)
{
	struct mdev_bpf_region all = { .flags = MDEV_BPF_REGION_RW, .access_size = sizeof(u64) };
	const struct mdev_bpf_region *region;

	mdev_bpf_ops_for_each_region(ops, row->region, row->types, region) {
		all.flags &= region->flags;
		all.access_size = min(all.access_size, region->access_size ?: (u32)sizeof(u32));
	}
	return all;
}

static struct mdev_bpf_register row_of(const struct mdev_bpf_ops *ops, unsigned int i)
{
	struct mdev_bpf_register row = ops->registers[i];

	row.types = types_of(ops, &row);
	row.count = row.count ?: 1;
	row.stride = row.stride ?: row.width;
	row.state_stride = row.state_stride ?: row.width;
	return row;
}

/* The fast path is for single registers in the state that are accessed as a whole. */
static struct mdev_bpf_register_quick quick_of(const struct mdev_bpf_register *row,
					       const struct mdev_bpf_region *region)
{
	struct mdev_bpf_register_quick quick = {
		.pos = (u64)row->region << MDEV_BPF_OFFSET_SHIFT | row->offset,
		.acts = row->read_clear | row->read_call,
		.state = row->state,
		.read_width = MDEV_BPF_QUICK_NEVER,
		.write_width = MDEV_BPF_QUICK_NEVER,
	};

	if (row->count > 1 || row->flags & MDEV_BPF_REGISTER_CONST || mdev_bpf_doorbell_is(row) ||
	    row->width > region->access_size)
		return quick;
	if (region->flags & MDEV_BPF_REGION_READ && !(row->flags & MDEV_BPF_REGISTER_READ_CALL))
		quick.read_width = row->width;
	if (region->flags & MDEV_BPF_REGION_WRITE && !(row->flags & MDEV_BPF_REGISTER_WRITE_CALL) &&
	    !row->write_call && row->write == mdev_bpf_register_bits(row->width))
		quick.write_width = row->width;
	return quick;
}

/* Set the size of the index of a region, and its unit. */
static void size_index(const struct mdev_bpf_register_table *table, unsigned int type, u32 region,
		       struct mdev_bpf_register_index *index)
{
	u32 width = sizeof(u64);
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < table->nr; i++) {
		const struct mdev_bpf_register *row = &table->rows[i];

		if (row->region != region || !has_type(row, type))
			continue;
		width = min(width, row->width);
		end = max(end, row_end(row));
	}
	index->shift = ilog2(width);
	index->nr = end >> index->shift;
}

/* Return: 0; or the number of the row that already has this place. */
static u8 fill_row(struct mdev_bpf_register_index *index, const struct mdev_bpf_register *row,
		   u8 nr)
{
	u32 units = row->width >> index->shift, i;
	const u8 *other;
	u8 *place;

	for (i = 0; i < row->count; i++) {
		place = &index->rows[(row->offset + (u64)i * row->stride) >> index->shift];
		other = memchr_inv(place, 0, units);
		if (other)
			return *other;
		memset(place, nr, units);
	}
	return 0;
}

static int refuse_overlap(const struct mdev_bpf_register_table *table, const char *name,
			  unsigned int i, unsigned int j)
{
	mdev_bpf_refuse(name, "registers[%u] \"%s\" overlaps registers[%u] \"%s\"", i,
			table->rows[i].name, j, table->rows[j].name);
	return -EINVAL;
}

static int make_index(struct mdev_bpf_register_table *table, const char *name,
		      unsigned int type, u32 region)
{
	struct mdev_bpf_register_index *index = &table->maps[type].regions[region];
	unsigned int i;
	u8 other;

	size_index(table, type, region, index);
	if (!index->nr)
		return 0;
	index->rows = kvzalloc(index->nr, GFP_KERNEL);
	if (!index->rows)
		return -ENOMEM;
	for (i = 0; i < table->nr; i++) {
		if (table->rows[i].region != region || !has_type(&table->rows[i], type))
			continue;
		other = fill_row(index, &table->rows[i], i + 1);
		if (other)
			return refuse_overlap(table, name, i, other - 1);
		if (mdev_bpf_doorbell_is(&table->rows[i]))
			table->maps[type].bells |= BIT(region);
	}
	return 0;
}

static int make_indices(struct mdev_bpf_register_table *table, const char *name)
{
	unsigned int type, region;
	int ret;

	for (type = 0; type < table->nr_types; type++) {
		table->maps[type].table = table;
		table->maps[type].type = type;
		table->maps[type].quick = table->quick;
		for (region = 0; region < MDEV_BPF_MAX_REGIONS; region++) {
			ret = make_index(table, name, type, region);
			if (ret)
				return ret;
			cond_resched();
		}
	}
	return 0;
}

static void table_free(struct mdev_bpf_register_table *table)
{
	unsigned int type, region;

	for (type = 0; type < table->nr_types; type++)
		for (region = 0; region < MDEV_BPF_MAX_REGIONS; region++)
			kvfree(table->maps[type].regions[region].rows);
	kvfree(table);
}

/* mdev_bpf_validate_registers() has checked how many there are. */
static void add_latches(struct mdev_bpf_register_table *table, unsigned int *nr, u32 count)
{
	table->latches[table->nr] = *nr;
	memset(&table->latch_rows[*nr], table->nr, count);
	*nr += count;
}

static void add_row(struct mdev_bpf_register_table *table, const struct mdev_bpf_ops *ops,
		    unsigned int *nr_latches)
{
	struct mdev_bpf_register row = row_of(ops, table->nr);
	struct mdev_bpf_region region = common_region(ops, &row);

	if (mdev_bpf_doorbell_keeps(&row))
		add_latches(table, nr_latches, row.count);
	table->rows[table->nr] = row;
	table->quick[table->nr + 1] = quick_of(&row, &region);
}

/**
 * mdev_bpf_register_table_make() - make the table of a program
 * @ops: the program; each of its registers has been checked
 *
 * Context: Process context.
 *
 * Return: the table; NULL if the program declares no register; an ERR_PTR() with -ENOMEM, or with
 * -EINVAL if two registers overlap, and a sentence left by mdev_bpf_refuse().
 */
struct mdev_bpf_register_table *mdev_bpf_register_table_make(const struct mdev_bpf_ops *ops)
{
	unsigned int nr_types = mdev_bpf_ops_nr_types(ops), nr_latches = 0;
	struct mdev_bpf_register_table *table;
	int ret;

	if (!mdev_bpf_ops_nr_registers(ops))
		return NULL;
	table = kvzalloc(struct_size(table, maps, nr_types), GFP_KERNEL);
	if (!table)
		return ERR_PTR(-ENOMEM);
	table->nr_types = nr_types;
	table->quick[0].pos = MDEV_BPF_QUICK_NOWHERE;
	for (; table->nr < mdev_bpf_ops_nr_registers(ops); table->nr++)
		add_row(table, ops, &nr_latches);
	ret = make_indices(table, ops->name);
	if (!ret)
		return table;
	table_free(table);
	return ERR_PTR(ret);
}

static void free_rcu_work(struct rcu_head *rcu)
{
	table_free(container_of(rcu, struct mdev_bpf_register_table, rcu));
}

/**
 * mdev_bpf_register_table_free() - free a table when nobody reads it
 * @table: the table, which no device uses any longer; may be NULL
 *
 * Context: Process context. Does not wait.
 */
void mdev_bpf_register_table_free(struct mdev_bpf_register_table *table)
{
	if (table)
		call_rcu(&table->rcu, free_rcu_work);
}

/**
 * mdev_bpf_register_table_cuts() - check whether a part of an access is to a register
 * @map: the registers
 * @region: VFIO index of the region; less than MDEV_BPF_MAX_REGIONS
 * @offset: first byte
 * @size: bytes; a power of two. @offset is a multiple of it
 *
 * Return: false if all of it is in one register, or in none.
 */
bool mdev_bpf_register_table_cuts(const struct mdev_bpf_register_map *map, u32 region,
				  u64 offset, u32 size)
{
	const struct mdev_bpf_register *first = mdev_bpf_register_table_find(map, region, offset);
	u32 unit = 1 << map->regions[region].shift, done;

	/* Registers are aligned to their width, so a wide one contains the whole access */
	if (first)
		return first->width < size;
	for (done = unit; done < size; done += unit)
		if (mdev_bpf_register_table_find(map, region, offset + done))
			return true;
	return false;
}

static void reset_row(const struct mdev_bpf_register *row, const struct mdev_bpf_state_buf *buf)
{
	u32 i;

	for (i = 0; i < row->count; i++) {
		void *place = mdev_bpf_doorbell_is_queue(row) ?
			mdev_bpf_state_queue(buf->block, row->work + i) :
			buf->data + (u64)i * row->state_stride;

		mdev_bpf_register_store(place + row->state, row->width, row->reset);
	}
}

/**
 * mdev_bpf_register_table_reset() - give registers their initial values
 * @map: the registers; may be NULL
 * @buf: the device's state, empty
 *
 * Context: Any; no other task may change the state meanwhile.
 */
void mdev_bpf_register_table_reset(const struct mdev_bpf_register_map *map,
				   const struct mdev_bpf_state_buf *buf)
{
	unsigned int i;

	for (i = 0; map && i < map->table->nr; i++) {
		const struct mdev_bpf_register *row = &map->table->rows[i];

		if (row->reset && !(row->flags & MDEV_BPF_REGISTER_CONST) &&
		    has_type(row, map->type))
			reset_row(row, buf);
	}
}
