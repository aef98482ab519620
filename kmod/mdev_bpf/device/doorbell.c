// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells: registers of which only matters that they are written. A write queues the
 * work that was declared for it; neither the program nor the device's lock is needed for that.
 */
#include <linux/string.h>

#include "internal.h"

#define refuse mdev_bpf_refuse_ops

static bool overlaps(const struct mdev_bpf_doorbell *db, u64 offset, u64 size)
{
	return offset < db->offset + db->size && db->offset < offset + size;
}

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
		    overlaps(&bdev->doorbells[i], offset, size) &&
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
		    overlaps(&bdev->doorbells[i], offset, 1))
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

/* Is what is written there the program's to handle, in a region like this? */
static bool takes_doorbells(const struct mdev_bpf_ops *ops, u32 region)
{
	return region < MDEV_BPF_MAX_REGIONS &&
	       ops->regions[region].size && ops->regions[region].flags & MDEV_BPF_REGION_WRITE;
}

/* The tables of MSI-X are the core's. */
static bool in_msix(const struct mdev_bpf_ops *ops, const struct mdev_bpf_doorbell *db)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[VFIO_PCI_MSIX_IRQ_INDEX];
	struct mdev_bpf_msix_range table = mdev_bpf_msix_table(irq);
	struct mdev_bpf_msix_range pba = mdev_bpf_msix_pba(irq);

	if (!mdev_bpf_api_find(ops)->pci || !irq->count)
		return false;
	return (db->region == table.region && overlaps(db, table.start, table.end - table.start)) ||
	       (db->region == pba.region && overlaps(db, pba.start, pba.end - pba.start));
}

/* Writes to memory go unnoticed, but for the program's window. */
static bool in_window(const struct mdev_bpf_region *r, const struct mdev_bpf_doorbell *db)
{
	return !(r->flags & MDEV_BPF_REGION_MEMORY) ||
	       (db->offset >= r->trap_offset &&
		db->offset + db->size <= (u64)r->trap_offset + r->trap_size);
}

static int check_overlap(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_doorbell *db = &ops->doorbells[i];
	unsigned int j;

	for (j = 0; j < i; j++)
		if (ops->doorbells[j].size && ops->doorbells[j].region == db->region &&
		    overlaps(&ops->doorbells[j], db->offset, db->size))
			return refuse(ops, -EINVAL, "doorbells[%u] and doorbells[%u] overlap",
				      j, i);
	return 0;
}

static int check_doorbell(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_doorbell *db = &ops->doorbells[i];

	if (!db->size) {
		if (memchr_inv(db, 0, sizeof(*db)))
			return refuse(ops, -EINVAL, "doorbells[%u] has no size but is not empty",
				      i);
		return 0;
	}
	if (!takes_doorbells(ops, db->region))
		return refuse(ops, -EINVAL, "doorbells[%u].region %u cannot be written",
			      i, db->region);
	if (db->offset >= ops->regions[db->region].size ||
	    db->size > ops->regions[db->region].size - db->offset)
		return refuse(ops, -EINVAL, "doorbells[%u] is not within regions[%u]",
			      i, db->region);
	if (!in_window(&ops->regions[db->region], db))
		return refuse(ops, -EINVAL, "doorbells[%u] is in the memory of regions[%u]",
			      i, db->region);
	if (db->work >= MDEV_BPF_MAX_WORK)
		return refuse(ops, -EINVAL, "doorbells[%u].work %u is not below %u",
			      i, db->work, MDEV_BPF_MAX_WORK);
	if (db->reserved)
		return refuse(ops, -EINVAL, "doorbells[%u].reserved is not zero", i);
	if (in_msix(ops, db))
		return refuse(ops, -EINVAL, "doorbells[%u] is in the table or pba of MSI-X", i);
	if (!ops->work)
		return refuse(ops, -EINVAL, "doorbells[%u] queues work, but there is no work", i);
	return check_overlap(ops, i);
}

/**
 * mdev_bpf_validate_doorbells() - are the doorbells that a program declares sound?
 * @ops: the program; its regions are sound
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_doorbells(const struct mdev_bpf_ops *ops)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < MDEV_BPF_MAX_DOORBELLS; i++)
		ret = check_doorbell(ops, i);
	return ret;
}
