/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers, time and work.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_TIME_BPF_H
#define __MDEV_BPF_TIME_BPF_H

/**
 * mdev_bpf_timer_arm() - arm a timer, which calls the timer op
 * @dev: the device
 * @id: number of the timer, 0 to MDEV_BPF_MAX_TIMERS - 1; passed to the op
 * @delay: nanoseconds from now, up to MDEV_BPF_MAX_DELAY
 * @period: nanoseconds between the calls after the first, at least MDEV_BPF_MIN_PERIOD; 0 for a
 *	single call
 *
 * Replaces what the timer was armed for before. A reset cancels all timers.
 *
 * Return: 0; -EINVAL if an argument is out of range; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_timer_arm(struct mdev_bpf_dev *dev, __u32 id, __u64 delay,
			      __u64 period) __ksym;

/**
 * mdev_bpf_timer_cancel() - cancel a timer
 * @dev: the device
 * @id: number of the timer
 *
 * The op is not called any more, even if the timer has already expired.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_timer_cancel(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_timer_left() - how long until a timer expires?
 * @dev: the device
 * @id: number of the timer
 *
 * Return: nanoseconds; 0 if the timer op is due; -ENOENT if the timer is not armed; -EINVAL for an
 * @id out of range.
 */
extern __s64 mdev_bpf_timer_left(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_time() - the time of the device
 * @dev: the device
 *
 * Passes only while the device's timers do: while it is open, has a program, has not failed and is
 * not stopped for a migration. It migrates with the device. A reset and another program do not
 * change it.
 *
 * Return: nanoseconds since the device was created.
 */
extern __u64 mdev_bpf_time(struct mdev_bpf_dev *dev) __ksym;

/**
 * mdev_bpf_work_queue() - queue work: a worker calls the work op soon
 * @dev: the device
 * @id: number of the work, 0 to MDEV_BPF_MAX_WORK - 1; passed to the op
 *
 * Work that is queued again before the op is called counts once. A reset cancels all work.
 *
 * Return: 0; -EINVAL for an @id out of range; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_work_queue(struct mdev_bpf_dev *dev, __u32 id) __ksym;

#endif /* __MDEV_BPF_TIME_BPF_H */
