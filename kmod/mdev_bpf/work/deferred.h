/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers and deferred work of a device. */
#ifndef __MDEV_BPF_WORK_DEFERRED_H
#define __MDEV_BPF_WORK_DEFERRED_H

#include <linux/bits.h>
#include <linux/hrtimer.h>
#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

static_assert(MDEV_BPF_MAX_WORK <= BITS_PER_LONG);

/* Reasons for which a device is frozen */
#define MDEV_BPF_FROZEN_CLOSED		BIT(0)
#define MDEV_BPF_FROZEN_DETACHED	BIT(1)
#define MDEV_BPF_FROZEN_FAILED		BIT(2)
#define MDEV_BPF_FROZEN_MIGRATION	BIT(3)

/**
 * struct mdev_bpf_timer - one timer of a device
 * @hrtimer: runs while the timer is armed and the device is not frozen
 * @deferred: the struct that contains it
 * @period: period in nanoseconds; 0 for a one-shot timer
 * @remaining: if @paused, the time left in nanoseconds
 * @paused: armed, but the device is frozen
 */
struct mdev_bpf_timer {
	struct hrtimer hrtimer;
	struct mdev_bpf_deferred *deferred;
	u64 period;
	u64 remaining;
	bool paused;
};

/**
 * struct mdev_bpf_deferred - timers and deferred work of a device, protected by the gate
 * @timers: the timers
 * @timers_due: timers that have expired, and whose op has not been called yet; atomic bits
 * @work_due: queued work whose op has not been called yet; atomic bits
 * @unmask_due: unmasked lines whose op has not been called yet; atomic bits
 * @frozen: MDEV_BPF_FROZEN_*; time passes while it is 0
 * @passed: nanoseconds that had passed when the device was frozen for the last time
 * @since: if not @frozen, when time began to pass again
 */
struct mdev_bpf_deferred {
	struct mdev_bpf_timer timers[MDEV_BPF_MAX_TIMERS];
	unsigned long timers_due;
	unsigned long work_due;
	unsigned long unmask_due;
	unsigned int frozen;
	u64 passed;
	ktime_t since;
};

void mdev_bpf_deferred_init(struct mdev_bpf_deferred *d);
void mdev_bpf_deferred_cancel(struct mdev_bpf_device *bdev);
void mdev_bpf_deferred_freeze(struct mdev_bpf_device *bdev, unsigned int why);
bool mdev_bpf_deferred_thaw(struct mdev_bpf_device *bdev, unsigned int why);
bool mdev_bpf_deferred_is_due(const struct mdev_bpf_deferred *d);
void mdev_bpf_deferred_run(struct mdev_bpf_device *bdev);
void mdev_bpf_deferred_timer_start(struct mdev_bpf_device *bdev, u32 id, u64 delay, u64 period);
void mdev_bpf_deferred_timer_stop(struct mdev_bpf_device *bdev, u32 id);
s64 mdev_bpf_deferred_timer_left(struct mdev_bpf_device *bdev, u32 id);
u64 mdev_bpf_deferred_time(struct mdev_bpf_device *bdev);
u64 mdev_bpf_deferred_time_running(struct mdev_bpf_device *bdev);
void mdev_bpf_deferred_work_start(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_deferred_work_ring(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_deferred_work_replace(struct mdev_bpf_device *bdev, unsigned long due);
void mdev_bpf_deferred_unmask_start(struct mdev_bpf_device *bdev, unsigned int index);
void mdev_bpf_deferred_unmask_forget(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_WORK_DEFERRED_H */
