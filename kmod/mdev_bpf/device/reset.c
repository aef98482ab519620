// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reset: bring a device to its power-on state.
 *
 * For all other tasks, a reset is one step. Clearing memory may take long, so it is not done under
 * the gate. Instead mdev_bpf_gate_hold() makes accesses wait for the end. Everything else is one
 * section under the gate, together with the program's op. If the program is detached while memory
 * is being cleared, the reset fails, and the user has to repeat it.
 */
#include <linux/mutex.h>

#include "cable/cable.h"
#include "console/console.h"
#include "device/device.h"
#include "device/failure.h"
#include "device/reset.h"
#include "device/state.h"
#include "device/time.h"
#include "dma/queue.h"
#include "dma/runner.h"
#include "gate/call.h"
#include "gate/trace.h"
#include "gfx/edid.h"
#include "memory/memory.h"
#include "memory/protect.h"
#include "migration/migration.h"
#include "pci/config.h"
#include "pci/irq.h"
#include "pci/msix.h"
#include "queue/queue.h"
#include "register/register.h"
#include "validate/api.h"
#include "work/deferred.h"
#include "work/ioeventfd.h"

static int call_reset(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_RESET);
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	mdev_bpf_state_reset(bdev);
	/* Lower the lines first, because the reset of configuration space clears INTx disable */
	mdev_bpf_irq_reset(&bdev->irqs);
	mdev_bpf_msix_reset(bdev);
	if (bdev->api->pci)
		mdev_bpf_pci_config_reset(bdev);
	mdev_bpf_deferred_cancel(bdev);
	mdev_bpf_cable_clear(bdev);
	mdev_bpf_queue_set_due(bdev, 0);
	mdev_bpf_queue_pardon(bdev);
	mdev_bpf_ioeventfd_forget(bdev);
	mdev_bpf_protect_clear(bdev);
	mdev_bpf_failure_clear(bdev);
	mdev_bpf_dma_runner_cancel(bdev);
	mdev_bpf_migration_reset(bdev);
	mdev_bpf_gate_started(bdev, 0);
	ret = call.ops->reset ? mdev_bpf_call_op(&call, reset) : mdev_bpf_call_op(&call, init);
	ret = mdev_bpf_call_began(&call, mdev_bpf_call_result(ret, 0));
	if (!ret)
		mdev_bpf_edid_repeat(&call);
	mdev_bpf_console_notify(bdev);
	trace_mdev_bpf_lifecycle(&bdev->ctx, MDEV_BPF_EVENT_RESET, ret);
	return ret;
}

static int reset_locked(struct mdev_bpf_device *bdev)
{
	int ret;

	lockdep_assert_held(&bdev->lock);
	if (!mdev_bpf_gate_is_attached(bdev))
		return -ENODEV;
	mdev_bpf_gate_hold(bdev);
	mdev_bpf_register_update(bdev);
	mdev_bpf_memory_clear_device(bdev);
	ret = call_reset(bdev);
	mdev_bpf_gate_release(bdev);
	mdev_bpf_register_update(bdev);
	/* If the reset has failed, work that became due in the meantime is still due */
	mdev_bpf_time_kick(bdev);
	return ret;
}

/**
 * mdev_bpf_reset() - bring a device to its power-on state
 * @bdev: the device
 *
 * State, memory, configuration space and interrupts are cleared before the program's reset is
 * called. No other op sees only a part of this. Waits for the DMA that is in progress.
 *
 * Context: Process context, with no lock held that others need.
 *
 * Return: 0; -ENODEV if no program is attached, or if it was detached in the meantime, and then
 * memory may have been cleared; the errno of the op; -EDEADLK if this task is in an op of the
 * device; -EINTR if the task was killed before the reset began.
 */
int mdev_bpf_reset(struct mdev_bpf_device *bdev)
{
	int ret;

	if (mdev_bpf_gate_is_inside(bdev))
		return -EDEADLK;
	ret = mdev_bpf_dma_queue_hold(bdev);
	if (ret)
		return ret;
	ret = mutex_lock_killable(&bdev->lock);
	if (!ret) {
		ret = reset_locked(bdev);
		mutex_unlock(&bdev->lock);
		/* What is written to a mapping from now on must not go to a copy */
		mdev_bpf_protect_apply(bdev);
	}
	mdev_bpf_dma_queue_resume(bdev);
	return ret;
}
