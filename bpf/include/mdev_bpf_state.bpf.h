/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a device, and what else an op is called with: the argument of an ioctl, the state
 * that another program left, the stream of a migration.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_STATE_BPF_H
#define __MDEV_BPF_STATE_BPF_H

/**
 * mdev_bpf_state_get() - the device's state
 * @dev: the device
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * The state has mdev_bpf_ops::state_size bytes. It is zeroed at creation and by a reset. It lives
 * as long as the device, even if another program is attached; the upgrade op can convert it. Use
 * mdev_bpf_state() for a pointer to a type.
 *
 * Return: the state; NULL when @rdwr_buf_size is more than the declared state_size.
 */
extern __u8 *mdev_bpf_state_get(struct mdev_bpf_dev *dev, const size_t rdwr_buf_size) __ksym;

/** mdev_bpf_state() - the device's state as a pointer to @type, or NULL */
#define mdev_bpf_state(dev, type) ((type *)mdev_bpf_state_get(dev, sizeof(type)))

/**
 * mdev_bpf_ioctl_data() - the argument of an ioctl
 * @call: the call
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * Return: the kernel's copy of the argument; NULL if it has fewer bytes (@call->size).
 */
extern __u8 *mdev_bpf_ioctl_data(struct mdev_bpf_ioctl *call, const size_t rdwr_buf_size) __ksym;

/**
 * mdev_bpf_upgrade_data() - the state that the previous program left
 * @old: the argument of the upgrade op
 * @rdonly_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * For the upgrade op only, where mdev_bpf_state_get() returns the new state. Apart from these and
 * the same for queues, that op can call no kfunc. Use mdev_bpf_old_state() for a pointer to a type.
 *
 * Return: the old state, read-only; NULL when @rdonly_buf_size is more than @old->size.
 */
extern const __u8 *mdev_bpf_upgrade_data(struct mdev_bpf_old *old,
					 const size_t rdonly_buf_size) __ksym;

/**
 * mdev_bpf_upgrade_queue() - the state of a queue that the previous program left
 * @old: the argument of the upgrade op
 * @id: the queue
 * @rdonly_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * For the upgrade op only, where mdev_bpf_queue_stop() returns the new state. Use
 * mdev_bpf_old_queue() for a pointer to a type.
 *
 * Return: the old state, read-only; NULL when @rdonly_buf_size is more than @old->queue_size, or if
 * there is no such queue.
 */
extern const __u8 *mdev_bpf_upgrade_queue(struct mdev_bpf_old *old, __u32 id,
					  const size_t rdonly_buf_size) __ksym;

/** mdev_bpf_old_queue() - the old state of a queue as a pointer to @type, or NULL */
#define mdev_bpf_old_queue(old, id, type) \
	((const type *)mdev_bpf_upgrade_queue(old, id, sizeof(type)))

/** mdev_bpf_old_state() - the old state as a pointer to @type, or NULL */
#define mdev_bpf_old_state(old, type) \
	((const type *)mdev_bpf_upgrade_data(old, sizeof(type)))

/**
 * mdev_bpf_stream_put() - add bytes to an opaque stream; for save only
 * @stream: the stream
 * @data: the bytes
 * @data__sz: number of bytes
 *
 * Return: 0; -ENOSPC if the stream would be longer than 1 MiB; -EPERM in restore.
 */
extern int mdev_bpf_stream_put(struct mdev_bpf_stream *stream, const void *data,
			       __u32 data__sz) __ksym;

/**
 * mdev_bpf_stream_get() - get bytes of an opaque stream; for restore only
 * @stream: the stream
 * @offset: the first byte
 * @buf: buffer for the bytes
 * @buf__sz: number of bytes
 *
 * Return: 0; -EINVAL if the stream does not have as many; -E2BIG for more than MDEV_BPF_MAX_VALUE
 * bytes; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_stream_get(struct mdev_bpf_stream *stream, __u64 offset, void *buf,
			       __u32 buf__sz) __ksym;

#endif /* __MDEV_BPF_STATE_BPF_H */
