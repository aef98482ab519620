// SPDX-License-Identifier: GPL-2.0-only
/* What the module must refuse of PCI: interrupts and capabilities. */
#include "dev.h"
#include "wrong.h"

WRONG(two_pins, ops_irq(ops, 0)->count = 2)
WRONG(msi_three, ops_irq(ops, 1)->count = 3)
WRONG(msi_many, ops_irq(ops, 1)->count = 64)

static void msix(struct mdev_bpf_ops *ops, __u32 count, __u32 table, __u32 pba)
{
	ops_irq(ops, 2)->count = count;
	ops_irq(ops, 2)->table = table;
	ops_irq(ops, 2)->pba = pba;
}

WRONG(msix_bar, msix(ops, 1, 5, 2))
WRONG(msix_no_bar, msix(ops, 1, 2, 6))
WRONG(msix_io, msix(ops, 1, 1, 2))
WRONG(msix_read_only, msix(ops, 1, 4, 2))
WRONG(msix_table_end, msix(ops, 4, 8 | 2, 0))
WRONG(msix_pba_end, msix(ops, 1, 0, 64 | 2))
WRONG(msix_overlap, msix(ops, 2, 0, 24))
WRONG(msix_same, msix(ops, 1, 0, 0))
WRONG(msix_types, msix(ops, 1, 3, 2))
WRONG(msix_many, msix(ops, MDEV_BPF_MAX_MSIX + 1, 0, 2))
WRONG(msix_huge, msix(ops, 0xffffffff, 0, 2))
WRONG(intx_table, ops_irq(ops, 0)->table = 2)
WRONG(msi_pba, ops_irq(ops, 1)->pba = 2)
WRONG(intx_level, ops_irq(ops, 0)->flags = MDEV_BPF_IRQ_LEVEL)
WRONG(irq_err, ops_irq(ops, 3)->count = 1)
WRONG(irq_last, ops_irq(ops, 7)->count = 1)
WRONG(irq_types, ops_irq(ops, 0)->types = 1 << 31)
WRONG(irq_reserved, ops_irq(ops, 1)->reserved[1] = 1)
WRONG(irq_empty, ops_irq(ops, 3)->types = 1)
WRONG(irq_gap, ops->irqs[3].count = 1)
WRONG(irq_index, ops_irq(ops, 8)->count = 1)
WRONG(irq_twice, ops->irqs[2] = ops->irqs[1])
/* One type has a BAR that is too small for the table. */
WRONG(msix_short, msix(ops, 4, 2, 0); ops->regions[5] = ops->regions[2];
	ops->regions[2].types = 7; ops->regions[5].types = 8; ops->regions[5].size = 32)
WRONG(vendor_none, ops->pci.vendor = 0)
WRONG(vendor_ffff, ops->pci.vendor = 0xffff)
WRONG(class_wide, ops->pci.class_code = 0x1000000)
WRONG(pci_reserved, ops->pci.reserved[1] = 1)
/* Before version 2 of the ABI is released: the length of a capability was there */
WRONG(pci_reserved_first, ops->pci.reserved[0] = 18)
WRONG(pci_flag, ops->pci.flags = 0x80)
WRONG(flr_alone, ops->pci.flags = MDEV_BPF_PCI_FLR | MDEV_BPF_PCI_PM)

static const struct wrong wrong_pci[] = {
	{ two_pins, -EINVAL, "irqs[0].count 2" },
	{ msi_three, -EINVAL, "irqs[1].count 3" },
	{ msi_many, -EINVAL, "irqs[1].count 64" },
	{ msix_bar, -EINVAL, "irqs[2].table is in BAR 5, which is no" },
	{ msix_no_bar, -EINVAL, "irqs[2].pba is in BAR 6, which is no" },
	{ msix_io, -EINVAL, "irqs[2].table is in BAR 1, which is no" },
	{ msix_read_only, -EINVAL, "irqs[2].table is in BAR 4, which is no" },
	{ msix_table_end, -EINVAL, "irqs[2].table ends at 0x48, BAR 2 at 0x40" },
	{ msix_pba_end, -EINVAL, "irqs[2].pba ends at 0x48, BAR 2 at 0x40" },
	{ msix_overlap, -EINVAL, "irqs[2].table and irqs[2].pba overlap" },
	{ msix_same, -EINVAL, "irqs[2].table and irqs[2].pba overlap" },
	{ msix_types, -EINVAL, "BAR 3, which not all types with MSI-X have" },
	{ msix_many, -EINVAL, "irqs[2].count 2049 is more than 2048" },
	{ msix_huge, -EINVAL, "irqs[2].count 4294967295 is more than 2048" },
	{ intx_table, -EINVAL, "irqs[0] has a table or pba" },
	{ msi_pba, -EINVAL, "irqs[1] has a table or pba" },
	{ intx_level, -EINVAL, "irqs[0].flags 0x1 are not for PCI" },
	{ irq_err, -EOPNOTSUPP, "irqs[2].index 3: PCI has INTx, 0, MSI, 1, and MSI-X, 2, only" },
	{ irq_last, -EOPNOTSUPP, "irqs[2].index 7: PCI has" },
	{ irq_types, -EINVAL, "irqs[0].types" },
	{ irq_reserved, -EINVAL, "irqs[1].reserved" },
	{ irq_empty, -EINVAL, "irqs[2] has no count, but it or a later row is not empty" },
	{ irq_gap, -EINVAL, "irqs[2] has no count, but it or a later row is not empty" },
	{ irq_index, -EINVAL, "irqs[2].index 8 is not below 8" },
	{ irq_twice, -EINVAL, "irqs[1] and irqs[2] both have index 1 in a type" },
	{ msix_short, -EINVAL, "irqs[2].table ends at 0x40, BAR 2 at 0x20" },
	{ vendor_none, -EINVAL, "pci.vendor" },
	{ vendor_ffff, -EINVAL, "pci.vendor 0xffff" },
	{ class_wide, -EINVAL, "pci.class_code 0x1000000" },
	{ pci_reserved, -EINVAL, "pci.reserved" },
	{ pci_reserved_first, -EINVAL, "pci.reserved" },
	{ pci_flag, -EOPNOTSUPP, "pci.flags 0x80" },
	{ flr_alone, -EINVAL, "needs EXPRESS" },
};

MTAP_TEST(pci)
{
	expect_wrong(KDEV, wrong_pci, ARRAY_SIZE(wrong_pci));
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
