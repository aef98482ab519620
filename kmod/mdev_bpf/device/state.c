// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a device: bytes whose layout belongs to the program. They stay when the program is
 * detached, and the next program may have to convert them (program/upgrade.c).
 */
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "device/device.h"
#include "device/state.h"
#include "gate/gate.h"
#include "register/table.h"

/**
 * mdev_bpf_state_alloc() - allocate an empty state
 * @buf: set to the state
 * @decl: the declaration of the program, which may change at the same time
 *
 * Context: Process context. The state is charged to the caller's memory cgroup.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_state_alloc(struct mdev_bpf_state_buf *buf, const struct mdev_bpf_ops *decl)
{
	size_t bytes, stride;

	*buf = (struct mdev_bpf_state_buf){
		.size = READ_ONCE(decl->state_size),
		.version = READ_ONCE(decl->state_version),
		.nr_queues = READ_ONCE(decl->queues),
		.queue_size = READ_ONCE(decl->queue_state_size),
	};
	stride = round_up((size_t)buf->queue_size, SMP_CACHE_BYTES);
	bytes = struct_size(buf->block, data, buf->size);
	if (buf->nr_queues)
		bytes += SMP_CACHE_BYTES + buf->nr_queues * stride;
	/*
	 * The states of two devices must not share a cache line: each access changes one. From this
	 * size on, what kmalloc() returns begins and ends with a line.
	 */
	bytes = ALIGN(bytes, 2 * SMP_CACHE_BYTES);
	buf->block = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!buf->block)
		return -ENOMEM;
	buf->data = buf->block->data;
	buf->block->queues = PTR_ALIGN(buf->data + buf->size, SMP_CACHE_BYTES);
	buf->block->stride = stride;
	return 0;
}

/**
 * mdev_bpf_state_free() - free a state
 * @buf: the state, which is set to an empty one
 *
 * Context: Process context, no gate held. The memory is freed after a grace period, because
 * registers in it are read under RCU.
 */
void mdev_bpf_state_free(struct mdev_bpf_state_buf *buf)
{
	if (buf->block)
		kvfree_rcu(buf->block, rcu);
	*buf = (struct mdev_bpf_state_buf){ };
}

/**
 * mdev_bpf_state_fits() - does a state have the size and version of a program?
 * @buf: the state
 * @ops: the program
 *
 * Return: true if it does.
 */
bool mdev_bpf_state_fits(const struct mdev_bpf_state_buf *buf, const struct mdev_bpf_ops *ops)
{
	return buf->size == ops->state_size && buf->version == ops->state_version &&
	       buf->queue_size == ops->queue_state_size;
}

/**
 * mdev_bpf_state_replace() - exchange the state of a device
 * @bdev: the device
 * @buf: the new state, which is set to the previous one
 *
 * Context: The gate held.
 */
void mdev_bpf_state_replace(struct mdev_bpf_device *bdev, struct mdev_bpf_state_buf *buf)
{
	mdev_bpf_gate_assert_held(bdev);
	swap(bdev->state.cur, *buf);
	bdev->state.generation++;
}

/* Registers may be read meanwhile, so clear 8 bytes at a time. */
static void clear(void *data, size_t size)
{
	size_t whole = round_down(size, sizeof(u64));

	memset64(data, 0, whole / sizeof(u64));
	memset(data + whole, 0, size - whole);
}

/**
 * mdev_bpf_state_clear() - fill a state with zeros
 * @buf: the state
 *
 * Context: Any; no other task may change the state meanwhile.
 */
void mdev_bpf_state_clear(struct mdev_bpf_state_buf *buf)
{
	clear(buf->data, buf->size);
	clear(buf->block->queues, buf->nr_queues * buf->block->stride);
}

/**
 * mdev_bpf_state_reset() - clear the state of a device, and give its registers initial values
 * @bdev: the device
 *
 * Context: The gate held; no op of a queue runs.
 */
void mdev_bpf_state_reset(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	if (bdev->state.stale) {
		bdev->state.stale = false;
		mdev_bpf_state_replace(bdev, &bdev->state.next);
	} else {
		mdev_bpf_state_clear(&bdev->state.cur);
	}
	mdev_bpf_register_table_reset(bdev->registers.map, &bdev->state.cur);
}

/**
 * mdev_bpf_state_destroy() - free the state of a device
 * @bdev: the device, which has no users any more
 */
void mdev_bpf_state_destroy(struct mdev_bpf_device *bdev)
{
	mdev_bpf_state_free(&bdev->state.cur);
	mdev_bpf_state_free(&bdev->state.next);
}
