// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a device: bytes whose layout belongs to the program. They stay when the program is
 * detached, and the next program may have to convert them (program/upgrade.c).
 */
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
 * @size: size in bytes
 * @version: state_version of the program
 *
 * Context: Process context. The state is charged to the caller's memory cgroup.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_state_alloc(struct mdev_bpf_state_buf *buf, u32 size, u32 version)
{
	*buf = (struct mdev_bpf_state_buf){ .size = size, .version = version };
	buf->block = kvzalloc(struct_size(buf->block, data, size), GFP_KERNEL_ACCOUNT);
	if (!buf->block)
		return -ENOMEM;
	buf->data = buf->block->data;
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
	return buf->size == ops->state_size && buf->version == ops->state_version;
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
static void clear(void *data, u32 size)
{
	u32 whole = round_down(size, sizeof(u64));

	memset64(data, 0, whole / sizeof(u64));
	memset(data + whole, 0, size - whole);
}

/**
 * mdev_bpf_state_reset() - clear the state of a device, and give its registers initial values
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_state_reset(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	if (bdev->state.stale) {
		bdev->state.stale = false;
		mdev_bpf_state_replace(bdev, &bdev->state.next);
	} else {
		clear(bdev->state.cur.data, bdev->state.cur.size);
	}
	mdev_bpf_register_table_reset(bdev->registers.map, bdev->state.cur.data);
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
