/* SPDX-License-Identifier: GPL-2.0-only */
/* Workers of a device: the threads for work that does not belong to an access. */
#ifndef __MDEV_BPF_WORK_WORKER_H
#define __MDEV_BPF_WORK_WORKER_H

#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct mdev_bpf_device;
struct mdev_bpf_worker_thread;
struct mm_struct;

/**
 * struct mdev_bpf_worker - a worker of a device: its own, or that of a queue
 * @thread: a thread of the process that uses the device; NULL if there is none
 * @user: a VFIO user has opened the device, so only a thread of the user may do its work
 * @mm: the address space of the process that has opened the device, only for comparison
 * @run: function that does all work that is due; never changes
 * @killed: called when the thread is about to end because its process has died; never changes
 * @work: work item that calls @run if no process uses the device
 */
struct mdev_bpf_worker {
	/** @lock: protects the members below; eventfds and timers take it with interrupts off */
	spinlock_t lock;
	struct mdev_bpf_worker_thread *thread;
	bool user;
	const struct mm_struct *mm;
	void (*run)(struct mdev_bpf_worker *worker);
	void (*killed)(struct mdev_bpf_worker *worker);
	struct work_struct work;
};

int mdev_bpf_worker_module_init(void);
void mdev_bpf_worker_module_exit(void);
void mdev_bpf_worker_init(struct mdev_bpf_worker *worker,
			  void (*run)(struct mdev_bpf_worker *worker),
			  void (*killed)(struct mdev_bpf_worker *worker));
void mdev_bpf_worker_destroy(struct mdev_bpf_worker *worker);
int mdev_bpf_worker_open(struct mdev_bpf_worker *worker);
void mdev_bpf_worker_close(struct mdev_bpf_worker *worker);
int mdev_bpf_worker_renew(struct mdev_bpf_worker *worker);
bool mdev_bpf_worker_wake_one(struct mdev_bpf_worker *worker);
void mdev_bpf_worker_wake(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_WORK_WORKER_H */
