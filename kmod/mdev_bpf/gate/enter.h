/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering and leaving the program of a device, and an access to a region in between: what a guest
 * waits for. All of this is inlined into the file operations (vfio/region.c), where it is known
 * whether an access is a read or a write, and into gate.c for everybody else, who uses gate/call.h.
 */
#ifndef __MDEV_BPF_GATE_ENTER_H
#define __MDEV_BPF_GATE_ENTER_H

#include <linux/sched.h>
#include <linux/spinlock.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"

/* Put what was written to doorbells into the state, before an op is called. */
static __always_inline void mdev_bpf_gate_unlatch(struct mdev_bpf_device *bdev)
{
	if (unlikely(READ_ONCE(bdev->gate.latched)))
		bdev->gate.hooks->enter(bdev);
}

/**
 * mdev_bpf_gate_enter() - prepare to call an op
 * @bdev: the device
 * @op: the op
 *
 * Context: as mdev_bpf_call_enter().
 *
 * Return: 0 with the gate held, until mdev_bpf_gate_leave(); an errno of mdev_bpf_call_enter().
 */
static __always_inline int mdev_bpf_gate_enter(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	struct mdev_bpf_gate *gate = &bdev->gate;
	int ret;

	/* Only this task can have set the caller to itself, so no lock is needed */
	if (unlikely(READ_ONCE(gate->caller) == current))
		return -EDEADLK;
	spin_lock(&gate->lock);
	if (unlikely(gate->closer)) {
		ret = mdev_bpf_gate_look_closer(bdev, op);
		if (ret)
			return ret;
	}
	mdev_bpf_gate_unlatch(bdev);
	WRITE_ONCE(gate->caller, current);
	return 0;
}

/* Undo mdev_bpf_gate_enter(). */
static __always_inline void mdev_bpf_gate_leave(const struct mdev_bpf_call *call)
{
	struct mdev_bpf_device *bdev = call->bdev;
	unsigned int after = 0;

	mdev_bpf_gate_assert_held(bdev);
	if (unlikely(bdev->gate.leave))
		after = bdev->gate.hooks->leave(bdev, call->op);
	WRITE_ONCE(bdev->gate.caller, NULL);
	spin_unlock(&bdev->gate.lock);
	if (unlikely(after))
		bdev->gate.hooks->after(bdev, after);
}

/* mdev_bpf_validate_program() has checked that the ops for the regions exist. */
static __always_inline int mdev_bpf_gate_region_op(const struct mdev_bpf_call *call,
						   struct mdev_bpf_access *access, bool write)
{
	struct mdev_bpf_device *bdev = call->bdev;
	int ret;

	/* Without a pointer to the call, so that it need not be in memory */
	if (bdev->gate.region)
		return bdev->gate.region(bdev, call->ops, access, write);
	ret = write ? mdev_bpf_call_have(call, region_write, access) :
		      mdev_bpf_call_have(call, region_read, access);
	return mdev_bpf_call_result(ret, 0);
}

void mdev_bpf_gate_trace_region(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
				bool write, int ret);

/*
 * Implements mdev_bpf_call_region(). The op may leave anything in the value. The user gets no more
 * bytes of it than it reads, so only the trace event needs a value that is cut, or as written.
 */
static __always_inline int mdev_bpf_gate_region_call(const struct mdev_bpf_call *call,
						     struct mdev_bpf_access *access, bool write)
{
	u64 written = access->val;
	int ret = mdev_bpf_gate_region_op(call, access, write);

	if (trace_mdev_bpf_region_enabled()) {
		if (write)
			access->val = written;
		mdev_bpf_gate_trace_region(call->bdev, access, write, ret);
	}
	return ret;
}

/**
 * mdev_bpf_gate_region() - call the program for one access to a region
 * @bdev: the device
 * @access: the access, within the region's bounds
 * @write: true for a write, false for a read
 *
 * Context: Process context. May sleep, as mdev_bpf_call_enter().
 *
 * Return: 0; an error of mdev_bpf_call_enter(); the errno of the op; or what mdev_bpf_gate::region
 * returns.
 */
static __always_inline int mdev_bpf_gate_region(struct mdev_bpf_device *bdev,
						struct mdev_bpf_access *access, bool write)
{
	struct mdev_bpf_call call = {
		.bdev = bdev,
		.op = write ? MDEV_BPF_OP_REGION_WRITE : MDEV_BPF_OP_REGION_READ,
	};
	int ret = mdev_bpf_gate_enter(bdev, call.op);

	if (ret)
		return ret;
	call.ops = bdev->gate.ops;
	ret = mdev_bpf_gate_region_call(&call, access, write);
	mdev_bpf_gate_leave(&call);
	return ret;
}

#endif /* __MDEV_BPF_GATE_ENTER_H */
