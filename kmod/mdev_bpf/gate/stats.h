/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics of ops. */
#ifndef __MDEV_BPF_GATE_STATS_H
#define __MDEV_BPF_GATE_STATS_H

#include <linux/jump_label.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "gate/ops.h"

struct attribute;
struct mdev_bpf_device;

/**
 * struct mdev_bpf_op_stats - calls of an op of a device
 * @calls: number of calls
 * @errors: number of calls that returned an errno or an invalid value
 * @total_ns: time of all calls
 * @max_ns: time of the longest call
 */
struct mdev_bpf_op_stats {
	u64 calls;
	u64 errors;
	u64 total_ns;
	u64 max_ns;
};

/**
 * struct mdev_bpf_slow - an op that took too long
 * @op: the op
 * @ns: the time that it took; 0 if there was no such op
 * @boot_ns: when it returned, in nanoseconds since boot
 */
struct mdev_bpf_slow {
	enum mdev_bpf_op op;
	u64 ns;
	u64 boot_ns;
};

/**
 * struct mdev_bpf_stats - statistics of ops: those of a device, changed with the gate held, or
 *	those of a queue, changed with its lane held
 * @ops: the counters by op, which are read without a lock
 * @last_slow: the last slow op; protected by @lock
 * @worst_slow: the slowest op; protected by @lock
 * @start: when the op that is running, or was called last, began
 * @session: the session of counting in which @start was set; 0 if it was never set
 */
struct mdev_bpf_stats {
	/** @lock: taken last; a reader of queues' statistics must not wait for their ops */
	spinlock_t lock;
	struct mdev_bpf_op_stats ops[MDEV_BPF_NR_OPS];
	struct mdev_bpf_slow last_slow;
	struct mdev_bpf_slow worst_slow;
	u64 start;
	u64 session;
};

DECLARE_STATIC_KEY_FALSE(mdev_bpf_stats_key);
extern const struct attribute *const mdev_bpf_stats_attrs[];
void mdev_bpf_stats_init(struct mdev_bpf_stats *stats);
void mdev_bpf_stats_begin(struct mdev_bpf_stats *stats);
void mdev_bpf_stats_end(struct mdev_bpf_device *bdev, struct mdev_bpf_stats *stats,
			enum mdev_bpf_op op, int ret);
int mdev_bpf_stats_emit(struct mdev_bpf_device *bdev, char *buf);
int mdev_bpf_stats_emit_slow(struct mdev_bpf_device *bdev, char *buf);

#endif /* __MDEV_BPF_GATE_STATS_H */
