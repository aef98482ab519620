// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities in configuration space. One chain has the capabilities of the core, in a fixed
 * order, and then those that the program has declared, in their order. Another chain has the
 * extended capabilities. Each is at a multiple of 4. The mask of configuration space has the bits
 * that the guest can write; mdev_bpf_pci_caps_mask() excludes values that are not valid.
 */
#include <linux/log2.h>
#include <linux/pci_regs.h>
#include <linux/unaligned.h>

#include "device/device.h"
#include "gate/gate.h"
#include "pci/caps.h"
#include "program/ops.h"

#define MSI_SIZE	(PCI_MSI_DATA_64 + sizeof(u16))	/* no mask bits */
#define EXPRESS_SIZE	0x3c				/* version 2, for any type */
#define VENDOR_HEADER	3				/* id, next and length */
#define EXTENDED_HEADER	4				/* id, version and next */

/* "ASPM optionality compliance": PCI Express 2.1 wants functions to set it */
#define LNKCAP_ASPM_COMPLIANCE	BIT(22)

/* The places of the next capability and of the next LOW one, and the byte that points to it. */
struct chain {
	struct mdev_bpf_device *bdev;
	unsigned int link;
	unsigned int next;
	unsigned int low;
};

static unsigned int chain_add_at(struct chain *chain, unsigned int *next, u8 id, unsigned int size)
{
	unsigned int cap = *next;
	u8 *config = chain->bdev->config;

	config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	config[chain->link] = cap;
	config[cap] = id;
	chain->link = cap + PCI_CAP_LIST_NEXT;
	*next = cap + round_up(size, sizeof(u32));
	return cap;
}

static unsigned int chain_add(struct chain *chain, u8 id, unsigned int size)
{
	return chain_add_at(chain, &chain->next, id, size);
}

/**
 * mdev_bpf_pci_caps_declared() - compute the size of declared capabilities
 * @caps: the declaration
 * @where: which capabilities: MDEV_BPF_PCI_CAP_EXTENDED, MDEV_BPF_PCI_CAP_LOW, or 0 for those that
 *	are neither
 *
 * Return: the number of bytes.
 */
unsigned int mdev_bpf_pci_caps_declared(const struct mdev_bpf_pci_cap *caps, u8 where)
{
	unsigned int i, size = 0;

	for (i = 0; i < MDEV_BPF_MAX_PCI_CAPS && caps[i].id; i++)
		if (caps[i].flags == where)
			size += round_up(caps[i].size, sizeof(u32));
	return size;
}

/**
 * mdev_bpf_pci_caps_size() - compute the size of all capabilities from MDEV_BPF_CONFIG_CAPS up
 * @ops: the program
 *
 * Return: the number of bytes, for a device that has all declared interrupts.
 */
unsigned int mdev_bpf_pci_caps_size(const struct mdev_bpf_ops *ops)
{
	unsigned int size = mdev_bpf_pci_caps_declared(ops->pci_caps, 0);

	if (mdev_bpf_ops_irq(ops, VFIO_PCI_MSI_IRQ_INDEX, 0))
		size += round_up(MSI_SIZE, sizeof(u32));
	if (mdev_bpf_ops_irq(ops, VFIO_PCI_MSIX_IRQ_INDEX, 0))
		size += PCI_CAP_MSIX_SIZEOF;
	if (ops->pci.flags & MDEV_BPF_PCI_PM)
		size += PCI_PM_SIZEOF;
	if (ops->pci.flags & MDEV_BPF_PCI_EXPRESS)
		size += EXPRESS_SIZE;
	return size;
}

/* PCI Local Bus 3.0, 6.8.1: 64 bit address, no mask bits. */
static void build_msi(struct chain *chain)
{
	struct mdev_bpf_device *bdev = chain->bdev;
	unsigned int cap = chain_add(chain, PCI_CAP_ID_MSI, MSI_SIZE);
	u16 count = ilog2(mdev_bpf_irq_count(bdev, VFIO_PCI_MSI_IRQ_INDEX));
	u8 *config = bdev->config + cap, *mask = bdev->config_mask + cap;

	put_unaligned_le16(PCI_MSI_FLAGS_64BIT | count << 1, config + PCI_MSI_FLAGS);
	put_unaligned_le16(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, mask + PCI_MSI_FLAGS);
	put_unaligned_le32(0xfffffffc, mask + PCI_MSI_ADDRESS_LO);
	put_unaligned_le32(0xffffffff, mask + PCI_MSI_ADDRESS_HI);
	put_unaligned_le16(0xffff, mask + PCI_MSI_DATA_64);
}

/* PCI Local Bus 3.0, 6.8.2 */
static void build_msix(struct chain *chain)
{
	struct mdev_bpf_device *bdev = chain->bdev;
	unsigned int cap = chain_add(chain, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);
	const struct mdev_bpf_irq *irq = &bdev->irqs.kinds[VFIO_PCI_MSIX_IRQ_INDEX].decl;
	u16 last = irq->count - 1;

	put_unaligned_le16(last, bdev->config + cap + PCI_MSIX_FLAGS);
	put_unaligned_le32(irq->table, bdev->config + cap + PCI_MSIX_TABLE);
	put_unaligned_le32(irq->pba, bdev->config + cap + PCI_MSIX_PBA);
	put_unaligned_le16(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL,
			   bdev->config_mask + cap + PCI_MSIX_FLAGS);
}

/*
 * PCI Power Management 1.2, 3.2: D0 and D3hot, no PME. The device keeps its state in D3hot, so "no
 * soft reset" is set.
 */
static void build_pm(struct chain *chain)
{
	struct mdev_bpf_device *bdev = chain->bdev;
	unsigned int cap = chain_add(chain, PCI_CAP_ID_PM, PCI_PM_SIZEOF);

	bdev->power_cap = cap;
	put_unaligned_le16(3, bdev->config + cap + PCI_PM_PMC);	/* version 1.2 */
	put_unaligned_le16(PCI_PM_CTRL_NO_SOFT_RESET, bdev->config + cap + PCI_PM_CTRL);
	put_unaligned_le16(PCI_PM_CTRL_STATE_MASK, bdev->config_mask + cap + PCI_PM_CTRL);
}

/*
 * PCI Express 2.1, 7.8: an endpoint with payloads of 128 bytes, behind a link without controls. On
 * a root bus, QEMU turns it into an integrated endpoint. The device never signals an error, so the
 * bits of the device status that are cleared by writing ones are never set.
 */
static void build_express(struct chain *chain)
{
	struct mdev_bpf_device *bdev = chain->bdev;
	unsigned int cap = chain_add(chain, PCI_CAP_ID_EXP, EXPRESS_SIZE);
	u8 *config = bdev->config + cap, *mask = bdev->config_mask + cap;
	u32 devcap = PCI_EXP_DEVCAP_RBER;

	bdev->express_cap = cap;
	if (bdev->pci.flags & MDEV_BPF_PCI_FLR)
		devcap |= PCI_EXP_DEVCAP_FLR;
	put_unaligned_le16(2 | PCI_EXP_TYPE_ENDPOINT << 4, config + PCI_EXP_FLAGS);
	put_unaligned_le32(devcap, config + PCI_EXP_DEVCAP);
	put_unaligned_le16(PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN |
			   PCI_EXP_DEVCTL_READRQ_512B, config + PCI_EXP_DEVCTL);
	put_unaligned_le16(PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE |
			   PCI_EXP_DEVCTL_URRE | PCI_EXP_DEVCTL_RELAX_EN |
			   PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ,
			   mask + PCI_EXP_DEVCTL);
	put_unaligned_le32(PCI_EXP_LNKCAP_SLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1 |
			   LNKCAP_ASPM_COMPLIANCE, config + PCI_EXP_LNKCAP);
	put_unaligned_le16(PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1,
			   config + PCI_EXP_LNKSTA);
	put_unaligned_le32(PCI_EXP_DEVCAP2_COMP_TMOUT_DIS, config + PCI_EXP_DEVCAP2);
	put_unaligned_le16(PCI_EXP_DEVCTL2_COMP_TMOUT_DIS, mask + PCI_EXP_DEVCTL2);
	put_unaligned_le32(PCI_EXP_LNKCAP2_SLS_2_5GB, config + PCI_EXP_LNKCAP2);
}

static void build_vendor(struct chain *chain, unsigned int i)
{
	struct mdev_bpf_device *bdev = chain->bdev;
	const struct mdev_bpf_pci_cap *decl = &bdev->pci_caps[i];
	bool low = decl->flags & MDEV_BPF_PCI_CAP_LOW;
	unsigned int cap = chain_add_at(chain, low ? &chain->low : &chain->next, decl->id,
					decl->size);

	bdev->config[cap + PCI_CAP_FLAGS] = decl->size;
	bdev->cap_places[i] = (struct mdev_bpf_cap_place) {
		cap, cap + VENDOR_HEADER, cap + decl->size };
}

/* PCI Express 2.1, 7.9: the first is at 0x100, and the last points to 0. */
static void build_extended(struct mdev_bpf_device *bdev)
{
	unsigned int i, cap = MDEV_BPF_CONFIG_SIZE;
	u32 left = bdev->config_size - cap;

	for (i = 0; left; i++) {
		const struct mdev_bpf_pci_cap *decl = &bdev->pci_caps[i];
		unsigned int end = cap + decl->size;

		if (!(decl->flags & MDEV_BPF_PCI_CAP_EXTENDED))
			continue;
		left -= decl->size;
		put_unaligned_le32(decl->id | (decl->version ?: 1) << 16 | (left ? end << 20 : 0),
				   bdev->config + cap);
		bdev->cap_places[i] = (struct mdev_bpf_cap_place) {
			cap, cap + EXTENDED_HEADER, end };
		cap = end;
	}
}

/**
 * mdev_bpf_pci_caps_build() - build the capabilities of a device
 * @bdev: the device, whose configuration space has no capabilities yet
 *
 * Context: The gate held.
 */
void mdev_bpf_pci_caps_build(struct mdev_bpf_device *bdev)
{
	struct chain chain = {
		.bdev = bdev,
		.link = PCI_CAPABILITY_LIST,
		.next = MDEV_BPF_CONFIG_CAPS,
		.low = MDEV_BPF_CONFIG_OWN,
	};
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	if (mdev_bpf_irq_count(bdev, VFIO_PCI_MSI_IRQ_INDEX))
		build_msi(&chain);
	if (mdev_bpf_irq_count(bdev, VFIO_PCI_MSIX_IRQ_INDEX))
		build_msix(&chain);
	if (bdev->pci.flags & MDEV_BPF_PCI_PM)
		build_pm(&chain);
	if (bdev->pci.flags & MDEV_BPF_PCI_EXPRESS)
		build_express(&chain);
	for (i = 0; i < MDEV_BPF_MAX_PCI_CAPS && bdev->pci_caps[i].id; i++)
		if (!(bdev->pci_caps[i].flags & MDEV_BPF_PCI_CAP_EXTENDED))
			build_vendor(&chain, i);
	bdev->own_start = chain.low;
	build_extended(bdev);
}

/**
 * mdev_bpf_pci_caps_mask() - get the bits of a byte that a guest changes by writing a value
 * @bdev: the device
 * @offset: offset of the byte
 * @val: the value
 *
 * Context: The gate held.
 *
 * Return: the bits.
 */
u8 mdev_bpf_pci_caps_mask(const struct mdev_bpf_device *bdev, u32 offset, u8 val)
{
	mdev_bpf_gate_assert_held(bdev);
	if (offset >= MDEV_BPF_CONFIG_SIZE)
		return 0;
	if (bdev->power_cap && offset == bdev->power_cap + PCI_PM_CTRL) {
		val &= PCI_PM_CTRL_STATE_MASK;
		/* The device has no D1 and D2; writing them changes nothing (3.2.4) */
		if (val == 1 || val == 2)
			return 0;
	}
	return bdev->config_mask[offset];
}

/**
 * mdev_bpf_pci_caps_is_flr() - does writing a byte request a function level reset?
 * @bdev: the device
 * @offset: offset of the byte
 * @val: the value that is written
 *
 * Context: The gate held.
 *
 * Return: true if it does.
 */
bool mdev_bpf_pci_caps_is_flr(const struct mdev_bpf_device *bdev, u32 offset, u8 val)
{
	mdev_bpf_gate_assert_held(bdev);
	return bdev->pci.flags & MDEV_BPF_PCI_FLR &&
	       offset == bdev->express_cap + PCI_EXP_DEVCTL + 1 &&
	       val & (PCI_EXP_DEVCTL_BCR_FLR >> BITS_PER_BYTE);
}

/**
 * mdev_bpf_pci_caps_is_own() - do bytes belong to the program's part of a capability?
 * @bdev: the device
 * @offset: first byte
 * @size: number of bytes
 *
 * Return: true if they do.
 */
bool mdev_bpf_pci_caps_is_own(const struct mdev_bpf_device *bdev, u32 offset, u32 size)
{
	const struct mdev_bpf_cap_place *place = bdev->cap_places;
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_PCI_CAPS && place[i].start; i++)
		if (offset >= place[i].body && offset + size <= place[i].end)
			return true;
	return false;
}

/**
 * mdev_bpf_pci_caps_match() - does another device have the same capabilities at the same offsets?
 * @bdev: the device
 * @config: configuration space of the other device, of the same size
 *
 * The content of the capabilities is not compared.
 *
 * Context: The gate held.
 *
 * Return: true if it does.
 */
bool mdev_bpf_pci_caps_match(const struct mdev_bpf_device *bdev, const u8 *config)
{
	const struct mdev_bpf_cap_place *place = bdev->cap_places;
	const u8 *ours = bdev->config;
	unsigned int i;
	u8 cap;

	mdev_bpf_gate_assert_held(bdev);
	cap = ours[PCI_CAPABILITY_LIST];
	if (config[PCI_CAPABILITY_LIST] != cap)
		return false;
	for (; cap; cap = ours[cap + PCI_CAP_LIST_NEXT])
		if (memcmp(config + cap, ours + cap, PCI_CAP_FLAGS))
			return false;
	for (i = 0; i < MDEV_BPF_MAX_PCI_CAPS && place[i].start; i++)
		if (memcmp(config + place[i].start, ours + place[i].start,
			   place[i].body - place[i].start))
			return false;
	return true;
}
