// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: entering and leaving the program of a device.
 *
 * A call holds the gate of the device, so that ops of one device never overlap. The program stays
 * until the call returns, because detaching or replacing it takes the gate of each of its devices.
 * Each part of the core prepares the calls of its own ops and handles their results. Only accesses
 * to registers are here, because they are what guests wait for.
 */
#include <linux/mutex.h>
#include <linux/sched.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/enter.h"
#include "gate/gate.h"
#include "gate/trace.h"

/* While the gate is held by mdev_bpf_gate_hold(), these fail instead of waiting. */
#define OPS_WITHOUT_WAIT (BIT(MDEV_BPF_OP_TIMER) | BIT(MDEV_BPF_OP_WORK) |	\
			  BIT(MDEV_BPF_OP_IRQ_UNMASK) | BIT(MDEV_BPF_OP_DMA_DONE) | \
			  BIT(MDEV_BPF_OP_DMA_UNMAP) | BIT(MDEV_BPF_OP_DUMP))

/**
 * mdev_bpf_gate_init() - set up the gate of a new device, which has no program yet
 * @bdev: the device
 * @hooks: functions of other parts that a call needs
 */
void mdev_bpf_gate_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_gate_hooks *hooks)
{
	spin_lock_init(&bdev->gate.lock);
	bdev->gate.hooks = hooks;
	bdev->gate.closer = MDEV_BPF_GATE_EMPTY;
}

/**
 * mdev_bpf_gate_lock() - take the gate of a device, so that no op of it runs
 * @bdev: the device
 *
 * For guard(mdev_bpf_gate)(bdev).
 *
 * Context: Process context. Spins until the op that is running has returned.
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

/* Wait until mdev_bpf_gate_release(), whose caller holds mdev_bpf_device::lock. */
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

/**
 * mdev_bpf_gate_look_closer() - the uncommon cases of mdev_bpf_gate_enter(), which is inlined
 * @bdev: the device
 * @op: the op that is about to be called
 *
 * Context: The gate held. Releases it, and may sleep.
 *
 * Return: 0 with the gate held; an errno of mdev_bpf_call_enter() without it.
 */
int mdev_bpf_gate_look_closer(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
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
	if (gate->closer & MDEV_BPF_GATE_EMPTY)
		ret = -ENODEV;
	else if (gate->closer & MDEV_BPF_GATE_LIMITED && !(gate->allowed & BIT(op)))
		ret = -EIO;
	if (ret)
		spin_unlock(&gate->lock);
	return ret;
}

/**
 * mdev_bpf_call_enter() - enter the program of a device
 * @bdev: the device
 * @op: the op that is about to be called
 *
 * For CLASS(mdev_bpf_call, call)(bdev, op).
 *
 * Context: Process context. May sleep while a reset or a restore is in progress.
 *
 * Return: the call, with the gate held; or one whose ops is an error: ENODEV if no program is
 * attached; EIO if the device has failed; EDEADLK if this task is in an op of the device; EINTR if
 * the task was killed; EBUSY during a reset or a restore, for ops that do not wait.
 */
struct mdev_bpf_call mdev_bpf_call_enter(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	struct mdev_bpf_call call = { .bdev = bdev, .op = op };
	int ret = mdev_bpf_gate_enter(bdev, op);

	call.ops = ret ? ERR_PTR(ret) : bdev->gate.ops;
	return call;
}

/**
 * mdev_bpf_call_leave() - undo mdev_bpf_call_enter()
 * @call: the call
 *
 * Context: Process context. May carry out DMA that the op has requested.
 */
void mdev_bpf_call_leave(const struct mdev_bpf_call *call)
{
	if (!IS_ERR(call->ops))
		mdev_bpf_gate_leave(call);
}

/**
 * mdev_bpf_gate_assign() - set the program that is called for a device
 * @bdev: the device
 * @ops: the program, or NULL
 * @link: the link that attaches it, or NULL
 *
 * Context: The gate held, so no task is in the previous program.
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
	WRITE_ONCE(bdev->gate.link, link);
	WRITE_ONCE(bdev->gate.has, has);
	WRITE_ONCE(bdev->gate.ops, ops);
	if (ops)
		bdev->gate.closer &= ~MDEV_BPF_GATE_EMPTY;
	else
		bdev->gate.closer |= MDEV_BPF_GATE_EMPTY;
}

/**
 * mdev_bpf_gate_limit() - only call some ops; calls of others fail with EIO
 * @bdev: the device
 * @allowed: the ops that are called, bits by mdev_bpf_op; 0 to call all ops again
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

/*
 * Call the started op if it is due. RESTORED alone waits for the device to run. If the device has
 * failed, or another task has the gate to itself, the call stays due.
 */
static void call_started(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_gate *gate = &bdev->gate;
	struct mdev_bpf_call call = { .bdev = bdev, .ops = gate->ops, .op = MDEV_BPF_OP_STARTED };
	u32 why = gate->started;

	mdev_bpf_gate_assert_held(bdev);
	if (!(why & ~MDEV_BPF_STARTED_RESTORED) || gate->closer || !READ_ONCE(bdev->live))
		return;
	gate->started = 0;
	mdev_bpf_gate_unlatch(bdev);
	WRITE_ONCE(gate->caller, current);
	mdev_bpf_call_op(&call, started, why);
	/* This task may hold locks, so another one carries out DMA */
	if (gate->leave)
		gate->hooks->leave(bdev, MDEV_BPF_OP_STARTED);
	WRITE_ONCE(gate->caller, NULL);
}

/**
 * mdev_bpf_gate_started() - tell the program that it has the device, or that the device runs again
 * @bdev: the device
 * @why: MDEV_BPF_STARTED_*; 0 if an op was called that makes the call unnecessary
 *
 * Context: Process context, the gate held, not in an op.
 */
void mdev_bpf_gate_started(struct mdev_bpf_device *bdev, u32 why)
{
	mdev_bpf_gate_assert_held(bdev);
	bdev->gate.started = why ? bdev->gate.started | why : 0;
	call_started(bdev);
}

/**
 * mdev_bpf_gate_hold() - keep other tasks from calling ops, until mdev_bpf_gate_release()
 * @bdev: the device
 *
 * For work that takes too long for a spinlock. Other tasks wait for mdev_bpf_device::lock. The
 * program can still be detached or replaced.
 *
 * Context: Process context, mdev_bpf_device::lock held.
 */
void mdev_bpf_gate_hold(struct mdev_bpf_device *bdev)
{
	lockdep_assert_held(&bdev->lock);
	guard(mdev_bpf_gate)(bdev);
	bdev->gate.holder = current;
	bdev->gate.closer |= MDEV_BPF_GATE_HELD;
	bdev->gate.hooks->turn(bdev);
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
	/* The program may have been replaced meanwhile */
	call_started(bdev);
	bdev->gate.hooks->turn(bdev);
}

/**
 * mdev_bpf_gate_is_inside() - is this task in an op of a device?
 * @bdev: the device
 *
 * Return: true if it is.
 */
bool mdev_bpf_gate_is_inside(const struct mdev_bpf_device *bdev)
{
	return READ_ONCE(bdev->gate.caller) == current;
}

/**
 * mdev_bpf_gate_is_attached() - does a device have a program?
 * @bdev: the device
 *
 * Without the gate, the answer may be outdated.
 *
 * Return: true if it has one.
 */
bool mdev_bpf_gate_is_attached(const struct mdev_bpf_device *bdev)
{
	return READ_ONCE(bdev->gate.ops);
}

/**
 * mdev_bpf_gate_has() - does the program of a device have an op?
 * @bdev: the device
 * @op: the op
 * @without: the answer if no program is attached
 *
 * Without the gate, the answer may be outdated.
 *
 * Return: true if it has.
 */
bool mdev_bpf_gate_has(const struct mdev_bpf_device *bdev, enum mdev_bpf_op op, bool without)
{
	return mdev_bpf_gate_is_attached(bdev) ? READ_ONCE(bdev->gate.has) & BIT(op) : without;
}

static const char *register_name(const struct mdev_bpf_device *bdev,
				 const struct mdev_bpf_access *access)
{
	mdev_bpf_gate_assert_held(bdev);
	return access->reg == MDEV_BPF_NO_REGISTER ? "-" : bdev->gate.rows[access->reg].name;
}

/**
 * mdev_bpf_gate_trace_region() - trace an access to a region
 * @bdev: the device
 * @access: the access; if it was a read, bits that the op has set above its size are cleared
 * @write: true for a write, false for a read
 * @ret: its result; a positive one means that nothing was done, and the caller handles it
 *
 * Context: The gate held.
 */
void mdev_bpf_gate_trace_region(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
				bool write, int ret)
{
	mdev_bpf_gate_assert_held(bdev);
	access->val &= GENMASK_ULL(access->size * BITS_PER_BYTE - 1, 0);
	if (ret <= 0)
		trace_mdev_bpf_region(&bdev->ctx, access, write, ret, register_name(bdev, access));
}

/**
 * mdev_bpf_call_region() - make one access to a region in a call
 * @call: the call
 * @access: the access, within the region's bounds
 * @write: true for a write, false for a read
 *
 * Context: The gate held.
 *
 * Return: 0; the errno of the op; or what mdev_bpf_gate::region returns. The value that was read
 * may have bits above its size; that which was written may have been changed by the op.
 */
int mdev_bpf_call_region(const struct mdev_bpf_call *call, struct mdev_bpf_access *access,
			 bool write)
{
	return mdev_bpf_gate_region_call(call, access, write);
}

/**
 * mdev_bpf_gate_upgrade() - call a program that is not attached yet, to convert a device's state
 * @bdev: the device, which has the new state already
 * @ops: the program, which its attacher holds
 * @old: the previous state
 *
 * Context: Process context, the gate held.
 *
 * Return: 0; the errno of the op; -ETIME if it has run for too long.
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
