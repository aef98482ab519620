/* SPDX-License-Identifier: GPL-2.0-only */
/* Passes: VFIO's rounds through the devices of a container when guest memory is unmapped. */
#ifndef __MDEV_BPF_DMA_PASS_H
#define __MDEV_BPF_DMA_PASS_H

#include <linux/list.h>
#include <linux/types.h>

struct mdev_bpf_device;
struct task_struct;

/*
 * Records of a device. There is at most one for each window and each task that unmaps, and for each
 * range in which there was a window lately.
 */
#define MDEV_BPF_PASSES_MIN	32U
#define MDEV_BPF_PASSES_PER_PIN	2U

/**
 * struct mdev_bpf_pass - a device's record of memory that is being unmapped
 * @node: entry in the table of all records, by @task; unhashed if the record is unused
 * @task: the task that unmaps the memory, with a reference
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 * @round: how often this device was called
 * @until: time in jiffies before which this memory is not pinned
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
