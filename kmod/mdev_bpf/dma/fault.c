// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault thread of a device, which waits for guest memory.
 *
 * The type1 backend copies and pins with its iommu->lock held. If a device waited there for memory
 * that user space provides (userfaultfd), it would delay MAP_DMA, UNMAP_DMA and closing of devices,
 * which no signal interrupts. So tasks of the user only copy memory that is present. This thread
 * does the rest. It is interrupted after a second, pauses so that others can take the lock, and
 * tries again, until the memory is present, the request is cancelled, or the device is closed.
 * Pinning is always done by this thread.
 *
 * Each device has its own thread, so one that is stuck does not delay the DMA of other devices.
 */
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "device/device.h"
#include "dma/fault.h"
#include "dma/pin.h"
#include "gate/gate.h"

/* Time limit for an attempt */
#define ATTEMPT		HZ
/* The pause before the next attempt doubles, from the first value up to the second */
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

/* Can another attempt succeed? If not, the error is the result of the request. */
static bool fault_again(struct mdev_bpf_fault *fault, int error)
{
	if (error == MDEV_BPF_PIN_AGAIN)
		return true;
	return READ_ONCE(fault->interrupted) && error && error != -ENOENT && error != -EPERM &&
	       error != -EEXIST && error != -ECANCELED;
}

/**
 * mdev_bpf_fault_begin() - begin an attempt, which is interrupted if it takes too long
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
 * mdev_bpf_fault_end() - end an attempt
 * @fault: the thread, which is the caller
 * @error: the result of the attempt
 *
 * If the attempt was interrupted, there is a pause before the next one.
 *
 * Context: Process context.
 *
 * Return: true if the request has to be tried again; if not, @error is its result.
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

/* Is there a reason to end the pause early? */
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
 * mdev_bpf_fault_start() - create the thread, unless it exists
 * @bdev: the device, whose mdev_bpf_dma_queue::busy was set by the caller
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
 * mdev_bpf_fault_kick() - wake the thread, because it has a request or may continue
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
 * mdev_bpf_fault_interrupt() - interrupt the current attempt of the thread
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
 * mdev_bpf_fault_close() - end the thread because the user has closed the device
 * @bdev: the device, for which no request is being carried out any more
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
 * mdev_bpf_fault_init() - set up the fault thread of a new device, without creating it
 * @fault: the thread
 * @step: see struct mdev_bpf_fault
 */
void mdev_bpf_fault_init(struct mdev_bpf_fault *fault,
			 unsigned long (*step)(struct mdev_bpf_device *bdev))
{
	fault->step = step;
	timer_setup(&fault->bound, fault_too_long, 0);
}
