/* SPDX-License-Identifier: GPL-2.0-only */
/* The fault threads of a device, which wait for guest memory; each channel has its own. */
#ifndef __MDEV_BPF_DMA_FAULT_H
#define __MDEV_BPF_DMA_FAULT_H

#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>

struct mdev_bpf_dma_channel;
struct task_struct;

/**
 * struct mdev_bpf_fault - the fault thread of a channel
 * @step: called repeatedly by the thread; returns how many jiffies to wait before the next call,
 *	unless the thread is woken
 * @task: the thread; NULL if it has not been needed yet. Changed by the runner, and by close
 * @has_head: the thread carries out the first request of the channel, instead of the runner;
 *	protected by the lock of the channel
 * @wanted: the thread must call @step now. Set in any context; cleared by @step with the lock of
 *	the channel held, before it looks for what to do
 * @wake: woken when @wanted is set
 * @interrupted: the current attempt was interrupted
 * @final: the error of the current attempt is the result, even if it was interrupted
 * @began: time in jiffies at which the time limit of the current attempt began
 * @pause: number of jiffies from an attempt that was interrupted to the next one
 * @after: time in jiffies of the next attempt
 * @bound: timer that interrupts an attempt that takes too long
 * @buffer: memory that the thread keeps for its next requests; NULL if it has none
 * @buffer_size: number of bytes of @buffer
 *
 * The lock of a channel is the gate or, for a channel of a queue, the lock of the queue's lane.
 */
struct mdev_bpf_fault {
	unsigned long (*step)(struct mdev_bpf_dma_channel *ch);
	struct task_struct *task;
	bool has_head;
	bool wanted;
	wait_queue_head_t wake;
	bool interrupted;
	bool final;
	unsigned long began;
	unsigned long pause;
	unsigned long after;
	struct timer_list bound;
	void *buffer;
	size_t buffer_size;
};

void mdev_bpf_fault_init(struct mdev_bpf_fault *fault,
			 unsigned long (*step)(struct mdev_bpf_dma_channel *ch));
int mdev_bpf_fault_start(struct mdev_bpf_dma_channel *ch);
void mdev_bpf_fault_close(struct mdev_bpf_dma_channel *ch);
void mdev_bpf_fault_kick(struct mdev_bpf_dma_channel *ch);
void mdev_bpf_fault_begin(struct mdev_bpf_fault *fault);
void mdev_bpf_fault_relax(struct mdev_bpf_fault *fault);
void mdev_bpf_fault_limit(struct mdev_bpf_fault *fault);
void mdev_bpf_fault_retry(struct mdev_bpf_fault *fault);
void mdev_bpf_fault_final(struct mdev_bpf_fault *fault);
bool mdev_bpf_fault_end(struct mdev_bpf_fault *fault, int error);
void mdev_bpf_fault_forget(struct mdev_bpf_fault *fault);
void mdev_bpf_fault_drop_buffer(struct mdev_bpf_fault *fault);
bool mdev_bpf_fault_is_before(const struct mdev_bpf_fault *fault,
			      const struct mdev_bpf_fault *other);
void mdev_bpf_fault_interrupt(struct mdev_bpf_dma_channel *ch);

#endif /* __MDEV_BPF_DMA_FAULT_H */
