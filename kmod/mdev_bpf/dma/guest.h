/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying between guest memory and the device. */
#ifndef __MDEV_BPF_DMA_GUEST_H
#define __MDEV_BPF_DMA_GUEST_H

#include <linux/mdev_bpf.h>
#include <linux/types.h>

struct mdev_bpf_device;
struct mdev_bpf_dma_channel;

/**
 * struct mdev_bpf_guest_run - a position in the guest memory of a request
 * @ch: the channel, whose first request it is
 * @one: the memory, if the request has no list
 * @sg: the piece of memory
 * @off: number of bytes of it that have been copied
 * @write: to guest memory
 * @wait: wait for memory that is not present
 * @done: number of bytes that have been copied in all
 */
struct mdev_bpf_guest_run {
	struct mdev_bpf_dma_channel *ch;
	struct mdev_bpf_sg one;
	const struct mdev_bpf_sg *sg;
	u32 off;
	bool write;
	bool wait;
	u64 done;
};

bool mdev_bpf_guest_where_ok(struct mdev_bpf_device *bdev, u64 where, u64 size, u32 state);
bool mdev_bpf_guest_in_state(const struct mdev_bpf_request *arg);
int mdev_bpf_guest_errno(int err);
void mdev_bpf_guest_close(struct mdev_bpf_dma_channel *ch);
int mdev_bpf_guest_transfer(struct mdev_bpf_dma_channel *ch, bool wait);
bool mdev_bpf_guest_is_used(const struct mdev_bpf_request *arg);
bool mdev_bpf_guest_is_written(const struct mdev_bpf_request *arg);
int mdev_bpf_guest_begin(struct mdev_bpf_guest_run *run, struct mdev_bpf_dma_channel *ch,
			 bool write, bool wait);
int mdev_bpf_guest_copy(struct mdev_bpf_guest_run *run, void *data, u64 size);
int mdev_bpf_guest_buffer(struct mdev_bpf_dma_channel *ch, void *buf, bool fill);

#endif /* __MDEV_BPF_DMA_GUEST_H */
