/* SPDX-License-Identifier: GPL-2.0-only */
/* Ops that do not end. */
#ifndef __MDEV_BPF_GATE_WATCHDOG_H
#define __MDEV_BPF_GATE_WATCHDOG_H

#include <linux/mdev_bpf.h>
#include <linux/percpu.h>

struct mdev_bpf_device;

/* An op that was seen so often has run for two periods of the watchdog at least: the limit */
#define MDEV_BPF_WATCHDOG_OVER	3

/**
 * struct mdev_bpf_watch - what the watchdog knows of a device
 * @seen: how often it has seen the op that runs, or ran last
 * @limit_ms: what the limit was when an op ran too long
 */
struct mdev_bpf_watch {
	unsigned int seen;
	unsigned int limit_ms;
};

/* The device whose op a processor is in. Preemption is off in an op. */
DECLARE_PER_CPU(struct mdev_bpf_device *, mdev_bpf_watchdog_op);

/**
 * mdev_bpf_watchdog_begin() - an op is about to be called
 * @watch: its device's
 * @bdev: the device
 */
static __always_inline void mdev_bpf_watchdog_begin(struct mdev_bpf_watch *watch,
						    struct mdev_bpf_device *bdev)
{
	WRITE_ONCE(watch->seen, 0);
	barrier();
	this_cpu_write(mdev_bpf_watchdog_op, bdev);
}

/* An op has returned */
static __always_inline void mdev_bpf_watchdog_end(void)
{
	this_cpu_write(mdev_bpf_watchdog_op, NULL);
}

/**
 * mdev_bpf_watchdog_is_over() - has the op that calls this run for too long?
 * @watch: its device's
 */
static inline bool mdev_bpf_watchdog_is_over(const struct mdev_bpf_watch *watch)
{
	return READ_ONCE(watch->seen) >= MDEV_BPF_WATCHDOG_OVER;
}

void mdev_bpf_watchdog_module_init(void);
void mdev_bpf_watchdog_add(void);
void mdev_bpf_watchdog_remove(void);
void mdev_bpf_watchdog_fail(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_GATE_WATCHDOG_H */
