// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: the only place from where a program is called.
 *
 * A call holds the device's lock, so that ops of one device never overlap, and is a
 * reader of the type's SRCU, so that the program stays until it returns. It takes
 * them in this order, and touches user memory outside both: whoever waits for the
 * SRCU, waits for programs only.
 */
#include "internal.h"
#include "trace.h"

/*
 * Get ready to call an op. On success the device's lock is held, and the program
 * stays, until call_leave().
 *
 * Return: the attached program; -ENODEV if there is none; -EDEADLK if an op of the
 * device led here.
 */
static const struct mdev_bpf_ops *call_enter(struct mdev_bpf_device *bdev, int *idx)
{
	const struct mdev_bpf_ops *ops;

	/* Only this task can have set it to itself, so no lock is needed */
	if (READ_ONCE(bdev->caller) == current)
		return ERR_PTR(-EDEADLK);
	mutex_lock(&bdev->lock);
	*idx = srcu_read_lock(&bdev->type->srcu);
	ops = srcu_dereference(bdev->type->ops, &bdev->type->srcu);
	if (!ops) {
		srcu_read_unlock(&bdev->type->srcu, *idx);
		mutex_unlock(&bdev->lock);
		return ERR_PTR(-ENODEV);
	}
	WRITE_ONCE(bdev->caller, current);
	return ops;
}

static void call_leave(struct mdev_bpf_device *bdev, int idx)
{
	lockdep_assert_held(&bdev->lock);
	WRITE_ONCE(bdev->caller, NULL);
	srcu_read_unlock(&bdev->type->srcu, idx);
	mutex_unlock(&bdev->lock);
}

/*
 * Take nothing from a program that its caller cannot handle: an errno that user
 * space may see (ERESTARTSYS and above are the kernel's own), or 0 to @max.
 */
static int call_result(int ret, int max)
{
	return ret >= -MDEV_BPF_MAX_ERRNO && ret <= max ? ret : -EIO;
}

/*
 * Call an op if the program has it; @ret becomes what it returns, or why it could
 * not be called.
 */
#define call_op(bdev, ret, op, ...) do {					\
	const struct mdev_bpf_ops *__ops;					\
	int __idx;								\
										\
	__ops = call_enter(bdev, &__idx);				\
	if (IS_ERR(__ops)) {							\
		(ret) = PTR_ERR(__ops);						\
		break;								\
	}									\
	if (__ops->op)								\
		(ret) = __ops->op(&(bdev)->ctx, ##__VA_ARGS__);			\
	call_leave(bdev, __idx);					\
} while (0)

/* The same for an op that returns nothing: without program it is not called. */
#define call_void_op(bdev, op) do {						\
	const struct mdev_bpf_ops *__ops;					\
	int __idx;								\
										\
	__ops = call_enter(bdev, &__idx);				\
	if (IS_ERR(__ops))							\
		break;								\
	if (__ops->op)								\
		__ops->op(&(bdev)->ctx);					\
	call_leave(bdev, __idx);					\
} while (0)

/**
 * mdev_bpf_call_init() - call init for a new device
 * @bdev: the device
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_call_init(struct mdev_bpf_device *bdev)
{
	int ret = 0;

	call_op(bdev, ret, init);
	return call_result(ret, 0);
}

/**
 * mdev_bpf_call_exit() - call exit for a device that goes, if a program is attached
 * @bdev: the device
 */
void mdev_bpf_call_exit(struct mdev_bpf_device *bdev)
{
	call_void_op(bdev, exit);
}

/**
 * mdev_bpf_call_open() - call open
 * @bdev: the device
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_call_open(struct mdev_bpf_device *bdev)
{
	int ret = 0;

	call_op(bdev, ret, open);
	return call_result(ret, 0);
}

/**
 * mdev_bpf_call_close() - call close, if a program is attached
 * @bdev: the device
 */
void mdev_bpf_call_close(struct mdev_bpf_device *bdev)
{
	call_void_op(bdev, close);
}

/**
 * mdev_bpf_call_reset() - bring a device to its power-on state
 * @bdev: the device
 *
 * One step for everybody else: state, configuration space and interrupt line are
 * cleared under the lock that the op then runs under.
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_call_reset(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_ops *ops;
	int idx, ret = 0;

	ops = call_enter(bdev, &idx);
	if (IS_ERR(ops))
		return PTR_ERR(ops);
	if (bdev->state)
		memset(bdev->state, 0, bdev->state_size);
	mdev_bpf_pci_reset(bdev);
	mdev_bpf_irq_level(&bdev->irqs, false);
	if (ops->reset)
		ret = ops->reset(&bdev->ctx);
	else if (ops->init)
		ret = ops->init(&bdev->ctx);
	call_leave(bdev, idx);
	return call_result(ret, 0);
}

/**
 * mdev_bpf_call_region() - let the program do one access
 * @bdev: the device
 * @access: the access, within the region's bounds
 * @write: write rather than read
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_call_region(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
			 bool write)
{
	int ret = -EIO;

	if (write)
		call_op(bdev, ret, region_write, access);
	else
		call_op(bdev, ret, region_read, access);
	ret = call_result(ret, 0);
	trace_mdev_bpf_region(&bdev->ctx, access, write, ret);
	return ret;
}

/**
 * mdev_bpf_call_has_ioctl() - does a program look at ioctls?
 * @bdev: the device
 *
 * Only a hint: the program may change at any time.
 */
bool mdev_bpf_call_has_ioctl(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_ops *ops;

	guard(srcu)(&bdev->type->srcu);
	ops = srcu_dereference(bdev->type->ops, &bdev->type->srcu);
	return ops && ops->ioctl;
}

/**
 * mdev_bpf_call_ioctl() - show the program an ioctl
 * @bdev: the device
 * @call: the ioctl
 *
 * Return: MDEV_BPF_IOCTL_PASS, also if the program has no such op
 * or without program; MDEV_BPF_IOCTL_DONE or MDEV_BPF_IOCTL_REVIEW in the first stage;
 * a negative errno.
 */
int mdev_bpf_call_ioctl(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl *call)
{
	int max = call->stage == MDEV_BPF_IOCTL_BEFORE ? MDEV_BPF_IOCTL_REVIEW : 0;
	const struct mdev_bpf_ops *ops;
	int idx, ret = MDEV_BPF_IOCTL_PASS;

	ops = call_enter(bdev, &idx);
	if (IS_ERR(ops))
		return PTR_ERR(ops) == -ENODEV ? MDEV_BPF_IOCTL_PASS : PTR_ERR(ops);
	if (ops->ioctl)
		ret = ops->ioctl(&bdev->ctx, call);
	call_leave(bdev, idx);
	return call_result(ret, max);
}
