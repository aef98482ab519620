// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a device: bytes that the program lays out. They stay when the program goes, for the
 * next one, which may have to convert them first (program/upgrade.c).
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "device/device.h"
#include "device/state.h"
#include "gate/gate.h"

/**
 * mdev_bpf_state_alloc() - make an empty state
 * @buf: goes here
 * @size: bytes
 * @version: of the program that it is for
 *
 * Context: Process context; it is charged to the caller's memory cgroup.
 *
 * Return: 0, -ENOMEM.
 */
int mdev_bpf_state_alloc(struct mdev_bpf_state_buf *buf, u32 size, u32 version)
{
	*buf = (struct mdev_bpf_state_buf){ .size = size, .version = version };
	if (!size)
		return 0;
	buf->data = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	return buf->data ? 0 : -ENOMEM;
}

/**
 * mdev_bpf_state_free() - free a state
 * @buf: the state, empty by that
 *
 * Context: Process context, without a gate.
 */
void mdev_bpf_state_free(struct mdev_bpf_state_buf *buf)
{
	kvfree(buf->data);
	*buf = (struct mdev_bpf_state_buf){ };
}

/**
 * mdev_bpf_state_fits() - is a state laid out as a program has it?
 * @buf: the state
 * @ops: the program
 */
bool mdev_bpf_state_fits(const struct mdev_bpf_state_buf *buf, const struct mdev_bpf_ops *ops)
{
	return buf->size == ops->state_size && buf->version == ops->state_version;
}

/**
 * mdev_bpf_state_replace() - give a device another state
 * @bdev: the device
 * @buf: the state, in exchange for the one that it has
 *
 * Context: The gate held.
 */
void mdev_bpf_state_replace(struct mdev_bpf_device *bdev, struct mdev_bpf_state_buf *buf)
{
	mdev_bpf_gate_assert_held(bdev);
	swap(bdev->state.cur, *buf);
	bdev->state.generation++;
}

/**
 * mdev_bpf_state_reset() - empty the state of a device
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
	} else if (bdev->state.cur.size) {
		memset(bdev->state.cur.data, 0, bdev->state.cur.size);
	}
}

/**
 * mdev_bpf_state_destroy() - the device goes
 * @bdev: the device, which nobody uses
 */
void mdev_bpf_state_destroy(struct mdev_bpf_device *bdev)
{
	mdev_bpf_state_free(&bdev->state.cur);
	mdev_bpf_state_free(&bdev->state.next);
}
