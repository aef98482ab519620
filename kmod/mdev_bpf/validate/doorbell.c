// SPDX-License-Identifier: GPL-2.0-only
/* The doorbells that a program declares. */
#include <linux/string.h>
#include <linux/vfio.h>

#include "gate/refuse.h"
#include "pci/msix.h"
#include "program/ops.h"
#include "validate/api.h"
#include "validate/validate.h"
#include "work/doorbell.h"

#define refuse mdev_bpf_refuse_ops

static bool overlaps_range(const struct mdev_bpf_doorbell *db, struct mdev_bpf_msix_range range)
{
	return db->region == range.region &&
	       mdev_bpf_doorbell_overlaps(db, range.start, range.end - range.start);
}

/* The core handles MSI-X's table and pending bits itself. */
static bool in_msix(const struct mdev_bpf_ops *ops, const struct mdev_bpf_doorbell *db)
{
	const struct mdev_bpf_irq *irq;

	if (!mdev_bpf_api_is_pci(ops))
		return false;
	mdev_bpf_ops_for_each_irq(ops, VFIO_PCI_MSIX_IRQ_INDEX, 0, irq)
		if (overlaps_range(db, mdev_bpf_msix_table(irq)) ||
		    overlaps_range(db, mdev_bpf_msix_pba(irq)))
			return true;
	return false;
}

/* In a MEMORY region, only writes to the trap window are trapped. */
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
		    mdev_bpf_doorbell_overlaps(&ops->doorbells[j], db->offset, db->size))
			return refuse(ops, -EINVAL, "doorbells[%u] and doorbells[%u] overlap",
				      j, i);
	return 0;
}

/* Check the doorbell against one of the regions that have its index. */
static int check_region(const struct mdev_bpf_ops *ops, unsigned int i,
			const struct mdev_bpf_region *r)
{
	const struct mdev_bpf_doorbell *db = &ops->doorbells[i];
	unsigned int nr = r - ops->regions;

	if (!(r->flags & MDEV_BPF_REGION_WRITE))
		return refuse(ops, -EINVAL, "doorbells[%u].region %u cannot be written", i,
			      db->region);
	if (db->offset >= r->size || db->size > r->size - db->offset)
		return refuse(ops, -EINVAL, "doorbells[%u] is not within regions[%u]", i, nr);
	if (!in_window(r, db))
		return refuse(ops, -EINVAL, "doorbells[%u] is in the memory of regions[%u]", i, nr);
	return 0;
}

static int check_regions(const struct mdev_bpf_ops *ops, unsigned int i)
{
	u32 index = ops->doorbells[i].region;
	const struct mdev_bpf_region *r;
	int ret;

	if (!mdev_bpf_ops_region(ops, index, 0))
		return refuse(ops, -EINVAL, "doorbells[%u].region %u: there is no such region", i,
			      index);
	mdev_bpf_ops_for_each_region(ops, index, 0, r) {
		ret = check_region(ops, i, r);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_doorbell(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_doorbell *db = &ops->doorbells[i];
	int ret;

	if (!db->size) {
		if (memchr_inv(db, 0, sizeof(*db)))
			return refuse(ops, -EINVAL, "doorbells[%u] has no size but is not empty",
				      i);
		return 0;
	}
	ret = check_regions(ops, i);
	if (ret)
		return ret;
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
 * mdev_bpf_validate_doorbells() - check the doorbells that a program declares
 * @ops: the program, whose regions have been checked
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
