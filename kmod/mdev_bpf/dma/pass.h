/* SPDX-License-Identifier: GPL-2.0-only */
/* Passes: VFIO's rounds through the devices of a user who takes guest memory away. */
#ifndef __MDEV_BPF_DMA_PASS_H
#define __MDEV_BPF_DMA_PASS_H

#include <linux/list.h>
#include <linux/types.h>

struct mdev_bpf_device;
struct task_struct;

/* How many a device remembers; there can only be one for each window and each task that unmaps */
#define MDEV_BPF_PASSES		32

/**
 * struct mdev_bpf_pass - what a device remembers of memory that is being taken away
 * @node: entry in the table of all, by @task; not in it: unused
 * @task: who takes it away, with a reference
 * @first: first byte of guest memory
 * @last: last byte
 * @round: how often this device was asked
 * @until: in jiffies; nothing of it is pinned before that
 */
struct mdev_bpf_pass {
	struct hlist_node node;
	struct task_struct *task;
	u64 first;
	u64 last;
	unsigned int round;
	unsigned long until;
};

unsigned int mdev_bpf_pass_begin(struct mdev_bpf_device *bdev, u64 first, u64 last);
void mdev_bpf_pass_end(u64 first, u64 last);
unsigned long mdev_bpf_pass_wait(struct mdev_bpf_device *bdev, u64 first, u64 last);
unsigned long mdev_bpf_pass_look(struct mdev_bpf_device *bdev);
void mdev_bpf_pass_forget(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_DMA_PASS_H */
