// SPDX-License-Identifier: GPL-2.0-only
/* The doorbells that a program declares. */
#include <linux/string.h>
#include <linux/vfio.h>

#include "gate/refuse.h"
#include "pci/msix.h"
#include "validate/api.h"
#include "validate/validate.h"
#include "work/doorbell.h"

#define refuse mdev_bpf_refuse_ops

/* Only writes to a writable region can ring a doorbell. */
static bool takes_doorbells(const struct mdev_bpf_ops *ops, u32 region)
{
	return region < MDEV_BPF_MAX_REGIONS &&
	       ops->regions[region].size && ops->regions[region].flags & MDEV_BPF_REGION_WRITE;
}

static bool overlaps_range(const struct mdev_bpf_doorbell *db, struct mdev_bpf_msix_range range)
{
	return db->region == range.region &&
	       mdev_bpf_doorbell_overlaps(db, range.start, range.end - range.start);
}

/* The core handles MSI-X's table and pending bits itself. */
static bool in_msix(const struct mdev_bpf_ops *ops, const struct mdev_bpf_doorbell *db)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[VFIO_PCI_MSIX_IRQ_INDEX];
	struct mdev_bpf_msix_range table = mdev_bpf_msix_table(irq);
	struct mdev_bpf_msix_range pba = mdev_bpf_msix_pba(irq);

	if (!mdev_bpf_api_is_pci(ops) || !irq->count)
		return false;
	return overlaps_range(db, table) || overlaps_range(db, pba);
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
