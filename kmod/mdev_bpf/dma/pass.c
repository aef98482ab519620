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
 * @number: its place among the passes, and the openings of devices
 * @container: number of the container: that of the first pass in it; 0 at first
 * @leader: the device whose calls are counted; NULL if it was closed
 * @round: how often it was called for this range
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 * @intruded: another process has meanwhile opened a device, which did not wait for this pass
 */
struct mdev_bpf_pass {
	struct list_head node;
	struct task_struct *task;
	struct mm_struct *mm;
	u64 number;
	u64 container;
	struct mdev_bpf_device *leader;
	unsigned int round;
	u64 first;
	u64 last;
	bool intruded;
};

static LIST_HEAD(passes);
/* The number of passes and openings */
static u64 numbers;
/* Protects these, the passes, and pinnable, container and opened of mdev_bpf_dma_queue */
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

/* All devices that are called in a pass are in one container. */
static void pass_learn(struct mdev_bpf_pass *pass, struct mdev_bpf_device *bdev)
{
	lockdep_assert_held(&passes_lock);
	if (!pass->container)
		pass->container = bdev->dma.container ?: pass->number;
	if (!bdev->dma.container && bdev->dma.opened > pass->number &&
	    bdev->worker.mm != pass->mm)
		pass->intruded = true;
	bdev->dma.container = pass->container;
}

/* The call is for a range, which may be another one than the last time. */
static void pass_set_range(struct mdev_bpf_pass *pass, u64 first, u64 last)
{
	lockdep_assert_held(&passes_lock);
	if (pass->first == first && pass->last == last)
		return;
	pass->first = first;
	pass->last = last;
	/*
	 * The range before is unmapped, and type1 counts anew; except if it mistakes memory that
	 * was mapped meanwhile for the same, which only an intruder can have pinned
	 */
	if (!pass->intruded) {
		pass->round = 0;
		pass->leader = NULL;
	}
}

/**
 * mdev_bpf_pass_round() - VFIO asks a device to unpin memory
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte of guest memory, larger than @first
 *
 * The devices of this container pin nothing until the task has left the system call.
 *
 * Context: Process context, the task that unmaps the memory; with VFIO's type1 backend only.
 *
 * Return: VFIO's round for this memory, from 1 to MDEV_BPF_PASS_ROUNDS, or more if devices were
 * closed meanwhile; 0 if the device pins nothing any more.
 */
unsigned int mdev_bpf_pass_round(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	struct mdev_bpf_pass *pass = pass_get();

	guard(spinlock)(&passes_lock);
	if (!bdev->dma.pinnable)
		return 0;
	pass_learn(pass, bdev);
	pass_set_range(pass, first, last);
	/* Each round calls the devices of the container once */
	if (!pass->leader)
		pass->leader = bdev;
	if (pass->leader == bdev)
		pass->round++;
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
	struct mdev_bpf_pass *pass;

	/* iommufd itself refuses to pin memory that is being unmapped */
	if (bdev->vdev.iommufd_access)
		return false;
	guard(spinlock)(&passes_lock);
	list_for_each_entry(pass, &passes, node)
		if (bdev->dma.container ? pass->container == bdev->dma.container :
					  pass->mm == bdev->worker.mm)
			return true;
	return false;
}

/**
 * mdev_bpf_pass_open() - a device may pin memory from now on
 * @bdev: the device, which is being opened
 *
 * Context: Any except interrupts.
 */
void mdev_bpf_pass_open(struct mdev_bpf_device *bdev)
{
	guard(spinlock)(&passes_lock);
	bdev->dma.container = 0;
	bdev->dma.opened = ++numbers;
	WRITE_ONCE(bdev->dma.pinnable, true);
}

/**
 * mdev_bpf_pass_close() - a device pins nothing any more, because it is being closed
 * @bdev: the device, which has nothing pinned
 *
 * Context: Any except interrupts.
 */
void mdev_bpf_pass_close(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pass *pass;

	guard(spinlock)(&passes_lock);
	WRITE_ONCE(bdev->dma.pinnable, false);
	list_for_each_entry(pass, &passes, node)
		if (pass->leader == bdev)
			pass->leader = NULL;
}
