// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: who is in a program, and how one gets in.
 *
 * A call holds the gate of the device, so that ops of one device never overlap, and the program
 * stays until it returns: whoever takes a program away takes the gate of each of its devices. What
 * an op is called for, and what becomes of its result, is the business of the part of the core that
 * it belongs to; only accesses to registers are done here, since they are what a guest waits for.
 */
#include <linux/mutex.h>
#include <linux/sched.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"

/* These do not wait for who holds the gate for a while: they are for later, or worth no wait. */
#define OPS_WITHOUT_WAIT (BIT(MDEV_BPF_OP_TIMER) | BIT(MDEV_BPF_OP_WORK) |	\
			  BIT(MDEV_BPF_OP_IRQ_UNMASK) | BIT(MDEV_BPF_OP_DMA_DONE) | \
			  BIT(MDEV_BPF_OP_DMA_UNMAP) | BIT(MDEV_BPF_OP_DUMP))

/**
 * mdev_bpf_gate_init() - the gate of a new device, which has no program yet
 * @bdev: the device
 * @hooks: what happens when a call ends
 */
void mdev_bpf_gate_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_gate_hooks *hooks)
{
	spin_lock_init(&bdev->gate.lock);
	bdev->gate.hooks = hooks;
}

/**
 * mdev_bpf_gate_lock() - keep everybody out of the program of a device
 * @bdev: the device
 *
 * For guard(mdev_bpf_gate)(bdev).
 *
 * Context: Process context. An op that is running is waited for.
 */
void mdev_bpf_gate_lock(struct mdev_bpf_device *bdev)
{
	spin_lock(&bdev->gate.lock);
}

/**
 * mdev_bpf_gate_unlock() - undo mdev_bpf_gate_lock()
 * @bdev: the device
 */
void mdev_bpf_gate_unlock(struct mdev_bpf_device *bdev)
{
	spin_unlock(&bdev->gate.lock);
}

/* Wait until nobody holds the gate any more who has mdev_bpf_device::lock for that. */
static int gate_wait(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	int ret;

	if (BIT(op) & OPS_WITHOUT_WAIT)
		return -EBUSY;
	ret = mutex_lock_killable(&bdev->lock);
	if (!ret)
		mutex_unlock(&bdev->lock);
	return ret;
}

/* Not inlined, so that gate_enter() is small and is. Return: 0 with the gate held, or an errno */
static noinline int gate_look_closer(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	struct mdev_bpf_gate *gate = &bdev->gate;
	int ret = 0;

	while (gate->closer & MDEV_BPF_GATE_HELD && gate->holder != current) {
		spin_unlock(&gate->lock);
		ret = gate_wait(bdev, op);
		if (ret)
			return ret;
		spin_lock(&gate->lock);
	}
	if (!gate->ops)
		ret = -ENODEV;
	else if (gate->closer & MDEV_BPF_GATE_LIMITED && !(gate->allowed & BIT(op)))
		ret = -EIO;
	if (ret)
		spin_unlock(&gate->lock);
	return ret;
}

/*
 * Get ready to call @op. If that succeeds, ops is the attached program, the gate is held and the
 * program stays until gate_leave(). Else ops is the errno.
 */
static __always_inline struct mdev_bpf_call gate_enter(struct mdev_bpf_device *bdev,
						       enum mdev_bpf_op op)
{
	struct mdev_bpf_call call = { .bdev = bdev, .op = op };
	struct mdev_bpf_gate *gate = &bdev->gate;
	int ret;

	/* Only this task can have set it to itself, so no lock is needed */
	if (READ_ONCE(gate->caller) == current) {
		call.ops = ERR_PTR(-EDEADLK);
		return call;
	}
	spin_lock(&gate->lock);
	if (unlikely(gate->closer || !gate->ops)) {
		ret = gate_look_closer(bdev, op);
		if (ret) {
			call.ops = ERR_PTR(ret);
			return call;
		}
	}
	call.ops = gate->ops;
	WRITE_ONCE(gate->caller, current);
	return call;
}

/* Inlined, as gate_enter() is: then a call needs no memory. */
static __always_inline void gate_leave(const struct mdev_bpf_call *call)
{
	struct mdev_bpf_device *bdev = call->bdev;
	bool after;

	if (IS_ERR(call->ops))
		return;
	mdev_bpf_gate_assert_held(bdev);
	after = unlikely(bdev->dma.due) && bdev->gate.hooks->leave(bdev, call->op);
	WRITE_ONCE(bdev->gate.caller, NULL);
	spin_unlock(&bdev->gate.lock);
	if (after)
		bdev->gate.hooks->after(bdev);
}

/**
 * mdev_bpf_call_enter() - enter the program of a device
 * @bdev: the device
 * @op: the op that is about to be called
 *
 * For CLASS(mdev_bpf_call, call)(bdev, op).
 *
 * Context: Process context. May sleep, if a reset or a restore is under way.
 *
 * Return: the call, with the gate held; or an error in its ops: ENODEV without program; EIO if the
 * device has failed; EDEADLK if an op of the device led here; EINTR if the task was killed; EBUSY
 * for what does not wait, while there is a reset or a restore.
 */
struct mdev_bpf_call mdev_bpf_call_enter(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	return gate_enter(bdev, op);
}

/**
 * mdev_bpf_call_leave() - undo mdev_bpf_call_enter()
 * @call: the call
 *
 * Context: Process context. DMA that the op has asked for may be done here.
 */
void mdev_bpf_call_leave(const struct mdev_bpf_call *call)
{
	gate_leave(call);
}

DEFINE_CLASS(gate_call, struct mdev_bpf_call, gate_leave(&_T), gate_enter(bdev, op),
	     struct mdev_bpf_device *bdev, enum mdev_bpf_op op)

/**
 * mdev_bpf_gate_assign() - from here on calls of a device go to another program
 * @bdev: the device
 * @ops: the program, NULL for none
 * @link: the link that attaches it, likewise
 *
 * Context: The gate held, so nobody runs the one before.
 */
void mdev_bpf_gate_assign(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			  const struct bpf_link *link)
{
	unsigned long has = 0;
	unsigned int op;

	mdev_bpf_gate_assert_held(bdev);
	/* The ops come first, in the order of their ids: see the assertion in gate/call.h */
	for (op = 0; ops && op < MDEV_BPF_NR_OPS; op++)
		if (((const void *const *)ops)[op])
			has |= BIT(op);
	bdev->gate.link = link;
	WRITE_ONCE(bdev->gate.has, has);
	WRITE_ONCE(bdev->gate.ops, ops);
}

/**
 * mdev_bpf_gate_limit() - call some ops only, all others fail with EIO
 * @bdev: the device
 * @allowed: those that are called, bits by mdev_bpf_op; 0: all are, again
 *
 * Context: The gate held.
 */
void mdev_bpf_gate_limit(struct mdev_bpf_device *bdev, unsigned long allowed)
{
	mdev_bpf_gate_assert_held(bdev);
	bdev->gate.allowed = allowed;
	if (allowed)
		bdev->gate.closer |= MDEV_BPF_GATE_LIMITED;
	else
		bdev->gate.closer &= ~MDEV_BPF_GATE_LIMITED;
}

/**
 * mdev_bpf_gate_hold() - let no other task call ops of a device, until mdev_bpf_gate_release()
 * @bdev: the device
 *
 * For what takes too long to keep the gate meanwhile. Others wait for mdev_bpf_device::lock. The
 * program can be taken away or replaced all the same.
 *
 * Context: Process context, mdev_bpf_device::lock held.
 */
void mdev_bpf_gate_hold(struct mdev_bpf_device *bdev)
{
	lockdep_assert_held(&bdev->lock);
	guard(mdev_bpf_gate)(bdev);
	bdev->gate.holder = current;
	bdev->gate.closer |= MDEV_BPF_GATE_HELD;
}

/**
 * mdev_bpf_gate_release() - undo mdev_bpf_gate_hold()
 * @bdev: the device
 *
 * Context: Process context, mdev_bpf_device::lock held.
 */
void mdev_bpf_gate_release(struct mdev_bpf_device *bdev)
{
	lockdep_assert_held(&bdev->lock);
	guard(mdev_bpf_gate)(bdev);
	bdev->gate.closer &= ~MDEV_BPF_GATE_HELD;
	bdev->gate.holder = NULL;
}

/**
 * mdev_bpf_gate_is_inside() - is this task in an op of a device?
 * @bdev: the device
 */
bool mdev_bpf_gate_is_inside(const struct mdev_bpf_device *bdev)
{
	return READ_ONCE(bdev->gate.caller) == current;
}

/**
 * mdev_bpf_gate_is_attached() - has a device a program?
 * @bdev: the device
 *
 * Only a hint, without the gate.
 */
bool mdev_bpf_gate_is_attached(const struct mdev_bpf_device *bdev)
{
	return READ_ONCE(bdev->gate.ops);
}

/**
 * mdev_bpf_gate_has() - does the program of a device have an op?
 * @bdev: the device
 * @op: the op
 * @without: the answer where there is no program
 *
 * Only a hint, without the gate.
 */
bool mdev_bpf_gate_has(const struct mdev_bpf_device *bdev, enum mdev_bpf_op op, bool without)
{
	return mdev_bpf_gate_is_attached(bdev) ? READ_ONCE(bdev->gate.has) & BIT(op) : without;
}

/**
 * mdev_bpf_gate_region() - let the program do one access
 * @bdev: the device
 * @access: the access, within the region's bounds
 * @write: write rather than read
 *
 * Context: Process context.
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_gate_region(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
			 bool write)
{
	CLASS(gate_call, call)(bdev, write ? MDEV_BPF_OP_REGION_WRITE : MDEV_BPF_OP_REGION_READ);
	u64 written = access->val;
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	/* mdev_bpf_validate_program() saw to it that the ops a region needs are there */
	if (write) {
		ret = mdev_bpf_call_result(mdev_bpf_call_have(&call, region_write, access), 0);
		access->val = written;
	} else {
		ret = mdev_bpf_call_result(mdev_bpf_call_have(&call, region_read, access), 0);
		access->val &= GENMASK_ULL(access->size * BITS_PER_BYTE - 1, 0);
	}
	trace_mdev_bpf_region(&bdev->ctx, access, write, ret);
	return ret;
}

/**
 * mdev_bpf_gate_upgrade() - let a program that is not attached yet convert the device's state
 * @bdev: the device, with the new state in place
 * @ops: the program, which its attacher holds
 * @old: the state so far
 *
 * Context: Process context, the gate held.
 *
 * Return: 0 or a negative errno; -ETIME if it ran for too long.
 */
int mdev_bpf_gate_upgrade(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			  struct mdev_bpf_old *old)
{
	struct mdev_bpf_call call = { .bdev = bdev, .ops = ops, .op = MDEV_BPF_OP_UPGRADE };
	int ret;

	mdev_bpf_gate_assert_held(bdev);
	WRITE_ONCE(bdev->gate.caller, current);
	ret = mdev_bpf_call_result(mdev_bpf_call_op(&call, upgrade, old), 0);
	if (ops->upgrade && mdev_bpf_watchdog_is_over(&bdev->watch))
		ret = -ETIME;
	WRITE_ONCE(bdev->gate.caller, NULL);
	return ret;
}
