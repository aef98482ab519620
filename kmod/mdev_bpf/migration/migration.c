// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration: the states that VFIO's user takes a device through, and what each step does.
 *
 * A device that has stopped is frozen: no time passes for it, work waits, and so do interrupts
 * of its line. Registers still work, since they are nothing but its state.
 *
 * A step is one section under the device's lock, and so is a reset, which ends what is going on
 * and leaves the device running. No lock is held from one step to the next.
 */
#include <linux/file.h>

#include "device/deferred.h"
#include "device/device.h"
#include "device/ioeventfd.h"
#include "dma/queue.h"
#include "dma/unmap.h"
#include "gate/gate.h"
#include "migration/migration.h"
#include "migration/resume.h"
#include "migration/save.h"
#include "migration/stream.h"
#include "pci/irq.h"

#define STEP(from, to) (VFIO_DEVICE_STATE_##from << 8 | VFIO_DEVICE_STATE_##to)

/* The step that is under way was overtaken by another, or by a reset. No op can return this. */
#define OVERTAKEN (-ERESTARTNOINTR)

static_assert(-OVERTAKEN > MDEV_BPF_MAX_ERRNO);

static void stop(struct mdev_bpf_device *bdev)
{
	mdev_bpf_deferred_freeze_locked(bdev, MDEV_BPF_FROZEN_MIGRATION);
	mdev_bpf_device_quiesce(bdev);
}

static void go(struct mdev_bpf_device *bdev)
{
	mdev_bpf_deferred_thaw_locked(bdev, MDEV_BPF_FROZEN_MIGRATION);
	mdev_bpf_device_quiesce(bdev);
	mdev_bpf_irq_flush(&bdev->irqs);
}

/* DMA may be held for long, and no task waits for it to end. */
static void release_dma(struct mdev_bpf_device *bdev)
{
	lockdep_assert_held(&bdev->lock);
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
 * Context: Process context, the device's lock held.
 */
void mdev_bpf_migration_reset(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_migration *m = &bdev->migration;

	lockdep_assert_held(&bdev->lock);
	end_sessions(m);
	if (m->state == VFIO_DEVICE_STATE_RUNNING)
		return;
	m->state = VFIO_DEVICE_STATE_RUNNING;
	go(bdev);
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
		release_dma(bdev);
		break;
	case STEP(RUNNING_P2P, STOP):
		stop(bdev);
		break;
	case STEP(STOP, RUNNING_P2P):
		go(bdev);
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
		bdev->migration.state = to;
	return file;
}

/**
 * mdev_bpf_migration_begin_save() - the device stops, and its state is about to be taken
 * @bdev: the device
 * @file: the file for the user goes here, if this begins a session
 *
 * Context: Process context, the device's lock held.
 *
 * Return: 0; -ERESTARTNOINTR if the device is in another state by now; -ENOMEM, -ENFILE.
 */
int mdev_bpf_migration_begin_save(struct mdev_bpf_device *bdev, struct file **file)
{
	lockdep_assert_held(&bdev->lock);
	switch (bdev->migration.state) {
	case VFIO_DEVICE_STATE_PRE_COPY_P2P:
		stop(bdev);
		return 0;
	case VFIO_DEVICE_STATE_STOP:
		*file = begin_saving(bdev);
		return PTR_ERR_OR_ZERO(*file);
	default:
		return OVERTAKEN;
	}
}

/**
 * mdev_bpf_migration_end_save() - the program's save has returned
 * @bdev: the device
 * @result: what: MDEV_BPF_STREAM_* or a negative errno
 *
 * Unless the state can be read from now on, the device goes back to where it was.
 *
 * Context: Process context, the device's lock held.
 *
 * Return: 0; @result; -ENOMEM; -EINVAL, see mdev_bpf_save_fill().
 */
int mdev_bpf_migration_end_save(struct mdev_bpf_device *bdev, int result)
{
	struct mdev_bpf_migration *m = &bdev->migration;
	int ret = min(result, 0);

	lockdep_assert_held(&bdev->lock);
	ret = ret ?: mdev_bpf_save_fill(m->saving_migf, result == MDEV_BPF_STREAM_OPAQUE);
	if (!ret)
		m->state = VFIO_DEVICE_STATE_STOP_COPY;
	else if (m->state == VFIO_DEVICE_STATE_PRE_COPY_P2P)
		go(bdev);
	else
		end_sessions(m);
	return ret;
}

static struct file *step_save(struct mdev_bpf_device *bdev)
{
	struct file *file = NULL;
	int ret = mdev_bpf_gate_save(bdev, &file);

	if (!ret)
		return file;
	if (!IS_ERR_OR_NULL(file))
		fput(file);
	return ERR_PTR(ret);
}

/**
 * mdev_bpf_migration_begin_restore() - let the device take over what was written
 * @bdev: the device
 *
 * Context: Process context, the device's lock held, a program attached.
 *
 * Return: what the program's restore gets; an error: ERESTARTNOINTR if the device is in another
 * state by now, ENOMEM, what was wrong with the stream.
 */
struct mdev_bpf_stream *mdev_bpf_migration_begin_restore(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_migration *m = &bdev->migration;
	struct mdev_bpf_stream *stream;

	lockdep_assert_held(&bdev->lock);
	if (m->state != VFIO_DEVICE_STATE_RESUMING)
		return ERR_PTR(OVERTAKEN);
	stream = mdev_bpf_resume_load(m->resuming_migf);
	if (!IS_ERR(stream))
		return stream;
	end_sessions(m);
	m->state = VFIO_DEVICE_STATE_STOP;
	return stream;
}

/**
 * mdev_bpf_migration_end_restore() - the program's restore has returned
 * @bdev: the device
 * @result: what; MDEV_BPF_STREAM_CORE if the program has none
 *
 * In any case the device is stopped then, and has its new state or the one it had.
 *
 * Context: Process context, the device's lock held.
 *
 * Return: as mdev_bpf_resume_done().
 */
int mdev_bpf_migration_end_restore(struct mdev_bpf_device *bdev, int result)
{
	struct mdev_bpf_migration *m = &bdev->migration;
	int ret = mdev_bpf_resume_done(m->resuming_migf, result);

	lockdep_assert_held(&bdev->lock);
	end_sessions(m);
	m->state = VFIO_DEVICE_STATE_STOP;
	return ret;
}

static struct file *locked_step(struct mdev_bpf_device *bdev, enum vfio_device_mig_state from,
				enum vfio_device_mig_state to)
{
	guard(mutex)(&bdev->lock);
	return bdev->migration.state == from ? step(bdev, from, to) : ERR_PTR(OVERTAKEN);
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
	/* In no stream is memory that was taken away, or written by an eventfd: that comes before */
	mdev_bpf_unmap_run(bdev);
	mdev_bpf_ioeventfd_run(bdev);
	if (to == VFIO_DEVICE_STATE_STOP_COPY)
		return step_save(bdev);
	if (from == VFIO_DEVICE_STATE_RESUMING)
		return ERR_PTR(mdev_bpf_gate_restore(bdev));
	if ((from << 8 | to) == STEP(RUNNING, RUNNING_P2P) ||
	    (from << 8 | to) == STEP(PRE_COPY, PRE_COPY_P2P))
		return step_quiet(bdev, from, to);
	return locked_step(bdev, from, to);
}

static enum vfio_device_mig_state get_state(struct mdev_bpf_device *bdev)
{
	guard(mutex)(&bdev->lock);
	return bdev->migration.state;
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

	guard(mutex)(&bdev->lock);
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
