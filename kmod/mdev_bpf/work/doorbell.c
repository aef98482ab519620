// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells: registers for which the value of a write does not matter. A write queues the work that
 * is declared for the doorbell, without calling the program and without the gate.
 */
#include "device/device.h"
#include "work/doorbell.h"

static bool contains(const struct mdev_bpf_doorbell *db, u64 offset, u64 size)
{
	return offset >= db->offset && offset + size <= db->offset + db->size;
}

/**
 * mdev_bpf_doorbell_cuts() - does an access lie partly inside and partly outside of a doorbell?
 * @bdev: the device
 * @region: VFIO index of the region
 * @offset: first byte; the access ends within the region
 * @size: number of bytes
 *
 * Context: Any.
 *
 * Return: true if it does.
 */
bool mdev_bpf_doorbell_cuts(const struct mdev_bpf_device *bdev, u32 region, u64 offset, u32 size)
{
	unsigned int i;

	for (i = 0; i < bdev->nr_doorbells; i++)
		if (bdev->doorbells[i].region == region &&
		    mdev_bpf_doorbell_overlaps(&bdev->doorbells[i], offset, size) &&
		    !contains(&bdev->doorbells[i], offset, size))
			return true;
	return false;
}

/**
 * mdev_bpf_doorbell_work() - find the work that a write to a byte queues
 * @bdev: the device
 * @region: VFIO index of the region
 * @offset: the byte, within the region
 *
 * Context: Any.
 *
 * Return: the id of the work; -1 if there is no doorbell.
 */
int mdev_bpf_doorbell_work(const struct mdev_bpf_device *bdev, u32 region, u64 offset)
{
	unsigned int i;

	for (i = 0; i < bdev->nr_doorbells; i++)
		if (bdev->doorbells[i].region == region &&
		    mdev_bpf_doorbell_overlaps(&bdev->doorbells[i], offset, 1))
			return bdev->doorbells[i].work;
	return -1;
}

/**
 * mdev_bpf_doorbell_init() - set up the doorbells of a new device
 * @bdev: the device, whose regions were set up
 * @ops: the program; doorbells in regions that the device does not have are omitted
 */
void mdev_bpf_doorbell_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	const struct mdev_bpf_doorbell *db;

	for (db = ops->doorbells; db < ops->doorbells + MDEV_BPF_MAX_DOORBELLS; db++)
		if (db->size && bdev->regions[db->region].size)
			bdev->doorbells[bdev->nr_doorbells++] = *db;
}
