// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells: registers with MDEV_BPF_REGISTER_DOORBELL. A write to one of them queues work, and its
 * value is kept.
 *
 * A write takes neither the gate nor the program, because the writer must not wait for an op, and
 * may be the wakeup function of an eventfd. But only the holder of the gate may change the state.
 * So the value is first kept in a latch. Whoever enters the program puts the values of all latches
 * into the state before the op is called; mdev_bpf_gate::latched says that there are some.
 *
 * Doorbells can also be rung while no program is attached; until the next one is attached, they are
 * those of the last one. While a program takes the device over, its state may just be converted, so
 * there is no map, and writes wait for the gate like all others.
 *
 * A doorbell of a queue rings the queue instead. Its value belongs into the state of the queue,
 * which only the op of the queue may change while it can run. So the worker of the queue puts it
 * there before it calls the op; see queue/queue.c.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/rcupdate.h>

#include "device/device.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "register/doorbell.h"
#include "register/register.h"
#include "register/table.h"
#include "register/target.h"
#include "register/value.h"

/**
 * mdev_bpf_doorbell_init() - set up the doorbells of a new device, which has no program yet
 * @bells: the doorbells
 */
void mdev_bpf_doorbell_init(struct mdev_bpf_doorbells *bells)
{
	spin_lock_init(&bells->lock);
}

static unsigned int latch_of(const struct mdev_bpf_register_table *table,
			     const struct mdev_bpf_target *t)
{
	return table->latches[t->row - table->rows] + t->index;
}

static void latch(struct mdev_bpf_device *bdev, const struct mdev_bpf_target *t,
		  const struct mdev_bpf_access *access)
{
	struct mdev_bpf_doorbells *bells = &bdev->doorbells;
	u64 mask = mdev_bpf_target_mask(t, access) & t->row->write;
	unsigned int nr = latch_of(bells->map->table, t);
	struct mdev_bpf_latch *l = &bells->latches[nr];

	lockdep_assert_held(&bells->lock);
	l->val = (l->val & ~mask) | (access->val << t->shift & mask);
	l->mask |= mask;
	if (mdev_bpf_doorbell_is_queue(t->row)) {
		__set_bit(nr, bells->queue_due);
	} else {
		__set_bit(nr, bells->due);
		WRITE_ONCE(bdev->gate.latched, true);
	}
}

static void ring(struct mdev_bpf_device *bdev, const struct mdev_bpf_target *t,
		 const struct mdev_bpf_access *access)
{
	lockdep_assert_held(&bdev->doorbells.lock);
	if (mdev_bpf_doorbell_keeps(t->row))
		latch(bdev, t, access);
	if (mdev_bpf_doorbell_is_queue(t->row))
		bdev->gate.hooks->kick(bdev, t->row->work + t->index);
	else
		bdev->gate.hooks->ring(bdev, t->row->work + t->index);
}

/**
 * mdev_bpf_doorbell_ring() - write a doorbell
 * @bdev: the device
 * @t: the doorbell, of the attached program
 * @access: the write
 *
 * Context: The gate held.
 */
void mdev_bpf_doorbell_ring(struct mdev_bpf_device *bdev, const struct mdev_bpf_target *t,
			    const struct mdev_bpf_access *access)
{
	mdev_bpf_gate_assert_held(bdev);
	guard(spinlock_irqsave)(&bdev->doorbells.lock);
	ring(bdev, t, access);
}

static int write_locked(struct mdev_bpf_device *bdev, struct mdev_bpf_target *t,
			struct mdev_bpf_access *access)
{
	const struct mdev_bpf_register_map *map = bdev->doorbells.map;

	lockdep_assert_held(&bdev->doorbells.lock);
	if (!map)
		return -ENOENT;
	if (mdev_bpf_target_find(t, map, access)) {
		if (!mdev_bpf_doorbell_is(t->row))
			return -ENOENT;
		mdev_bpf_target_name(t, map, access);
		ring(bdev, t, access);
		return 0;
	}
	return mdev_bpf_register_table_cuts(map, access->region, access->offset, access->size) ?
	       MDEV_BPF_REGISTER_CUT : -ENOENT;
}

/**
 * mdev_bpf_doorbell_write() - write a doorbell, if the write is to one
 * @bdev: the device
 * @access: the write, to any part of a region whose accesses go to the program
 *
 * Context: Any, also the wakeup function of an eventfd. Does not wait for an op.
 *
 * Return: 0 if a doorbell was rung; MDEV_BPF_REGISTER_CUT if only a part of the access is to a
 * register; -ENOENT if the write has to pass the gate.
 */
int mdev_bpf_doorbell_write(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	struct mdev_bpf_target t;
	int ret;

	if (!(READ_ONCE(bdev->doorbells.regions) & BIT(access->region)))
		return -ENOENT;
	/* The name of the register outlives the lock */
	guard(rcu)();
	scoped_guard(spinlock_irqsave, &bdev->doorbells.lock)
		ret = write_locked(bdev, &t, access);
	if (!ret)
		trace_mdev_bpf_region(&bdev->ctx, access, true, 0, t.row->name);
	return ret;
}

/* Where the value of a doorbell is: in the state of its queue, or in that of the device */
static void *place_of(const struct mdev_bpf_target *t, struct mdev_bpf_state_block *block)
{
	if (mdev_bpf_doorbell_is_queue(t->row))
		return mdev_bpf_state_queue(block, t->row->work + t->index) + t->row->state;
	return mdev_bpf_target_place(t, block->data);
}

/**
 * mdev_bpf_doorbell_load() - load the value of a doorbell
 * @bdev: the device
 * @map: the registers that @t is one of
 * @t: the doorbell
 * @block: the state that belongs to @map
 * @val: set to the value that was written last, or the one in the state
 *
 * Context: Any; under RCU. Does not wait for an op.
 *
 * Return: false if the program is just being replaced.
 */
bool mdev_bpf_doorbell_load(struct mdev_bpf_device *bdev,
			    const struct mdev_bpf_register_map *map,
			    const struct mdev_bpf_target *t, struct mdev_bpf_state_block *block,
			    u64 *val)
{
	struct mdev_bpf_doorbells *bells = &bdev->doorbells;
	const struct mdev_bpf_latch *l;

	/* With the lock held, the value cannot move from the latch into the state meanwhile */
	guard(spinlock_irqsave)(&bells->lock);
	if (bells->map != map)
		return false;
	*val = mdev_bpf_register_load(place_of(t, block), t->row->width);
	if (!mdev_bpf_doorbell_keeps(t->row))
		return true;
	l = &bells->latches[latch_of(map->table, t)];
	*val = (*val & ~l->mask) | l->val;
	return true;
}

/* Put the value of a latch into the state. */
static void put(struct mdev_bpf_device *bdev, unsigned int nr)
{
	const struct mdev_bpf_register_table *table = bdev->doorbells.map->table;
	const struct mdev_bpf_latch *l = &bdev->doorbells.latches[nr];
	unsigned int row = table->latch_rows[nr];
	struct mdev_bpf_target t = {
		.row = &table->rows[row],
		.index = nr - table->latches[row],
	};
	void *place = place_of(&t, bdev->state.cur.block);
	u64 val = mdev_bpf_register_load(place, t.row->width);

	mdev_bpf_register_store(place, t.row->width, (val & ~l->mask) | l->val);
}

/* Empty a latch. @due: the bitmap that says that it has a value */
static void forget(struct mdev_bpf_doorbells *bells, unsigned long *due, unsigned int nr)
{
	lockdep_assert_held(&bells->lock);
	bells->latches[nr] = (struct mdev_bpf_latch){ };
	__clear_bit(nr, due);
}

/**
 * mdev_bpf_doorbell_forget() - drop all values that are not in the device's state yet
 * @bdev: the device
 *
 * Context: mdev_bpf_doorbells::lock held.
 */
void mdev_bpf_doorbell_forget(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_doorbells *bells = &bdev->doorbells;
	unsigned int nr;

	for_each_set_bit(nr, bells->due, MDEV_BPF_MAX_DOORBELLS)
		forget(bells, bells->due, nr);
	WRITE_ONCE(bdev->gate.latched, false);
}

/**
 * mdev_bpf_doorbell_forget_queues() - drop all values that are not in the state of their queue yet
 * @bdev: the device
 *
 * Context: mdev_bpf_doorbells::lock held.
 */
void mdev_bpf_doorbell_forget_queues(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_doorbells *bells = &bdev->doorbells;
	unsigned int nr;

	for_each_set_bit(nr, bells->queue_due, MDEV_BPF_MAX_DOORBELLS)
		forget(bells, bells->queue_due, nr);
}

/* The queue whose doorbell has a latch */
static u32 queue_of(struct mdev_bpf_device *bdev, unsigned int nr)
{
	const struct mdev_bpf_register_table *table = bdev->doorbells.map->table;
	unsigned int row = table->latch_rows[nr];

	return table->rows[row].work + nr - table->latches[row];
}

/**
 * mdev_bpf_doorbell_put_queue() - put the values for a queue into its state
 * @bdev: the device
 * @id: the queue
 *
 * Context: mdev_bpf_doorbells::lock held. The caller may change the state of the queue.
 */
void mdev_bpf_doorbell_put_queue(struct mdev_bpf_device *bdev, u32 id)
{
	struct mdev_bpf_doorbells *bells = &bdev->doorbells;
	unsigned int nr;

	lockdep_assert_held(&bells->lock);
	for_each_set_bit(nr, bells->queue_due, MDEV_BPF_MAX_DOORBELLS) {
		if (queue_of(bdev, nr) != id)
			continue;
		put(bdev, nr);
		forget(bells, bells->queue_due, nr);
	}
}

static void put_all(struct mdev_bpf_device *bdev, unsigned long *due)
{
	unsigned int nr;

	mdev_bpf_gate_assert_held(bdev);
	for_each_set_bit(nr, due, MDEV_BPF_MAX_DOORBELLS) {
		/* It has another layout, and the reset that must follow discards rings anyway */
		if (!bdev->state.stale)
			put(bdev, nr);
		forget(&bdev->doorbells, due, nr);
	}
}

/**
 * mdev_bpf_doorbell_put_queues() - put the values for all queues into their states
 * @bdev: the device
 *
 * Context: The gate held; no op of a queue runs.
 */
void mdev_bpf_doorbell_put_queues(struct mdev_bpf_device *bdev)
{
	guard(spinlock_irqsave)(&bdev->doorbells.lock);
	put_all(bdev, bdev->doorbells.queue_due);
}

/**
 * mdev_bpf_doorbell_put_locked() - mdev_bpf_doorbell_put(), for holders of the lock
 * @bdev: the device
 *
 * Context: The gate and mdev_bpf_doorbells::lock held.
 */
void mdev_bpf_doorbell_put_locked(struct mdev_bpf_device *bdev)
{
	put_all(bdev, bdev->doorbells.due);
	WRITE_ONCE(bdev->gate.latched, false);
}

/**
 * mdev_bpf_doorbell_put() - put the values that were written to doorbells into the state
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_doorbell_put(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	guard(spinlock_irqsave)(&bdev->doorbells.lock);
	mdev_bpf_doorbell_put_locked(bdev);
}

/**
 * mdev_bpf_doorbell_assign() - assign the doorbells of a program to a device
 * @bdev: the device
 * @map: the registers of the program; NULL: writes to doorbells have to take the gate, because the
 *	state is about to change its layout
 *
 * Before a change of the layout, this puts what was written into the state.
 *
 * Context: The gate held; no op of a queue runs.
 */
void mdev_bpf_doorbell_assign(struct mdev_bpf_device *bdev,
			      const struct mdev_bpf_register_map *map)
{
	struct mdev_bpf_doorbells *bells = &bdev->doorbells;

	mdev_bpf_gate_assert_held(bdev);
	guard(spinlock_irqsave)(&bells->lock);
	if (bells->map) {
		mdev_bpf_doorbell_put_locked(bdev);
		put_all(bdev, bells->queue_due);
	}
	bells->map = map;
	WRITE_ONCE(bells->regions, map ? map->bells : 0);
}
