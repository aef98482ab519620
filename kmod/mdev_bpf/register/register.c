// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers that a program declares: the core reads and writes their values in the device's state.
 *
 * A read that needs no program takes no lock. One pointer, mdev_bpf_registers::block, leads to the
 * state and to the table of registers. It is read under RCU, and both are freed a grace period
 * after they were replaced. So reads continue while an op runs, or while the program is replaced.
 * They return values as ops and writes have stored them. The pointer is NULL while reads have to
 * pass the gate: without a program, after a failure, and during a reset.
 *
 * A write, or a read with an effect, holds the gate, also for the op that it may call. Writes to
 * doorbells do not; see doorbell.c.
 */
#include "device/device.h"
#include "device/state.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "register/doorbell.h"
#include "register/register.h"
#include "register/table.h"
#include "register/target.h"
#include "register/value.h"

static __always_inline u64 target_load(const struct mdev_bpf_target *t, void *state)
{
	if (t->row->flags & MDEV_BPF_REGISTER_CONST)
		return t->row->reset;
	return mdev_bpf_register_load(mdev_bpf_target_place(t, state), t->row->width);
}

/* A read that finds one of these bits set has an effect. */
static u64 read_acts(const struct mdev_bpf_register *row)
{
	return row->read_clear | row->read_call;
}

/**
 * mdev_bpf_register_read() - read a register, if the read has no effect
 * @bdev: the device
 * @access: the access; its value is set
 *
 * Context: Any; takes no lock.
 *
 * Return: false if the access has to pass the gate, because no register is there, or because the
 * read has an effect.
 */
bool mdev_bpf_register_read(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	u64 mask = mdev_bpf_register_bits(access->size);
	const struct mdev_bpf_register_map *map;
	struct mdev_bpf_state_block *block;
	struct mdev_bpf_target t;
	u64 val;

	guard(rcu)();
	block = rcu_dereference(bdev->registers.block);
	if (!block)
		return false;
	map = rcu_dereference(block->registers);
	if (!mdev_bpf_target_find(&t, map, access))
		return false;
	if (!mdev_bpf_doorbell_keeps(t.row))
		val = target_load(&t, block->data);
	else if (!mdev_bpf_doorbell_load(bdev, map, &t, block, &val))
		return false;
	val = val >> t.shift & mask;
	if (t.row->flags & MDEV_BPF_REGISTER_READ_CALL || val & (read_acts(t.row) >> t.shift))
		return false;
	access->val = val;
	mdev_bpf_target_name(&t, map, access);
	trace_mdev_bpf_region(&bdev->ctx, access, false, 0, t.row->name);
	return true;
}

/* Call the op for bytes without a register. A region that has registers need not have the op. */
static int access_other(const struct mdev_bpf_call *call, struct mdev_bpf_access *access,
			bool write)
{
	return write ? mdev_bpf_call_op(call, region_write, access) :
		       mdev_bpf_call_op(call, region_read, access);
}

/* The value of a doorbell; that of a doorbell of the device is in the state then. */
static u64 load_doorbell(struct mdev_bpf_device *bdev, const struct mdev_bpf_target *t)
{
	u64 val = 0;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_doorbell_put(bdev);
	mdev_bpf_doorbell_load(bdev, bdev->registers.map, t, bdev->state.cur.block, &val);
	return val;
}

static int read_target(const struct mdev_bpf_call *call, const struct mdev_bpf_target *t,
		       struct mdev_bpf_access *access)
{
	void *state = call->bdev->state.cur.data;
	u64 mask = mdev_bpf_target_mask(t, access);
	u64 val, clear;

	if (mdev_bpf_doorbell_keeps(t->row))
		val = load_doorbell(call->bdev, t);
	else
		val = target_load(t, state);
	clear = val & mask & t->row->read_clear;
	if (clear)
		mdev_bpf_register_store(mdev_bpf_target_place(t, state), t->row->width,
					val & ~clear);
	access->val = (val & mask) >> t->shift;
	if (!(t->row->flags & MDEV_BPF_REGISTER_READ_CALL) && !(val & mask & t->row->read_call))
		return 0;
	return mdev_bpf_call_op(call, region_read, access);
}

static int write_target(const struct mdev_bpf_call *call, const struct mdev_bpf_target *t,
			struct mdev_bpf_access *access)
{
	void *state = call->bdev->state.cur.data;
	u64 mask = mdev_bpf_target_mask(t, access);
	u64 val = access->val << t->shift & mask, write = t->row->write & mask, old, new;

	if (mdev_bpf_doorbell_is(t->row)) {
		mdev_bpf_doorbell_ring(call->bdev, t, access);
		return 0;
	}
	old = target_load(t, state);
	new = ((old & ~write) | (val & write)) & ~(val & t->row->write_one_clear);
	if (new != old)
		mdev_bpf_register_store(mdev_bpf_target_place(t, state), t->row->width, new);
	access->old = (old & mask) >> t->shift;
	if (!(t->row->flags & MDEV_BPF_REGISTER_WRITE_CALL) && !((old ^ new) & t->row->write_call))
		return 0;
	return mdev_bpf_call_op(call, region_write, access);
}

/**
 * mdev_bpf_register_access() - read or write a device whose program declares registers
 * @bdev: the device
 * @ops: the program that the access has entered
 * @access: the access, to any part of a region whose accesses go to the program
 * @write: write rather than read
 *
 * Context: The gate held.
 *
 * Return: 0; what the op returned; MDEV_BPF_REGISTER_CUT.
 */
int mdev_bpf_register_access(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			     struct mdev_bpf_access *access, bool write)
{
	const struct mdev_bpf_call call = { .bdev = bdev, .ops = ops };
	const struct mdev_bpf_register_map *map = bdev->registers.map;
	struct mdev_bpf_target t;
	int ret;

	mdev_bpf_gate_assert_held(bdev);
	if (mdev_bpf_target_find(&t, map, access)) {
		mdev_bpf_target_name(&t, map, access);
		ret = write ? write_target(&call, &t, access) : read_target(&call, &t, access);
	} else {
		if (mdev_bpf_register_table_cuts(map, access->region, access->offset,
						 access->size))
			return MDEV_BPF_REGISTER_CUT;
		ret = access_other(&call, access, write);
	}
	return mdev_bpf_call_result(ret, 0);
}

/**
 * mdev_bpf_register_assign() - assign the registers of another program to a device
 * @bdev: the device, whose state is already that of the program
 * @table: the registers that the program declares; NULL: none, or there is no program
 *
 * Context: The gate held.
 */
void mdev_bpf_register_assign(struct mdev_bpf_device *bdev,
			      const struct mdev_bpf_register_table *table)
{
	const struct mdev_bpf_register_map *map;

	mdev_bpf_gate_assert_held(bdev);
	map = mdev_bpf_register_table_map(table, bdev->ctx.type);
	bdev->registers.map = map;
	bdev->gate.region = map ? mdev_bpf_register_access : NULL;
	bdev->gate.rows = map ? map->table->rows : NULL;
	mdev_bpf_register_publish(bdev);
}

/**
 * mdev_bpf_register_publish() - let reads find the registers without the gate, if they may
 * @bdev: the device
 *
 * They may not if the device has failed, and not between mdev_bpf_gate_hold() and
 * mdev_bpf_gate_release(). Called whenever that changes.
 *
 * Context: The gate held.
 */
void mdev_bpf_register_publish(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_state_block *block = bdev->state.cur.block;

	mdev_bpf_gate_assert_held(bdev);
	if (!bdev->registers.map || bdev->failure.active || bdev->state.stale ||
	    bdev->gate.closer & MDEV_BPF_GATE_HELD) {
		RCU_INIT_POINTER(bdev->registers.block, NULL);
		return;
	}
	rcu_assign_pointer(block->registers, bdev->registers.map);
	rcu_assign_pointer(bdev->registers.block, block);
}

/**
 * mdev_bpf_register_update() - mdev_bpf_register_publish(), for callers without the gate
 * @bdev: the device
 *
 * Called after mdev_bpf_gate_hold() and after mdev_bpf_gate_release().
 *
 * Context: Process context.
 */
void mdev_bpf_register_update(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	mdev_bpf_register_publish(bdev);
}
