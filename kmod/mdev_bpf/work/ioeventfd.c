// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_IOEVENTFD: a signal of an eventfd stands for a write. KVM signals the eventfd when
 * the guest writes to an address that the VMM has registered, so the write does not go through user
 * space. Rules that vfio-pci has are the same here.
 *
 * The signal arrives in the wakeup function of an eventfd, in atomic context. There a doorbell is
 * rung. For any other write it only sets a bit, and the device's worker makes the write. So it is
 * treated like work: it waits while the device is frozen, and a reset discards it. Several signals
 * before the worker runs count once.
 */
#include <linux/eventfd.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "pci/msix.h"
#include "register/doorbell.h"
#include "register/register.h"
#include "register/value.h"
#include "work/deferred.h"
#include "work/ioeventfd.h"
#include "work/worker.h"

#define MAX_IOEVENTFDS	1000	/* of a device */

static struct mdev_bpf_access access_of(const struct mdev_bpf_ioeventfd *entry)
{
	return (struct mdev_bpf_access){
		.region = entry->offset >> MDEV_BPF_OFFSET_SHIFT,
		.size = entry->size,
		.offset = entry->offset & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0),
		.val = entry->data & mdev_bpf_register_bits(entry->size),
		.reg = MDEV_BPF_NO_REGISTER,
	};
}

/* Called with the eventfd's lock held and interrupts off. */
static int signalled(void *opaque, void *unused)
{
	struct mdev_bpf_ioeventfd *entry = opaque;
	struct mdev_bpf_access access = access_of(entry);

	/* A write to more than one doorbell is for the worker, too */
	if (mdev_bpf_doorbell_write(entry->bdev, &access)) {
		set_bit(0, &entry->due);
		mdev_bpf_worker_wake(entry->bdev);
	}
	return 0;
}

/* Add the entry to the list, which can be read with either lock held. */
static void entry_add(struct mdev_bpf_ioeventfd *entry)
{
	struct mdev_bpf_device *bdev = entry->bdev;

	lockdep_assert_held(&bdev->ioeventfds.config);
	guard(mdev_bpf_gate)(bdev);
	list_add_tail(&entry->node, &bdev->ioeventfds.list);
	bdev->ioeventfds.nr++;
}

/* Free an entry whose virqfd is gone, so that it is not signalled any more. */
static void entry_free(struct mdev_bpf_ioeventfd *entry)
{
	struct mdev_bpf_device *bdev = entry->bdev;

	lockdep_assert_held(&bdev->ioeventfds.config);
	scoped_guard(mdev_bpf_gate, bdev) {
		list_del(&entry->node);
		bdev->ioeventfds.nr--;
	}
	kfree(entry);
}

static struct mdev_bpf_ioeventfd *entry_find(const struct mdev_bpf_ioeventfd *like)
{
	struct mdev_bpf_ioeventfds *ioeventfds = &like->bdev->ioeventfds;
	struct mdev_bpf_ioeventfd *entry;

	lockdep_assert_held(&ioeventfds->config);
	list_for_each_entry(entry, &ioeventfds->list, node)
		if (entry->offset == like->offset && entry->data == like->data &&
		    entry->size == like->size)
			return entry;
	return NULL;
}

static int entry_register(const struct mdev_bpf_ioeventfd *like, int fd)
{
	struct mdev_bpf_ioeventfd *entry;
	int ret;

	if (like->bdev->ioeventfds.nr >= MAX_IOEVENTFDS)
		return -ENOSPC;
	entry = kmemdup(like, sizeof(*like), GFP_KERNEL_ACCOUNT);
	if (!entry)
		return -ENOMEM;
	/* Add it to the list first: a signal may come at once, and the worker searches the list */
	entry_add(entry);
	ret = vfio_virqfd_enable(entry, signalled, NULL, NULL, &entry->virqfd, fd);
	if (ret)
		entry_free(entry);
	return ret;
}

static void entry_unregister(struct mdev_bpf_ioeventfd *entry)
{
	vfio_virqfd_disable(&entry->virqfd);
	entry_free(entry);
}

/* Would this write get to the program, or to its registers? */
static bool is_trapped(const struct mdev_bpf_device *bdev, u32 index, u64 offset, u32 size)
{
	const struct mdev_bpf_region *region = &bdev->regions[index];
	struct mdev_bpf_msix_range msix;

	if (mdev_bpf_msix_next(bdev, index, offset, &msix) && offset + size > msix.start)
		return false;
	return !(region->flags & MDEV_BPF_REGION_MEMORY) ||
	       (offset >= region->trap_offset &&
		offset + size <= (u64)region->trap_offset + region->trap_size);
}

/* Check the write. */
static int entry_init(struct mdev_bpf_ioeventfd *entry, struct mdev_bpf_device *bdev,
		      const struct vfio_device_ioeventfd *arg)
{
	u64 offset = arg->offset & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);
	u64 index = arg->offset >> MDEV_BPF_OFFSET_SHIFT;
	u32 size = arg->flags & VFIO_DEVICE_IOEVENTFD_SIZE_MASK;
	const struct mdev_bpf_region *region;

	if (index >= MDEV_BPF_MAX_REGIONS)
		return -EINVAL;
	/* There is no entry for configuration space, and a ROM is not writable */
	index = array_index_nospec(index, MDEV_BPF_MAX_REGIONS);
	region = &bdev->regions[index];
	if (!(region->flags & MDEV_BPF_REGION_WRITE) || offset & (size - 1) ||
	    offset >= region->size || size > region->size - offset ||
	    size > region->access_size || !is_trapped(bdev, index, offset, size))
		return -EINVAL;
	entry->bdev = bdev;
	entry->offset = arg->offset;
	entry->data = arg->data;
	entry->size = size;
	return 0;
}

/**
 * mdev_bpf_ioeventfd_set() - VFIO_DEVICE_IOEVENTFD
 * @bdev: the device
 * @arg: the argument, at least up to fd
 *
 * Context: Process context of the user, whose file descriptor @arg has.
 *
 * Return: 0; -EINVAL for flags that make no sense, and for a write that the program would not
 * receive; -EEXIST if this write is registered already; -ENODEV if there is none to remove; -ENOSPC
 * if there are too many; -ENOMEM; -EBADF or -EINVAL if the file descriptor is not an eventfd.
 */
int mdev_bpf_ioeventfd_set(struct mdev_bpf_device *bdev, const struct vfio_device_ioeventfd *arg)
{
	struct mdev_bpf_ioeventfd like = {}, *entry;
	int ret;

	if (arg->flags & ~VFIO_DEVICE_IOEVENTFD_SIZE_MASK || hweight32(arg->flags) != 1 ||
	    arg->fd < -1)
		return -EINVAL;
	ret = entry_init(&like, bdev, arg);
	if (ret)
		return ret;
	guard(mutex)(&bdev->ioeventfds.config);
	entry = entry_find(&like);
	if (arg->fd >= 0)
		return entry ? -EEXIST : entry_register(&like, arg->fd);
	if (!entry)
		return -ENODEV;
	entry_unregister(entry);
	return 0;
}

/* Make a write in as many pieces as there are registers. An error cannot be reported to anyone. */
static void write_pieces(const struct mdev_bpf_call *call, const struct mdev_bpf_access *whole)
{
	u32 size = whole->size, done = 0;
	int ret = 0;

	while (ret >= 0 && done < whole->size) {
		struct mdev_bpf_access piece = *whole;

		piece.size = size;
		piece.offset += done;
		piece.val = whole->val >> (done * BITS_PER_BYTE) & mdev_bpf_register_bits(size);
		ret = mdev_bpf_call_region(call, &piece, true);
		if (ret == MDEV_BPF_REGISTER_CUT)
			size /= 2;
		else
			done += size;
	}
}

/*
 * Call the program for the write of an entry, if it is due. If no program is attached, or the
 * device is frozen, it stays due.
 */
static void call_write(struct mdev_bpf_ioeventfd *entry)
{
	struct mdev_bpf_device *bdev = entry->bdev;
	struct mdev_bpf_access access = {
		.region = entry->offset >> MDEV_BPF_OFFSET_SHIFT,
		.size = entry->size,
		.offset = entry->offset & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0),
		.val = entry->data,
		.reg = MDEV_BPF_NO_REGISTER,
	};
	/*
	 * As for work. If this is the device's thread, it may then carry out DMA with the mutex
	 * held, for which only VFIO_DEVICE_IOEVENTFD and closing the device wait.
	 */
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_WORK);
	lockdep_assert_held(&bdev->ioeventfds.config);
	/* A reset may have discarded the write */
	if (IS_ERR(call.ops) || bdev->deferred.frozen || !test_and_clear_bit(0, &entry->due))
		return;
	write_pieces(&call, &access);
}

/**
 * mdev_bpf_ioeventfd_run() - call the program for all writes that are due
 * @bdev: the device
 *
 * Context: Process context: the worker of the device, or a task that is about to stop it.
 */
void mdev_bpf_ioeventfd_run(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_ioeventfd *entry;

	/* An entry that is just being added wakes the worker again when it is signalled */
	if (!READ_ONCE(bdev->ioeventfds.nr))
		return;
	guard(mutex)(&bdev->ioeventfds.config);
	list_for_each_entry(entry, &bdev->ioeventfds.list, node) {
		if (!test_bit(0, &entry->due))
			continue;
		call_write(entry);
		/* There may be a thousand */
		cond_resched();
	}
}

/**
 * mdev_bpf_ioeventfd_forget() - discard all writes that are due, for a reset; the eventfds stay
 * @bdev: the device
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_ioeventfd_forget(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_ioeventfd *entry;

	mdev_bpf_gate_assert_held(bdev);
	list_for_each_entry(entry, &bdev->ioeventfds.list, node)
		clear_bit(0, &entry->due);
}

/**
 * mdev_bpf_ioeventfd_init() - set up the list of a new device
 * @bdev: the device
 */
void mdev_bpf_ioeventfd_init(struct mdev_bpf_device *bdev)
{
	mutex_init(&bdev->ioeventfds.config);
	INIT_LIST_HEAD(&bdev->ioeventfds.list);
}

/**
 * mdev_bpf_ioeventfd_release() - remove all eventfds because the user has closed the device
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_ioeventfd_release(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_ioeventfd *entry, *next;

	guard(mutex)(&bdev->ioeventfds.config);
	list_for_each_entry_safe(entry, next, &bdev->ioeventfds.list, node)
		entry_unregister(entry);
}
