/* SPDX-License-Identifier: GPL-2.0-only */
/* What ops cost. */
#ifndef __MDEV_BPF_GATE_STATS_H
#define __MDEV_BPF_GATE_STATS_H

#include <linux/jump_label.h>
#include <linux/types.h>

#include "gate/ops.h"

struct attribute;
struct mdev_bpf_device;

/**
 * struct mdev_bpf_op_stats - calls of an op of a device
 * @calls: how many
 * @errors: how many of them returned an errno, or nonsense
 * @total_ns: time spent in all of them
 * @max_ns: time spent in the longest
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
 * @ns: how long; 0: there was none
 * @boot_ns: when it returned, in the time since boot
 */
struct mdev_bpf_slow {
	enum mdev_bpf_op op;
	u64 ns;
	u64 boot_ns;
};

/**
 * struct mdev_bpf_stats - what ops of a device cost, under its gate
 * @ops: by op
 * @last_slow: the last that was slow
 * @worst_slow: the slowest
 * @start: when the op began that is running, or ran last
 * @session: the session in which that was noted, of those in which somebody counts; 0: none yet
 */
struct mdev_bpf_stats {
	struct mdev_bpf_op_stats ops[MDEV_BPF_NR_OPS];
	struct mdev_bpf_slow last_slow;
	struct mdev_bpf_slow worst_slow;
	u64 start;
	u64 session;
};

DECLARE_STATIC_KEY_FALSE(mdev_bpf_stats_key);
extern const struct attribute *const mdev_bpf_stats_attrs[];
void mdev_bpf_stats_begin(struct mdev_bpf_device *bdev);
void mdev_bpf_stats_end(struct mdev_bpf_device *bdev, int ret);
int mdev_bpf_stats_emit(struct mdev_bpf_device *bdev, char *buf);
int mdev_bpf_stats_emit_slow(struct mdev_bpf_device *bdev, char *buf);

#endif /* __MDEV_BPF_GATE_STATS_H */
