// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes. When a user unmaps guest memory that is pinned, VFIO calls dma_unmap of each device of
 * the container, one after the other, and then looks again. If it finds something pinned for the
 * eleventh time, the type1 backend takes the machine down (BUG_ON() in vfio_dma_do_unmap()). So
 * what a device has given back must not be pinned again before VFIO has looked, however long the
 * other devices take and however long the task that unmaps is kept from running. VFIO does not
 * tell when it has.
 *
 * All calls of a pass come from one task, for one range. So each device that is called keeps a
 * record, and a call for any device extends the records of all that have the same task and range.
 * Requests to pin wait until the record runs out: 20 ms after the last call, longer if the same
 * device has been asked several times already, and after six times without limit. It goes early
 * when the pass is seen to be over: the memory is unmapped, or the task does something that it
 * never does while it unmaps.
 */
#include <linux/hashtable.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>

#include "device/device.h"
#include "dma/guest.h"
#include "dma/pass.h"

/* The call for one device takes no longer */
#define CALL_MAX	(2 * HZ)
/* How long nothing is pinned after the last call, for the first rounds */
#define PAUSE		(HZ / 50)
#define SHORT_ROUNDS	4
/* Then these; and in the end until the pass is seen to be over, whatever keeps it from running */
#define LONG_PAUSE	HZ
#define LAST_PAUSE	(8 * HZ)
/* How often to look whether it is over, while somebody may wait for that, and afterwards */
#define LOOK		(HZ / 50)
#define LATE_LOOK	(HZ / 10)

/*
 * How often a device may have no record left for a pass, whose rounds are not counted then. After
 * that it pins nothing until it is closed: VFIO's own limit is not far.
 */
#define LOST_MAX	4

static DEFINE_HASHTABLE(passes, 6);
/* Protects the table, and the records that are in it */
static DEFINE_SPINLOCK(passes_lock);

/*
 * A record that has run out still counts rounds, until the pass is seen to be over. No time would
 * do in place of that: the task that unmaps may be kept from running for any time.
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
 * Who unmaps runs, or waits in a way that no signal interrupts. So a task that sleeps otherwise,
 * has been stopped or has died is through with it.
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
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + MDEV_BPF_PASSES; pass++)
		if (pass_live(pass) && pass_is(pass, first, last))
			return pass;
	return NULL;
}

/*
 * A record for a new pass. If all are in use, none is given up for it, since that would lose its
 * rounds: NULL, and nothing at all is pinned until mdev_bpf_pass_look() has seen all others end.
 */
static struct mdev_bpf_pass *pass_new(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	struct mdev_bpf_pass *pass;

	lockdep_assert_held(&passes_lock);
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + MDEV_BPF_PASSES; pass++) {
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

/* Extend the records of all devices that are asked in this pass. */
static void pass_extend(u64 first, u64 last, unsigned long by)
{
	struct mdev_bpf_pass *pass;

	lockdep_assert_held(&passes_lock);
	hash_for_each_possible(passes, pass, node, (unsigned long)current)
		if (pass_is(pass, first, last))
			pass->until = jiffies + by + pass_pause(pass);
}

/**
 * mdev_bpf_pass_begin() - VFIO asks a device to give memory back
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte
 *
 * From here on nothing of it is pinned.
 *
 * Context: Process context, the task that takes it away.
 *
 * Return: how often the device has been asked by now, from 1; 1 also if it has no record left.
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
 * mdev_bpf_pass_end() - the device has done what it can; VFIO goes on
 * @first: first byte of guest memory
 * @last: last byte
 *
 * Context: Process context, the task that takes it away.
 */
void mdev_bpf_pass_end(u64 first, u64 last)
{
	guard(spinlock)(&passes_lock);
	pass_extend(first, last, 0);
}

/**
 * mdev_bpf_pass_wait() - how long has a request to pin to wait?
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte
 *
 * Context: Any but interrupts.
 *
 * Return: jiffies, 0 if it can be carried out.
 */
unsigned long mdev_bpf_pass_wait(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	unsigned long wait = 0, now = jiffies;
	struct mdev_bpf_pass *pass;

	guard(spinlock)(&passes_lock);
	if (bdev->dma.passes_full)
		wait = LOOK;
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + MDEV_BPF_PASSES; pass++)
		if (pass_blocks(pass) && pass->first <= last && pass->last >= first) {
			if (pass_is_over(pass))
				pass_drop(pass);
			else if (time_after(pass->until, now))
				wait = max(wait, pass->until - now);
		}
	return wait;
}

/* Is the memory of a record gone? *blocks is set if somebody may wait for that. */
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

/* Forget a record whose pass is over. Return: true if it is still to be looked at. */
static bool pass_look(struct mdev_bpf_device *bdev, struct mdev_bpf_pass *pass, bool *blocks)
{
	unsigned int round = READ_ONCE(pass->round);
	bool gone = pass_is_gone(bdev, pass, blocks);

	guard(spinlock)(&passes_lock);
	if (pass_live(pass) && (pass_is_over(pass) || (gone && pass->round == round)))
		pass_drop(pass);
	return pass_live(pass);
}

/* No record is in use: pin again, unless that has happened so often that it is no accident. */
static void pass_refill(struct mdev_bpf_device *bdev)
{
	guard(spinlock)(&passes_lock);
	if (bdev->dma.passes_lost <= LOST_MAX)
		bdev->dma.passes_full = false;
}

/**
 * mdev_bpf_pass_look() - see which passes are over
 * @bdev: the device
 *
 * Context: Process context. Waits for VFIO's lock.
 *
 * Return: after how many jiffies to look again; 0: none is left.
 */
unsigned long mdev_bpf_pass_look(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pass *pass;
	bool again = false, blocks = false;

	for (pass = bdev->dma.passes; pass < bdev->dma.passes + MDEV_BPF_PASSES; pass++)
		again |= pass_look(bdev, pass, &blocks);
	if (!again) {
		pass_refill(bdev);
		return 0;
	}
	return blocks ? LOOK : LATE_LOOK;
}

/**
 * mdev_bpf_pass_forget() - the device has been closed, or goes: there is nothing to remember
 * @bdev: the device
 *
 * A call that began before the device was closed may leave a record after it.
 *
 * Context: Process context.
 */
void mdev_bpf_pass_forget(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pass *pass;

	guard(spinlock)(&passes_lock);
	for (pass = bdev->dma.passes; pass < bdev->dma.passes + MDEV_BPF_PASSES; pass++)
		pass_drop(pass);
	bdev->dma.passes_full = false;
	bdev->dma.passes_lost = 0;
}
