/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that a program keeps for a device. */
#ifndef __MDEV_BPF_DEVICE_STATE_H
#define __MDEV_BPF_DEVICE_STATE_H

#include <linux/rcupdate.h>
#include <linux/types.h>

struct mdev_bpf_device;
struct mdev_bpf_ops;
struct mdev_bpf_register_map;
struct mdev_bpf_register_table;

/**
 * struct mdev_bpf_state_block - the memory of a state
 * @rcu: to free the memory, because registers in it are read under RCU
 * @registers: the registers in it, as declared by the program that the state belongs to
 * @queues: the states of the queues
 * @stride: the bytes from one of them to the next: no two share a cache line
 * @data: the state of the device itself
 */
struct mdev_bpf_state_block {
	struct rcu_head rcu;
	const struct mdev_bpf_register_map __rcu *registers;
	void *queues;
	size_t stride;
	u8 data[] __aligned(8);
};

/* The state of a queue. @id: less than mdev_bpf_state_buf::nr_queues */
static inline void *mdev_bpf_state_queue(const struct mdev_bpf_state_block *block, unsigned int id)
{
	return block->queues + id * block->stride;
}

/**
 * struct mdev_bpf_state_buf - a state: that of the device itself, and those of its queues
 * @block: its memory; NULL if there is no state
 * @data: the bytes of the device
 * @size: number of bytes, mdev_bpf_ops::state_size of the program that it belongs to
 * @version: mdev_bpf_ops::state_version of that program
 * @nr_queues: mdev_bpf_ops::queues
 * @queue_size: mdev_bpf_ops::queue_state_size
 */
struct mdev_bpf_state_buf {
	struct mdev_bpf_state_block *block;
	void *data;
	u32 size;
	u32 version;
	u32 nr_queues;
	u32 queue_size;
};

/**
 * struct mdev_bpf_state - the state of a device, protected by the gate
 * @cur: the state. While the op of a queue may run, the part of the queue belongs to it, and @cur
 *	is not replaced (queue/queue.c)
 * @generation: incremented when @cur is replaced; DMA that was started before is cancelled
 * @stale: @cur belongs to an earlier program, and the attached one could not convert it
 * @next: if @stale, an empty state of the attached program, which a reset puts in place
 */
struct mdev_bpf_state {
	struct mdev_bpf_state_buf cur;
	u64 generation;
	bool stale;
	struct mdev_bpf_state_buf next;
};

int mdev_bpf_state_alloc(struct mdev_bpf_state_buf *buf, const struct mdev_bpf_ops *decl);
void mdev_bpf_state_free(struct mdev_bpf_state_buf *buf);
bool mdev_bpf_state_fits(const struct mdev_bpf_state_buf *buf, const struct mdev_bpf_ops *ops);
void mdev_bpf_state_replace(struct mdev_bpf_device *bdev, struct mdev_bpf_state_buf *buf);
void mdev_bpf_state_clear(struct mdev_bpf_state_buf *buf);
void mdev_bpf_state_reset(struct mdev_bpf_device *bdev);
void mdev_bpf_state_destroy(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_DEVICE_STATE_H */
