/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calling an op. Each part of the core calls its own ops like this:
 *
 *	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_TIMER);
 *
 *	if (IS_ERR(call.ops))
 *		return PTR_ERR(call.ops);
 *	return mdev_bpf_call_op(&call, timer, id);
 *
 * The gate is held from the first line to the end of the scope.
 */
#ifndef __MDEV_BPF_GATE_CALL_H
#define __MDEV_BPF_GATE_CALL_H

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/mdev_bpf.h>

#include "device/device.h"
#include "gate/gate.h"
#include "gate/stats.h"
#include "gate/watchdog.h"

/**
 * struct mdev_bpf_call - a call into the program of a device
 * @bdev: the device
 * @ops: the program; or an error, and then the gate is not held
 * @op: the op
 */
struct mdev_bpf_call {
	struct mdev_bpf_device *bdev;
	const struct mdev_bpf_ops *ops;
	enum mdev_bpf_op op;
};

struct mdev_bpf_call mdev_bpf_call_enter(struct mdev_bpf_device *bdev, enum mdev_bpf_op op);
void mdev_bpf_call_leave(const struct mdev_bpf_call *call);
int mdev_bpf_call_region(const struct mdev_bpf_call *call, struct mdev_bpf_access *access,
			 bool write);

DEFINE_CLASS(mdev_bpf_call, struct mdev_bpf_call, mdev_bpf_call_leave(&_T),
	     mdev_bpf_call_enter(bdev, op), struct mdev_bpf_device *bdev, enum mdev_bpf_op op)

/* Each call of an op is between mdev_bpf_call_begin() and mdev_bpf_call_end(). */
static inline void mdev_bpf_call_begin(const struct mdev_bpf_call *call, enum mdev_bpf_op op)
{
	call->bdev->gate.op = op;
	if (static_branch_unlikely(&mdev_bpf_stats_key))
		mdev_bpf_stats_begin(&call->bdev->stats);
	mdev_bpf_watchdog_begin(&call->bdev->watch, call->bdev);
}

static inline void mdev_bpf_call_end(const struct mdev_bpf_call *call, int ret)
{
	mdev_bpf_watchdog_end();
	if (unlikely(mdev_bpf_watchdog_is_over(&call->bdev->watch)))
		mdev_bpf_watchdog_fail(call->bdev);
	if (static_branch_unlikely(&mdev_bpf_stats_key))
		mdev_bpf_stats_end(call->bdev, &call->bdev->stats, call->bdev->gate.op, ret);
}

#define mdev_bpf_op_id(member)	\
	(offsetof(struct mdev_bpf_ops, member) / sizeof(void (*)(void)))

static_assert(mdev_bpf_op_id(queue_done) == MDEV_BPF_OP_QUEUE_DONE &&
	      mdev_bpf_op_id(name) == MDEV_BPF_NR_OPS);

/* Call an op that the program has. Value: its result. */
#define mdev_bpf_call_have(call_ptr, member, ...)				\
({										\
	const struct mdev_bpf_call *c_ = (call_ptr);				\
	int ret_;								\
										\
	mdev_bpf_call_begin(c_, mdev_bpf_op_id(member));			\
	ret_ = c_->ops->member(&c_->bdev->ctx, ##__VA_ARGS__);			\
	mdev_bpf_call_end(c_, ret_);						\
	ret_;									\
})

/* Call an op. Value: its result; 0 if the program does not have the op. */
#define mdev_bpf_call_op(call_ptr, member, ...)					\
	((call_ptr)->ops->member ?						\
	 mdev_bpf_call_have(call_ptr, member, ##__VA_ARGS__) : 0)

/* The same for an op that returns nothing */
#define mdev_bpf_call_void_op(call_ptr, member)					\
do {										\
	const struct mdev_bpf_call *c_ = (call_ptr);				\
										\
	if (!c_->ops->member)							\
		break;								\
	mdev_bpf_call_begin(c_, mdev_bpf_op_id(member));			\
	c_->ops->member(&c_->bdev->ctx);					\
	mdev_bpf_call_end(c_, 0);						\
} while (0)

void mdev_bpf_lane_begin(struct mdev_bpf_lane *lane, enum mdev_bpf_op op);
bool mdev_bpf_lane_end(struct mdev_bpf_lane *lane, int ret);

/*
 * Call an op of a queue, with its lane held, and with the program that the lane had. Value: false
 * if the op has run for too long.
 */
#define mdev_bpf_lane_op(lane_ptr, ops_ptr, member, ...)			\
({										\
	struct mdev_bpf_lane *l_ = (lane_ptr);					\
										\
	mdev_bpf_lane_begin(l_, mdev_bpf_op_id(member));			\
	mdev_bpf_lane_end(l_, (ops_ptr)->member(&l_->ctx, ##__VA_ARGS__));	\
})

/*
 * Check the result of an op: it must be an errno that user space may see (ERESTARTSYS and above are
 * internal to the kernel), or 0 to @max. Return: the result, or -EIO.
 */
static inline int mdev_bpf_call_result(int ret, int max)
{
	return ret >= -MDEV_BPF_MAX_ERRNO && ret <= max ? ret : -EIO;
}

/* For an op that must not succeed if it has failed the device. Return: @ret, or -EIO. */
static inline int mdev_bpf_call_began(const struct mdev_bpf_call *call, int ret)
{
	return ret ?: call->bdev->failure.active ? -EIO : 0;
}

#endif /* __MDEV_BPF_GATE_CALL_H */
