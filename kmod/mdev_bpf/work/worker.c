// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker of a device calls the ops that do not belong to an access (timer, work, irq_unmask,
 * dma_unmap, dma_done, writes by eventfd), and copies for DMA. This is done for the user of the
 * device, so the worker is a thread of the user's process, as in vhost: its CPU time is charged to
 * the user, it is subject to the user's limits, and it stops and ends with the user's process.
 *
 * The thread belongs to the process that has opened the device. If that process has died while
 * others still have the device open, due work waits until one of them enters the device and
 * provides a thread. Users inside the kernel have no process: a work item serves them.
 *
 * A thread may be stopped, or frozen with its process, when the device is closed. Then it only ends
 * when it runs again. So it is not part of the device but a separate object, which refers to the
 * device until the device is closed. When it runs again, it asks for its end, and a work item waits
 * for that. Earlier, stopped threads would occupy the workqueue that all users share.
 */
#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/vhost_task.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "device/device.h"
#include "work/worker.h"

#if !IS_ENABLED(CONFIG_VHOST_TASK)
#error "mdev_bpf needs a kernel with CONFIG_VHOST_TASK (any of CONFIG_VHOST_NET, _SCSI or _VSOCK)"
#endif

/* Tasks with one of these flags cannot create a thread of their process */
#define NO_PARENT	(PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER | PF_EXITING)

static struct workqueue_struct *worker_wq;
/* Separate, because its work items may wait long for processes that are stopped. */
static struct workqueue_struct *reaper_wq;

/**
 * struct mdev_bpf_worker_thread - a thread that a user's process provides for a device
 * @ref: reference count; @reap has a reference, and so does a task that makes the thread leave
 * @worker: the worker, protected by @lock; NULL after the thread has left the device
 * @flags: THREAD_WANTED, THREAD_ENDS
 * @task: the thread
 * @reap: work item that waits for the end of the thread and drops the reference
 */
struct mdev_bpf_worker_thread {
	struct kref ref;
	/** @lock: held while it works for the device */
	struct mutex lock;
	struct mdev_bpf_worker *worker;
	unsigned long flags;
	struct vhost_task *task;
	struct work_struct reap;
};

#define THREAD_WANTED	0	/* there may be work */
#define THREAD_ENDS	1	/* its work item is queued */

/* Have the thread ended, which is the caller, or is about to end. */
static void thread_end(struct mdev_bpf_worker_thread *thread)
{
	if (!test_and_set_bit(THREAD_ENDS, &thread->flags))
		queue_work(reaper_wq, &thread->reap);
}

/* vhost calls this with the task's state already set for sleeping, in case it returns false. */
static bool thread_run(void *data)
{
	struct mdev_bpf_worker_thread *thread = data;

	if (!test_and_clear_bit(THREAD_WANTED, &thread->flags))
		return false;
	__set_current_state(TASK_RUNNING);
	/* Work may queue itself each time, and then vhost calls this at once again */
	cond_resched();
	guard(mutex)(&thread->lock);
	if (thread->worker)
		thread->worker->run(thread->worker);
	else if (signal_pending(current))
		set_bit(THREAD_WANTED, &thread->flags);	/* First, it may be stopped */
	else
		thread_end(thread);
	/*
	 * Work for the return to user space, where this task never goes. Since 6.18, waiting for
	 * more of a CPU quota is such work. vhost_task_fn() does it when it takes it for a signal.
	 */
	if (task_work_pending(current))
		set_thread_flag(TIF_NOTIFY_SIGNAL);
	return true;
}

/*
 * Detach the thread from the device. From now on only its work item refers to it. @killed: it is
 * about to end, while the device may still be in use
 */
static void thread_leave(struct mdev_bpf_worker_thread *thread, bool killed)
{
	struct mdev_bpf_worker *worker;

	guard(mutex)(&thread->lock);
	worker = thread->worker;
	if (!worker)
		return;
	scoped_guard(spinlock_irqsave, &worker->lock)
		if (worker->thread == thread)
			WRITE_ONCE(worker->thread, NULL);
	/* A wakeup since its last look at the work may have been lost */
	if (killed)
		worker->killed(worker);
	thread->worker = NULL;
	/* It sees that it has left. It takes @lock first, so until then the task exists */
	set_bit(THREAD_WANTED, &thread->flags);
	vhost_task_wake(thread->task);
}

/* The process has been killed, or executes another program: the thread is about to end. */
static void thread_killed(void *data)
{
	thread_leave(data, true);
	thread_end(data);
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

static struct mdev_bpf_worker_thread *thread_new(struct mdev_bpf_worker *worker)
{
	struct mdev_bpf_worker_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL_ACCOUNT);
	struct vhost_task *task;

	if (!thread)
		return ERR_PTR(-ENOMEM);
	kref_init(&thread->ref);
	mutex_init(&thread->lock);
	INIT_WORK(&thread->reap, thread_reap);
	/* Set, because the device may have been woken before the thread existed */
	thread->flags = BIT(THREAD_WANTED);
	thread->worker = worker;
	task = vhost_task_create(thread_run, thread_killed, thread, "mdev_bpf");
	if (IS_ERR_OR_NULL(task)) {
		kref_put(&thread->ref, thread_free);
		return task ? ERR_CAST(task) : ERR_PTR(-ENOMEM);
	}
	__module_get(THIS_MODULE);	/* The thread runs code of the module */
	thread->task = task;
	return thread;
}

/* Give the worker a thread of the current process, unless it has one. */
static int worker_start(struct mdev_bpf_worker *worker)
{
	struct mdev_bpf_worker_thread *thread;
	bool wanted;

	if (current->flags & NO_PARENT || !current->mm)
		return -EPERM;
	thread = thread_new(worker);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	scoped_guard(spinlock_irqsave, &worker->lock) {
		wanted = worker->user && !worker->thread;
		if (wanted)
			WRITE_ONCE(worker->thread, thread);
	}
	/* Another task may have been faster; then this thread is not used */
	if (!wanted)
		thread->worker = NULL;
	vhost_task_start(thread->task);
	return 0;
}

/**
 * mdev_bpf_worker_renew() - create a thread of this process, if the previous one has ended
 * @worker: the worker
 *
 * Context: Process context, a task of VFIO's user, which has the device open.
 *
 * Return: 0; an error of mdev_bpf_worker_open(), and then another task has to try again.
 */
int mdev_bpf_worker_renew(struct mdev_bpf_worker *worker)
{
	if (!READ_ONCE(worker->user) || READ_ONCE(worker->thread))
		return 0;
	return worker_start(worker);
}

/**
 * mdev_bpf_worker_open() - create a thread of this process, because VFIO opens the device
 * @worker: the worker
 *
 * Context: Process context of the user.
 *
 * Return: 0; -ENOMEM; -EAGAIN if the user may not create another thread; -ERESTARTNOINTR if a
 * signal is pending.
 */
int mdev_bpf_worker_open(struct mdev_bpf_worker *worker)
{
	int ret;

	scoped_guard(spinlock_irqsave, &worker->lock) {
		worker->user = true;
		worker->mm = current->mm;
	}
	ret = worker_start(worker);
	if (ret)
		mdev_bpf_worker_close(worker);
	return ret;
}

/**
 * mdev_bpf_worker_close() - detach the thread from the device, because VFIO has closed it
 * @worker: the worker
 *
 * Context: Process context, with no lock held that the worker takes. Waits while the worker is in
 * code of the core, but not for the end of the thread.
 */
void mdev_bpf_worker_close(struct mdev_bpf_worker *worker)
{
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
	thread_leave(thread, false);
	kref_put(&thread->ref, thread_free);
}

/**
 * mdev_bpf_worker_wake_one() - wake a worker, because there may be work
 * @worker: the worker
 *
 * Context: Any.
 *
 * Return: false if it has no thread, since the process that had created the thread has died. The
 * device's own worker gets another one soon.
 */
bool mdev_bpf_worker_wake_one(struct mdev_bpf_worker *worker)
{
	guard(spinlock_irqsave)(&worker->lock);
	if (worker->thread) {
		set_bit(THREAD_WANTED, &worker->thread->flags);
		/* Pairs with set_current_state() in vhost_task_fn(): it sees wanted, or is woken */
		vhost_task_wake(worker->thread->task);
		return true;
	}
	if (worker->user)
		return false;
	queue_work(worker_wq, &worker->work);
	return true;
}

/**
 * mdev_bpf_worker_wake() - wake the worker of a device, because there may be work
 * @bdev: the device
 *
 * Context: Any.
 */
void mdev_bpf_worker_wake(struct mdev_bpf_device *bdev)
{
	mdev_bpf_worker_wake_one(&bdev->worker);
}

static void worker_run(struct work_struct *work)
{
	struct mdev_bpf_worker *worker = container_of(work, struct mdev_bpf_worker, work);
	/* A client may be a disk of this machine, to which memory is written to be freed */
	unsigned int noio = memalloc_noio_save();

	worker->run(worker);
	memalloc_noio_restore(noio);
}

/**
 * mdev_bpf_worker_init() - set up a worker of a new device
 * @worker: the worker
 * @run: function that does all work that is due
 * @killed: function to call when a thread is about to end because its process has died
 */
void mdev_bpf_worker_init(struct mdev_bpf_worker *worker,
			  void (*run)(struct mdev_bpf_worker *worker),
			  void (*killed)(struct mdev_bpf_worker *worker))
{
	spin_lock_init(&worker->lock);
	worker->run = run;
	worker->killed = killed;
	INIT_WORK(&worker->work, worker_run);
}

/**
 * mdev_bpf_worker_destroy() - stop the worker of a device that is being removed
 * @worker: the worker of a device that is closed and frozen
 *
 * Context: Process context.
 */
void mdev_bpf_worker_destroy(struct mdev_bpf_worker *worker)
{
	cancel_work_sync(&worker->work);
}

/**
 * mdev_bpf_worker_module_init() - create the workqueues that all devices share
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_worker_module_init(void)
{
	worker_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
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
