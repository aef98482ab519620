/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fast path to a register: for one access by user space to one whole register that needs no
 * program. Most accesses of a guest are like that. All others take the slow path, vfio/region.c,
 * which has the same effect. These functions are inlined into the file operations.
 */
#ifndef __MDEV_BPF_REGISTER_QUICK_H
#define __MDEV_BPF_REGISTER_QUICK_H

#include <linux/align.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>

#include <asm/byteorder.h>

#include "device/device.h"
#include "device/state.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "register/table.h"
#include "register/value.h"

static_assert(IS_ALIGNED(1 << 16, MDEV_BPF_MAX_REGIONS), "a power of two");

/*
 * The register at a position; if there is none, one whose position is another. So the caller's
 * comparison of positions is the only check, which also finds regions that do not exist.
 */
static __always_inline const struct mdev_bpf_register_quick *
mdev_bpf_register_quick_find(const struct mdev_bpf_register_map *map, loff_t pos)
{
	u32 region = (u64)pos >> MDEV_BPF_OFFSET_SHIFT & (MDEV_BPF_MAX_REGIONS - 1);
	u64 offset = pos & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);

	return &map->quick[mdev_bpf_register_table_row(map, region, offset)];
}

/* Return: false if the read has to take the slow path. Called with preemption off, for RCU. */
static __always_inline bool mdev_bpf_register_quick_load(struct mdev_bpf_device *bdev, loff_t pos,
							 size_t count, u64 *val)
{
	const struct mdev_bpf_register_quick *quick;
	const struct mdev_bpf_state_block *block;

	block = rcu_dereference_sched(bdev->registers.block);
	if (!block)
		return false;
	quick = mdev_bpf_register_quick_find(rcu_dereference_sched(block->registers), pos);
	if (quick->pos != pos || quick->read_width != count)
		return false;
	*val = mdev_bpf_register_load(block->data + quick->state, count);
	return !(*val & quick->acts);
}

/**
 * mdev_bpf_register_quick_read() - read a register, if the fast path can do it
 * @bdev: the device
 * @buf: where the value goes
 * @count: bytes
 * @ppos: region and offset; advanced if the access was done
 *
 * Context: Process context; takes no lock.
 *
 * Return: @count; -EFAULT; 0 if nothing was done.
 */
static __always_inline ssize_t mdev_bpf_register_quick_read(struct mdev_bpf_device *bdev,
							    char __user *buf, size_t count,
							    loff_t *ppos)
{
	bool done;
	u64 val;
	int ret;

	if (trace_mdev_bpf_region_enabled())
		return 0;
	rcu_read_lock_sched();
	done = mdev_bpf_register_quick_load(bdev, *ppos, count, &val);
	rcu_read_unlock_sched();
	if (!done)
		return 0;
	if (count == 1)
		ret = put_user((u8)val, (u8 __user *)buf);
	else if (count == 4)
		ret = put_user(cpu_to_le32(val), (__le32 __user *)buf);
	else if (count == 2)
		ret = put_user(cpu_to_le16(val), (__le16 __user *)buf);
	else
		ret = put_user(cpu_to_le64(val), (__le64 __user *)buf);
	if (ret)
		return ret;
	*ppos += count;
	return count;
}

/* Return: false if the write has to take the slow path. Called with the gate held. */
static __always_inline bool mdev_bpf_register_quick_store(struct mdev_bpf_device *bdev, loff_t pos,
							  size_t count, u64 val)
{
	const struct mdev_bpf_register_map *map = bdev->registers.map;
	const struct mdev_bpf_register_quick *quick;

	mdev_bpf_gate_assert_held(bdev);
	/* A task keeps the gate held, or only some ops are allowed: take the slow path */
	if (!map || bdev->gate.closer)
		return false;
	quick = mdev_bpf_register_quick_find(map, pos);
	if (quick->pos != pos || quick->write_width != count)
		return false;
	mdev_bpf_register_store(bdev->state.cur.data + quick->state, count, val);
	return true;
}

static __always_inline int mdev_bpf_register_quick_get(u64 *val, const char __user *buf,
						       size_t count)
{
	__le64 raw64;
	__le32 raw32;
	__le16 raw16;
	u8 raw8;
	int ret;

	switch (count) {
	case 1:
		ret = get_user(raw8, (const u8 __user *)buf);
		*val = raw8;
		return ret;
	case 4:
		ret = get_user(raw32, (const __le32 __user *)buf);
		*val = le32_to_cpu(raw32);
		return ret;
	case 2:
		ret = get_user(raw16, (const __le16 __user *)buf);
		*val = le16_to_cpu(raw16);
		return ret;
	case 8:
		ret = get_user(raw64, (const __le64 __user *)buf);
		*val = le64_to_cpu(raw64);
		return ret;
	default:
		return -EINVAL;
	}
}

/**
 * mdev_bpf_register_quick_write() - write a register, if the fast path can do it
 * @bdev: the device
 * @buf: the value
 * @count: bytes
 * @ppos: region and offset; advanced if the access was done
 *
 * Context: Process context. Waits for a running op.
 *
 * Return: @count; 0 if nothing was done.
 */
static __always_inline ssize_t mdev_bpf_register_quick_write(struct mdev_bpf_device *bdev,
							     const char __user *buf, size_t count,
							     loff_t *ppos)
{
	bool done;
	u64 val;

	/* A write to a doorbell must not wait for the gate */
	if (READ_ONCE(bdev->doorbells.regions) || trace_mdev_bpf_region_enabled() ||
	    mdev_bpf_register_quick_get(&val, buf, count))
		return 0;
	/* Not guard(mdev_bpf_gate), whose functions are not inlined */
	spin_lock(&bdev->gate.lock);
	done = mdev_bpf_register_quick_store(bdev, *ppos, count, val);
	spin_unlock(&bdev->gate.lock);
	if (!done)
		return 0;
	*ppos += count;
	return count;
}

#endif /* __MDEV_BPF_REGISTER_QUICK_H */
