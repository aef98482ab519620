// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of cables: which are connected, and how one wakes the other.
 *
 * An op of a device wakes the other device by a flag, and never waits for it: it does not take the
 * other gate. So it finds the other end, and the device, under RCU. An end is only freed, and its
 * device only removed, when no op can still use it.
 *
 * Each end that changes whether its device runs tells the other end. There are four reasons for
 * which a device does not run, all in device/time.c.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cable/cable.h"
#include "device/device.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "program/program.h"
#include "work/deferred.h"

/* Held while ops return that have begun; taken only where the administrator changes something */
static DEFINE_MUTEX(ends_lock);
static LIST_HEAD(ends);		/* protected by ends_lock */

static const char *param_name(const struct mdev_bpf_cable_end *end)
{
	return end->bdev->params.decl[end->param].name;
}

/* Does @end count for a cable of @bdev, besides the end that is, or will be, in @param? */
static bool is_other(const struct mdev_bpf_cable_end *end, const struct mdev_bpf_device *bdev,
		     unsigned int param, const char *name)
{
	return end->bdev->program == bdev->program && !strcmp(end->name, name) &&
	       (end->bdev != bdev || end->param != param);
}

/* Has the cable room for another end? */
static int check_ends(struct mdev_bpf_device *bdev, unsigned int param, const char *name)
{
	const struct mdev_bpf_cable_end *end, *first = NULL;
	const char *program = bdev->program->driver.driver.name;
	const char *own = bdev->params.decl[param].name;

	lockdep_assert_held(&ends_lock);
	list_for_each_entry(end, &ends, node) {
		if (!is_other(end, bdev, param, name))
			continue;
		if (end->bdev == bdev) {
			mdev_bpf_refuse(program,
					"parameter %s of device %s: cable \"%s\" is in its %s, use another device",
					own, bdev->ctx.name, name, param_name(end));
			return -EINVAL;
		}
		if (first) {
			mdev_bpf_refuse(program,
					"parameter %s of device %s: cable \"%s\" has ends at %s and %s, unplug one",
					own, bdev->ctx.name, name, first->bdev->ctx.name,
					end->bdev->ctx.name);
			return -EBUSY;
		}
		first = end;
	}
	return 0;
}

static void end_free(struct mdev_bpf_cable_end *end)
{
	kvfree(end->ring);
	kfree(end);
}

static struct mdev_bpf_cable_end *end_new(struct mdev_bpf_device *bdev, unsigned int param,
					  const char *name)
{
	struct mdev_bpf_cable_end *end = kzalloc(sizeof(*end), GFP_KERNEL_ACCOUNT);

	if (!end)
		return NULL;
	end->ring = kvmalloc(MDEV_BPF_CABLE_RING, GFP_KERNEL_ACCOUNT);
	if (!end->ring) {
		kfree(end);
		return NULL;
	}
	end->bdev = bdev;
	end->param = param;
	end->work = bdev->params.decl[param].work;
	strscpy(end->name, name);
	return end;
}

/**
 * mdev_bpf_cable_plug() - make an end of a cable, for a parameter
 * @bdev: the device
 * @param: index of the parameter
 * @name: name of the cable
 *
 * The end is connected by mdev_bpf_cable_connect(), when it is in the parameter. Until then, the
 * end that is in the parameter stays connected.
 *
 * Context: Process context, no lock held. The memory is charged to the caller's memory cgroup.
 *
 * Return: the end, for mdev_bpf_cable_unplug(); an ERR_PTR: -EBUSY if the cable has two ends, or
 * -EINVAL if one is in another parameter of the device, with a sentence; -ENOMEM.
 */
struct mdev_bpf_cable_end *mdev_bpf_cable_plug(struct mdev_bpf_device *bdev, unsigned int param,
					       const char *name)
{
	struct mdev_bpf_cable_end *end = end_new(bdev, param, name);
	int ret;

	if (!end)
		return ERR_PTR(-ENOMEM);
	scoped_guard(mutex, &ends_lock) {
		ret = check_ends(bdev, param, name);
		if (!ret)
			list_add_tail(&end->node, &ends);
	}
	if (!ret)
		return end;
	end_free(end);
	return ERR_PTR(ret);
}

/**
 * mdev_bpf_cable_unplug() - disconnect an end of a cable, and free it
 * @end: the end, which is in no parameter, so that the ops of its device do not find it
 *
 * Context: Process context, no lock held. Waits until all ops that are running have returned.
 */
void mdev_bpf_cable_unplug(struct mdev_bpf_cable_end *end)
{
	struct mdev_bpf_cable_end *peer;

	scoped_guard(mutex, &ends_lock) {
		list_del(&end->node);
		peer = rcu_dereference_protected(end->peer, lockdep_is_held(&ends_lock));
		if (peer)
			RCU_INIT_POINTER(peer->peer, NULL);
		/*
		 * An op of the other device may still have the end, and wake this one's device. And
		 * an op of this device may still put a frame into the other end's ring: that must
		 * not get another writer meanwhile, so nobody is connected to it before.
		 */
		synchronize_rcu();
		if (peer)
			mdev_bpf_cable_ring_end(peer);
	}
	end_free(end);
}

/**
 * mdev_bpf_cable_unplug_device() - disconnect a device that is being removed from all cables
 * @bdev: the device, which has no program any more
 *
 * Context: Process context, no lock held. When this returns, no other device uses @bdev.
 */
void mdev_bpf_cable_unplug_device(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_cable_end *end;
	unsigned int i;

	for (i = 0; i < bdev->params.nr; i++) {
		scoped_guard(mdev_bpf_gate, bdev) {
			end = bdev->params.values[i].cable;
			bdev->params.values[i].cable = NULL;
		}
		if (end)
			mdev_bpf_cable_unplug(end);
	}
}

/* The end to which @end belongs; NULL if it is not there yet */
static struct mdev_bpf_cable_end *find_peer(const struct mdev_bpf_cable_end *end)
{
	struct mdev_bpf_cable_end *other;

	lockdep_assert_held(&ends_lock);
	list_for_each_entry(other, &ends, node)
		if (other->placed && is_other(other, end->bdev, end->param, end->name) &&
		    !rcu_access_pointer(other->peer))
			return other;
	return NULL;
}

/**
 * mdev_bpf_cable_connect() - connect the end that was put into a parameter
 * @bdev: the device
 * @param: index of the parameter
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_cable_connect(struct mdev_bpf_device *bdev, unsigned int param)
{
	struct mdev_bpf_cable_end *end, *peer;

	guard(mutex)(&ends_lock);
	scoped_guard(mdev_bpf_gate, bdev)
		end = mdev_bpf_cable_end(bdev, param);
	/* It may have been replaced again, and connected by the task that has done so */
	if (!end || end->placed)
		return;
	end->placed = true;
	peer = find_peer(end);
	if (!peer)
		return;
	rcu_assign_pointer(end->peer, peer);
	rcu_assign_pointer(peer->peer, end);
	mdev_bpf_cable_ring_end(end);
	mdev_bpf_cable_ring_end(peer);
}

/**
 * mdev_bpf_cable_end() - get the end of a cable that is in a parameter
 * @bdev: the device
 * @param: index of the parameter
 *
 * Context: The gate held, as long as the end is used.
 *
 * Return: the end; NULL if the device has no CABLE of this index, or no cable is named there.
 */
struct mdev_bpf_cable_end *mdev_bpf_cable_end(struct mdev_bpf_device *bdev, unsigned int param)
{
	mdev_bpf_gate_assert_held(bdev);
	if (param >= bdev->params.nr)
		return NULL;
	return bdev->params.values[array_index_nospec(param, bdev->params.nr)].cable;
}

/**
 * mdev_bpf_cable_ring_end() - queue the work of an end, if its device runs
 * @end: the end, whose device cannot be removed meanwhile
 *
 * A device that does not run finds out when it does; see mdev_bpf_cable_started().
 *
 * Context: Any.
 *
 * Return: 0; -EHOSTDOWN if the device does not run.
 */
int mdev_bpf_cable_ring_end(struct mdev_bpf_cable_end *end)
{
	if (READ_ONCE(end->bdev->deferred.frozen))
		return -EHOSTDOWN;
	mdev_bpf_deferred_work_ring(end->bdev, end->work);
	return 0;
}

/**
 * mdev_bpf_cable_peer_state() - is there another end, and does its device run?
 * @end: the end
 *
 * Context: Any.
 *
 * Return: 0 if it does; -ENOTCONN if there is no other end; -EHOSTDOWN if its device does not run.
 */
int mdev_bpf_cable_peer_state(const struct mdev_bpf_cable_end *end)
{
	const struct mdev_bpf_cable_end *peer;

	guard(rcu)();
	peer = rcu_dereference(end->peer);
	if (!peer)
		return -ENOTCONN;
	return READ_ONCE(peer->bdev->deferred.frozen) ? -EHOSTDOWN : 0;
}

/**
 * mdev_bpf_cable_ring_peer() - queue the work of the other end
 * @end: the end
 *
 * Context: Any.
 *
 * Return: 0; -ENOTCONN if there is no other end; -EHOSTDOWN if its device does not run.
 */
int mdev_bpf_cable_ring_peer(const struct mdev_bpf_cable_end *end)
{
	struct mdev_bpf_cable_end *peer;

	guard(rcu)();
	peer = rcu_dereference(end->peer);
	return peer ? mdev_bpf_cable_ring_end(peer) : -ENOTCONN;
}

/* Tell the other ends that the device runs, or does not run any more. */
static void tell_peers(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_cable_end *end;
	unsigned int i;

	for (i = 0; i < bdev->params.nr; i++) {
		end = mdev_bpf_cable_end(bdev, i);
		if (end)
			mdev_bpf_cable_ring_peer(end);
	}
}

/**
 * mdev_bpf_cable_started() - a device begins to run
 * @bdev: the device
 *
 * What has happened to its cables in the meantime is now due.
 *
 * Context: Process context, the gate held, the device not frozen any more.
 */
void mdev_bpf_cable_started(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_cable_end *end;
	unsigned int i;

	/* First, because of its barrier: of two devices that start, one sees that the other runs */
	for (i = 0; i < bdev->params.nr; i++) {
		end = mdev_bpf_cable_end(bdev, i);
		if (end)
			mdev_bpf_deferred_work_ring(bdev, end->work);
	}
	tell_peers(bdev);
}

/**
 * mdev_bpf_cable_stopped() - a device does not run any more
 * @bdev: the device
 *
 * Context: Process context, the gate held, the device frozen.
 */
void mdev_bpf_cable_stopped(struct mdev_bpf_device *bdev)
{
	tell_peers(bdev);
}
