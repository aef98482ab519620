// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration: the states that VFIO's user takes a device through, and what each step does.
 *
 * A device that has stopped is frozen: no time passes for it, work waits, and so do interrupts
 * of its line. Registers still work, since they are nothing but its state.
 *
 * A step is one section under the device's lock, and so is a reset, which ends what is going on
 * and leaves the device running. No lock is held from one step to the next. What ops may see of a
 * step is one section under the gate: what that takes is allocated before, and since a program can
 * be replaced meanwhile, looked at again there.
 */
#include <linux/file.h>

#include "device/device.h"
#include "device/time.h"
#include "dma/queue.h"
#include "dma/unmap.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "migration/migration.h"
#include "migration/resume.h"
#include "migration/save.h"
#include "migration/stream.h"
#include "pci/irq.h"
#include "work/ioeventfd.h"

#define STEP(from, to) (VFIO_DEVICE_STATE_##from << 8 | VFIO_DEVICE_STATE_##to)

/* The step that is under way was overtaken by another, or by a reset. No op can return this. */
#define OVERTAKEN (-ERESTARTNOINTR)

static_assert(-OVERTAKEN > MDEV_BPF_MAX_ERRNO);

static void set_state(struct mdev_bpf_device *bdev, enum vfio_device_mig_state state)
{
	lockdep_assert_held(&bdev->lock);
	WRITE_ONCE(bdev->migration.state, state);
}

/* DMA may be held for long, and no task waits for it to end. */
static void release_dma(struct mdev_bpf_device *bdev)
{
	lockdep_assert_held(&bdev->lock);
	mdev_bpf_gate_assert_held(bdev);
	if (!bdev->migration.held)
		return;
	bdev->migration.held = false;
	bdev->dma.holds--;
	mdev_bpf_dma_queue_kick(bdev);
}

static void end_sessions(struct mdev_bpf_migration *m)
{
	if (m->saving_migf)
		mdev_bpf_save_end(m->saving_migf);
	m->saving_migf = NULL;
	if (m->resuming_migf)
		mdev_bpf_resume_end(m->resuming_migf);
	m->resuming_migf = NULL;
}

/**
 * mdev_bpf_migration_reset() - the device is reset or closed: it runs, and nothing is transferred
 * @bdev: the device
 *
 * Context: Process context, the device's lock and the gate held.
 */
void mdev_bpf_migration_reset(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_migration *m = &bdev->migration;

	lockdep_assert_held(&bdev->lock);
	end_sessions(m);
	if (m->state == VFIO_DEVICE_STATE_RUNNING)
		return;
	set_state(bdev, VFIO_DEVICE_STATE_RUNNING);
	mdev_bpf_time_thaw(bdev, MDEV_BPF_FROZEN_MIGRATION);
	release_dma(bdev);
}

/**
 * mdev_bpf_migration_close() - the device's user has closed it
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_migration_close(struct mdev_bpf_device *bdev)
{
	guard(mutex)(&bdev->lock);
	guard(mdev_bpf_gate)(bdev);
	mdev_bpf_migration_reset(bdev);
}

/* A session with a file for the user, which gets a reference of its own. */
static struct file *begin_saving(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_save_migf *s = mdev_bpf_save_new(bdev);

	if (IS_ERR(s))
		return ERR_CAST(s);
	bdev->migration.saving_migf = s;
	return get_file(mdev_bpf_save_file(s));
}

static struct file *begin_resuming(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_resume_migf *r = mdev_bpf_resume_new(bdev);

	if (IS_ERR(r))
		return ERR_CAST(r);
	bdev->migration.resuming_migf = r;
	return get_file(mdev_bpf_resume_file(r));
}

/* What ops may see of a step that no op belongs to */
static void step_under_gate(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
			    enum vfio_device_mig_state to)
{
	guard(mdev_bpf_gate)(bdev);
	switch (from << 8 | to) {
	case STEP(RUNNING_P2P, RUNNING):
	case STEP(PRE_COPY_P2P, PRE_COPY):
		release_dma(bdev);
		break;
	case STEP(RUNNING_P2P, STOP):
		mdev_bpf_time_freeze(bdev, MDEV_BPF_FROZEN_MIGRATION);
		break;
	case STEP(STOP, RUNNING_P2P):
		mdev_bpf_time_thaw(bdev, MDEV_BPF_FROZEN_MIGRATION);
		break;
	}
}

/* The steps that no op belongs to. Return: the file that the user gets, NULL, or an error. */
static struct file *step(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
			 enum vfio_device_mig_state to)
{
	struct file *file = NULL;

	lockdep_assert_held(&bdev->lock);
	switch (from << 8 | to) {
	case STEP(RUNNING, RUNNING_P2P):
	case STEP(PRE_COPY, PRE_COPY_P2P):
		bdev->migration.held = true;
		break;
	case STEP(RUNNING_P2P, RUNNING):
	case STEP(PRE_COPY_P2P, PRE_COPY):
	case STEP(RUNNING_P2P, STOP):
		step_under_gate(bdev, from, to);
		break;
	case STEP(STOP, RUNNING_P2P):
		step_under_gate(bdev, from, to);
		mdev_bpf_irq_flush(&bdev->irqs);
		break;
	case STEP(RUNNING, PRE_COPY):
	case STEP(RUNNING_P2P, PRE_COPY_P2P):
		file = begin_saving(bdev);
		break;
	case STEP(STOP, RESUMING):
		file = begin_resuming(bdev);
		break;
	case STEP(PRE_COPY, RUNNING):
	case STEP(PRE_COPY_P2P, RUNNING_P2P):
	case STEP(STOP_COPY, STOP):
		end_sessions(&bdev->migration);
		break;
	default:
		/* vfio_mig_get_next_state() knows no others */
		return ERR_PTR(-EINVAL);
	}
	if (!IS_ERR(file))
		set_state(bdev, to);
	return file;
}

/*
 * Stop the device and take its state, in one step for everybody else. Unless that succeeds it goes
 * on as it did. @call: into the program; NULL if there is none, then the core saves what it has.
 */
static int save_under_gate(struct mdev_bpf_device *bdev, const struct mdev_bpf_call *call)
{
	struct mdev_bpf_save_migf *s = bdev->migration.saving_migf;
	bool runs = bdev->migration.state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
	bool op = call && call->ops->save;
	int ret = MDEV_BPF_STREAM_CORE;

	mdev_bpf_gate_assert_held(bdev);
	if (!mdev_bpf_save_is_prepared(s, op))
		return STREAM_RETRY;
	if (runs)
		mdev_bpf_time_freeze(bdev, MDEV_BPF_FROZEN_MIGRATION);
	if (op) {
		ret = mdev_bpf_call_op(call, save, mdev_bpf_save_opaque(s));
		ret = mdev_bpf_call_result(ret, MDEV_BPF_STREAM_OPAQUE);
		if (bdev->failure.active)
			ret = -EIO;
	}
	if (ret >= 0)
		ret = mdev_bpf_save_fill(s, ret == MDEV_BPF_STREAM_OPAQUE);
	if (ret && runs)
		mdev_bpf_time_thaw(bdev, MDEV_BPF_FROZEN_MIGRATION);
	return ret;
}

static int call_save(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_SAVE);

	if (call.ops == ERR_PTR(-ENODEV)) {
		guard(mdev_bpf_gate)(bdev);
		return save_under_gate(bdev, NULL);
	}
	return IS_ERR(call.ops) ? PTR_ERR(call.ops) : save_under_gate(bdev, &call);
}

/* From PRE_COPY_P2P or STOP to STOP_COPY; @file is for the user if the session begins with that. */
static int save(struct mdev_bpf_device *bdev, struct file **file)
{
	struct mdev_bpf_migration *m = &bdev->migration;
	int ret;

	lockdep_assert_held(&bdev->lock);
	if (m->state != VFIO_DEVICE_STATE_PRE_COPY_P2P && m->state != VFIO_DEVICE_STATE_STOP)
		return OVERTAKEN;
	if (m->state == VFIO_DEVICE_STATE_STOP)
		*file = begin_saving(bdev);
	if (IS_ERR(*file))
		return PTR_ERR(*file);
	do
		ret = mdev_bpf_save_prepare(m->saving_migf) ?: call_save(bdev);
	while (ret == STREAM_RETRY);
	if (!ret) {
		mdev_bpf_save_trim(m->saving_migf);
		set_state(bdev, VFIO_DEVICE_STATE_STOP_COPY);
	} else if (m->state == VFIO_DEVICE_STATE_STOP) {
		end_sessions(m);
	}
	return ret;
}

static struct file *step_save(struct mdev_bpf_device *bdev)
{
	struct file *file = NULL;
	int ret;

	ret = mutex_lock_killable(&bdev->lock);
	if (ret)
		return ERR_PTR(ret);
	ret = save(bdev, &file);
	mutex_unlock(&bdev->lock);
	if (!ret)
		return file;
	if (!IS_ERR_OR_NULL(file))
		fput(file);
	return ERR_PTR(ret);
}

/* @entered: it came to that, so that the session is over, whatever its result is */
static int call_restore(struct mdev_bpf_device *bdev, bool *entered)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_RESTORE);
	struct mdev_bpf_resume_migf *r = bdev->migration.resuming_migf;
	struct mdev_bpf_stream *stream;
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	stream = mdev_bpf_resume_load(r);
	if (IS_ERR(stream))
		return PTR_ERR(stream);
	*entered = true;
	static_assert(MDEV_BPF_STREAM_CORE == 0);
	ret = mdev_bpf_call_op(&call, restore, stream);
	ret = mdev_bpf_call_result(ret, MDEV_BPF_STREAM_OPAQUE);
	return mdev_bpf_resume_done(r, bdev->failure.active ? -EIO : ret);
}

/*
 * Memory takes its time to be exchanged, so that is not under the gate; but no op sees one without
 * the other.
 */
static int restore_held(struct mdev_bpf_device *bdev, bool *entered)
{
	struct mdev_bpf_resume_migf *r = bdev->migration.resuming_migf;
	int ret;

	mdev_bpf_gate_hold(bdev);
	mdev_bpf_resume_swap(r);
	ret = call_restore(bdev, entered);
	if (ret)
		mdev_bpf_resume_swap(r);
	mdev_bpf_gate_release(bdev);
	return ret;
}

/* From RESUMING to STOP. Without program it stays there, so that it can be tried again. */
static int restore(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_migration *m = &bdev->migration;
	bool entered = false;
	int ret;

	lockdep_assert_held(&bdev->lock);
	if (m->state != VFIO_DEVICE_STATE_RESUMING)
		return OVERTAKEN;
	do {
		if (!mdev_bpf_gate_is_attached(bdev))
			return -ENODEV;
		ret = mdev_bpf_resume_prepare(m->resuming_migf);
		if (ret)
			break;
		ret = restore_held(bdev, &entered);
		if (ret && entered)
			mdev_bpf_resume_refuse(m->resuming_migf, ret);
		if (ret != STREAM_RETRY && !entered)
			return ret;
	} while (ret == STREAM_RETRY);
	end_sessions(m);
	set_state(bdev, VFIO_DEVICE_STATE_STOP);
	return ret;
}

static struct file *step_restore(struct mdev_bpf_device *bdev)
{
	int ret = mutex_lock_killable(&bdev->lock);

	if (ret)
		return ERR_PTR(ret);
	ret = restore(bdev);
	mutex_unlock(&bdev->lock);
	return ERR_PTR(ret);
}

static struct file *locked_step(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
				enum vfio_device_mig_state to)
{
	struct file *file = ERR_PTR(OVERTAKEN);
	int ret = mutex_lock_killable(&bdev->lock);

	if (ret)
		return ERR_PTR(ret);
	if (bdev->migration.state == from)
		file = step(bdev, from, to);
	mutex_unlock(&bdev->lock);
	return file;
}

/*
 * In the P2P states a device may run, but not access memory of others. Whose an address is it
 * cannot tell, so all DMA is held, from here to where it runs again, and what is under way
 * ends before.
 */
static struct file *step_quiet(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
			       enum vfio_device_mig_state to)
{
	struct file *file;
	int ret;

	ret = mdev_bpf_dma_queue_hold(bdev);
	if (ret)
		return ERR_PTR(ret);
	file = locked_step(bdev, from, to);
	if (IS_ERR(file))
		mdev_bpf_dma_queue_resume(bdev);
	return file;
}

static struct file *any_step(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
			     enum vfio_device_mig_state to)
{
	/* No stream has memory that was taken away, or a write by eventfd: they come before */
	mdev_bpf_unmap_run(bdev);
	mdev_bpf_ioeventfd_run(bdev);
	if (to == VFIO_DEVICE_STATE_STOP_COPY)
		return step_save(bdev);
	if (from == VFIO_DEVICE_STATE_RESUMING)
		return step_restore(bdev);
	if ((from << 8 | to) == STEP(RUNNING, RUNNING_P2P) ||
	    (from << 8 | to) == STEP(PRE_COPY, PRE_COPY_P2P))
		return step_quiet(bdev, from, to);
	return locked_step(bdev, from, to);
}

/* What the state was a moment ago: each step looks again, and a reset may come at any time. */
static enum vfio_device_mig_state get_state(struct mdev_bpf_device *bdev)
{
	return READ_ONCE(bdev->migration.state);
}

static struct file *migration_set_state(struct vfio_device *vdev,
					enum vfio_device_mig_state new)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	enum vfio_device_mig_state state, next;
	struct file *file;
	int ret;

	while ((state = get_state(bdev)) != new) {
		ret = vfio_mig_get_next_state(vdev, state, new, &next);
		if (ret)
			return ERR_PTR(ret);
		file = any_step(bdev, state, next);
		if (file == ERR_PTR(OVERTAKEN))
			continue;
		/* A state that has a file is never on the way to another */
		if (file)
			return file;
	}
	return NULL;
}

static int migration_get_state(struct vfio_device *vdev, enum vfio_device_mig_state *state)
{
	*state = get_state(vdev_to_bdev(vdev));
	return 0;
}

static int migration_get_data_size(struct vfio_device *vdev, unsigned long *size)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);

	guard(mdev_bpf_gate)(bdev);
	*size = mdev_bpf_stream_estimate(bdev);
	return 0;
}

static const struct vfio_migration_ops migration_ops = {
	.migration_set_state = migration_set_state,
	.migration_get_state = migration_get_state,
	.migration_get_data_size = migration_get_data_size,
};

/**
 * mdev_bpf_migration_init() - migration of a new device
 * @bdev: the device
 */
void mdev_bpf_migration_init(struct mdev_bpf_device *bdev)
{
	bdev->migration.state = VFIO_DEVICE_STATE_RUNNING;
	bdev->vdev.migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				     VFIO_MIGRATION_PRE_COPY;
	bdev->vdev.mig_ops = &migration_ops;
}
