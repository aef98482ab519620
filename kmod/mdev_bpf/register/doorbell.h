/* SPDX-License-Identifier: GPL-2.0-only */
/* Doorbells: registers whose write queues work. */
#ifndef __MDEV_BPF_REGISTER_DOORBELL_H
#define __MDEV_BPF_REGISTER_DOORBELL_H

#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/mdev_bpf.h>
#include <linux/spinlock.h>

struct mdev_bpf_device;
struct mdev_bpf_register_map;
struct mdev_bpf_state_block;
struct mdev_bpf_target;

/**
 * struct mdev_bpf_latch - what was written to a doorbell, and is not in the state yet
 * @val: the bits that were written
 * @mask: which bits these are
 */
struct mdev_bpf_latch {
	u64 val;
	u64 mask;
};

/**
 * struct mdev_bpf_doorbells - the doorbells of a device
 * @regions: the regions that have doorbells, a bit for each; may be read without @lock
 * @map: the registers of the program that is attached, or was attached last; NULL: doorbells cannot
 *	be rung. Changed with the gate held, too
 * @due: the elements of @latches that have a value for the device's state, a bit for each
 * @queue_due: those that have a value for the state of a queue
 * @latches: what is not in the state yet; mdev_bpf_register_table::latches says which is whose
 */
struct mdev_bpf_doorbells {
	unsigned long regions;
	const struct mdev_bpf_register_map *map;
	/**
	 * @lock: protects the members; taken with interrupts off, because eventfds ring, too. In a
	 * cache line of its own, so that ringing does not take the one with mdev_bpf_registers away
	 * from a processor that reads registers
	 */
	spinlock_t lock ____cacheline_aligned_in_smp;
	DECLARE_BITMAP(due, MDEV_BPF_MAX_DOORBELLS);
	DECLARE_BITMAP(queue_due, MDEV_BPF_MAX_DOORBELLS);
	struct mdev_bpf_latch latches[MDEV_BPF_MAX_DOORBELLS];
};

static inline bool mdev_bpf_doorbell_is(const struct mdev_bpf_register *row)
{
	return row->flags & MDEV_BPF_REGISTER_DOORBELL;
}

/* Does a write to this doorbell ring a queue? */
static inline bool mdev_bpf_doorbell_is_queue(const struct mdev_bpf_register *row)
{
	return row->flags & MDEV_BPF_REGISTER_QUEUE;
}

/* Does a write to this doorbell leave something in the state? */
static inline bool mdev_bpf_doorbell_keeps(const struct mdev_bpf_register *row)
{
	return mdev_bpf_doorbell_is(row) && row->write;
}

void mdev_bpf_doorbell_init(struct mdev_bpf_doorbells *bells);
int mdev_bpf_doorbell_write(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access);
void mdev_bpf_doorbell_ring(struct mdev_bpf_device *bdev, const struct mdev_bpf_target *t,
			    const struct mdev_bpf_access *access);
bool mdev_bpf_doorbell_load(struct mdev_bpf_device *bdev,
			    const struct mdev_bpf_register_map *map,
			    const struct mdev_bpf_target *t, struct mdev_bpf_state_block *block,
			    u64 *val);
void mdev_bpf_doorbell_put(struct mdev_bpf_device *bdev);
void mdev_bpf_doorbell_put_locked(struct mdev_bpf_device *bdev);
void mdev_bpf_doorbell_put_queue(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_doorbell_put_queues(struct mdev_bpf_device *bdev);
void mdev_bpf_doorbell_forget(struct mdev_bpf_device *bdev);
void mdev_bpf_doorbell_forget_queues(struct mdev_bpf_device *bdev);
void mdev_bpf_doorbell_assign(struct mdev_bpf_device *bdev,
			      const struct mdev_bpf_register_map *map);

#endif /* __MDEV_BPF_REGISTER_DOORBELL_H */
