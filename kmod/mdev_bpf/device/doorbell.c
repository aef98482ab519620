// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells: registers of which only matters that they are written. A write queues the
 * work that was declared for it; neither the program nor the device's lock is needed for that.
 */
#include "device/device.h"
#include "device/doorbell.h"

static bool contains(const struct mdev_bpf_doorbell *db, u64 offset, u64 size)
{
	return offset >= db->offset && offset + size <= db->offset + db->size;
}

/**
 * mdev_bpf_doorbell_cuts() - is an access within a doorbell in part, and in part not?
 * @bdev: the device
 * @region: VFIO index of the region
 * @offset: first byte; the access ends within the region
 * @size: bytes
 *
 * Context: Any.
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
 * mdev_bpf_doorbell_work() - what a write to a byte queues
 * @bdev: the device
 * @region: VFIO index of the region
 * @offset: the byte, in bounds
 *
 * Context: Any.
 *
 * Return: the work's id, -1 where there is no doorbell.
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
 * mdev_bpf_doorbell_init() - give a new device the doorbells in the regions that it has
 * @bdev: the device; its regions are known
 * @ops: the program, checked
 */
void mdev_bpf_doorbell_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops)
{
	const struct mdev_bpf_doorbell *db;

	for (db = ops->doorbells; db < ops->doorbells + MDEV_BPF_MAX_DOORBELLS; db++)
		if (db->size && bdev->regions[db->region].size)
			bdev->doorbells[bdev->nr_doorbells++] = *db;
}
