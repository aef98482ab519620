/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: the only way into a program. The holder of the gate is in the program of a device, or
 * changes something that ops and kfuncs access: the program itself, the state, configuration space,
 * timers, the DMA queue, the failure.
 *
 * The gate is a spinlock, so that no CPU quota, user memory or allocation can extend the time for
 * which it is held. It is held for one op, or for work with a fixed bound. gate/call.h describes
 * how to call an op.
 *
 * With PREEMPT_RT, a spinlock is none of this: its holder can be preempted. The watchdog could not
 * tell any more which op a processor is in, and a quota could keep the gate from being released.
 */
#ifndef __MDEV_BPF_GATE_GATE_H
#define __MDEV_BPF_GATE_GATE_H

#include <linux/cleanup.h>
#include <linux/mdev_bpf.h>
#include <linux/spinlock.h>

#include "gate/ops.h"

#ifdef CONFIG_PREEMPT_RT
#error "mdev_bpf does not support kernels with CONFIG_PREEMPT_RT"
#endif

struct bpf_link;
struct mdev_bpf_call;
struct mdev_bpf_device;
struct mdev_bpf_verdict;
struct task_struct;

/**
 * struct mdev_bpf_gate_hooks - functions of other parts that a call needs
 * @enter: called with the gate held, before an op, if mdev_bpf_gate::latched is set
 * @leave: called with the gate held after an op, if mdev_bpf_gate::leave is set; returns what this
 *	task must do in @after, MDEV_BPF_LEAVE_*
 * @after: called without the gate, if there is something to do
 * @slow: called with the gate held if the op has run for longer than @limit_ms milliseconds
 * @ring: queues work, in any context
 * @kick: rings a queue, in any context
 * @fail: called with the gate held for a failure that the op of a queue has reported
 * @turn: called with the gate held when mdev_bpf_gate_hold() or mdev_bpf_gate_release() has changed
 *	who may call ops
 */
struct mdev_bpf_gate_hooks {
	void (*enter)(struct mdev_bpf_device *bdev);
	unsigned int (*leave)(struct mdev_bpf_device *bdev, enum mdev_bpf_op op);
	void (*after)(struct mdev_bpf_device *bdev, unsigned int what);
	void (*slow)(struct mdev_bpf_device *bdev, unsigned int limit_ms);
	void (*ring)(struct mdev_bpf_device *bdev, u32 work);
	void (*kick)(struct mdev_bpf_device *bdev, u32 queue);
	void (*fail)(struct mdev_bpf_device *bdev, const struct mdev_bpf_verdict *verdict,
		     unsigned int limit_ms);
	void (*turn)(struct mdev_bpf_device *bdev);
};

/* Reasons for the slow path, in mdev_bpf_gate::closer */
#define MDEV_BPF_GATE_LIMITED	BIT(0)	/* only some ops are called: mdev_bpf_gate::allowed */
#define MDEV_BPF_GATE_HELD	BIT(1)	/* only one task calls ops: mdev_bpf_gate::holder */
#define MDEV_BPF_GATE_EMPTY	BIT(2)	/* mdev_bpf_gate::ops is NULL */

/* What there is to do after an op, in mdev_bpf_gate::leave */
#define MDEV_BPF_LEAVE_DMA	BIT(0)	/* the DMA queue is due */
#define MDEV_BPF_LEAVE_QUEUES	BIT(1)	/* the op has stopped queues */
#define MDEV_BPF_LEAVE_PROTECT	BIT(2)	/* the op has protected memory, or the contrary */

/**
 * struct mdev_bpf_gate - the gate of a device
 * @ops: the attached program; NULL if detached
 * @has: the ops that it has, bits by mdev_bpf_op
 * @caller: the task that is in an op; it must not enter another
 * @op: the op that is running, or was called last
 * @closer: MDEV_BPF_GATE_*; 0: all ops are called at once
 * @latched: doorbells have values that are not in the state yet; set and cleared without the gate
 * @leave: MDEV_BPF_LEAVE_*
 * @allowed: if LIMITED, the ops that are called
 * @holder: if HELD, the task that may call ops; it holds mdev_bpf_device::lock
 * @region: handles an access, and calls the op if needed; NULL: the op handles every access
 * @rows: the registers that the program declares, by mdev_bpf_access::reg, if there is @region
 * @started: MDEV_BPF_STARTED_* for a call of the started op that is due
 * @hooks: functions of other parts that a call needs
 * @link: the link that attaches @ops; it exists as long as @ops is set, and as long as an op of a
 *	queue runs, which reads this without @lock
 */
struct mdev_bpf_gate {
	/** @lock: held around every op, and protects the members below */
	spinlock_t lock;
	unsigned int closer;
	bool latched;
	unsigned int leave;
	const struct mdev_bpf_ops *ops;
	struct task_struct *caller;
	unsigned long has;
	enum mdev_bpf_op op;
	unsigned long allowed;
	struct task_struct *holder;
	int (*region)(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
		      struct mdev_bpf_access *access, bool write);
	const struct mdev_bpf_register *rows;
	u32 started;
	const struct mdev_bpf_gate_hooks *hooks;
	const struct bpf_link *link;
};

#define mdev_bpf_gate_assert_held(bdev)	lockdep_assert_held(&(bdev)->gate.lock)

void mdev_bpf_gate_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_gate_hooks *hooks);
void mdev_bpf_gate_lock(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_unlock(struct mdev_bpf_device *bdev);

DEFINE_GUARD(mdev_bpf_gate, struct mdev_bpf_device *, mdev_bpf_gate_lock(_T),
	     mdev_bpf_gate_unlock(_T))

int mdev_bpf_gate_look_closer(struct mdev_bpf_device *bdev, enum mdev_bpf_op op);
void mdev_bpf_gate_assign(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			  const struct bpf_link *link);
void mdev_bpf_gate_limit(struct mdev_bpf_device *bdev, unsigned long allowed);
void mdev_bpf_gate_hold(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_release(struct mdev_bpf_device *bdev);
bool mdev_bpf_gate_is_inside(const struct mdev_bpf_device *bdev);
bool mdev_bpf_gate_is_attached(const struct mdev_bpf_device *bdev);
bool mdev_bpf_gate_has(const struct mdev_bpf_device *bdev, enum mdev_bpf_op op, bool without);
void mdev_bpf_gate_started(struct mdev_bpf_device *bdev, u32 why);
int mdev_bpf_gate_upgrade(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			  struct mdev_bpf_old *old);

#endif /* __MDEV_BPF_GATE_GATE_H */
