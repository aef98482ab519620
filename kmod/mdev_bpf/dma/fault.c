// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault thread of a device: it does what has to wait for guest memory.
 *
 * The type1 backend copies and pins with its iommu->lock held. With that a device that waits for
 * memory that user space has to bring (userfaultfd) would hold up MAP_DMA, UNMAP_DMA and closing of
 * devices, which no signal interrupts. So no task of the user's waits there: it copies only what is
 * present. The rest is done by this thread, which is interrupted after a second, lets others have
 * the lock for a while, and tries again, until the memory is there, or the request is cancelled, or
 * the device is closed. Pinning is always done here.
 *
 * It belongs to the device, so one that is stuck holds up no other device's DMA.
 */
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "device/device.h"
#include "dma/fault.h"
#include "dma/pin.h"
#include "gate/gate.h"

/* How long an attempt may take */
#define ATTEMPT		HZ
/* How long to wait until the next one: it doubles from one to the other */
#define PAUSE_MIN	(HZ / 10)
#define PAUSE_MAX	(4 * HZ)

static void fault_signal(struct mdev_bpf_fault *fault)
{
	WRITE_ONCE(fault->interrupted, true);
	send_sig(SIGKILL, fault->task, 1);
}

static void fault_too_long(struct timer_list *timer)
{
	fault_signal(container_of(timer, struct mdev_bpf_fault, bound));
}

/* Can the memory be there the next time? Anything else is the answer to the request. */
static bool fault_again(struct mdev_bpf_fault *fault, int error)
{
	if (error == MDEV_BPF_PIN_AGAIN)
		return true;
	return READ_ONCE(fault->interrupted) && error && error != -ENOENT && error != -EPERM &&
	       error != -EEXIST && error != -ECANCELED;
}

/**
 * mdev_bpf_fault_begin() - the thread begins an attempt, which is interrupted if it takes too long
 * @fault: the thread, which is the caller
 *
 * Context: The gate held.
 */
void mdev_bpf_fault_begin(struct mdev_bpf_fault *fault)
{
	WRITE_ONCE(fault->interrupted, false);
	flush_signals(current);
	mod_timer(&fault->bound, jiffies + ATTEMPT);
}

/**
 * mdev_bpf_fault_end() - the attempt is over
 * @fault: the thread, which is the caller
 * @error: what came of it
 *
 * Context: Process context.
 *
 * Return: whether the memory may be there the next time; if not, @error is the answer to the
 * request. There is a pause before the next attempt if this one was interrupted.
 */
bool mdev_bpf_fault_end(struct mdev_bpf_fault *fault, int error)
{
	bool again;

	timer_delete_sync(&fault->bound);
	again = fault_again(fault, error);
	if (again && error != MDEV_BPF_PIN_AGAIN) {
		WRITE_ONCE(fault->after, jiffies + fault->pause);
		fault->pause = min(2 * fault->pause, (unsigned long)PAUSE_MAX);
	} else {
		fault->pause = PAUSE_MIN;
	}
	return again;
}

/* Is there a reason to look before the pause is over? */
static bool fault_is_wanted(struct mdev_bpf_fault *fault)
{
	return READ_ONCE(fault->wanted) || kthread_should_stop();
}

static int fault_main(void *data)
{
	struct mdev_bpf_device *bdev = data;
	struct mdev_bpf_fault *fault = &bdev->dma.fault;
	unsigned long wait;

	allow_kernel_signal(SIGKILL);
	while (!kthread_should_stop()) {
		wait = fault->step(bdev);
		if (wait)
			wait_event_idle_timeout(bdev->dma.idle, fault_is_wanted(fault), wait);
	}
	return 0;
}

/**
 * mdev_bpf_fault_start() - make the thread, unless there is one
 * @bdev: the device; mdev_bpf_dma_queue::busy is set by us
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; -ENOMEM; -EINTR if the task is being killed.
 */
int mdev_bpf_fault_start(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_fault *fault = &bdev->dma.fault;
	struct task_struct *task;

	if (fault->task)
		return 0;
	task = kthread_create(fault_main, bdev, "mdev_bpf_dma");
	if (IS_ERR(task))
		return PTR_ERR(task);
	fault->pause = PAUSE_MIN;
	WRITE_ONCE(fault->task, task);
	wake_up_process(task);
	return 0;
}

/**
 * mdev_bpf_fault_kick() - what stopped the thread may be over, or it gets a request: let it look
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_fault_kick(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	WRITE_ONCE(bdev->dma.fault.wanted, true);
	wake_up_all(&bdev->dma.idle);
}

/**
 * mdev_bpf_fault_interrupt() - end the attempt that the thread is at
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_fault_interrupt(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	if (bdev->dma.busy && bdev->dma.fault.has_head)
		fault_signal(&bdev->dma.fault);
}

/**
 * mdev_bpf_fault_close() - the device's user has closed it: the thread ends
 * @bdev: the device; nothing is being carried out, or will be
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_fault_close(struct mdev_bpf_device *bdev)
{
	struct task_struct *task = bdev->dma.fault.task;

	if (!task)
		return;
	kthread_stop(task);
	bdev->dma.fault.task = NULL;
}

/**
 * mdev_bpf_fault_init() - a new device has no such thread yet
 * @fault: the thread
 * @step: what it will do
 */
void mdev_bpf_fault_init(struct mdev_bpf_fault *fault,
			 unsigned long (*step)(struct mdev_bpf_device *bdev))
{
	fault->step = step;
	timer_setup(&fault->bound, fault_too_long, 0);
}
