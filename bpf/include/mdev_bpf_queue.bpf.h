/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues, whose ops run at the same time.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_QUEUE_BPF_H
#define __MDEV_BPF_QUEUE_BPF_H

/**
 * mdev_bpf_queue_kick() - ring a queue: a worker calls the queue op for it soon
 * @dev: the device
 * @id: the queue, 0 to mdev_bpf_ops::queues - 1
 *
 * A queue that is rung again before the op is called is called once. A reset cancels this.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_queue_kick(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_queue_stop() - stop a queue until the op returns, and get its state
 * @dev: the device
 * @id: the queue, 0 to mdev_bpf_ops::queues - 1
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * Waits for the queue op of this queue, if it is running. The queue is not rung by this. In init,
 * reset, save, restore, started and upgrade, all queues stand still anyway. Use
 * mdev_bpf_stopped_queue() for a pointer to a type.
 *
 * Return: the state of the queue; NULL for an @id out of range, or when @rdwr_buf_size is more than
 * the declared queue_state_size.
 */
extern __u8 *mdev_bpf_queue_stop(struct mdev_bpf_dev *dev, __u32 id,
				 const size_t rdwr_buf_size) __ksym;

/** mdev_bpf_stopped_queue() - mdev_bpf_queue_stop() for a pointer to @type, or NULL */
#define mdev_bpf_stopped_queue(dev, id, type) \
	((type *)mdev_bpf_queue_stop(dev, id, sizeof(type)))

/**
 * mdev_bpf_q_state_get() - the state of the queue
 * @q: the queue
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * The state has mdev_bpf_ops::queue_state_size bytes. It lives as long as that of the device, and
 * is zeroed with it. Use mdev_bpf_q_state() for a pointer to a type.
 *
 * Return: the state; NULL when @rdwr_buf_size is more than the declared queue_state_size.
 */
extern __u8 *mdev_bpf_q_state_get(struct mdev_bpf_queue *q, const size_t rdwr_buf_size) __ksym;

/** mdev_bpf_q_state() - the state of the queue as a pointer to @type, or NULL */
#define mdev_bpf_q_state(q, type) ((type *)mdev_bpf_q_state_get(q, sizeof(type)))

/**
 * mdev_bpf_q_kick() - mdev_bpf_queue_kick() for the queue op
 * @q: the queue
 * @id: the queue to ring: another one, or the same
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_q_kick(struct mdev_bpf_queue *q, __u32 id) __ksym;

/**
 * mdev_bpf_q_work() - mdev_bpf_work_queue() for the queue op
 * @q: the queue
 * @id: number of the work, 0 to MDEV_BPF_MAX_WORK - 1; passed to the work op
 *
 * The work op can do what the queue op cannot, such as DMA, and then ring the queue.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_q_work(struct mdev_bpf_queue *q, __u32 id) __ksym;

/**
 * mdev_bpf_q_irq() - mdev_bpf_irq_trigger() for the queue op
 * @q: the queue
 * @vector: 0 to the declared count minus 1
 *
 * Return: as mdev_bpf_irq_trigger(); -ETIME if the op has run for too long.
 */
extern int mdev_bpf_q_irq(struct mdev_bpf_queue *q, __u32 vector) __ksym;

/**
 * mdev_bpf_q_memory_read() - mdev_bpf_memory_read() for the queue op
 * @q: the queue
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: buffer for the bytes
 * @data__sz: number of bytes
 *
 * Other ops may write to the memory at the same time.
 *
 * Return: as mdev_bpf_memory_read().
 */
extern int mdev_bpf_q_memory_read(struct mdev_bpf_queue *q, __u32 region, __u64 offset, void *data,
				  __u32 data__sz) __ksym;

/**
 * mdev_bpf_q_memory_write() - mdev_bpf_memory_write() for the queue op
 * @q: the queue
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: the bytes to write
 * @data__sz: number of bytes
 *
 * Other ops may access the memory at the same time.
 *
 * Return: as mdev_bpf_memory_write().
 */
extern int mdev_bpf_q_memory_write(struct mdev_bpf_queue *q, __u32 region, __u64 offset,
				   const void *data, __u32 data__sz) __ksym;

/**
 * mdev_bpf_q_fail() - mdev_bpf_fail() for the queue op
 * @q: the queue
 * @code: any number, conventionally a negative errno
 * @msg: the reason as text, up to a NUL or the end; on the stack or in the state
 * @msg__sz: size of @msg; the text is cut off after MDEV_BPF_MAX_REASON - 1 bytes
 *
 * The device fails right after the op has returned. Other ops may still be called until then.
 *
 * Return: 0; -EALREADY if the device has already failed, or this op has reported a failure before.
 */
extern int mdev_bpf_q_fail(struct mdev_bpf_queue *q, __s32 code, const char *msg,
			   __u32 msg__sz) __ksym;

/** mdev_bpf_q_fail_printf() - mdev_bpf_q_fail() with a text formatted by mdev_bpf_snprintf() */
#define mdev_bpf_q_fail_printf(q, code, fmt, args...)				\
({										\
	char ___text[MDEV_BPF_MAX_REASON];					\
										\
	mdev_bpf_format(___text, sizeof(___text), fmt, ##args);			\
	mdev_bpf_q_fail(q, code, ___text, sizeof(___text));			\
})

#endif /* __MDEV_BPF_QUEUE_BPF_H */
