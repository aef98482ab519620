// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calling an op of a queue. What the gate is for the ops of the device, the lane of a queue is for
 * the ops of that queue: a spinlock that is held around each of them. The two are separate, so ops
 * of different queues run at the same time, and at the same time as an op of the device.
 * queue/queue.c says when a lane is open.
 */
#include "device/device.h"
#include "gate/call.h"
#include "gate/stats.h"
#include "gate/trace.h"
#include "gate/watchdog.h"

/**
 * mdev_bpf_lane_begin() - an op of a queue is about to be called
 * @lane: the lane of the queue
 * @op: the op
 *
 * Context: The lane held.
 */
void mdev_bpf_lane_begin(struct mdev_bpf_lane *lane, enum mdev_bpf_op op)
{
	lockdep_assert_held(&lane->lock);
	lane->op = op;
	if (static_branch_unlikely(&mdev_bpf_stats_key))
		mdev_bpf_stats_begin(&lane->stats);
	WRITE_ONCE(lane->watch.seen, 0);
	barrier();
	this_cpu_write(mdev_bpf_watchdog_lane, lane);
}

/**
 * mdev_bpf_lane_end() - an op of a queue has returned
 * @lane: the lane of the queue
 * @ret: the result of the op
 *
 * Context: The lane held.
 *
 * Return: false if the op has run for too long.
 */
bool mdev_bpf_lane_end(struct mdev_bpf_lane *lane, int ret)
{
	lockdep_assert_held(&lane->lock);
	this_cpu_write(mdev_bpf_watchdog_lane, NULL);
	if (static_branch_unlikely(&mdev_bpf_stats_key))
		mdev_bpf_stats_end(lane->bdev, &lane->stats, lane->op, ret);
	trace_mdev_bpf_queue(&lane->bdev->ctx, lane->ctx.id, ret);
	return !mdev_bpf_watchdog_is_over(&lane->watch);
}
