// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes. When a user unmaps guest memory that is pinned, VFIO calls dma_unmap of each device of
 * the container, one after the other, and then checks again. If it finds pinned memory for the
 * eleventh time, the type1 backend crashes the machine (BUG_ON() in vfio_dma_do_unmap()). So memory
 * that a device has unpinned must not be pinned again before VFIO has checked it, no matter how
 * long the other devices take, or how long the task that unmaps does not get to run. VFIO does not
 * report when it has checked.
 *
 * All calls of a pass come from one task, for one range. So each device that is called keeps a
 * record, and a call for any device extends the records of all devices with the same task and
 * range. Requests to pin wait until the record expires: 20 ms after the last call, longer if the
 * same device was called several times, and without a limit after six times. A record is dropped
 * earlier when the pass is seen to be over: the memory is unmapped, or the task does something that
 * it never does while it unmaps.
 */
#include <linux/hashtable.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>

#include "device/device.h"
#include "dma/guest.h"
#include "dma/pass.h"

/* Upper bound for the time of a call for one device */
#define CALL_MAX	(2 * HZ)
/* How long nothing is pinned after the last call, in the first rounds */
#define PAUSE		(HZ / 50)
#define SHORT_ROUNDS	4
/* The same for the next two rounds; after these, until the pass is seen to be over */
#define LONG_PAUSE	HZ
#define LAST_PAUSE	(8 * HZ)
/* How often to check whether a pass is over, while requests may wait for that, and afterwards */
#define LOOK		(HZ / 50)
#define LATE_LOOK	(HZ / 10)

/*
 * How often a device may have no free record for a pass. The rounds of such a pass are not counted,
 * so after this the device pins nothing until it is closed, to stay below VFIO's limit.
 */
#define LOST_MAX	4

static DEFINE_HASHTABLE(passes, 6);
/* Protects the table and the records in it */
static DEFINE_SPINLOCK(passes_lock);

/*
 * A record that has expired still counts rounds, until the pass is seen to be over. A time limit
 * would not be enough, because the task that unmaps may not run for any time.
 */
static bool pass_live(const struct mdev_bpf_pass *pass)
{
	return !hlist_unhashed(&pass->node);
}

static bool pass_blocks(const struct mdev_bpf_pass *pass)
{
	return pass_live(pass) && time_before(jiffies, pass->until);
}

/*
 * While a task unmaps, it runs or waits uninterruptibly. So if it sleeps interruptibly, is stopped
 * or has died, its pass is over.
 */
static bool pass_is_over(const struct mdev_bpf_pass *pass)
{
	return READ_ONCE(pass->task->exit_state) ||
	       READ_ONCE(pass->task->__state) &
	       (TASK_INTERRUPTIBLE | __TASK_STOPPED | __TASK_TRACED | TASK_FROZEN);
}

static void pass_drop(struct mdev_bpf_pass *pass)
{
	lockdep_assert_held(&passes_lock);
	if (!pass_live(pass))
		return;
	hash_del(&pass->node);
	put_task_struct(pass->task);	/* Pairs with the get in pass_new() */
}

static bool pass_is(const struct mdev_bpf_pass *pass, u64 first, u64 last)
{
	return pass->task == current && pass->first == first && pass->last == last;
}

static unsigned long pass_pause(const struct mdev_bpf_pass *pass)
{
	if (pass->round <= SHORT_ROUNDS)
		return PAUSE;
	if (pass->round == SHORT_ROUNDS + 1)
		return LONG_PAUSE;
	return pass->round == SHORT_ROUNDS + 2 ? LAST_PAUSE : MAX_JIFFY_OFFSET;
}

static struct mdev_bpf_pass *pass_find(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	struct mdev_bpf_pass *pass;

	lockdep_assert_held(&passes_lock);
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + bdev->dma.nr_passes; pass++)
		if (pass_live(pass) && pass_is(pass, first, last))
			return pass;
	return NULL;
}

/*
 * Get a record for a new pass. If all records are in use, none is reused, since its rounds would be
 * lost. Instead this returns NULL, and nothing is pinned until mdev_bpf_pass_look() has seen all
 * passes end.
 */
static struct mdev_bpf_pass *pass_new(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	struct mdev_bpf_pass *pass;

	lockdep_assert_held(&passes_lock);
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + bdev->dma.nr_passes; pass++) {
		if (pass_live(pass))
			continue;
		pass->task = get_task_struct(current);
		pass->first = first;
		pass->last = last;
		pass->round = 0;
		hash_add(passes, &pass->node, (unsigned long)current);
		return pass;
	}
	if (!bdev->dma.passes_full)
		bdev->dma.passes_lost++;
	bdev->dma.passes_full = true;
	return NULL;
}

/* Extend the records of all devices that are called in this pass. */
static void pass_extend(u64 first, u64 last, unsigned long by)
{
	struct mdev_bpf_pass *pass;

	lockdep_assert_held(&passes_lock);
	hash_for_each_possible(passes, pass, node, (unsigned long)current)
		if (pass_is(pass, first, last))
			pass->until = jiffies + by + pass_pause(pass);
}

/**
 * mdev_bpf_pass_begin() - VFIO asks a device to unpin memory
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 *
 * From now on this memory is not pinned.
 *
 * Context: Process context, the task that unmaps the memory.
 *
 * Return: how often the device has been asked in this pass, counted from 1; 1 if it has no free
 * record.
 */
unsigned int mdev_bpf_pass_begin(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	struct mdev_bpf_pass *pass;

	guard(spinlock)(&passes_lock);
	pass = pass_find(bdev, first, last) ?: pass_new(bdev, first, last);
	if (pass)
		pass->round++;
	pass_extend(first, last, CALL_MAX);
	return pass ? pass->round : 1;
}

/**
 * mdev_bpf_pass_end() - the device has unpinned what it can, and VFIO continues
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 *
 * Context: Process context, the task that unmaps the memory.
 */
void mdev_bpf_pass_end(u64 first, u64 last)
{
	guard(spinlock)(&passes_lock);
	pass_extend(first, last, 0);
}

/**
 * mdev_bpf_pass_wait() - how long does a request to pin have to wait?
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 *
 * Context: Any except interrupts.
 *
 * Return: number of jiffies; 0 if the request can be carried out.
 */
unsigned long mdev_bpf_pass_wait(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	unsigned long wait = 0, now = jiffies;
	struct mdev_bpf_pass *pass;

	guard(spinlock)(&passes_lock);
	if (bdev->dma.passes_full)
		wait = LOOK;
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + bdev->dma.nr_passes; pass++)
		if (pass_blocks(pass) && pass->first <= last && pass->last >= first) {
			if (pass_is_over(pass))
				pass_drop(pass);
			else if (time_after(pass->until, now))
				wait = max(wait, pass->until - now);
		}
	return wait;
}

/* Is the memory of a record unmapped? Sets *blocks if requests to pin may wait for that. */
static bool pass_is_gone(struct mdev_bpf_device *bdev, struct mdev_bpf_pass *pass, bool *blocks)
{
	u64 first;

	scoped_guard(spinlock, &passes_lock) {
		if (!pass_live(pass))
			return false;
		*blocks |= pass_blocks(pass);
		first = pass->first;
	}
	return !mdev_bpf_guest_is_mapped(bdev, first);
}

/* Drop a record if its pass is over. Return: true if it has to be checked again. */
static bool pass_look(struct mdev_bpf_device *bdev, struct mdev_bpf_pass *pass, bool *blocks)
{
	unsigned int round = READ_ONCE(pass->round);
	bool gone = pass_is_gone(bdev, pass, blocks);

	guard(spinlock)(&passes_lock);
	if (pass_live(pass) && (pass_is_over(pass) || (gone && pass->round == round)))
		pass_drop(pass);
	return pass_live(pass);
}

/* No record is in use any more: allow pinning again, unless records ran out too often. */
static void pass_refill(struct mdev_bpf_device *bdev)
{
	guard(spinlock)(&passes_lock);
	if (bdev->dma.passes_lost <= LOST_MAX)
		bdev->dma.passes_full = false;
}

/**
 * mdev_bpf_pass_look() - check which passes are over, and drop their records
 * @bdev: the device
 *
 * Context: Process context. Waits for VFIO's lock.
 *
 * Return: number of jiffies until the next check; 0 if no record is left.
 */
unsigned long mdev_bpf_pass_look(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pass *pass;
	bool again = false, blocks = false;

	for (pass = bdev->dma.passes; pass < bdev->dma.passes + bdev->dma.nr_passes; pass++)
		again |= pass_look(bdev, pass, &blocks);
	if (!again) {
		pass_refill(bdev);
		return 0;
	}
	return blocks ? LOOK : LATE_LOOK;
}

/**
 * mdev_bpf_pass_forget() - drop all records because the device was closed or is being freed
 * @bdev: the device
 *
 * If a call began before the device was closed, it may add a record afterwards.
 *
 * Context: Process context.
 */
void mdev_bpf_pass_forget(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pass *pass;

	guard(spinlock)(&passes_lock);
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + bdev->dma.nr_passes; pass++)
		pass_drop(pass);
	bdev->dma.passes_full = false;
	bdev->dma.passes_lost = 0;
}
