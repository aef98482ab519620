// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: the only place from where a program is called.
 *
 * A call holds the device's lock, so that ops of one device never overlap, and the program
 * stays until it returns: whoever takes a program away takes the lock of each of its devices.
 * The lock is not held over user memory, so that wait is short: programs cannot sleep. DMA that an
 * op has asked for is done when the lock is let go of.
 */
#include "device/api.h"
#include "device/deferred.h"
#include "device/device.h"
#include "device/failure.h"
#include "dma/queue.h"
#include "dma/unmap.h"
#include "gate/gate.h"
#include "gate/ops.h"
#include "gate/stats.h"
#include "gate/trace.h"
#include "memory/memory.h"
#include "migration/migration.h"
#include "migration/save.h"
#include "pci/config.h"
#include "pci/irq.h"
#include "pci/msix.h"

/*
 * What a program is called for although it has failed the device: to come and go with its
 * users, to recover, and to say what it knows.
 */
#define OPS_WHILE_FAILED (BIT(MDEV_BPF_OP_INIT) | BIT(MDEV_BPF_OP_EXIT) |	\
			  BIT(MDEV_BPF_OP_OPEN) | BIT(MDEV_BPF_OP_CLOSE) |	\
			  BIT(MDEV_BPF_OP_RESET) | BIT(MDEV_BPF_OP_UPGRADE) |	\
			  BIT(MDEV_BPF_OP_DUMP))

/* A call into the program of @bdev. */
struct call {
	struct mdev_bpf_device *bdev;
	const struct mdev_bpf_ops *ops;
	enum mdev_bpf_op op;
};

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
	mutex_lock(&bdev->lock);
}

/**
 * mdev_bpf_gate_unlock() - undo mdev_bpf_gate_lock()
 * @bdev: the device
 */
void mdev_bpf_gate_unlock(struct mdev_bpf_device *bdev)
{
	mutex_unlock(&bdev->lock);
}

/* Not inlined, so that call_enter() is small and is */
static noinline void *call_refuse(struct mdev_bpf_device *bdev, int err)
{
	mdev_bpf_gate_unlock(bdev);
	return ERR_PTR(err);
}

/*
 * Get ready to call @op. If that succeeds, ops is the attached program, the device's
 * lock is held and the program stays until call_leave(). Else ops is the errno: ENODEV
 * if no program is attached, EIO if the device has failed, EDEADLK if an op of the device
 * led here.
 */
static struct call call_enter(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	struct call call = { .bdev = bdev, .op = op };

	/* Only this task can have set it to itself, so no lock is needed */
	if (READ_ONCE(bdev->caller) == current) {
		call.ops = ERR_PTR(-EDEADLK);
		return call;
	}
	mdev_bpf_gate_lock(bdev);
	call.ops = bdev->ops;
	if (unlikely(!call.ops))
		call.ops = call_refuse(bdev, -ENODEV);
	else if (unlikely(bdev->failure.active) && !(BIT(op) & OPS_WHILE_FAILED))
		call.ops = call_refuse(bdev, -EIO);
	else
		WRITE_ONCE(bdev->caller, current);
	return call;
}

/* Inlined, as call_enter() is: then a call needs no memory. */
static __always_inline void call_leave(const struct call *call)
{
	struct mdev_bpf_device *bdev = call->bdev;
	bool dma;

	if (IS_ERR(call->ops))
		return;
	mdev_bpf_gate_assert_held(bdev);
	dma = unlikely(bdev->dma.due) && mdev_bpf_dma_queue_begin_run(bdev, call->op);
	WRITE_ONCE(bdev->caller, NULL);
	mdev_bpf_gate_unlock(bdev);
	if (dma)
		mdev_bpf_dma_queue_run(bdev);
}

/* CLASS(mdev_bpf_call, call)(bdev, op) is a call that ends with its scope. */
DEFINE_CLASS(mdev_bpf_call, struct call, call_leave(&_T), call_enter(bdev, op),
	     struct mdev_bpf_device *bdev, enum mdev_bpf_op op)

/* Every op is called by one of these, between these. */
static void op_begin(const struct call *call, enum mdev_bpf_op op)
{
	call->bdev->op = op;
	if (static_branch_unlikely(&mdev_bpf_stats_key))
		mdev_bpf_stats_begin(call->bdev);
}

static void op_end(const struct call *call, int ret)
{
	if (static_branch_unlikely(&mdev_bpf_stats_key))
		mdev_bpf_stats_end(call->bdev, ret);
}

#define op_id(member)	(offsetof(struct mdev_bpf_ops, member) / sizeof(void (*)(void)))

static_assert(op_id(dump) == MDEV_BPF_OP_DUMP && op_id(name) == MDEV_BPF_NR_OPS);

/**
 * mdev_bpf_gate_assign() - from here on calls of a device go to another program
 * @bdev: the device
 * @ops: the program, NULL for none
 *
 * Context: The device's lock held, so nobody runs the one before.
 */
void mdev_bpf_gate_assign(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	unsigned long has = 0;
	unsigned int op;

	mdev_bpf_gate_assert_held(bdev);
	/* The ops come first, in the order of their ids: see the assertion above */
	for (op = 0; ops && op < MDEV_BPF_NR_OPS; op++)
		if (((const void *const *)ops)[op])
			has |= BIT(op);
	WRITE_ONCE(bdev->has, has);
	WRITE_ONCE(bdev->ops, ops);
}

/*
 * Does the program have an op? @without: the answer where there is no program. Only a hint: the
 * program may change at any time.
 */
static bool program_has(struct mdev_bpf_device *bdev, enum mdev_bpf_op op, bool without)
{
	return READ_ONCE(bdev->ops) ? READ_ONCE(bdev->has) & BIT(op) : without;
}

/* call_op(&call, region_read, access): what the op returns, which the program must have */
#define call_op(call_ptr, member, ...)						\
({										\
	const struct call *c_ = (call_ptr);					\
	int ret_;								\
										\
	op_begin(c_, op_id(member));						\
	ret_ = c_->ops->member(&c_->bdev->ctx, ##__VA_ARGS__);			\
	op_end(c_, ret_);							\
	ret_;									\
})

/* The same for an op that returns nothing. */
#define call_void_op(call_ptr, member)						\
do {										\
	const struct call *c_ = (call_ptr);					\
										\
	op_begin(c_, op_id(member));						\
	c_->ops->member(&c_->bdev->ctx);					\
	op_end(c_, 0);								\
} while (0)

/*
 * Take nothing from a program that its caller cannot handle: an errno that user
 * space may see (ERESTARTSYS and above are the kernel's own), or 0 to @max.
 */
static int call_result(int ret, int max)
{
	return ret >= -MDEV_BPF_MAX_ERRNO && ret <= max ? ret : -EIO;
}

/* The result of an op that may have failed the device, though it says nothing of it. */
static int call_began(const struct call *call, int ret)
{
	return ret ?: call->bdev->failure.active ? -EIO : 0;
}

static int call_init(const struct call *call)
{
	return call->ops->init ? call_result(call_op(call, init), 0) : 0;
}

/**
 * mdev_bpf_gate_init() - call init for a new device
 * @bdev: the device
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_gate_init(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_INIT);
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	ret = call_began(&call, call_init(&call));
	WRITE_ONCE(bdev->live, !ret);
	return ret;
}

/**
 * mdev_bpf_gate_exit() - call exit for a device that goes, if a program is attached
 * @bdev: the device
 */
void mdev_bpf_gate_exit(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_EXIT);

	if (IS_ERR(call.ops))
		return;
	WRITE_ONCE(bdev->live, false);
	if (call.ops->exit)
		call_void_op(&call, exit);
}

/**
 * mdev_bpf_gate_open() - call open
 * @bdev: the device
 *
 * A device that has failed before can be opened, or nobody could reset it.
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_gate_open(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_OPEN);
	bool failed = bdev->failure.active;
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	ret = call.ops->open ? call_result(call_op(&call, open), 0) : 0;
	return failed ? ret : call_began(&call, ret);
}

/**
 * mdev_bpf_gate_close() - call close, if a program is attached
 * @bdev: the device
 */
void mdev_bpf_gate_close(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_CLOSE);

	if (!IS_ERR(call.ops) && call.ops->close)
		call_void_op(&call, close);
}

static int call_reset(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_RESET);
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	if (bdev->state)
		memset(bdev->state, 0, bdev->state_size);
	mdev_bpf_memory_clear_device(bdev);
	/* The lines first: INTx disable is cleared by the other */
	mdev_bpf_irq_reset(&bdev->irqs);
	mdev_bpf_msix_reset(bdev);
	if (bdev->api->pci)
		mdev_bpf_pci_config_reset(bdev);
	mdev_bpf_deferred_cancel(bdev);
	mdev_bpf_failure_clear(bdev);
	mdev_bpf_dma_queue_cancel(bdev);
	mdev_bpf_migration_reset(bdev);
	if (call.ops->reset)
		ret = call_result(call_op(&call, reset), 0);
	else
		ret = call_init(&call);
	ret = call_began(&call, ret);
	trace_mdev_bpf_lifecycle(&bdev->ctx, MDEV_BPF_EVENT_RESET, ret);
	return ret;
}

/**
 * mdev_bpf_gate_reset() - bring a device to its power-on state
 * @bdev: the device
 *
 * One step for everybody else: state, configuration space and interrupt line are
 * cleared under the lock that the op then runs under. DMA that is being done is waited for, and
 * with it user space, perhaps.
 *
 * Context: Process context, with no lock held that others need.
 *
 * Return: 0 or a negative errno; -EINTR if the task was killed before it came to that.
 */
int mdev_bpf_gate_reset(struct mdev_bpf_device *bdev)
{
	int ret;

	/* An op led here; call_enter() knows that too, but the queue needs the lock */
	if (READ_ONCE(bdev->caller) == current)
		return -EDEADLK;
	ret = mdev_bpf_dma_queue_hold(bdev);
	if (ret)
		return ret;
	ret = call_reset(bdev);
	mdev_bpf_dma_queue_resume(bdev);
	return ret;
}

static bool config_write(struct mdev_bpf_device *bdev, const struct mdev_bpf_access *access)
{
	return mdev_bpf_pci_config_write(bdev, access->offset, access->size, access->val);
}

/* A write that the program is told of. Return: as config_write(), or a negative errno. */
static int config_write_notify(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_CONFIG_WRITE);
	bool flr;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	flr = config_write(bdev, access);
	if (call.ops->config_write)
		call_op(&call, config_write, access);
	return flr;
}

/**
 * mdev_bpf_gate_config_write() - write configuration space as a guest does
 * @bdev: the device
 * @access: the access, within bounds
 *
 * The core does the write, with or without program, and a program that wants to know is told.
 * If the guest asked for a function level reset, that has been done on return.
 *
 * Context: Process context.
 *
 * Return: 0; of a reset what mdev_bpf_gate_reset() returns.
 */
int mdev_bpf_gate_config_write(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	int flr = -ENODEV;

	if (program_has(bdev, MDEV_BPF_OP_CONFIG_WRITE, false))
		flr = config_write_notify(bdev, access);
	if (flr == -ENODEV || flr == -EIO) {
		guard(mdev_bpf_gate)(bdev);
		flr = config_write(bdev, access);
	}
	return flr > 0 ? mdev_bpf_gate_reset(bdev) : flr;
}

/**
 * mdev_bpf_gate_region() - let the program do one access
 * @bdev: the device
 * @access: the access, within the region's bounds
 * @write: write rather than read
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_gate_region(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
			 bool write)
{
	CLASS(mdev_bpf_call, call)(bdev, write ? MDEV_BPF_OP_REGION_WRITE :
						 MDEV_BPF_OP_REGION_READ);
	u64 written = access->val;
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	/* mdev_bpf_validate_program() saw to it that the ops a region needs are there */
	if (write) {
		ret = call_result(call_op(&call, region_write, access), 0);
		access->val = written;
	} else {
		ret = call_result(call_op(&call, region_read, access), 0);
		access->val &= GENMASK_ULL(access->size * BITS_PER_BYTE - 1, 0);
	}
	trace_mdev_bpf_region(&bdev->ctx, access, write, ret);
	return ret;
}

/**
 * mdev_bpf_gate_deferred() - call timer, work and irq_unmask for all that is due
 * @bdev: the device
 *
 * Without program, or while the device is frozen, it stays due. An op may freeze it, by
 * failing.
 */
void mdev_bpf_gate_deferred(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	u32 id;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_WORK);
	if (IS_ERR(call.ops))
		return;
	/* An op may cancel what comes after it, so each is looked at in its turn */
	for (id = 0; id < MDEV_BPF_MAX_TIMERS && !d->frozen; id++)
		if (test_and_clear_bit(id, &d->timers_due) && call.ops->timer)
			call_op(&call, timer, id);
	for (id = 0; id < MDEV_BPF_MAX_WORK && !d->frozen; id++)
		if (test_and_clear_bit(id, &d->work_due) && call.ops->work)
			call_op(&call, work, id);
	for (id = 0; id < MDEV_BPF_MAX_IRQS && !d->frozen; id++)
		if (test_and_clear_bit(id, &d->unmask_due) && call.ops->irq_unmask)
			call_op(&call, irq_unmask, id);
}

/**
 * mdev_bpf_gate_upgrade() - let a program that is not attached yet convert the device's state
 * @bdev: the device, with the new state in place
 * @ops: the program, which its attacher holds
 * @old: the state so far
 *
 * Context: Process context, the device's lock held.
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_gate_upgrade(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			  struct mdev_bpf_old *old)
{
	struct call call = { .bdev = bdev, .ops = ops };
	int ret;

	mdev_bpf_gate_assert_held(bdev);
	WRITE_ONCE(bdev->caller, current);
	ret = call_result(call_op(&call, upgrade, old), 0);
	WRITE_ONCE(bdev->caller, NULL);
	return ret;
}

/**
 * mdev_bpf_gate_ioeventfd() - let the program do the write that an eventfd stands for, if due
 * @entry: the eventfd
 *
 * Without program, or while the device is frozen, it stays due.
 *
 * Context: Process context, mdev_bpf_ioeventfds::config held.
 */
void mdev_bpf_gate_ioeventfd(struct mdev_bpf_ioeventfd *entry)
{
	struct mdev_bpf_device *bdev = entry->bdev;
	struct mdev_bpf_access access = {
		.region = entry->offset >> MDEV_BPF_OFFSET_SHIFT,
		.size = entry->size,
		.offset = entry->offset & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0),
		.val = entry->data & GENMASK_ULL(entry->size * BITS_PER_BYTE - 1, 0),
	};
	int ret;

	/* As for what else the worker calls, DMA is a worker's: the lock is held over it */
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_WORK);
	/* A reset may have been faster; it forgets what was due */
	if (IS_ERR(call.ops) || bdev->deferred.frozen || !test_and_clear_bit(0, &entry->due))
		return;
	/* There is nobody to tell of an error */
	ret = call_result(call_op(&call, region_write, &access), 0);
	trace_mdev_bpf_region(&bdev->ctx, &access, true, ret);
}

/**
 * mdev_bpf_gate_dma_done() - call dma_done for the next request that has been carried out
 * @bdev: the device
 *
 * Without program, or while the device is frozen, it stays for later.
 */
void mdev_bpf_gate_dma_done(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma dma;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DMA_DONE);
	if (IS_ERR(call.ops))
		return;
	if (!mdev_bpf_dma_queue_take(bdev, &dma))
		return;
	trace_mdev_bpf_dma(&bdev->ctx, dma.op, dma.iova, dma.size, dma.error);
	if (call.ops->dma_done)
		call_op(&call, dma_done, &dma);
}

/**
 * mdev_bpf_gate_dma_unmap() - call dma_unmap for the next range that the user has taken away
 * @bdev: the device
 *
 * Without program, or while the device is frozen, it stays for later.
 *
 * Return: false if there is none, or it stays.
 */
bool mdev_bpf_gate_dma_unmap(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_range range;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DMA_UNMAP);
	if (IS_ERR(call.ops) || !mdev_bpf_unmap_take(bdev, &range))
		return false;
	if (call.ops->dma_unmap)
		call_op(&call, dma_unmap, &range);
	return true;
}

/**
 * mdev_bpf_gate_gfx_query() - ask the program what a plane shows
 * @bdev: the device; it has a display
 * @plane: the plane, empty but for its type
 *
 * Return: 0 or a negative errno.
 */
int mdev_bpf_gate_gfx_query(struct mdev_bpf_device *bdev, struct mdev_bpf_plane *plane)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_GFX_QUERY);

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	/* mdev_bpf_validate_gfx() saw to it that the op is there */
	return call_began(&call, call_result(call_op(&call, gfx_query, plane), 0));
}

/**
 * mdev_bpf_gate_gfx_edid() - the user connects the monitor, or takes it away
 * @bdev: the device
 * @link: it is connected from now on
 *
 * The program is told of a change.
 *
 * Return: 0; -ENODEV without program, -EIO if it has failed the device: then nothing changes.
 */
int mdev_bpf_gate_gfx_edid(struct mdev_bpf_device *bdev, bool link)
{
	struct mdev_bpf_edid edid = { .link = link };

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_GFX_EDID);
	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	if (bdev->display.link == link)
		return 0;
	bdev->display.link = link;
	edid.size = bdev->display.edid_size;
	if (call.ops->gfx_edid)
		call_op(&call, gfx_edid, &edid);
	return 0;
}

/**
 * mdev_bpf_gate_has_ioctl() - does a program look at ioctls?
 * @bdev: the device
 *
 * Only a hint: the program may change at any time.
 */
bool mdev_bpf_gate_has_ioctl(struct mdev_bpf_device *bdev)
{
	return program_has(bdev, MDEV_BPF_OP_IOCTL, false);
}

/**
 * mdev_bpf_gate_wants_unmask() - does a program want to know that lines are unmasked?
 * @bdev: the device
 *
 * Only a hint: the program may change at any time. Where there is none, the next one may.
 */
bool mdev_bpf_gate_wants_unmask(struct mdev_bpf_device *bdev)
{
	return program_has(bdev, MDEV_BPF_OP_IRQ_UNMASK, true);
}

/**
 * mdev_bpf_gate_ioctl() - show the program an ioctl
 * @bdev: the device
 * @call: the ioctl
 *
 * Return: MDEV_BPF_IOCTL_PASS, also if the program has no such op, or without program, or
 * if it has failed the device; MDEV_BPF_IOCTL_DONE or MDEV_BPF_IOCTL_REVIEW in the first
 * stage; a negative errno.
 */
int mdev_bpf_gate_ioctl(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl *call)
{
	int max = call->stage == MDEV_BPF_IOCTL_BEFORE ? MDEV_BPF_IOCTL_REVIEW : 0;

	CLASS(mdev_bpf_call, c)(bdev, MDEV_BPF_OP_IOCTL);
	if (IS_ERR(c.ops))
		return PTR_ERR(c.ops) == -EDEADLK ? -EDEADLK : MDEV_BPF_IOCTL_PASS;
	if (!c.ops->ioctl)
		return MDEV_BPF_IOCTL_PASS;
	return call_result(call_op(&c, ioctl, call), max);
}

/**
 * mdev_bpf_gate_dump() - let the program add to a dump, if one is attached
 * @bdev: the device
 * @dump: the dump
 */
void mdev_bpf_gate_dump(struct mdev_bpf_device *bdev, struct mdev_bpf_dump *dump)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DUMP);

	if (!IS_ERR(call.ops) && call.ops->dump)
		call_op(&call, dump, dump);
}

/**
 * mdev_bpf_gate_saves_core() - is a program attached that leaves saving to the core?
 * @bdev: the device
 *
 * Only a hint: the program may change at any time.
 */
bool mdev_bpf_gate_saves_core(struct mdev_bpf_device *bdev)
{
	return !program_has(bdev, MDEV_BPF_OP_SAVE, true);
}

/**
 * mdev_bpf_gate_restores() - does a program want to see what is restored?
 * @bdev: the device
 *
 * Only a hint, as mdev_bpf_gate_saves_core().
 */
bool mdev_bpf_gate_restores(struct mdev_bpf_device *bdev)
{
	return program_has(bdev, MDEV_BPF_OP_RESTORE, false);
}

static int call_save(const struct call *call)
{
	struct mdev_bpf_device *bdev = call->bdev;
	struct mdev_bpf_stream *stream;
	int ret;

	if (!call->ops->save)
		return MDEV_BPF_STREAM_CORE;
	stream = mdev_bpf_save_opaque(bdev->migration.saving_migf);
	if (IS_ERR(stream))
		return PTR_ERR(stream);
	ret = call_result(call_op(call, save, stream), MDEV_BPF_STREAM_OPAQUE);
	return bdev->failure.active ? -EIO : ret;
}

/**
 * mdev_bpf_gate_save() - stop a device and take its state, in one step for everybody else
 * @bdev: the device
 * @file: where the file goes that the user reads it from, unless there is one already
 *
 * Without program the core saves what it has.
 *
 * Return: 0; what save returns; as mdev_bpf_migration_begin_save() and _end_save().
 */
int mdev_bpf_gate_save(struct mdev_bpf_device *bdev, struct file **file)
{
	int ret;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_SAVE);
	if (call.ops == ERR_PTR(-ENODEV)) {
		guard(mdev_bpf_gate)(bdev);
		return mdev_bpf_migration_begin_save(bdev, file) ?:
		       mdev_bpf_migration_end_save(bdev, MDEV_BPF_STREAM_CORE);
	}
	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	ret = mdev_bpf_migration_begin_save(bdev, file);
	return ret ?: mdev_bpf_migration_end_save(bdev, call_save(&call));
}

/**
 * mdev_bpf_gate_restore() - give a stopped device the state that was written to it
 * @bdev: the device
 *
 * Return: 0; -ENODEV if no program is attached: it can be tried again; what restore returns; as
 * mdev_bpf_migration_begin_restore() and _end_restore().
 */
int mdev_bpf_gate_restore(struct mdev_bpf_device *bdev)
{
	int ret = MDEV_BPF_STREAM_CORE;
	struct mdev_bpf_stream *stream;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_RESTORE);
	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	stream = mdev_bpf_migration_begin_restore(bdev);
	if (IS_ERR(stream))
		return PTR_ERR(stream);
	if (call.ops->restore)
		ret = call_result(call_op(&call, restore, stream), MDEV_BPF_STREAM_OPAQUE);
	return mdev_bpf_migration_end_restore(bdev, bdev->failure.active ? -EIO : ret);
}
