/* SPDX-License-Identifier: GPL-2.0-only */
/* The kfuncs for ops of queues. */
#ifndef __MDEV_BPF_PROGRAM_KFUNC_Q_H
#define __MDEV_BPF_PROGRAM_KFUNC_Q_H

#include <linux/mdev_bpf.h>

/* Only programs call these, but global functions need declarations. */
u8 *mdev_bpf_q_state_get(struct mdev_bpf_queue *q, const size_t rdwr_buf_size);
int mdev_bpf_q_kick(struct mdev_bpf_queue *q, u32 id);
int mdev_bpf_q_work(struct mdev_bpf_queue *q, u32 id);
int mdev_bpf_q_irq(struct mdev_bpf_queue *q, u32 vector);
int mdev_bpf_q_request(struct mdev_bpf_queue *q, const struct mdev_bpf_request *req, u32 req__sz);
int mdev_bpf_q_request_cancel(struct mdev_bpf_queue *q, u32 id, u32 mask);
u64 mdev_bpf_q_time(struct mdev_bpf_queue *q);
u8 *mdev_bpf_q_dma_get(struct mdev_bpf_queue *q, u64 where, const size_t rdwr_buf_size);
int mdev_bpf_q_memory_read(struct mdev_bpf_queue *q, u32 region, u64 offset, void *data,
			   u32 data__sz);
int mdev_bpf_q_memory_write(struct mdev_bpf_queue *q, u32 region, u64 offset, const void *data,
			    u32 data__sz);
int mdev_bpf_q_fail(struct mdev_bpf_queue *q, s32 code, const char *msg, u32 msg__sz);

#endif /* __MDEV_BPF_PROGRAM_KFUNC_Q_H */
