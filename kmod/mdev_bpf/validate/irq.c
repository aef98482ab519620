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

/* Each mdev type that has MSI-X must have the BARs with its table and pending bits. */
static int check_msix_range(const struct mdev_bpf_ops *ops, const char *what,
			    struct mdev_bpf_msix_range range)
{
	const struct mdev_bpf_region *r = &ops->regions[range.region];
	u32 all = GENMASK(mdev_bpf_ops_nr_types(ops) - 1, 0);
	u32 types = ops->irqs[VFIO_PCI_MSIX_IRQ_INDEX].types ?: all;

	if (range.region > VFIO_PCI_BAR5_REGION_INDEX || !r->size ||
	    r->flags & MDEV_BPF_REGION_IO || ~r->flags & MDEV_BPF_REGION_RW)
		return refuse(ops, -EINVAL,
			      "irqs[2].%s is in regions[%u], which is no readable, writable memory BAR",
			      what, range.region);
	if (range.end > r->size)
		return refuse(ops, -EINVAL, "irqs[2].%s ends at %#llx, regions[%u] at %#llx", what,
			      range.end, range.region, r->size);
	if (types & ~(r->types ?: all))
		return refuse(ops, -EINVAL,
			      "irqs[2].%s is in regions[%u], which not all types with MSI-X have",
			      what, range.region);
	return 0;
}

static int check_msix(const struct mdev_bpf_ops *ops)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[VFIO_PCI_MSIX_IRQ_INDEX];
	struct mdev_bpf_msix_range table = mdev_bpf_msix_table(irq);
	struct mdev_bpf_msix_range pba = mdev_bpf_msix_pba(irq);
	int ret;

	if (irq->count > MDEV_BPF_MAX_MSIX)
		return refuse(ops, -EINVAL, "irqs[2].count %u is more than %u", irq->count,
			      MDEV_BPF_MAX_MSIX);
	ret = check_msix_range(ops, "table", table) ?: check_msix_range(ops, "pba", pba);
	if (ret)
		return ret;
	if (table.region == pba.region && table.start < pba.end && pba.start < table.end)
		return refuse(ops, -EINVAL, "irqs[2].table and irqs[2].pba overlap");
	return 0;
}

static int check_pci_irq(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];

	if (i > VFIO_PCI_MSIX_IRQ_INDEX)
		return refuse(ops, -EOPNOTSUPP,
			      "irqs[%u]: PCI has INTx, 0, MSI, 1, and MSI-X, 2, only", i);
	if (irq->flags)
		return refuse(ops, -EINVAL, "irqs[%u].flags %#x are not for PCI", i, irq->flags);
	if (i == VFIO_PCI_MSIX_IRQ_INDEX)
		return check_msix(ops);
	if (i == VFIO_PCI_INTX_IRQ_INDEX && irq->count != 1)
		return refuse(ops, -EINVAL,
			      "irqs[0].count %u: a device has one INTx pin", irq->count);
	if (!is_power_of_2(irq->count) || irq->count > 32)
		return refuse(ops, -EINVAL,
			      "irqs[1].count %u is no power of two up to 32", irq->count);
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
	if (i == mdev_bpf_api_find(ops)->req && (irq->flags || irq->count != 1))
		return refuse(ops, -EINVAL,
			      "irqs[%u] is the request to release the device: count 1, no flags",
			      i);
	return 0;
}

/**
 * mdev_bpf_validate_irq() - check the interrupts of one VFIO index
 * @ops: the program, whose regions have been checked
 * @i: the VFIO irq index
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_irq(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];
	int ret;

	if (!irq->count) {
		if (memchr_inv(irq, 0, sizeof(*irq)))
			return refuse(ops, -EINVAL, "irqs[%u] has no count but is not empty", i);
		return 0;
	}
	ret = mdev_bpf_api_is_pci(ops) ? check_pci_irq(ops, i) : check_non_pci_irq(ops, i);
	if (ret)
		return ret;
	if ((irq->table || irq->pba) && !(mdev_bpf_api_is_pci(ops) && i == VFIO_PCI_MSIX_IRQ_INDEX))
		return refuse(ops, -EINVAL, "irqs[%u] has a table or pba, but is not MSI-X", i);
	if (memchr_inv(irq->reserved, 0, sizeof(irq->reserved)))
		return refuse(ops, -EINVAL, "irqs[%u].reserved is not zero", i);
	return mdev_bpf_validate_types_mask(ops, "irqs", i, irq->types);
}
