/* SPDX-License-Identifier: GPL-2.0-only */
/* A watchdog for ops that run too long. */
#ifndef __MDEV_BPF_GATE_WATCHDOG_H
#define __MDEV_BPF_GATE_WATCHDOG_H

#include <linux/mdev_bpf.h>
#include <linux/percpu.h>

struct mdev_bpf_device;
struct mdev_bpf_lane;

/* The limit, in short periods of the watchdog */
#define MDEV_BPF_WATCHDOG_LIMIT	20

/**
 * struct mdev_bpf_watch - data of the watchdog for a device
 * @seen: one more than the short periods for which the watchdog has seen the op that is running, or
 *	was called last; 0 if it has not seen it
 * @limit_ms: the limit at the time when an op exceeded it
 */
struct mdev_bpf_watch {
	unsigned int seen;
	unsigned int limit_ms;
};

/* The device whose op this processor is in, or NULL. Preemption is off in an op. */
DECLARE_PER_CPU(struct mdev_bpf_device *, mdev_bpf_watchdog_op);
/* The same for ops of queues */
DECLARE_PER_CPU(struct mdev_bpf_lane *, mdev_bpf_watchdog_lane);

/**
 * mdev_bpf_watchdog_begin() - begin to watch an op that is about to be called
 * @watch: data of the device
 * @bdev: the device
 */
static __always_inline void mdev_bpf_watchdog_begin(struct mdev_bpf_watch *watch,
						    struct mdev_bpf_device *bdev)
{
	WRITE_ONCE(watch->seen, 0);
	barrier();
	this_cpu_write(mdev_bpf_watchdog_op, bdev);
}

/* End watching an op that has returned */
static __always_inline void mdev_bpf_watchdog_end(void)
{
	this_cpu_write(mdev_bpf_watchdog_op, NULL);
}

/**
 * mdev_bpf_watchdog_is_over() - has the op that is running, or was called last, exceeded the limit?
 * @watch: data of the device
 *
 * Return: true if it has.
 */
static inline bool mdev_bpf_watchdog_is_over(const struct mdev_bpf_watch *watch)
{
	return READ_ONCE(watch->seen) > MDEV_BPF_WATCHDOG_LIMIT;
}

bool mdev_bpf_watchdog_here_is_over(void);
void mdev_bpf_watchdog_module_init(void);
void mdev_bpf_watchdog_add(void);
void mdev_bpf_watchdog_remove(void);
void mdev_bpf_watchdog_fail(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_GATE_WATCHDOG_H */
