/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages for the kernel log that are stored under the gate and printed later. */
#ifndef __MDEV_BPF_GATE_NOTICE_H
#define __MDEV_BPF_GATE_NOTICE_H

#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct mdev_bpf_device;

/* Number of messages of a device that can wait */
#define MDEV_BPF_NOTICES	4
#define MDEV_BPF_NOTICE_SIZE	256

/**
 * struct mdev_bpf_notice - a message that has not been printed yet
 * @limit: the rate limit for this message
 * @text: the message, without newline
 */
struct mdev_bpf_notice {
	struct ratelimit_state *limit;
	char text[MDEV_BPF_NOTICE_SIZE];
};

/**
 * struct mdev_bpf_notices - the messages of a device
 * @ring: the waiting messages
 * @head: index of the first waiting message
 * @nr: number of waiting messages
 * @lost: number of messages that did not fit
 * @print: work item that prints the messages
 */
struct mdev_bpf_notices {
	/** @lock: protects all members; the watchdog takes it with interrupts off */
	raw_spinlock_t lock;
	struct mdev_bpf_notice ring[MDEV_BPF_NOTICES];
	unsigned int head;
	unsigned int nr;
	unsigned int lost;
	struct work_struct print;
};

/**
 * mdev_bpf_notice() - have a message about a device printed soon, at the level of dev_notice()
 * @bdev: the device
 * @fmt: printf() format of the message, without newline
 *
 * Each place in the code that calls this can print ten messages in five seconds.
 *
 * Context: Any; the gate may be held.
 */
#define mdev_bpf_notice(bdev, fmt, ...)							\
do {											\
	static DEFINE_RATELIMIT_STATE(limit_, DEFAULT_RATELIMIT_INTERVAL,		\
				      DEFAULT_RATELIMIT_BURST);				\
											\
	mdev_bpf_notice_add(bdev, &limit_, fmt, ##__VA_ARGS__);				\
} while (0)

void mdev_bpf_notice_init(struct mdev_bpf_notices *notices);
void mdev_bpf_notice_destroy(struct mdev_bpf_device *bdev);
__printf(3, 4) void mdev_bpf_notice_add(struct mdev_bpf_device *bdev,
					struct ratelimit_state *limit, const char *fmt, ...);
void mdev_bpf_notice_print_here(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_GATE_NOTICE_H */
