// SPDX-License-Identifier: GPL-2.0-only
/* The interrupts that a program declares. */
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/vfio.h>

#include "gate/refuse.h"
#include "pci/msix.h"
#include "program/ops.h"
#include "validate/api.h"
#include "validate/validate.h"

#define refuse mdev_bpf_refuse_ops

/* Check the BAR with the table or the pending bits, as a type has it. */
static int check_msix_bar(const struct mdev_bpf_ops *ops, unsigned int i, const char *what,
			  const struct mdev_bpf_msix_range *range, unsigned int type)
{
	const struct mdev_bpf_region *r = mdev_bpf_ops_region(ops, range->region, BIT(type));

	if (!r && mdev_bpf_ops_region(ops, range->region, 0))
		return refuse(ops, -EINVAL,
			      "irqs[%u].%s is in BAR %u, which not all types with MSI-X have", i,
			      what, range->region);
	if (range->region > VFIO_PCI_BAR5_REGION_INDEX || !r ||
	    r->flags & MDEV_BPF_REGION_IO || ~r->flags & MDEV_BPF_REGION_RW)
		return refuse(ops, -EINVAL,
			      "irqs[%u].%s is in BAR %u, which is no readable, writable memory BAR",
			      i, what, range->region);
	if (range->end > r->size)
		return refuse(ops, -EINVAL, "irqs[%u].%s ends at %#llx, BAR %u at %#llx", i, what,
			      range->end, range->region, r->size);
	return 0;
}

/* Each mdev type that has MSI-X must have the BARs with its table and pending bits. */
static int check_msix_range(const struct mdev_bpf_ops *ops, unsigned int i, const char *what,
			    const struct mdev_bpf_msix_range *range)
{
	unsigned int type;
	int ret = 0;

	for (type = 0; !ret && type < mdev_bpf_ops_nr_types(ops); type++)
		if (mdev_bpf_ops_share_type(ops->irqs[i].types, BIT(type)))
			ret = check_msix_bar(ops, i, what, range, type);
	return ret;
}

static int check_msix(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];
	struct mdev_bpf_msix_range table = mdev_bpf_msix_table(irq);
	struct mdev_bpf_msix_range pba = mdev_bpf_msix_pba(irq);
	int ret;

	if (irq->count > MDEV_BPF_MAX_MSIX)
		return refuse(ops, -EINVAL, "irqs[%u].count %u is more than %u", i, irq->count,
			      MDEV_BPF_MAX_MSIX);
	ret = check_msix_range(ops, i, "table", &table) ?: check_msix_range(ops, i, "pba", &pba);
	if (ret)
		return ret;
	if (table.region == pba.region && table.start < pba.end && pba.start < table.end)
		return refuse(ops, -EINVAL, "irqs[%u].table and irqs[%u].pba overlap", i, i);
	return 0;
}

static int check_pci_irq(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];

	if (irq->index > VFIO_PCI_MSIX_IRQ_INDEX)
		return refuse(ops, -EOPNOTSUPP,
			      "irqs[%u].index %u: PCI has INTx, 0, MSI, 1, and MSI-X, 2, only", i,
			      irq->index);
	if (irq->flags)
		return refuse(ops, -EINVAL, "irqs[%u].flags %#x are not for PCI", i, irq->flags);
	if (irq->index == VFIO_PCI_MSIX_IRQ_INDEX)
		return check_msix(ops, i);
	if (irq->table || irq->pba)
		return refuse(ops, -EINVAL, "irqs[%u] has a table or pba, but is not MSI-X", i);
	if (irq->index == VFIO_PCI_INTX_IRQ_INDEX && irq->count != 1)
		return refuse(ops, -EINVAL,
			      "irqs[%u].count %u: a device has one INTx pin", i, irq->count);
	if (!is_power_of_2(irq->count) || irq->count > 32)
		return refuse(ops, -EINVAL,
			      "irqs[%u].count %u is no power of two up to 32", i, irq->count);
	return 0;
}

static int check_non_pci_irq(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];

	if (irq->flags & ~MDEV_BPF_IRQ_LEVEL)
		return refuse(ops, -EOPNOTSUPP, "irqs[%u].flags %#x are not supported", i,
			      irq->flags & ~MDEV_BPF_IRQ_LEVEL);
	if (irq->count > MDEV_BPF_MAX_MSIX)
		return refuse(ops, -EINVAL, "irqs[%u].count %u is more than %u", i, irq->count,
			      MDEV_BPF_MAX_MSIX);
	if (irq->flags & MDEV_BPF_IRQ_LEVEL && irq->count != 1)
		return refuse(ops, -EINVAL, "irqs[%u].count %u: a LEVEL interrupt is one line",
			      i, irq->count);
	if (irq->index == mdev_bpf_api_find(ops)->req && (irq->flags || irq->count != 1))
		return refuse(ops, -EINVAL,
			      "irqs[%u] is the request to release the device: count 1, no flags",
			      i);
	if (irq->table || irq->pba)
		return refuse(ops, -EINVAL, "irqs[%u] has a table or pba, but is not MSI-X", i);
	return 0;
}

static int check_index(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];
	unsigned int j;

	if (irq->index >= MDEV_BPF_MAX_IRQS)
		return refuse(ops, -EINVAL, "irqs[%u].index %u is not below %u", i, irq->index,
			      MDEV_BPF_MAX_IRQS);
	for (j = 0; j < i; j++)
		if (ops->irqs[j].index == irq->index &&
		    mdev_bpf_ops_share_type(ops->irqs[j].types, irq->types))
			return refuse(ops, -EINVAL,
				      "irqs[%u] and irqs[%u] both have index %u in a type", j, i,
				      irq->index);
	return 0;
}

static int check_irq(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];

	if (memchr_inv(irq->reserved, 0, sizeof(irq->reserved)))
		return refuse(ops, -EINVAL, "irqs[%u].reserved is not zero", i);
	return mdev_bpf_validate_types_mask(ops, "irqs", i, irq->types) ?: check_index(ops, i) ?:
	       (mdev_bpf_api_is_pci(ops) ? check_pci_irq(ops, i) : check_non_pci_irq(ops, i));
}

/**
 * mdev_bpf_validate_irqs() - check the interrupts that a program declares
 * @ops: the program, whose regions have been checked
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_irqs(const struct mdev_bpf_ops *ops)
{
	unsigned int i, n = mdev_bpf_ops_nr_irqs(ops);
	int ret;

	ret = mdev_bpf_validate_rows(ops, "irqs", "count", n, &ops->irqs[n],
				     &ops->irqs[MDEV_BPF_MAX_IRQ_ROWS]);
	for (i = 0; !ret && i < n; i++)
		ret = check_irq(ops, i);
	return ret;
}
