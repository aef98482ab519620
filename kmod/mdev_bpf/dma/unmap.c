// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user unmaps guest memory: VFIO's dma_unmap, and the op of the same name, which the device's
 * worker calls later.
 *
 * The type1 backend calls dma_unmap with its device_list_lock held, after it has released its
 * iommu->lock. Unpinning takes iommu->lock. Another task that opens or closes a device of the
 * container, or unmaps other memory, may hold iommu->lock and wait for device_list_lock. So work
 * items unpin the memory, and dma_unmap only waits as long as they make progress. If they do not,
 * it returns, and type1 releases both locks. When type1 takes iommu->lock again, it queues up
 * behind the work items.
 */
#include <linux/jiffies.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "device/device.h"
#include "dma/pass.h"
#include "dma/pin.h"
#include "dma/unmap.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "work/worker.h"

/* Upper bound for the time of a call, except in the last rounds */
#define CALL_MAX	HZ
/* After this time without progress, a task probably holds iommu->lock and waits for this call */
#define PATIENCE	(HZ / 20)
/* In late rounds, type1 has overtaken the work items: wait longer */
#define LATE_PATIENCE	(HZ / 4)
#define LAST_PATIENCE	(10 * HZ)
#define SOON_ROUNDS	3
#define LATE_ROUNDS	7

static void unmap_note(struct mdev_bpf_device *bdev, u64 iova, u64 size)
{
	struct mdev_bpf_unmaps *u = &bdev->dma.unmaps;

	mdev_bpf_gate_assert_held(bdev);
	/* The user is closing the device, so the op is not called any more */
	if (!bdev->dma.open || u->nr == ARRAY_SIZE(u->ranges))
		return;
	u->ranges[u->nr++] = (struct mdev_bpf_range) { .iova = iova, .size = size };
	mdev_bpf_worker_wake(bdev);
}

/* Have the windows in a range unpinned. Return: true if some window is still being pinned */
static bool unmap_windows(struct mdev_bpf_device *bdev, u64 iova, u64 size, u64 last)
{
	guard(mdev_bpf_gate)(bdev);
	if (mdev_bpf_pin_take(bdev, iova, last))
		unmap_note(bdev, iova, size);
	return mdev_bpf_pin_is_busy(bdev);
}

/*
 * The user has opened one device after the other that pinned this memory, or has kept others from
 * running that are in front of the work items in the queue of iommu->lock. If this call returned,
 * the next device could end the host. So the user's task ends here, and with it the container.
 */
static void stay(struct mdev_bpf_device *bdev)
{
	dev_err(mdev_dev(bdev->mdev),
		"%s[%d] has unmapped memory that was pinned again %u times: it never returns\n",
		current->comm, task_pid_nr(current), MDEV_BPF_PASS_ROUNDS);
	for (;;)
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
}

/* Wait until the memory is unpinned, or type1 has to release its locks. */
static void await(struct mdev_bpf_device *bdev, u64 first, u64 last, unsigned int round)
{
	if (round <= SOON_ROUNDS)
		mdev_bpf_pin_await(bdev, first, last, PATIENCE, CALL_MAX);
	else if (round <= LATE_ROUNDS)
		mdev_bpf_pin_await(bdev, first, last, LATE_PATIENCE, CALL_MAX);
	else
		mdev_bpf_pin_await(bdev, first, last, LAST_PATIENCE, MAX_JIFFY_OFFSET);
}

/**
 * mdev_bpf_unmap() - VFIO's dma_unmap: the user unmaps guest memory
 * @bdev: the device
 * @iova: the first guest address
 * @size: number of bytes
 *
 * Context: Process context, the task that unmaps the memory, with locks of VFIO held. With type1,
 * it returns within about a second, except after LATE_ROUNDS, and memory may still be pinned then.
 */
void mdev_bpf_unmap(struct mdev_bpf_device *bdev, u64 iova, u64 size)
{
	unsigned int round;
	u64 last;

	if (!size)
		return;
	if (check_add_overflow(iova, size - 1, &last))
		last = U64_MAX;
	/*
	 * iommufd holds no lock, refuses to pin this memory until it is unmapped, and may not call
	 * again: wait without a limit, and keep no record of the pass
	 */
	if (bdev->vdev.iommufd_access) {
		unmap_windows(bdev, iova, size, last);
		mdev_bpf_pin_await(bdev, iova, last, MAX_SCHEDULE_TIMEOUT, MAX_JIFFY_OFFSET);
		return;
	}
	round = mdev_bpf_pass_round(bdev, iova, last);
	if (READ_ONCE(bdev->dma.in_pass.open) && unmap_windows(bdev, iova, size, last))
		round = mdev_bpf_pass_keep_rounds();
	if (round >= MDEV_BPF_PASS_ROUNDS)
		stay(bdev);
	/*
	 * VFIO also calls devices that are being opened or closed. The windows of one that a kernel
	 * client has open are not of this memory
	 */
	if (READ_ONCE(bdev->dma.in_pass.open))
		await(bdev, iova, last, round);
}

/**
 * mdev_bpf_unmap_take() - get the next range for the dma_unmap op
 * @bdev: the device
 * @range: set to the range that was unmapped
 *
 * Context: The gate held.
 *
 * Return: false if there is none, or the device is frozen.
 */
bool mdev_bpf_unmap_take(struct mdev_bpf_device *bdev, struct mdev_bpf_range *range)
{
	struct mdev_bpf_unmaps *u = &bdev->dma.unmaps;

	mdev_bpf_gate_assert_held(bdev);
	if (!u->nr || bdev->deferred.frozen)
		return false;
	*range = u->ranges[0];
	memmove(u->ranges, u->ranges + 1, --u->nr * sizeof(u->ranges[0]));
	/* Requests to pin have waited for this */
	if (!u->nr)
		mdev_bpf_dma_queue_kick(bdev);
	return true;
}

/* Return: false if there is no range, no program is attached, or the device is frozen */
static bool call_dma_unmap(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_range range;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DMA_UNMAP);
	if (IS_ERR(call.ops) || !mdev_bpf_unmap_take(bdev, &range))
		return false;
	mdev_bpf_call_op(&call, dma_unmap, &range);
	return true;
}

/**
 * mdev_bpf_unmap_run() - call dma_unmap for all ranges that were unmapped
 * @bdev: the device
 *
 * Context: Process context: the worker of the device, or a task that is about to stop it.
 */
void mdev_bpf_unmap_run(struct mdev_bpf_device *bdev)
{
	while (READ_ONCE(bdev->dma.unmaps.nr) && call_dma_unmap(bdev))
		cond_resched();
}
