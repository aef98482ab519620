/* SPDX-License-Identifier: GPL-2.0-only */
/* The thread of a device that waits for guest memory. */
#ifndef __MDEV_BPF_DMA_FAULT_H
#define __MDEV_BPF_DMA_FAULT_H

#include <linux/timer.h>
#include <linux/types.h>

struct mdev_bpf_device;
struct task_struct;

/**
 * struct mdev_bpf_fault - a device's fault thread
 * @step: what it does, again and again; returns how many jiffies to wait first, unless woken
 * @task: the thread; NULL: none was needed yet. Changed by the runner, and by close
 * @has_head: it is the runner and carries out the first request, under the gate
 * @wanted: it has to look at once; under the gate
 * @interrupted: the attempt that it is at has been interrupted
 * @pause: jiffies from an attempt that was interrupted to the next
 * @after: in jiffies; no attempt before that
 * @bound: interrupts an attempt that takes too long
 */
struct mdev_bpf_fault {
	unsigned long (*step)(struct mdev_bpf_device *bdev);
	struct task_struct *task;
	bool has_head;
	bool wanted;
	bool interrupted;
	unsigned long pause;
	unsigned long after;
	struct timer_list bound;
};

void mdev_bpf_fault_init(struct mdev_bpf_fault *fault,
			 unsigned long (*step)(struct mdev_bpf_device *bdev));
int mdev_bpf_fault_start(struct mdev_bpf_device *bdev);
void mdev_bpf_fault_close(struct mdev_bpf_device *bdev);
void mdev_bpf_fault_kick(struct mdev_bpf_device *bdev);
void mdev_bpf_fault_begin(struct mdev_bpf_fault *fault);
bool mdev_bpf_fault_end(struct mdev_bpf_fault *fault, int error);
void mdev_bpf_fault_interrupt(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_DMA_FAULT_H */
