// SPDX-License-Identifier: GPL-2.0-only
/* The registers that a program declares. */
#include <linux/ctype.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/vfio.h>

#include "gate/refuse.h"
#include "pci/msix.h"
#include "program/ops.h"
#include "register/doorbell.h"
#include "register/table.h"
#include "register/value.h"
#include "validate/api.h"
#include "validate/validate.h"

#define REGISTER_FLAGS (MDEV_BPF_REGISTER_CONST | MDEV_BPF_REGISTER_READ_CALL |	\
			MDEV_BPF_REGISTER_WRITE_CALL | MDEV_BPF_REGISTER_DOORBELL |	\
			MDEV_BPF_REGISTER_QUEUE)

/* Refuse a register by its name and the member that is wrong. */
#define refuse(ops, i, fmt, ...)						\
	mdev_bpf_refuse_ops(ops, -EINVAL, "registers[%u] \"%s\"" fmt, i,	\
			    (ops)->registers[i].name, ##__VA_ARGS__)

static u32 count_of(const struct mdev_bpf_register *r)
{
	return r->count ?: 1;
}

/* The end of @count elements that are @stride bytes apart; cannot overflow */
static u64 end_of(u64 start, u32 count, u32 stride, u32 width)
{
	return start + (u64)(count - 1) * (stride ?: width) + width;
}

static bool name_ok(const char *name)
{
	const char *c;

	if (strnlen(name, MDEV_BPF_NAME_LEN) == MDEV_BPF_NAME_LEN || isdigit(name[0]))
		return false;
	for (c = name; *c; c++)
		if (!isascii(*c) || (!isalnum(*c) && *c != '_'))
			return false;
	return true;
}

static int check_name(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	unsigned int j;

	if (!name_ok(r->name))
		return mdev_bpf_refuse_ops(ops, -EINVAL,
					   "registers[%u].name must be 1 to %d of A-Z a-z 0-9 _, no digit first",
					   i, MDEV_BPF_NAME_LEN - 1);
	for (j = 0; j < i; j++)
		if (!strcmp(ops->registers[j].name, r->name) &&
		    mdev_bpf_ops_share_type(ops->registers[j].types, r->types))
			return refuse(ops, i, " has the name of registers[%u]", j);
	return mdev_bpf_validate_types_mask(ops, "registers", i, r->types);
}

static int check_shape(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];

	if (r->count > MDEV_BPF_REGISTER_UNITS)
		return refuse(ops, i, ".count %u is more than %u", r->count,
			      MDEV_BPF_REGISTER_UNITS);
	if (r->flags & ~REGISTER_FLAGS)
		return mdev_bpf_refuse_ops(ops, -EOPNOTSUPP,
					   "registers[%u] \"%s\".flags %#x are not supported", i,
					   r->name, r->flags & ~REGISTER_FLAGS);
	if (!is_power_of_2(r->width) || r->width > sizeof(u64))
		return refuse(ops, i, ".width %u is not 1, 2, 4 or 8", r->width);
	if (r->offset % r->width)
		return refuse(ops, i, ".offset %#x is no multiple of width %u", r->offset,
			      r->width);
	if (r->stride % r->width || r->state_stride % r->width)
		return refuse(ops, i, ": stride or state_stride is no multiple of width %u",
			      r->width);
	if (r->state % r->width)
		return refuse(ops, i, ".state %u is no multiple of width %u", r->state, r->width);
	return 0;
}

/* A register has to be in a region, or trap window, whose accesses go to the program. */
static int check_region(const struct mdev_bpf_ops *ops, unsigned int i,
			const struct mdev_bpf_region *region)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	u64 start = r->offset, end = end_of(start, count_of(r), r->stride, r->width);
	unsigned int nr = region - ops->regions;

	if (end > region->size)
		return refuse(ops, i, ": its end, %#llx, is behind that of regions[%u], %#llx",
			      end, nr, region->size);
	if (region->flags & MDEV_BPF_REGION_MEMORY &&
	    (start < region->trap_offset || end > (u64)region->trap_offset + region->trap_size))
		return refuse(ops, i, " is in the memory of regions[%u]", nr);
	if (mdev_bpf_doorbell_is(r) && !(region->flags & MDEV_BPF_REGION_WRITE))
		return refuse(ops, i, " is a DOORBELL, but regions[%u] cannot be written", nr);
	return 0;
}

static int check_place(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	const struct mdev_bpf_region *region;
	int ret;

	if (!mdev_bpf_ops_region(ops, r->region, r->types))
		return refuse(ops, i, ".region %u: there is no such region", r->region);
	mdev_bpf_ops_for_each_region(ops, r->region, r->types, region) {
		ret = check_region(ops, i, region);
		if (ret)
			return ret;
	}
	return 0;
}

/* The value of a doorbell that rings a queue is in the state of the queue. */
static int check_queue_state(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	u64 end = (u64)r->state + r->width;

	if (r->state_stride)
		return refuse(ops, i, ".state_stride is %u, but each queue has its own state",
			      r->state_stride);
	if (end > ops->queue_state_size)
		return refuse(ops, i, ".state: its end, %llu, is behind queue_state_size, %u",
			      end, ops->queue_state_size);
	return 0;
}

static int check_state(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	u64 end;

	if (r->flags & MDEV_BPF_REGISTER_CONST) {
		if (r->state || r->state_stride)
			return refuse(ops, i, " is CONST, so it has no state");
		if (r->write || r->write_one_clear || r->read_clear)
			return refuse(ops, i, " is CONST, but has bits that change");
		return 0;
	}
	if (mdev_bpf_doorbell_is_queue(r))
		return check_queue_state(ops, i);
	end = end_of(r->state, count_of(r), r->state_stride, r->width);
	if (end > ops->state_size)
		return refuse(ops, i, ".state: its end, %llu, is behind that of the state, %u",
			      end, ops->state_size);
	return 0;
}

static bool overlaps_range(const struct mdev_bpf_register *r, struct mdev_bpf_msix_range range)
{
	return r->region == range.region && r->offset < range.end &&
	       end_of(r->offset, count_of(r), r->stride, r->width) > range.start;
}

/* The core handles MSI-X's table and pending bits itself. */
static int check_msix(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	const struct mdev_bpf_irq *irq;

	if (!mdev_bpf_api_is_pci(ops))
		return 0;
	mdev_bpf_ops_for_each_irq(ops, VFIO_PCI_MSIX_IRQ_INDEX, r->types, irq)
		if (overlaps_range(r, mdev_bpf_msix_table(irq)) ||
		    overlaps_range(r, mdev_bpf_msix_pba(irq)))
			return refuse(ops, i, " is in the table or pba of MSI-X");
	return 0;
}

static int check_bits(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	u64 all = r->reset | r->write | r->write_one_clear | r->read_clear | r->read_call |
		  r->write_call;

	if (all & ~mdev_bpf_register_bits(r->width))
		return refuse(ops, i, ": its masks or reset have bits above those of width %u",
			      r->width);
	if (r->write & r->write_one_clear)
		return refuse(ops, i, ": bits %#llx are both in write and in write_one_clear",
			      r->write & r->write_one_clear);
	return 0;
}

static int check_ops(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];

	if ((r->read_call || r->flags & MDEV_BPF_REGISTER_READ_CALL) && !ops->region_read)
		return refuse(ops, i, " calls region_read, but there is none");
	if ((r->write_call || r->flags & MDEV_BPF_REGISTER_WRITE_CALL) && !ops->region_write)
		return refuse(ops, i, " calls region_write, but there is none");
	return 0;
}

static int check_queue(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	u64 last = (u64)r->work + count_of(r) - 1;

	if (last >= ops->queues)
		return refuse(ops, i, ".work: its last queue, %llu, is not below queues, %u", last,
			      ops->queues);
	if (r->read_clear)
		return refuse(ops, i, " rings a QUEUE, so it has no read_clear");
	if (!r->write && !(r->flags & MDEV_BPF_REGISTER_CONST))
		return refuse(ops, i, " rings a QUEUE and has no write: make it CONST");
	return 0;
}

/* A write to a doorbell calls no op, so that it takes neither the gate nor a program. */
static int check_doorbell(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	u64 last = (u64)r->work + count_of(r) - 1;

	if (mdev_bpf_doorbell_is_queue(r) && !mdev_bpf_doorbell_is(r))
		return refuse(ops, i, " rings a QUEUE, but is no DOORBELL");
	if (!mdev_bpf_doorbell_is(r))
		return r->work ? refuse(ops, i, ".work is %u, but it is no DOORBELL", r->work) : 0;
	if (r->flags & MDEV_BPF_REGISTER_WRITE_CALL || r->write_call)
		return refuse(ops, i, " is a DOORBELL, so its writes queue work and call no op");
	if (r->write_one_clear)
		return refuse(ops, i, " is a DOORBELL, so it has no write_one_clear");
	if (mdev_bpf_doorbell_is_queue(r))
		return check_queue(ops, i);
	if (last >= MDEV_BPF_MAX_WORK)
		return refuse(ops, i, ".work: its last work, %llu, is not below %u", last,
			      MDEV_BPF_MAX_WORK);
	if (!ops->work)
		return refuse(ops, i, " queues work, but there is no work");
	return 0;
}

static int check_register(const struct mdev_bpf_ops *ops, unsigned int i)
{
	return check_name(ops, i) ?: check_shape(ops, i) ?: check_place(ops, i) ?:
	       check_state(ops, i) ?: check_bits(ops, i) ?: check_ops(ops, i) ?:
	       check_msix(ops, i) ?: check_doorbell(ops, i);
}

/* The index of a region has a byte for each unit, so the number of units is limited. */
static int check_extent(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_register *r = &ops->registers[i];
	u64 end = end_of(r->offset, count_of(r), r->stride, r->width);
	u32 width = r->width;
	unsigned int j;

	for (j = 0; j < mdev_bpf_ops_nr_registers(ops); j++)
		if (ops->registers[j].region == r->region)
			width = min(width, ops->registers[j].width);
	if (end > (u64)width * MDEV_BPF_REGISTER_UNITS)
		return refuse(ops, i, ": its end, %#llx, is behind %#x, with registers of width %u",
			      end, width * MDEV_BPF_REGISTER_UNITS, width);
	return 0;
}

/* Each doorbell that keeps its value has a latch in the device. */
static int check_latches(const struct mdev_bpf_ops *ops)
{
	unsigned int i, nr = 0;

	for (i = 0; i < mdev_bpf_ops_nr_registers(ops); i++) {
		if (mdev_bpf_doorbell_keeps(&ops->registers[i]))
			nr += count_of(&ops->registers[i]);
		if (nr > MDEV_BPF_MAX_DOORBELLS)
			return refuse(ops, i, ": with it, %u DOORBELLs keep values, more than %u",
				      nr, MDEV_BPF_MAX_DOORBELLS);
	}
	return 0;
}

/* Making the table fails if two registers overlap. */
static int check_overlaps(const struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_register_table *table = mdev_bpf_register_table_make(ops);

	if (IS_ERR(table))
		return PTR_ERR(table);
	mdev_bpf_register_table_free(table);
	return 0;
}

/**
 * mdev_bpf_validate_registers() - check the registers that a program declares
 * @ops: the program; its regions and interrupts were checked
 *
 * Context: Process context.
 *
 * Return: as mdev_bpf_validate_program(); -ENOMEM.
 */
int mdev_bpf_validate_registers(const struct mdev_bpf_ops *ops)
{
	unsigned int i, n = mdev_bpf_ops_nr_registers(ops);
	int ret = 0;

	for (i = 0; !ret && i < n; i++)
		ret = check_register(ops, i);
	for (i = 0; !ret && i < n; i++)
		ret = check_extent(ops, i);
	return ret ?: check_latches(ops) ?:
	       mdev_bpf_validate_rows(ops, "registers", "name", n, &ops->registers[n],
				      &ops->registers[MDEV_BPF_MAX_REGISTERS]) ?:
	       check_overlaps(ops);
}
