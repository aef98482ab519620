// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: creation, removal, opening and closing.
 */
#include <linux/mdev_bpf_client.h>
#include <linux/string.h>
#include <linux/uuid.h>
#include <linux/wait_bit.h>

#include "cable/cable.h"
#include "console/console.h"
#include "device/device.h"
#include "device/failure.h"
#include "device/state.h"
#include "device/time.h"
#include "dma/dirty.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "dma/runner.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "gate/trace.h"
#include "gate/watchdog.h"
#include "gfx/gfx.h"
#include "memory/memory.h"
#include "memory/protect.h"
#include "memory/trim.h"
#include "migration/migration.h"
#include "param/param.h"
#include "param/size.h"
#include "pci/config.h"
#include "pci/irq.h"
#include "pci/msix.h"
#include "program/ops.h"
#include "program/program.h"
#include "queue/queue.h"
#include "register/doorbell.h"
#include "register/register.h"
#include "validate/api.h"
#include "work/deferred.h"
#include "work/ioeventfd.h"
#include "work/worker.h"

/* Copy the regions of a type, and sort them by VFIO index. */
static void copy_regions(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *decl,
			 unsigned int type)
{
	unsigned int i;

	for (i = 0; i < mdev_bpf_ops_nr_regions(decl); i++) {
		struct mdev_bpf_region row = decl->regions[i];

		if (!mdev_bpf_ops_share_type(row.types, BIT(type)))
			continue;
		row.access_size = row.access_size ?: sizeof(u32);
		bdev->regions[row.index] = row;
	}
}

static void copy_irqs(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *decl,
		      unsigned int type)
{
	unsigned int i;

	for (i = 0; i < mdev_bpf_ops_nr_irqs(decl); i++)
		if (mdev_bpf_ops_share_type(decl->irqs[i].types, BIT(type)))
			bdev->irqs.kinds[decl->irqs[i].index].decl = decl->irqs[i];
}

/*
 * Copy what the program declares for devices of this type. The copy never changes, except for the
 * size of regions with MDEV_BPF_REGION_SIZE_PARAM. @queues: set to the number of queues
 */
static void device_copy_decl(struct mdev_bpf_device *bdev, unsigned int index,
			     unsigned int *queues)
{
	struct mdev_bpf_ops *decl = &bdev->program->decl;

	lockdep_assert_held(&bdev->program->lock);
	bdev->api = mdev_bpf_api_find(decl);
	bdev->pci = decl->pci;
	memcpy(bdev->pci_caps, decl->pci_caps, sizeof(bdev->pci_caps));
	copy_regions(bdev, decl, index);
	copy_irqs(bdev, decl, index);
	mdev_bpf_irq_declare(&bdev->irqs, bdev->api);
	mdev_bpf_gfx_init(bdev, decl, index);
	bdev->dma.windows = decl->dma_windows;
	*queues = decl->queues;
	bdev->ctx.type = index;
	bdev->ctx.arg = decl->types[index].arg;
}

static int device_init_name(struct mdev_bpf_device *bdev)
{
	const char *name = dev_name(&bdev->mdev->dev);
	uuid_t uuid;
	int ret;

	/* mdev keeps a guid_t, which has the first three fields in another byte order */
	ret = uuid_parse(name, &uuid);
	if (ret)
		return ret;
	export_uuid(bdev->ctx.uuid, &uuid);
	strscpy(bdev->ctx.name, name);
	return 0;
}

/* Ops that are called for an access, by a task that holds no lock */
#define ACCESS_OPS	(BIT(MDEV_BPF_OP_REGION_READ) | BIT(MDEV_BPF_OP_REGION_WRITE) | \
			 BIT(MDEV_BPF_OP_CONFIG_READ) | BIT(MDEV_BPF_OP_CONFIG_WRITE) | \
			 BIT(MDEV_BPF_OP_IOCTL))

/* After an op, under the gate */
static unsigned int device_leave(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	unsigned int what = bdev->gate.leave, after = 0;

	if (what & MDEV_BPF_LEAVE_QUEUES)
		mdev_bpf_queue_give_back(bdev);
	bdev->gate.leave &= ~MDEV_BPF_LEAVE_PROTECT;
	/* An access ends when the protection is in effect; other ops leave it to a work item */
	if (what & MDEV_BPF_LEAVE_PROTECT && BIT(op) & ACCESS_OPS)
		after |= MDEV_BPF_LEAVE_PROTECT;
	if (what & MDEV_BPF_LEAVE_DMA && mdev_bpf_dma_runner_leave(bdev, op))
		after |= MDEV_BPF_LEAVE_DMA;
	return after;
}

/* After an op, without the gate */
static void device_after(struct mdev_bpf_device *bdev, unsigned int what)
{
	if (what & MDEV_BPF_LEAVE_PROTECT)
		mdev_bpf_protect_apply(bdev);
	if (what & MDEV_BPF_LEAVE_DMA)
		mdev_bpf_dma_runner_after(bdev);
}

static const struct mdev_bpf_gate_hooks gate_hooks = {
	.enter = mdev_bpf_doorbell_put,
	.leave = device_leave,
	.after = device_after,
	.slow = mdev_bpf_failure_slow,
	.ring = mdev_bpf_deferred_work_start,
	.kick = mdev_bpf_queue_ring,
	.turn = mdev_bpf_queue_update,
	.fail = mdev_bpf_failure_queue,
};

/**
 * mdev_bpf_device_init() - set up a device that has just been allocated
 * @bdev: the device, zeroed except for its VFIO part
 *
 * Return: 0; -ENOMEM; -EINTR.
 */
int mdev_bpf_device_init(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_type *type;
	unsigned int queues;
	int ret;

	bdev->mdev = to_mdev_device(bdev->vdev.dev);
	type = mdev_bpf_program_type(bdev->mdev);
	bdev->program = type->program;
	mutex_init(&bdev->lock);
	mdev_bpf_gate_init(bdev, &gate_hooks);
	mdev_bpf_stats_init(&bdev->stats);
	mdev_bpf_irq_init(&bdev->irqs);
	mdev_bpf_worker_init(&bdev->worker, mdev_bpf_time_run, mdev_bpf_time_killed);
	mdev_bpf_deferred_init(&bdev->deferred);
	mdev_bpf_doorbell_init(&bdev->doorbells);
	mdev_bpf_ioeventfd_init(bdev);
	mdev_bpf_failure_init(&bdev->failure);
	mdev_bpf_notice_init(&bdev->notices);
	mdev_bpf_dma_runner_init(bdev);
	mdev_bpf_migration_init(bdev);
	mdev_bpf_dirty_init(bdev);
	mdev_bpf_trim_init(bdev);
	mdev_bpf_protect_init(bdev);
	ret = device_init_name(bdev);
	if (ret)
		return ret;
	scoped_guard(spinlock, &bdev->program->lock)
		device_copy_decl(bdev, type->index, &queues);
	ret = mdev_bpf_queue_init(bdev, queues);
	if (ret)
		return ret;
	ret = mdev_bpf_param_init(bdev);
	if (ret)
		goto out_queues;
	mdev_bpf_param_size_init(bdev);
	ret = mdev_bpf_console_init(bdev);
	if (ret)
		goto out_params;
	ret = mdev_bpf_dma_queue_init(bdev);
	if (ret)
		goto out_consoles;
	ret = mdev_bpf_pin_init(bdev);
	if (ret)
		goto out_dma;
	ret = mdev_bpf_pci_config_init(bdev);
	if (ret)
		goto out_pin;
	ret = mdev_bpf_msix_init(bdev);
	if (ret)
		goto out_pci;
	ret = mdev_bpf_memory_init_device(bdev);
	if (ret)
		goto out_msix;
	scoped_guard(mdev_bpf_gate, bdev) {
		if (bdev->api->pci)
			mdev_bpf_pci_config_reset(bdev);
	}
	/* Pairs with the put in mdev_bpf_device_release() */
	get_device(&bdev->program->dev);
	return 0;

out_msix:
	mdev_bpf_msix_destroy(bdev);
out_pci:
	mdev_bpf_pci_config_destroy(bdev);
out_pin:
	mdev_bpf_pin_destroy(bdev);
out_dma:
	mdev_bpf_dma_queue_destroy(bdev);
out_consoles:
	mdev_bpf_console_destroy(bdev);
out_params:
	mdev_bpf_param_destroy(bdev);
out_queues:
	mdev_bpf_queue_destroy(bdev);
	return ret;
}

/**
 * mdev_bpf_device_release() - free what a device has, after its last reference was dropped
 * @bdev: the device
 */
void mdev_bpf_device_release(struct mdev_bpf_device *bdev)
{
	mdev_bpf_memory_put_device(bdev);
	mdev_bpf_msix_destroy(bdev);
	mdev_bpf_pci_config_destroy(bdev);
	mdev_bpf_pin_destroy(bdev);
	mdev_bpf_dma_queue_destroy(bdev);
	mdev_bpf_console_destroy(bdev);
	mdev_bpf_param_destroy(bdev);
	mdev_bpf_queue_destroy(bdev);
	mdev_bpf_state_destroy(bdev);
	mutex_destroy(&bdev->lock);
	put_device(&bdev->program->dev);	/* Pairs with the get in mdev_bpf_device_init() */
}

static void device_set_closed(struct mdev_bpf_device *bdev)
{
	mdev_bpf_irq_set_client(&bdev->irqs, NULL);
	/* Fully ordered, as wake_up_var() requires; pairs with the wait in device_evict() */
	atomic_xchg(&bdev->use, MDEV_BPF_USE_NONE);
	wake_up_var(&bdev->use);
}

/* Wait until the device has no user, and prevent new users. */
static void device_evict(struct mdev_bpf_device *bdev)
{
	int none = MDEV_BPF_USE_NONE, never = MDEV_BPF_USE_NEVER;

	do
		mdev_bpf_irq_request(&bdev->irqs);
	while (!wait_var_event_timeout(&bdev->use,
				       atomic_cmpxchg(&bdev->use, none, never) == none, HZ));
}

/**
 * mdev_bpf_device_set_ops() - change the program of a device
 * @bdev: the device, whose state has the layout of the program
 * @ops: the program, or NULL
 *
 * On return no task runs the previous program. If there is a new program, a failure is cleared,
 * because it was the previous program's.
 *
 * Context: Process context, the gate held; mdev_bpf_program::lock held, or ::switching set by the
 * caller.
 */
void mdev_bpf_device_set_ops(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	mdev_bpf_program_assert_locked(bdev->program);
	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_gate_assign(bdev, ops, ops ? bdev->program->link : NULL);
	if (ops) {
		mdev_bpf_queue_pardon(bdev);
		mdev_bpf_failure_clear(bdev);
		mdev_bpf_time_thaw(bdev, MDEV_BPF_FROZEN_DETACHED);
	} else {
		mdev_bpf_time_freeze(bdev, MDEV_BPF_FROZEN_DETACHED);
	}
	mdev_bpf_register_assign(bdev, ops ? bdev->program->registers : NULL);
	/* Without a program, the doorbells of the last one can be rung */
	if (ops)
		mdev_bpf_doorbell_assign(bdev, bdev->registers.map);
}

/*
 * Add the device to its program's list, so that from now on it gets updates. Return: false if @buf
 * no longer fits the program.
 */
static bool device_list(struct mdev_bpf_device *bdev, struct mdev_bpf_state_buf *buf)
{
	struct mdev_bpf_program *program = bdev->program;

	guard(mdev_bpf_program_list)(program);
	if (!mdev_bpf_state_fits(buf, &program->decl))
		return false;
	list_add_tail(&bdev->node, &program->devices);
	guard(mdev_bpf_gate)(bdev);
	mdev_bpf_state_replace(bdev, buf);
	mdev_bpf_device_set_ops(bdev, program->ops);
	return true;
}

/*
 * Give the device its state, and add it to the list in the same step, so that the state always
 * matches the attached program. The program may change while the state is being allocated.
 */
static int device_give_state(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_ops *decl = &bdev->program->decl;
	struct mdev_bpf_state_buf buf = { };
	int ret;

	do {
		mdev_bpf_state_free(&buf);
		ret = mdev_bpf_state_alloc(&buf, decl);
	} while (!ret && !device_list(bdev, &buf));
	return ret;
}

/* Off the list it would miss updates, so drop the program. */
static void device_unlist(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_program_list)(bdev->program);
	list_del(&bdev->node);
	guard(mdev_bpf_gate)(bdev);
	mdev_bpf_device_set_ops(bdev, NULL);
	mdev_bpf_doorbell_assign(bdev, NULL);
}

static int call_init(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_INIT);
	int ret;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	/* It may be another program than the one that was attached when the device got its state */
	mdev_bpf_state_reset(bdev);
	ret = mdev_bpf_call_result(mdev_bpf_call_op(&call, init), 0);
	ret = mdev_bpf_call_began(&call, ret);
	WRITE_ONCE(bdev->live, !ret);
	/* Another program may have taken over since the device was listed; init replaces started */
	mdev_bpf_gate_started(bdev, 0);
	return ret;
}

static void call_exit(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_EXIT);

	if (IS_ERR(call.ops))
		return;
	WRITE_ONCE(bdev->live, false);
	mdev_bpf_call_void_op(&call, exit);
}

/* A device that has failed can be opened; otherwise it could not be reset. */
static int call_open(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_OPEN);
	bool failed = bdev->failure.active;
	int ret;

	/* The state does not match the program, so its open is not called */
	if (call.ops == ERR_PTR(-EIO))
		return 0;
	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	ret = mdev_bpf_call_result(mdev_bpf_call_op(&call, open), 0);
	return failed ? ret : mdev_bpf_call_began(&call, ret);
}

static void call_close(struct mdev_bpf_device *bdev)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_CLOSE);

	if (!IS_ERR(call.ops))
		mdev_bpf_call_void_op(&call, close);
}

static int open_workers(struct mdev_bpf_device *bdev)
{
	int ret;

	WRITE_ONCE(bdev->orphan, false);
	ret = mdev_bpf_queue_open(bdev);
	if (ret)
		return ret;
	ret = mdev_bpf_worker_open(&bdev->worker);
	if (ret)
		mdev_bpf_queue_close(bdev);
	return ret;
}

static void close_workers(struct mdev_bpf_device *bdev)
{
	mdev_bpf_queue_close(bdev);
	mdev_bpf_worker_close(&bdev->worker);
}

/**
 * mdev_bpf_device_open() - open a device
 * @bdev: the device
 * @client: the kernel client that opens it; NULL for VFIO
 *
 * A device has one user at a time: VFIO (with any number of file descriptors) or a client.
 *
 * Context: Process context.
 *
 * Return: 0; -EBUSY if it is in use; -ENODEV if it is being removed or no program is attached; the
 * errno of the program's open; an error of mdev_bpf_memory_open_device(); for VFIO also the errors
 * of mdev_bpf_worker_open().
 */
int mdev_bpf_device_open(struct mdev_bpf_device *bdev,
			 const struct mdev_bpf_irq_client *client)
{
	int ret;

	ret = atomic_cmpxchg(&bdev->use, MDEV_BPF_USE_NONE, MDEV_BPF_USE_OPEN);
	if (ret != MDEV_BPF_USE_NONE)
		return ret == MDEV_BPF_USE_OPEN ? -EBUSY : -ENODEV;
	mdev_bpf_irq_set_client(&bdev->irqs, client);
	ret = mdev_bpf_memory_open_device(bdev);
	if (ret)
		goto out_closed;
	/* A client has no process: work items do what is due, and no cgroup is charged */
	if (!client) {
		ret = open_workers(bdev);
		if (ret)
			goto out_closed;
	}
	if (!client || client->ops->copy)
		mdev_bpf_dma_queue_open(bdev);
	/* Frames for the previous user */
	scoped_guard(mdev_bpf_gate, bdev)
		mdev_bpf_cable_clear(bdev);
	ret = call_open(bdev);
	trace_mdev_bpf_lifecycle(&bdev->ctx, MDEV_BPF_EVENT_OPEN, ret);
	if (ret)
		goto out_dma;
	scoped_guard(mdev_bpf_gate, bdev)
		mdev_bpf_time_thaw(bdev, MDEV_BPF_FROZEN_CLOSED);
	return 0;

out_dma:
	mdev_bpf_dma_runner_close(bdev);
	close_workers(bdev);
out_closed:
	device_set_closed(bdev);
	return ret;
}

/**
 * mdev_bpf_device_close() - undo mdev_bpf_device_open()
 * @bdev: the device
 *
 * Context: Process context.
 */
void mdev_bpf_device_close(struct mdev_bpf_device *bdev)
{
	scoped_guard(mdev_bpf_gate, bdev)
		mdev_bpf_time_freeze(bdev, MDEV_BPF_FROZEN_CLOSED);
	mdev_bpf_ioeventfd_release(bdev);
	mdev_bpf_dirty_close(bdev);
	mdev_bpf_dma_runner_close(bdev);
	close_workers(bdev);
	mdev_bpf_irq_release(&bdev->irqs);
	mdev_bpf_deferred_unmask_forget(bdev);
	mdev_bpf_migration_close(bdev);
	mdev_bpf_gfx_close(bdev);
	call_close(bdev);
	mdev_bpf_memory_forget_device(bdev);
	trace_mdev_bpf_lifecycle(&bdev->ctx, MDEV_BPF_EVENT_CLOSE, 0);
	device_set_closed(bdev);
}

static void refuse_init(struct mdev_bpf_device *bdev, int err)
{
	const char *name = bdev->program->driver.driver.name;
	char text[MDEV_BPF_MAX_REASON] = "";
	s32 code = 0;

	scoped_guard(mdev_bpf_gate, bdev) {
		if (bdev->failure.active) {
			strscpy(text, bdev->failure.text);
			code = bdev->failure.code;
		}
	}
	if (text[0])
		mdev_bpf_refuse(name, "init of device %s failed with %pe: %s (code %d)",
				bdev->ctx.name, ERR_PTR(err), text, code);
	else
		mdev_bpf_refuse(name, "init of device %s failed with %pe", bdev->ctx.name,
				ERR_PTR(err));
}

/* Stop everything that runs for a device that has no program any more. */
static void device_stop(struct mdev_bpf_device *bdev)
{
	mdev_bpf_cable_unplug_device(bdev);
	mdev_bpf_queue_halt(bdev);
	mdev_bpf_worker_destroy(&bdev->worker);
	mdev_bpf_trim_destroy(bdev);
	mdev_bpf_protect_destroy(bdev);
	mdev_bpf_watchdog_remove();
	mdev_bpf_failure_destroy(bdev);
	mdev_bpf_notice_destroy(bdev);
}

/**
 * mdev_bpf_device_create() - give a device its state and its program, and call init
 * @bdev: the device, after mdev_bpf_device_init()
 *
 * Context: Process context.
 *
 * Return: 0; -ENODEV if no program is attached; -ENOMEM; the errno of the program's init, or of
 * device_add().
 */
int mdev_bpf_device_create(struct mdev_bpf_device *bdev)
{
	int ret;

	mdev_bpf_watchdog_add();
	ret = device_give_state(bdev);
	if (ret)
		goto out_stop;
	ret = mdev_bpf_console_add(bdev);
	if (ret)
		goto out_unlist;
	ret = call_init(bdev);
	trace_mdev_bpf_lifecycle(&bdev->ctx, MDEV_BPF_EVENT_CREATE, ret);
	if (ret) {
		refuse_init(bdev, ret);
		goto out_consoles;
	}
	return 0;

out_consoles:
	mdev_bpf_console_del(bdev);
out_unlist:
	device_unlist(bdev);
out_stop:
	device_stop(bdev);
	return ret;
}

/**
 * mdev_bpf_device_destroy() - undo mdev_bpf_device_create()
 * @bdev: the device, which has no users of VFIO
 *
 * Context: Process context. If a kernel client uses the device, this asks the client to close it,
 * by mdev_bpf_irq_request(), and waits for that.
 */
void mdev_bpf_device_destroy(struct mdev_bpf_device *bdev)
{
	device_evict(bdev);
	/* In this order, so that exit gets the state that its program declares */
	call_exit(bdev);
	device_unlist(bdev);
	mdev_bpf_console_del(bdev);
	device_stop(bdev);
	/*
	 * A user can keep the file of a migration, and so the device, which it cannot use any more.
	 * It must not keep what others pay for, or want back. Sessions ended when it was closed.
	 */
	mdev_bpf_memory_put_device(bdev);
	mdev_bpf_param_release(bdev);
	mdev_bpf_pin_destroy(bdev);
	mdev_bpf_state_destroy(bdev);
}
