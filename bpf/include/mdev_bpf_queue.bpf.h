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
 * Return: 0; -EINVAL for an @id out of range; -ETIME if the op has run for too long.
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
 * Return: 0; -EINVAL for an @id out of range; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_q_kick(struct mdev_bpf_queue *q, __u32 id) __ksym;

/**
 * mdev_bpf_q_work() - mdev_bpf_work_queue() for the queue op
 * @q: the queue
 * @id: number of the work, 0 to MDEV_BPF_MAX_WORK - 1; passed to the work op
 *
 * The work op can do what the queue op cannot, and then ring the queue.
 *
 * Return: 0; -EINVAL for an @id out of range; -ETIME if the op has run for too long.
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
 * mdev_bpf_q_time() - mdev_bpf_time() for the ops of a queue
 * @q: the queue
 *
 * Return: nanoseconds that have passed for the device.
 */
extern __u64 mdev_bpf_q_time(struct mdev_bpf_queue *q) __ksym;

/**
 * mdev_bpf_q_request() - mdev_bpf_request() for the ops of a queue
 * @q: the queue
 * @req: the request; MDEV_BPF_STATE() in it means the state of the queue
 * @req__sz: sizeof(*req)
 *
 * The request is carried out after the op. Then queue_done is called with the result. Each
 * queue has channels of its own, whose requests are carried out one at a time, in their order.
 * Windows cannot be pinned.
 *
 * Return: as mdev_bpf_request(); -EBUSY if MDEV_BPF_MAX_DMA requests of this queue wait.
 */
extern int mdev_bpf_q_request(struct mdev_bpf_queue *q, const struct mdev_bpf_request *req,
			      __u32 req__sz) __ksym;

/**
 * mdev_bpf_q_request_cancel() - mdev_bpf_request_cancel() for the requests of a queue
 * @q: the queue
 * @id: the id, as in struct mdev_bpf_request
 * @mask: the bits of the id that count; 0 for all requests of the queue
 *
 * Return: the number of requests; -ENOENT if there is none that has not completed; -ETIME if the op
 * has run for too long.
 */
extern int mdev_bpf_q_request_cancel(struct mdev_bpf_queue *q, __u32 id, __u32 mask) __ksym;

/**
 * mdev_bpf_q_dma_read() - copy from guest memory to the device
 * @q: the queue
 * @id: any number; passed to queue_done
 * @iova: the first guest address
 * @where: MDEV_BPF_STATE() of the queue, or MDEV_BPF_MEMORY()
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * Return: as mdev_bpf_q_request().
 */
static __always_inline int mdev_bpf_q_dma_read(struct mdev_bpf_queue *q, __u32 id, __u64 iova,
					       __u64 where, __u64 size)
{
	struct mdev_bpf_request req = {
		.id = id, .op = MDEV_BPF_DMA_READ, .iova = iova, .where = where, .size = size,
	};

	return mdev_bpf_q_request(q, &req, sizeof(req));
}

/**
 * mdev_bpf_q_dma_write() - copy from the device to guest memory
 * @q: the queue
 * @id: any number; passed to queue_done
 * @iova: the first guest address
 * @where: MDEV_BPF_STATE() of the queue, or MDEV_BPF_MEMORY()
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * Return: as mdev_bpf_q_request().
 */
static __always_inline int mdev_bpf_q_dma_write(struct mdev_bpf_queue *q, __u32 id, __u64 iova,
						__u64 where, __u64 size)
{
	struct mdev_bpf_request req = {
		.id = id, .op = MDEV_BPF_DMA_WRITE, .iova = iova, .where = where, .size = size,
	};

	return mdev_bpf_q_request(q, &req, sizeof(req));
}

/**
 * mdev_bpf_q_dma_get() - mdev_bpf_dma_get() for the ops of a queue
 * @q: the queue
 * @where: MDEV_BPF_PIN(id, offset)
 * @rdwr_buf_size: number of bytes, a compile-time constant
 *
 * The window was pinned by an op of the device. Other ops can access it at the same time.
 *
 * Return: a pointer that is valid until the op returns, or NULL.
 */
extern __u8 *mdev_bpf_q_dma_get(struct mdev_bpf_queue *q, __u64 where,
				const size_t rdwr_buf_size) __ksym;

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
