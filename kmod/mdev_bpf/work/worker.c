// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker of a device calls the ops that no access leads to (timer, work, irq_unmask, dma_unmap,
 * dma_done, writes by eventfd), and copies for DMA. That is done for the user of the device, so it
 * is done by a thread of the user's, as vhost does it: its CPU time is the user's, it has the
 * limits of the user, stops when that is stopped, and ends with it.
 *
 * It belongs to the process that opened the device. If that has died, and others have the device
 * still, what is due stays due until one of them enters the device, and lends it a thread. The
 * users inside the kernel have no process: a work item serves them.
 *
 * A thread may be stopped, or frozen with its process, when the device is closed; then it ends
 * when it goes on. So it is not part of the device, but an object of its own that knows the device
 * until then, and a work item waits for the end of the thread.
 */
#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/vhost_task.h>
#include <linux/slab.h>

#include "device/device.h"
#include "work/worker.h"

#if !IS_ENABLED(CONFIG_VHOST_TASK)
#error "mdev_bpf needs a kernel with CONFIG_VHOST_TASK (any of CONFIG_VHOST_NET, _SCSI or _VSOCK)"
#endif

/* Which tasks can make a thread of their process */
#define NO_PARENT	(PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER | PF_EXITING)

static struct workqueue_struct *worker_wq;
/* What waits here for processes that have been stopped holds up only more of the same. */
static struct workqueue_struct *reaper_wq;

/**
 * struct mdev_bpf_worker_thread - a thread that a user lends to a device
 * @ref: the reaper has one, and who makes it leave the device
 * @bdev: the device, under @lock; NULL: it works for nobody any more
 * @wanted: bit 0: there may be something to do
 * @task: the thread
 * @reap: waits for its end and frees this
 */
struct mdev_bpf_worker_thread {
	struct kref ref;
	/** @lock: held while it works for the device */
	struct mutex lock;
	struct mdev_bpf_device *bdev;
	unsigned long wanted;
	struct vhost_task *task;
	struct work_struct reap;
};

/* vhost calls this with the task's state set for the sleep that follows if nothing was done. */
static bool thread_run(void *data)
{
	struct mdev_bpf_worker_thread *thread = data;

	if (!test_and_clear_bit(0, &thread->wanted))
		return false;
	__set_current_state(TASK_RUNNING);
	guard(mutex)(&thread->lock);
	if (thread->bdev)
		thread->bdev->worker.run(thread->bdev);
	return true;
}

/* The device goes on without it. From here on only the reaper knows the thread. */
static void thread_leave(struct mdev_bpf_worker_thread *thread)
{
	struct mdev_bpf_worker *worker;

	guard(mutex)(&thread->lock);
	if (!thread->bdev)
		return;
	worker = &thread->bdev->worker;
	scoped_guard(spinlock_irqsave, &worker->lock)
		if (worker->thread == thread)
			WRITE_ONCE(worker->thread, NULL);
	thread->bdev = NULL;
	queue_work(reaper_wq, &thread->reap);
}

/* The process has been killed, or executes another program: the thread is about to end. */
static void thread_killed(void *data)
{
	thread_leave(data);
}

static void thread_free(struct kref *ref)
{
	struct mdev_bpf_worker_thread *thread = container_of(ref, struct mdev_bpf_worker_thread,
							     ref);

	mutex_destroy(&thread->lock);
	kfree(thread);
}

static void thread_reap(struct work_struct *work)
{
	struct mdev_bpf_worker_thread *thread = container_of(work, struct mdev_bpf_worker_thread,
							     reap);

	vhost_task_stop(thread->task);
	kref_put(&thread->ref, thread_free);
	module_put(THIS_MODULE);	/* Pairs with the get in thread_new() */
}

static struct mdev_bpf_worker_thread *thread_new(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_worker_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL_ACCOUNT);
	struct vhost_task *task;

	if (!thread)
		return ERR_PTR(-ENOMEM);
	kref_init(&thread->ref);
	mutex_init(&thread->lock);
	INIT_WORK(&thread->reap, thread_reap);
	/* Whoever comes too early has to look */
	thread->wanted = BIT(0);
	thread->bdev = bdev;
	task = vhost_task_create(thread_run, thread_killed, thread, "mdev_bpf");
	if (IS_ERR_OR_NULL(task)) {
		kref_put(&thread->ref, thread_free);
		return task ? ERR_CAST(task) : ERR_PTR(-ENOMEM);
	}
	__module_get(THIS_MODULE);	/* The thread runs its code */
	thread->task = task;
	return thread;
}

/* Give the device a thread of the current process, unless it has one. */
static int worker_start(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_worker *worker = &bdev->worker;
	struct mdev_bpf_worker_thread *thread;
	bool wanted;

	if (current->flags & NO_PARENT || !current->mm)
		return -EPERM;
	thread = thread_new(bdev);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	scoped_guard(spinlock_irqsave, &worker->lock) {
		wanted = worker->user && !worker->thread;
		if (wanted)
			WRITE_ONCE(worker->thread, thread);
	}
	/* Another task may have been faster; nobody knows this one then */
	if (!wanted)
		thread->bdev = NULL;
	vhost_task_start(thread->task);
	if (!wanted)
		queue_work(reaper_wq, &thread->reap);
	return 0;
}

/**
 * mdev_bpf_worker_renew() - the thread that the device had is gone; take one of this process
 * @bdev: the device
 *
 * If there can be none, the next task that enters tries again.
 *
 * Context: Process context, a task of VFIO's user, which has the device open.
 */
void mdev_bpf_worker_renew(struct mdev_bpf_device *bdev)
{
	if (READ_ONCE(bdev->worker.user))
		worker_start(bdev);
}

/**
 * mdev_bpf_worker_open() - VFIO opens the device: take a thread of this process
 * @bdev: the device
 *
 * Context: Process context of the user.
 *
 * Return: 0; -ENOMEM; -EAGAIN if the user may not have another thread; -ERESTARTNOINTR if a signal
 * is pending.
 */
int mdev_bpf_worker_open(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_worker *worker = &bdev->worker;
	int ret;

	scoped_guard(spinlock_irqsave, &worker->lock) {
		worker->user = true;
		worker->mm = current->mm;
	}
	ret = worker_start(bdev);
	if (ret)
		mdev_bpf_worker_close(bdev);
	return ret;
}

/**
 * mdev_bpf_worker_close() - VFIO has closed the device; no thread works for it any more
 * @bdev: the device
 *
 * Context: Process context, with no lock held that the worker takes. Waits for what it is just at,
 * but not for the thread.
 */
void mdev_bpf_worker_close(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_worker *worker = &bdev->worker;
	struct mdev_bpf_worker_thread *thread;

	scoped_guard(spinlock_irqsave, &worker->lock) {
		thread = worker->thread;
		if (thread)
			kref_get(&thread->ref);
		worker->user = false;
		worker->mm = NULL;
	}
	if (!thread)
		return;
	thread_leave(thread);
	kref_put(&thread->ref, thread_free);
}

/**
 * mdev_bpf_worker_wake() - there may be something to do
 * @bdev: the device
 *
 * Context: Any.
 */
void mdev_bpf_worker_wake(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_worker *worker = &bdev->worker;

	guard(spinlock_irqsave)(&worker->lock);
	if (worker->thread) {
		set_bit(0, &worker->thread->wanted);
		/* Pairs with set_current_state() in vhost_task_fn(): it sees this, or sleeps */
		vhost_task_wake(worker->thread->task);
	} else if (!worker->user) {
		queue_work(worker_wq, &worker->work);
	}
}

static void worker_run(struct work_struct *work)
{
	struct mdev_bpf_device *bdev = container_of(work, struct mdev_bpf_device, worker.work);

	bdev->worker.run(bdev);
}

/**
 * mdev_bpf_worker_init() - the worker of a new device
 * @worker: the worker
 * @run: does all that is due
 */
void mdev_bpf_worker_init(struct mdev_bpf_worker *worker,
			  void (*run)(struct mdev_bpf_device *bdev))
{
	spin_lock_init(&worker->lock);
	worker->run = run;
	INIT_WORK(&worker->work, worker_run);
}

/**
 * mdev_bpf_worker_destroy() - the device goes; nothing works for it any more
 * @bdev: the device, closed and frozen for good
 *
 * Context: Process context.
 */
void mdev_bpf_worker_destroy(struct mdev_bpf_device *bdev)
{
	cancel_work_sync(&bdev->worker.work);
}

/**
 * mdev_bpf_worker_module_init() - make the work queues of all devices
 *
 * Return: 0, -ENOMEM.
 */
int mdev_bpf_worker_module_init(void)
{
	worker_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	if (!worker_wq)
		return -ENOMEM;
	reaper_wq = alloc_workqueue("mdev_bpf_reaper", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (reaper_wq)
		return 0;
	destroy_workqueue(worker_wq);
	return -ENOMEM;
}

/** mdev_bpf_worker_module_exit() - undo mdev_bpf_worker_module_init() */
void mdev_bpf_worker_module_exit(void)
{
	destroy_workqueue(reaper_wq);
	destroy_workqueue(worker_wq);
}
