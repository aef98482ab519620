// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes. When a user unmaps guest memory that is pinned, the type1 backend of VFIO calls dma_unmap
 * of each device of the container, one after the other, and then checks again. If it finds pinned
 * memory after the eleventh round, it crashes the machine. So nothing must be pinned before type1
 * has checked, no matter how long the devices take, or how long the task that unmaps does not get
 * to run. A pass is the time from the first call to the end of the system call.
 *
 * VFIO does not report that end, but the VFS does: the last reference to a file that a task drops
 * in a system call is only put when the task leaves the kernel. So each pass has a file of its own.
 *
 * All devices that are called in a pass are in one container, which is how this file learns of
 * containers. It does not know that of a device that has not been called since it was opened. Such
 * a device waits for the passes of its own process.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "device/device.h"
#include "dma/pass.h"

/**
 * struct mdev_bpf_pass - a task that unmaps guest memory
 * @node: entry in the list of all passes
 * @task: the task, which frees this when it leaves the system call
 * @mm: its memory
 * @number: its place among passes, openings and calls of devices
 * @container: number of the container: that of the first pass in it; 0 at first
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 * @began: number of the first call in this round
 * @round: how many rounds there were for this range, and maybe for earlier ones
 * @earlier: rounds for the range before, if they are not part of @round
 * @intruded: a device that did not wait for this pass was called for this range
 */
struct mdev_bpf_pass {
	struct list_head node;
	struct task_struct *task;
	struct mm_struct *mm;
	u64 number;
	u64 container;
	u64 first;
	u64 last;
	u64 began;
	unsigned int round;
	unsigned int earlier;
	bool intruded;
};

static LIST_HEAD(passes);
/* The devices that are open */
static LIST_HEAD(devices);
/* The number of passes, openings and calls */
static u64 numbers;
/* Protects these, the passes, and mdev_bpf_dma_queue::in_pass */
static DEFINE_SPINLOCK(passes_lock);

static int pass_release(struct inode *inode, struct file *file)
{
	struct mdev_bpf_pass *pass = file->private_data;

	scoped_guard(spinlock, &passes_lock)
		list_del(&pass->node);
	kfree(pass);
	return 0;
}

static const struct file_operations pass_fops = {
	.owner = THIS_MODULE,
	.release = pass_release,
};

static struct mdev_bpf_pass *pass_find(void)
{
	struct mdev_bpf_pass *pass;

	guard(spinlock)(&passes_lock);
	list_for_each_entry(pass, &passes, node)
		if (pass->task == current)
			return pass;
	return NULL;
}

static struct mdev_bpf_pass *pass_new(void)
{
	struct mdev_bpf_pass *pass = kzalloc(sizeof(*pass), GFP_KERNEL);
	struct file *file;

	if (!pass)
		return NULL;
	file = anon_inode_getfile("[mdev_bpf_pass]", &pass_fops, pass, O_RDONLY);
	if (IS_ERR(file)) {
		kfree(pass);
		return NULL;
	}
	pass->task = current;
	pass->mm = current->mm;
	scoped_guard(spinlock, &passes_lock) {
		pass->number = ++numbers;
		list_add(&pass->node, &passes);
	}
	/* The task calls pass_release() when it leaves the system call */
	fput(file);
	return pass;
}

/*
 * Get the pass of this task. VFIO holds a lock, and a task that is short of memory may be about to
 * release it: this does not wait for memory, nor for room in its cgroup. Only the administrator's
 * limit for the number of open files (fs.file-max) can delay it.
 */
static struct mdev_bpf_pass *pass_get(void)
{
	struct mdev_bpf_pass *pass = pass_find();
	unsigned int flags;

	while (!pass) {
		flags = memalloc_noreclaim_save();
		pass = pass_new();
		memalloc_noreclaim_restore(flags);
		if (!pass)
			schedule_timeout_uninterruptible(HZ / 50);
	}
	return pass;
}

/* A device that did not wait for this pass is called: rounds of the last range may still count. */
static void pass_intrude(struct mdev_bpf_pass *pass)
{
	lockdep_assert_held(&passes_lock);
	pass->round += pass->earlier;
	pass->earlier = 0;
	pass->intruded = true;
}

/* One container has two numbers, because the first device that a pass has called was a new one. */
static void container_renumber(u64 from, u64 to)
{
	struct mdev_bpf_pass_device *d;
	struct mdev_bpf_pass *pass;

	lockdep_assert_held(&passes_lock);
	list_for_each_entry(pass, &passes, node) {
		if (pass->container != from && pass->container != to)
			continue;
		pass->container = to;
		/* The new device has not waited for those with the other number */
		pass_intrude(pass);
	}
	list_for_each_entry(d, &devices, node)
		if (d->container == from)
			d->container = to;
}

/* All devices that are called in a pass are in one container. */
static void pass_learn(struct mdev_bpf_pass *pass, struct mdev_bpf_pass_device *d)
{
	lockdep_assert_held(&passes_lock);
	if (!pass->container)
		pass->container = d->container ?: pass->number;
	if (d->container && d->container != pass->container)
		container_renumber(d->container, pass->container);
	if (d->open)
		d->container = pass->container;
}

/* A device is called for the first time since it was opened: which passes did it not wait for? */
static void passes_intrude(u64 container, const struct mdev_bpf_pass_device *d)
{
	struct mdev_bpf_pass *pass;

	lockdep_assert_held(&passes_lock);
	list_for_each_entry(pass, &passes, node)
		if (pass->container == container && pass->number < d->opened && pass->mm != d->mm)
			pass_intrude(pass);
}

/*
 * If the call is for another range than the last one, that one is unmapped, and type1 counts anew.
 * But it may mistake memory that was mapped meanwhile for the same. Only a device that did not wait
 * can have pinned such memory: one that is called for the first time in this round, or was in the
 * last one, or that was pinning in the last one. In the first round of the pass, that may be any.
 */
static void pass_set_range(struct mdev_bpf_pass *pass, u64 first, u64 last)
{
	lockdep_assert_held(&passes_lock);
	if (pass->first == first && pass->last == last)
		return;
	pass->first = first;
	pass->last = last;
	pass->began = 0;
	pass->earlier = pass->intruded ? 0 : pass->round;
	pass->round -= pass->earlier;
	pass->intruded = !pass->container;
}

/*
 * Does this call begin a new round? A round calls each device of the container once, and rounds of
 * other passes are not within it. So it does if the device was called since this round began, by
 * any pass. If this is the first call since the device was opened, in the middle of the pass, the
 * device may be the only one that was open both in the last round and in this one. So it counts,
 * although it may be a part of this round.
 */
static bool begins_round(const struct mdev_bpf_pass *pass, const struct mdev_bpf_pass_device *d)
{
	return d->called >= pass->began || (d->called < d->opened && d->opened > pass->number);
}

/**
 * mdev_bpf_pass_round() - VFIO asks a device to unpin memory
 * @bdev: the device, which may not be open yet, or not any more
 * @first: first byte of guest memory
 * @last: last byte of guest memory, larger than @first
 *
 * The devices of this container pin nothing until the task has left the system call.
 *
 * Context: Process context, the task that unmaps the memory; with VFIO's type1 backend only.
 *
 * Return: VFIO's round for this memory, from 1 to MDEV_BPF_PASS_ROUNDS, or more if devices were
 * opened meanwhile.
 */
unsigned int mdev_bpf_pass_round(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	struct mdev_bpf_pass_device *d = &bdev->dma.in_pass;
	struct mdev_bpf_pass *pass = pass_get();

	guard(spinlock)(&passes_lock);
	pass_set_range(pass, first, last);
	pass_learn(pass, d);
	if (d->called < d->opened)
		passes_intrude(pass->container, d);
	numbers++;
	if (begins_round(pass, d)) {
		pass->began = numbers;
		pass->round++;
	}
	d->called = numbers;
	return pass->round;
}

/**
 * mdev_bpf_pass_keep_rounds() - the device that VFIO has called is pinning memory
 *
 * It began before it was called. So it did not wait for this pass, and may pin memory that is
 * mapped meanwhile.
 *
 * Context: Process context, after mdev_bpf_pass_round() in the same call.
 *
 * Return: as mdev_bpf_pass_round().
 */
unsigned int mdev_bpf_pass_keep_rounds(void)
{
	struct mdev_bpf_pass *pass = pass_find();

	guard(spinlock)(&passes_lock);
	pass_intrude(pass);
	return pass->round;
}

/**
 * mdev_bpf_pass_blocks() - does a device have to wait before it pins memory?
 * @bdev: the device
 *
 * Context: Any except interrupts.
 *
 * Return: true if memory of its container is just being unmapped, or may be.
 */
bool mdev_bpf_pass_blocks(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_pass_device *d = &bdev->dma.in_pass;
	struct mdev_bpf_pass *pass;

	/* iommufd itself refuses to pin memory that is being unmapped */
	if (bdev->vdev.iommufd_access)
		return false;
	guard(spinlock)(&passes_lock);
	list_for_each_entry(pass, &passes, node)
		if (d->container ? pass->container == d->container : pass->mm == d->mm)
			return true;
	return false;
}

/**
 * mdev_bpf_pass_open() - a device may pin memory from now on
 * @bdev: the device, which is being opened by a user of VFIO
 *
 * Context: Any except interrupts. VFIO has already added the device to the container.
 */
void mdev_bpf_pass_open(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pass_device *d = &bdev->dma.in_pass;

	guard(spinlock)(&passes_lock);
	d->opened = ++numbers;
	d->open = true;
	d->mm = bdev->worker.mm;
	list_add(&d->node, &devices);
}

/**
 * mdev_bpf_pass_close() - a device pins nothing any more, because it is being closed
 * @bdev: the device, which has nothing pinned
 *
 * Context: Any except interrupts. VFIO removes the device from the container later.
 */
void mdev_bpf_pass_close(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pass_device *d = &bdev->dma.in_pass;

	guard(spinlock)(&passes_lock);
	/* A kernel client has opened it */
	if (!d->open)
		return;
	list_del(&d->node);
	d->open = false;
	d->container = 0;
}
