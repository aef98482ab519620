// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault threads of a device, which wait for guest memory.
 *
 * The type1 backend copies and pins with its iommu->lock held. If a device waited there for memory
 * that user space provides (userfaultfd), it would delay MAP_DMA, UNMAP_DMA and closing of devices,
 * which no signal interrupts. So tasks of the user only copy memory that is present. These
 * threads do the rest. An attempt is interrupted after a while, the thread pauses so that others
 * can take the lock, and tries again, until the memory is present, the request is cancelled, or the
 * device is closed. Pinning is always done by these threads.
 *
 * Each channel of each device has its own thread, which is created when it is needed, so one that
 * is stuck does not delay the DMA of other devices. But with type1, the threads of a device make
 * their attempts one at a time. After each attempt they rest for as long as it has taken, and the
 * other channels and other tasks have the lock. So however many channels are stuck, the lock is
 * free for at least half of the time.
 */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "device/device.h"
#include "dma/fault.h"
#include "dma/pin.h"
#include "gate/gate.h"

/*
 * The pause before the next attempt doubles, from the first value up to the second. An attempt may
 * take as long as the pause that follows it, but no longer than the third value.
 */
#define PAUSE_MIN	(HZ / 10)
#define PAUSE_MAX	(4 * HZ)
#define ATTEMPT_MAX	HZ
/* For how long a thread without requests keeps its buffer */
#define BUFFER_IDLE	HZ

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
	if (fault->final)
		return false;
	return READ_ONCE(fault->interrupted) && error && error != -ENOENT && error != -EPERM &&
	       error != -EEXIST && error != -ECANCELED;
}

/**
 * mdev_bpf_fault_begin() - begin an attempt
 * @fault: the thread, which is the caller
 *
 * Context: The lock of the channel held.
 */
void mdev_bpf_fault_begin(struct mdev_bpf_fault *fault)
{
	WRITE_ONCE(fault->interrupted, false);
	fault->final = false;
	flush_signals(current);
}

/**
 * mdev_bpf_fault_limit() - from now on, interrupt the attempt if it takes too long
 * @fault: the thread, which is the caller
 *
 * Context: Process context; the gate may be held.
 */
void mdev_bpf_fault_limit(struct mdev_bpf_fault *fault)
{
	fault->began = jiffies;
	mod_timer(&fault->bound, jiffies + min_t(unsigned long, fault->pause, ATTEMPT_MAX));
}

/**
 * mdev_bpf_fault_relax() - undo mdev_bpf_fault_limit(), because no lock of VFIO is needed any more
 * @fault: the thread, which is the caller
 *
 * Context: Process context.
 */
void mdev_bpf_fault_relax(struct mdev_bpf_fault *fault)
{
	timer_delete_sync(&fault->bound);
}

/**
 * mdev_bpf_fault_retry() - have the attempt repeated after a pause, as if it was interrupted
 * @fault: the thread, which is the caller
 *
 * Context: Process context.
 */
void mdev_bpf_fault_retry(struct mdev_bpf_fault *fault)
{
	WRITE_ONCE(fault->interrupted, true);
}

/**
 * mdev_bpf_fault_final() - do not have the attempt repeated, even if it was interrupted
 * @fault: the thread, which is the caller
 *
 * Context: Process context.
 */
void mdev_bpf_fault_final(struct mdev_bpf_fault *fault)
{
	fault->final = true;
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

/**
 * mdev_bpf_fault_drop_buffer() - free what the thread keeps for its next requests
 * @fault: the thread, which is the caller
 *
 * Context: Process context.
 */
void mdev_bpf_fault_drop_buffer(struct mdev_bpf_fault *fault)
{
	kvfree(fault->buffer);
	fault->buffer = NULL;
	fault->buffer_size = 0;
}

/* Wait for so many jiffies, or until there is a reason not to. */
static void fault_sleep(struct mdev_bpf_fault *fault, unsigned long wait)
{
	if (fault->buffer && wait > BUFFER_IDLE) {
		if (wait_event_idle_timeout(fault->wake, fault_is_wanted(fault), BUFFER_IDLE))
			return;
		mdev_bpf_fault_drop_buffer(fault);
		wait -= BUFFER_IDLE;
	}
	wait_event_idle_timeout(fault->wake, fault_is_wanted(fault), wait);
}

static int fault_main(void *data)
{
	struct mdev_bpf_dma_channel *ch = data;
	struct mdev_bpf_fault *fault = &ch->fault;
	struct mem_cgroup *active;
	unsigned long wait;

	allow_kernel_signal(SIGKILL);
	/* A client may be a disk of this machine: do not wait for what has to be written to it */
	if (ch->bdev->irqs.client)
		current->flags |= PF_LOCAL_THROTTLE | PF_MEMALLOC_NOIO;
	while (!kthread_should_stop()) {
		/* Buffers, and the page cache of files, are charged to the user */
		active = set_active_memcg(ch->bdev->dma.memcg);
		wait = fault->step(ch);
		set_active_memcg(active);
		if (wait)
			fault_sleep(fault, wait);
	}
	mdev_bpf_fault_drop_buffer(fault);
	return 0;
}

/**
 * mdev_bpf_fault_start() - create the thread, unless it exists
 * @ch: the channel, which is busy with the caller
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; -ENOMEM; -EINTR if the task is being killed.
 */
int mdev_bpf_fault_start(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_fault *fault = &ch->fault;
	struct task_struct *task;

	if (fault->task)
		return 0;
	task = kthread_create(fault_main, ch, "mdev_bpf_dma");
	if (IS_ERR(task))
		return PTR_ERR(task);
	WRITE_ONCE(fault->task, task);
	wake_up_process(task);
	return 0;
}

/**
 * mdev_bpf_fault_kick() - wake the thread, because it has a request or may continue
 * @ch: the channel
 *
 * Context: Any, after the reason is visible to who takes the lock of the channel.
 */
void mdev_bpf_fault_kick(struct mdev_bpf_dma_channel *ch)
{
	WRITE_ONCE(ch->fault.wanted, true);
	wake_up(&ch->fault.wake);
}

/**
 * mdev_bpf_fault_forget() - take the first request from a thread, since it has been discarded
 * @fault: the thread, whose channel is not busy
 *
 * Context: The lock of the channel held.
 */
void mdev_bpf_fault_forget(struct mdev_bpf_fault *fault)
{
	fault->has_head = false;
	fault->pause = PAUSE_MIN;
	WRITE_ONCE(fault->after, jiffies);
}

/**
 * mdev_bpf_fault_is_before() - which of two threads has its turn first?
 * @fault: one thread
 * @other: the other
 *
 * Those whose last attempt was not interrupted are first, since they will probably not wait; then
 * those whose last attempt was earlier.
 *
 * Context: The gate held.
 *
 * Return: true if it is @fault.
 */
bool mdev_bpf_fault_is_before(const struct mdev_bpf_fault *fault,
			      const struct mdev_bpf_fault *other)
{
	bool fresh = fault->pause == PAUSE_MIN, other_fresh = other->pause == PAUSE_MIN;

	return fresh != other_fresh ? fresh : time_before(fault->began, other->began);
}

/**
 * mdev_bpf_fault_interrupt() - interrupt the current attempt of the thread
 * @ch: the channel
 *
 * Context: The lock of the channel held: the gate, or the lane of its queue.
 */
void mdev_bpf_fault_interrupt(struct mdev_bpf_dma_channel *ch)
{
	lockdep_assert_held(ch->lane ? &ch->lane->lock : &ch->bdev->gate.lock);
	if (ch->busy && ch->fault.has_head)
		fault_signal(&ch->fault);
}

/**
 * mdev_bpf_fault_close() - end the thread because the user has closed the device
 * @ch: the channel, which is not busy any more
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_fault_close(struct mdev_bpf_dma_channel *ch)
{
	struct task_struct *task = ch->fault.task;

	if (!task)
		return;
	kthread_stop(task);
	ch->fault.task = NULL;
}

/**
 * mdev_bpf_fault_init() - set up the fault thread of a channel, without creating it
 * @fault: the thread
 * @step: see struct mdev_bpf_fault
 */
void mdev_bpf_fault_init(struct mdev_bpf_fault *fault,
			 unsigned long (*step)(struct mdev_bpf_dma_channel *ch))
{
	fault->step = step;
	fault->pause = PAUSE_MIN;
	init_waitqueue_head(&fault->wake);
	timer_setup(&fault->bound, fault_too_long, 0);
}
