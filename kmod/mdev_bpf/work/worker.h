/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker of a device: the thread that does what no access does. */
#ifndef __MDEV_BPF_WORK_WORKER_H
#define __MDEV_BPF_WORK_WORKER_H

#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct mdev_bpf_device;
struct mdev_bpf_worker_thread;
struct mm_struct;

/**
 * struct mdev_bpf_worker - the worker of a device
 * @thread: a thread of the process that uses the device; NULL: there is none
 * @user: VFIO's user has the device: only a thread of the user's may do its work
 * @mm: the memory of the process that opened it, only to compare with
 * @run: does all that is due, fixed for the device's life
 * @work: calls it where no process uses the device
 */
struct mdev_bpf_worker {
	/** @lock: protects the members below; taken from eventfds and timers too, interrupts off */
	spinlock_t lock;
	struct mdev_bpf_worker_thread *thread;
	bool user;
	const struct mm_struct *mm;
	void (*run)(struct mdev_bpf_device *bdev);
	struct work_struct work;
};

int mdev_bpf_worker_module_init(void);
void mdev_bpf_worker_module_exit(void);
void mdev_bpf_worker_init(struct mdev_bpf_worker *worker,
			  void (*run)(struct mdev_bpf_device *bdev));
void mdev_bpf_worker_destroy(struct mdev_bpf_device *bdev);
int mdev_bpf_worker_open(struct mdev_bpf_device *bdev);
void mdev_bpf_worker_close(struct mdev_bpf_device *bdev);
void mdev_bpf_worker_renew(struct mdev_bpf_device *bdev);
void mdev_bpf_worker_wake(struct mdev_bpf_device *bdev);

/* A task of the user's enters the device: it lends it a thread if the one before has died. */
static inline void mdev_bpf_worker_enter(struct mdev_bpf_device *bdev,
					 struct mdev_bpf_worker *worker)
{
	if (unlikely(!READ_ONCE(worker->thread)))
		mdev_bpf_worker_renew(bdev);
}

#endif /* __MDEV_BPF_WORK_WORKER_H */
