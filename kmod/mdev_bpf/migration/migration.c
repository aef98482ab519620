// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration: the states through which VFIO's user takes a device, and the steps between them.
 *
 * A device that has stopped is frozen: its timers stand still, and its work and the interrupts of
 * its lines wait. Registers still work, because they are only state.
 *
 * A step is one section under the device's lock. So is a reset, which ends a migration and leaves
 * the device running. No lock is held from one step to the next. The part of a step that ops could
 * observe is one section under the gate. Memory for it is allocated before. Because the program may
 * be replaced in between, the section checks whether the memory still suffices.
 */
#include <linux/file.h>

#include "device/device.h"
#include "device/time.h"
#include "dma/queue.h"
#include "dma/unmap.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "memory/protect.h"
#include "migration/migration.h"
#include "migration/resume.h"
#include "migration/save.h"
#include "migration/stream.h"
#include "param/param.h"
#include "pci/irq.h"
#include "queue/queue.h"
#include "register/register.h"
#include "work/ioeventfd.h"

#define STEP(from, to) (VFIO_DEVICE_STATE_##from << 8 | VFIO_DEVICE_STATE_##to)

/* Another step or a reset has changed the state before this step. No op can return this. */
#define OVERTAKEN (-ERESTARTNOINTR)

static_assert(-OVERTAKEN > MDEV_BPF_MAX_ERRNO);

static void set_state(struct mdev_bpf_device *bdev, enum vfio_device_mig_state state)
{
	lockdep_assert_held(&bdev->lock);
	WRITE_ONCE(bdev->migration.state, state);
}

/* Let DMA continue. No task waits for that, so the queue has to be kicked. */
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
 * mdev_bpf_migration_reset() - end a migration because the device is reset or closed; it runs then
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
 * mdev_bpf_migration_close() - end a migration because the user has closed the device
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_migration_close(struct mdev_bpf_device *bdev)
{
	bool stopped;

	guard(mutex)(&bdev->lock);
	guard(mdev_bpf_gate)(bdev);
	guard(mdev_bpf_lanes)(bdev);
	stopped = bdev->deferred.frozen & MDEV_BPF_FROZEN_MIGRATION;
	mdev_bpf_migration_reset(bdev);
	if (stopped)
		mdev_bpf_gate_started(bdev, MDEV_BPF_STARTED_RUNNING);
}

/* Begin a session. Return: its file, with a reference for the user. */
static struct file *begin_saving(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_save_migf *migf = mdev_bpf_save_new(bdev);

	if (IS_ERR(migf))
		return ERR_CAST(migf);
	bdev->migration.saving_migf = migf;
	return get_file(mdev_bpf_save_file(migf));
}

static struct file *begin_resuming(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_resume_migf *migf = mdev_bpf_resume_new(bdev);

	if (IS_ERR(migf))
		return ERR_CAST(migf);
	bdev->migration.resuming_migf = migf;
	return get_file(mdev_bpf_resume_file(migf));
}

/* The part of step() that ops could observe */
static void step_under_gate(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
			    enum vfio_device_mig_state to)
{
	guard(mdev_bpf_gate)(bdev);
	/* The started op comes before those of queues */
	guard(mdev_bpf_lanes)(bdev);
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
		mdev_bpf_gate_started(bdev, MDEV_BPF_STARTED_RUNNING);
		break;
	}
}

/* Make a step that calls no op. Return: a file for the user, NULL, or an error. */
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
		/* vfio_mig_get_next_state() returns no other steps */
		return ERR_PTR(-EINVAL);
	}
	if (!IS_ERR(file))
		set_state(bdev, to);
	return file;
}

/*
 * Stop the device and copy its state, under the gate, so that no op sees it in between. If this
 * fails, the device continues as before. @call: the call of the program; NULL if no program is
 * attached, and then the core saves the device alone.
 */
static int save_under_gate(struct mdev_bpf_device *bdev, const struct mdev_bpf_call *call)
{
	struct mdev_bpf_save_migf *migf = bdev->migration.saving_migf;
	bool runs = bdev->migration.state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
	bool op = call && call->ops->save;
	int ret = MDEV_BPF_STREAM_CORE;

	mdev_bpf_gate_assert_held(bdev);
	if (!mdev_bpf_save_is_prepared(migf, op))
		return STREAM_RETRY;
	if (runs)
		mdev_bpf_time_freeze(bdev, MDEV_BPF_FROZEN_MIGRATION);
	if (op) {
		ret = mdev_bpf_call_op(call, save, mdev_bpf_save_opaque(migf));
		ret = mdev_bpf_call_result(ret, MDEV_BPF_STREAM_OPAQUE);
		if (bdev->failure.active)
			ret = -EIO;
	}
	if (ret >= 0)
		ret = mdev_bpf_save_fill(migf, ret == MDEV_BPF_STREAM_OPAQUE);
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

/* From PRE_COPY_P2P or STOP to STOP_COPY. @file: from STOP, set to the new session's file. */
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

/* @entered: set when loading has begun; then the session ends, whatever the result */
static int call_restore(struct mdev_bpf_device *bdev, bool *entered)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_RESTORE);
	struct mdev_bpf_resume_migf *migf = bdev->migration.resuming_migf;
	struct mdev_bpf_stream *stream;
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	stream = mdev_bpf_resume_load(migf);
	if (IS_ERR(stream))
		return PTR_ERR(stream);
	*entered = true;
	static_assert(MDEV_BPF_STREAM_CORE == 0);
	ret = mdev_bpf_call_op(&call, restore, stream);
	ret = mdev_bpf_call_result(ret, MDEV_BPF_STREAM_OPAQUE);
	ret = mdev_bpf_resume_done(migf, bdev->failure.active ? -EIO : ret);
	if (!ret)
		bdev->gate.started |= MDEV_BPF_STARTED_RESTORED;
	return ret;
}

/*
 * Exchanging memory takes long, so it is not done under the gate. Nevertheless no op sees the new
 * memory with the old state: mdev_bpf_gate_hold() keeps other tasks from calling ops.
 */
static int restore_held(struct mdev_bpf_device *bdev, bool *entered)
{
	struct mdev_bpf_resume_migf *migf = bdev->migration.resuming_migf;
	int ret;

	mdev_bpf_gate_hold(bdev);
	mdev_bpf_register_update(bdev);
	mdev_bpf_resume_swap(migf);
	ret = call_restore(bdev, entered);
	if (ret)
		mdev_bpf_resume_swap(migf);
	mdev_bpf_gate_release(bdev);
	mdev_bpf_register_update(bdev);
	return ret;
}

/* From RESUMING to STOP. Without a program the device stays in RESUMING, for another attempt. */
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
	/* What the stream protects is not written to through mappings from now on */
	mdev_bpf_protect_apply(bdev);
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
 * In the P2P states a device may run, but must not access the memory of other devices. It cannot
 * know whose memory is at an address, so all DMA is held from this step until the device runs
 * again. A copy that is in progress ends first.
 */
static struct file *step_quiet(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
			       enum vfio_device_mig_state to)
{
	struct file *file;
	int ret;

	ret = mdev_bpf_dma_queue_hold(bdev);
	if (ret)
		return ERR_PTR(ret);
	/* So that the target, which may be another host, finds in files what was written */
	ret = mdev_bpf_param_flush(bdev);
	file = ret ? ERR_PTR(ret) : locked_step(bdev, from, to);
	if (IS_ERR(file))
		mdev_bpf_dma_queue_resume(bdev);
	return file;
}

static struct file *any_step(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
			     enum vfio_device_mig_state to)
{
	/* A stream contains no pending unmaps and no pending writes by eventfd: handle them now */
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

/* Without the lock, the state may be outdated. Each step checks it again under the lock. */
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
		/* A step that returns a file is never an intermediate one */
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
 * mdev_bpf_migration_init() - set up migration for a new device
 * @bdev: the device
 */
void mdev_bpf_migration_init(struct mdev_bpf_device *bdev)
{
	bdev->migration.state = VFIO_DEVICE_STATE_RUNNING;
	bdev->vdev.migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				     VFIO_MIGRATION_PRE_COPY;
	bdev->vdev.mig_ops = &migration_ops;
}
