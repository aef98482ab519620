// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X table and pending bits (PCI Local Bus 3.0, 6.8.2), which lie in BARs of the device.
 *
 * The core handles accesses to them, whatever else is in the BAR. They only exist for a driver to
 * look at: where vectors are delivered is set by VFIO's user with SET_IRQS. So the table has no
 * effect, not even its mask bits, which are set at power-on. QEMU, for example, keeps a table of
 * its own for the guest, and no write to that comes here. A pending bit is set for a vector that
 * was triggered while the user had no eventfd for it.
 */
#include <linux/bitmap.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>

#include "device/device.h"
#include "pci/msix.h"
#include "validate/api.h"

#define ENTRY_SIZE PCI_MSIX_ENTRY_SIZE

static const struct mdev_bpf_irq_kind *msix_kind(const struct mdev_bpf_device *bdev)
{
	return &bdev->irqs.kinds[VFIO_PCI_MSIX_IRQ_INDEX];
}

/**
 * mdev_bpf_msix_table() - the place of the table
 * @irq: MSI-X as a program declares it
 *
 * Return: the range in its BAR.
 */
struct mdev_bpf_msix_range mdev_bpf_msix_table(const struct mdev_bpf_irq *irq)
{
	return (struct mdev_bpf_msix_range) {
		.region = irq->table & PCI_MSIX_TABLE_BIR,
		.start = irq->table & PCI_MSIX_TABLE_OFFSET,
		.end = (irq->table & PCI_MSIX_TABLE_OFFSET) + (u64)irq->count * ENTRY_SIZE,
	};
}

/**
 * mdev_bpf_msix_pba() - the place of the pending bits
 * @irq: MSI-X as a program declares it
 *
 * Return: the range in their BAR, rounded up to 64 bits.
 */
struct mdev_bpf_msix_range mdev_bpf_msix_pba(const struct mdev_bpf_irq *irq)
{
	return (struct mdev_bpf_msix_range) {
		.region = irq->pba & PCI_MSIX_PBA_BIR,
		.start = irq->pba & PCI_MSIX_PBA_OFFSET,
		.end = (irq->pba & PCI_MSIX_PBA_OFFSET) +
		       DIV_ROUND_UP(irq->count, 64) * sizeof(u64),
	};
}

/**
 * mdev_bpf_msix_next() - find the table or the pending bits in a region
 * @bdev: the device
 * @region: VFIO index of the region
 * @offset: the first byte to look at
 * @range: set to the first range that ends after @offset
 *
 * Context: Any.
 *
 * Return: true if there is one.
 */
bool mdev_bpf_msix_next(const struct mdev_bpf_device *bdev, u32 region, u64 offset,
			struct mdev_bpf_msix_range *range)
{
	const struct mdev_bpf_irq *irq = &msix_kind(bdev)->decl;
	const struct mdev_bpf_msix_range both[] = {
		mdev_bpf_msix_table(irq), mdev_bpf_msix_pba(irq),
	};
	bool found = false;
	unsigned int i;

	for (i = 0; bdev->msix && i < ARRAY_SIZE(both); i++) {
		if (both[i].region != region || both[i].end <= offset)
			continue;
		if (!found || both[i].start < range->start)
			*range = both[i];
		found = true;
	}
	return found;
}

/* The writable bits of a byte of the table. */
static u8 table_mask(u32 at)
{
	switch (at % ENTRY_SIZE) {
	case PCI_MSIX_ENTRY_LOWER_ADDR:
		return 0xfc;
	case PCI_MSIX_ENTRY_VECTOR_CTRL:
		return PCI_MSIX_ENTRY_CTRL_MASKBIT;
	case PCI_MSIX_ENTRY_VECTOR_CTRL + 1 ... ENTRY_SIZE - 1:
		return 0;
	default:
		return 0xff;
	}
}

static void table_write(struct mdev_bpf_msix *msix, u32 at, u32 size, u64 val)
{
	for (; size--; at++, val >>= BITS_PER_BYTE)
		msix->table[at] = (msix->table[at] & ~table_mask(at)) | (val & table_mask(at));
}

static u64 table_read(const struct mdev_bpf_msix *msix, u32 at, u32 size)
{
	u64 val = 0;

	while (size--)
		val = val << BITS_PER_BYTE | msix->table[at + size];
	return val;
}

static u64 pending_read(const struct mdev_bpf_msix *msix, u32 at, u32 size)
{
	u64 val = 0;

	while (size--)
		val = val << BITS_PER_BYTE |
		      bitmap_get_value8(msix->pending, (at + size) * BITS_PER_BYTE);
	return val;
}

/* Both ranges consist of 8-byte words, so an aligned access lies inside or outside. */
static bool is_in(const struct mdev_bpf_access *access, struct mdev_bpf_msix_range range)
{
	return access->region == range.region && access->offset >= range.start &&
	       access->offset < range.end;
}

/**
 * mdev_bpf_msix_access() - handle an access to the table or the pending bits
 * @bdev: a device with MSI-X
 * @access: the access, within the region's bounds and aligned to its size
 * @write: write rather than read
 *
 * Context: Process context.
 *
 * Return: false if the access is to neither; the caller handles it then.
 */
bool mdev_bpf_msix_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, bool write)
{
	const struct mdev_bpf_irq *irq = &msix_kind(bdev)->decl;
	struct mdev_bpf_msix_range table = mdev_bpf_msix_table(irq);
	struct mdev_bpf_msix_range pba = mdev_bpf_msix_pba(irq);
	struct mdev_bpf_msix *msix = bdev->msix;

	if (is_in(access, table)) {
		guard(spinlock_irqsave)(&bdev->irqs.lock);
		if (write)
			table_write(msix, access->offset - table.start, access->size, access->val);
		else
			access->val = table_read(msix, access->offset - table.start, access->size);
		return true;
	}
	if (is_in(access, pba)) {
		guard(spinlock_irqsave)(&bdev->irqs.lock);
		if (!write)
			access->val = pending_read(msix, access->offset - pba.start, access->size);
		return true;
	}
	return false;
}

/**
 * mdev_bpf_msix_reset() - reset the table: all vectors masked
 * @bdev: the device
 *
 * Context: Any.
 */
void mdev_bpf_msix_reset(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_msix *msix = bdev->msix;
	u32 i;

	if (!msix)
		return;
	guard(spinlock_irqsave)(&bdev->irqs.lock);
	memset(msix->table, 0, msix->table_size);
	for (i = 0; i < msix->table_size; i += ENTRY_SIZE)
		msix->table[i + PCI_MSIX_ENTRY_VECTOR_CTRL] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

/**
 * mdev_bpf_msix_init() - allocate the table of a new device, if it has MSI-X
 * @bdev: the device, whose interrupts are declared
 *
 * Context: Process context.
 *
 * Return: 0, -ENOMEM.
 */
int mdev_bpf_msix_init(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_irq_kind *kind = &bdev->irqs.kinds[VFIO_PCI_MSIX_IRQ_INDEX];
	u32 size = kind->decl.count * ENTRY_SIZE;

	if (!bdev->api->pci || !size)
		return 0;
	bdev->msix = kvzalloc(struct_size(bdev->msix, table, size), GFP_KERNEL_ACCOUNT);
	if (!bdev->msix)
		return -ENOMEM;
	bdev->msix->table_size = size;
	kind->pending = bdev->msix->pending;
	mdev_bpf_msix_reset(bdev);
	return 0;
}

/**
 * mdev_bpf_msix_destroy() - undo mdev_bpf_msix_init()
 * @bdev: the device
 */
void mdev_bpf_msix_destroy(struct mdev_bpf_device *bdev)
{
	kvfree(bdev->msix);
}
