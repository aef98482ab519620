// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time of a device: freezing and thawing it, and what the worker does.
 *
 * Time passes while the device is open, has a program, has not failed, and is not stopped for a
 * migration. Otherwise the device is frozen: timers stand still, and due work and DMA wait. Lines
 * are held, except while the device is frozen only because it is closed.
 */
#include "console/console.h"
#include "cable/cable.h"
#include "device/device.h"
#include "device/time.h"
#include "dma/queue.h"
#include "dma/runner.h"
#include "dma/unmap.h"
#include "gate/gate.h"
#include "pci/irq.h"
#include "queue/queue.h"
#include "work/deferred.h"
#include "work/ioeventfd.h"
#include "work/mask.h"
#include "work/worker.h"

/**
 * mdev_bpf_time_run() - do all work that is due
 * @worker: the device's own worker
 *
 * Context: Process context, the device's worker.
 */
void mdev_bpf_time_run(struct mdev_bpf_worker *worker)
{
	struct mdev_bpf_device *bdev = container_of(worker, struct mdev_bpf_device, worker);

	mdev_bpf_mask_run(bdev);
	mdev_bpf_unmap_run(bdev);
	mdev_bpf_deferred_run(bdev);
	mdev_bpf_ioeventfd_run(bdev);
	mdev_bpf_dma_runner_work(bdev);
	mdev_bpf_queue_run_left(bdev);
}

/**
 * mdev_bpf_time_killed() - a thread of the device's own worker is about to end
 * @worker: the worker
 *
 * Context: Process context, the thread.
 */
void mdev_bpf_time_killed(struct mdev_bpf_worker *worker)
{
	/* Pairs with xchg() in mdev_bpf_time_renew(), which then finds a worker without a thread */
	smp_store_release(&container_of(worker, struct mdev_bpf_device, worker)->orphan, true);
}

/**
 * mdev_bpf_time_renew() - create threads of this process for workers whose threads have ended
 * @bdev: the device
 *
 * If this fails, the next task that enters the device tries again.
 *
 * Context: Process context, a task of VFIO's user, which has the device open.
 */
void mdev_bpf_time_renew(struct mdev_bpf_device *bdev)
{
	int ret;

	if (!xchg(&bdev->orphan, false))
		return;
	ret = mdev_bpf_queue_renew(bdev);
	if (mdev_bpf_worker_renew(&bdev->worker) || ret)
		WRITE_ONCE(bdev->orphan, true);
}

/**
 * mdev_bpf_time_kick() - wake the worker if there is work that may be due
 * @bdev: the device
 *
 * Context: Any.
 */
void mdev_bpf_time_kick(struct mdev_bpf_device *bdev)
{
	if (mdev_bpf_deferred_is_due(&bdev->deferred) || READ_ONCE(bdev->ioeventfds.nr) ||
	    READ_ONCE(bdev->dma.unmaps.nr))
		mdev_bpf_worker_wake(bdev);
}

/* Hold lines while no program can service them. */
static void quiesce(struct mdev_bpf_device *bdev)
{
	mdev_bpf_irq_quiesce(&bdev->irqs, bdev->deferred.frozen & ~MDEV_BPF_FROZEN_CLOSED);
}

/**
 * mdev_bpf_time_freeze() - freeze a device
 * @bdev: the device
 * @why: one of MDEV_BPF_FROZEN_*
 *
 * Context: Process context, the gate held; may be in an op.
 */
void mdev_bpf_time_freeze(struct mdev_bpf_device *bdev, unsigned int why)
{
	bool ran = !bdev->deferred.frozen;

	mdev_bpf_gate_assert_held(bdev);
	/* Ops of queues may be reading the time. Being frozen then keeps their lanes closed. */
	scoped_guard(mdev_bpf_lanes, bdev)
		mdev_bpf_deferred_freeze(bdev, why);
	quiesce(bdev);
	if (ran)
		mdev_bpf_cable_stopped(bdev);
}

/**
 * mdev_bpf_time_thaw() - remove a reason for which a device is frozen; thaw it if it was the last
 * @bdev: the device
 * @why: one of MDEV_BPF_FROZEN_*
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_time_thaw(struct mdev_bpf_device *bdev, unsigned int why)
{
	bool stood = bdev->deferred.frozen;

	mdev_bpf_gate_assert_held(bdev);
	if (mdev_bpf_deferred_thaw(bdev, why)) {
		mdev_bpf_console_notify(bdev);
		if (stood)
			mdev_bpf_cable_started(bdev);
		mdev_bpf_time_kick(bdev);
		mdev_bpf_dma_queue_kick(bdev);
	}
	mdev_bpf_queue_update(bdev);
	quiesce(bdev);
}
