// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI capabilities that a program declares.
 *
 * The program provides their content, so only capabilities are allowed that concern nothing but the
 * device's driver. All others concern errors, links, buses, address translation or BARs: the core,
 * VFIO or the VMM would have to implement them, or an mdev cannot have them.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>

#include "gate/refuse.h"
#include "pci/caps.h"
#include "validate/validate.h"

#define CAP_FLAGS (MDEV_BPF_PCI_CAP_EXTENDED | MDEV_BPF_PCI_CAP_LOW)

#define ROOM		(MDEV_BPF_CONFIG_SIZE - MDEV_BPF_CONFIG_CAPS)
#define ROOM_LOW	(MDEV_BPF_CONFIG_CAPS - MDEV_BPF_CONFIG_OWN)
#define ROOM_EXTENDED	(MDEV_BPF_CONFIG_EXPRESS - MDEV_BPF_CONFIG_SIZE)

#define refuse mdev_bpf_refuse_ops

/* The capabilities that are allowed, with their permitted sizes */
static const struct cap_kind {
	u16 id;
	u16 min;
	u16 max;
} extended_kinds[] = {
	{ PCI_EXT_CAP_ID_DSN, PCI_EXT_CAP_DSN_SIZEOF, PCI_EXT_CAP_DSN_SIZEOF },
	{ PCI_EXT_CAP_ID_VNDR, 8, ROOM_EXTENDED },	/* has a second header */
	{ PCI_EXT_CAP_ID_DVSEC, 12, ROOM_EXTENDED },	/* likewise */
};

static const struct cap_kind *find_extended(u16 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extended_kinds); i++)
		if (extended_kinds[i].id == id)
			return &extended_kinds[i];
	return NULL;
}

static int check_extended(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_pci_cap *cap = &ops->pci_caps[i];
	const struct cap_kind *kind = find_extended(cap->id);

	if (!(ops->pci.flags & MDEV_BPF_PCI_EXPRESS))
		return refuse(ops, -EINVAL, "pci_caps[%u] is EXTENDED, which needs EXPRESS", i);
	if (cap->flags & MDEV_BPF_PCI_CAP_LOW)
		return refuse(ops, -EINVAL, "pci_caps[%u] is EXTENDED, so not LOW", i);
	if (!kind)
		return refuse(ops, -EOPNOTSUPP,
			      "pci_caps[%u].id %#x: an EXTENDED one is 0x3, 0xb or 0x23", i,
			      cap->id);
	if (cap->version > 15)
		return refuse(ops, -EINVAL, "pci_caps[%u].version %u is more than 15", i,
			      cap->version);
	if (cap->size < kind->min || cap->size > kind->max || cap->size % sizeof(u32))
		return refuse(ops, -EINVAL,
			      "pci_caps[%u].size %u is no multiple of 4 from %u to %u", i,
			      cap->size, kind->min, kind->max);
	return 0;
}

static int check_vendor(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_pci_cap *cap = &ops->pci_caps[i];

	if (cap->id != PCI_CAP_ID_VNDR)
		return refuse(ops, -EOPNOTSUPP,
			      "pci_caps[%u].id %#x: one that is not EXTENDED is 0x9", i, cap->id);
	if (cap->version)
		return refuse(ops, -EINVAL, "pci_caps[%u].version is for EXTENDED ones", i);
	if (cap->size <= 3)
		return refuse(ops, -EINVAL, "pci_caps[%u].size %u is a header without a body", i,
			      cap->size);
	return 0;
}

static int check_cap(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_pci_cap *cap = &ops->pci_caps[i];

	if (cap->flags & ~CAP_FLAGS)
		return refuse(ops, -EOPNOTSUPP, "pci_caps[%u].flags %#x are not supported", i,
			      cap->flags & ~CAP_FLAGS);
	if (cap->reserved)
		return refuse(ops, -EINVAL, "pci_caps[%u].reserved is not zero", i);
	return cap->flags & MDEV_BPF_PCI_CAP_EXTENDED ? check_extended(ops, i) :
							check_vendor(ops, i);
}

static int check_room(const struct mdev_bpf_ops *ops)
{
	const struct mdev_bpf_pci_cap *caps = ops->pci_caps;
	unsigned int low = mdev_bpf_pci_caps_declared(caps, MDEV_BPF_PCI_CAP_LOW);
	unsigned int extended = mdev_bpf_pci_caps_declared(caps, MDEV_BPF_PCI_CAP_EXTENDED);
	unsigned int size = mdev_bpf_pci_caps_size(ops);

	if (size > ROOM)
		return refuse(ops, -E2BIG, "the PCI capabilities take %u bytes of %u", size, ROOM);
	if (low > ROOM_LOW)
		return refuse(ops, -E2BIG, "the LOW PCI capabilities take %u bytes of %u", low,
			      ROOM_LOW);
	if (extended > ROOM_EXTENDED)
		return refuse(ops, -E2BIG, "the EXTENDED PCI capabilities take %u bytes of %u",
			      extended, ROOM_EXTENDED);
	return 0;
}

/**
 * mdev_bpf_validate_pci_caps() - check the capabilities that a program declares
 * @ops: the program, which declares PCI devices
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_pci_caps(const struct mdev_bpf_ops *ops)
{
	const struct mdev_bpf_pci_cap *caps = ops->pci_caps;
	unsigned int i;
	int ret;

	for (i = 0; i < MDEV_BPF_MAX_PCI_CAPS && caps[i].id; i++) {
		ret = check_cap(ops, i);
		if (ret)
			return ret;
	}
	return mdev_bpf_validate_rows(ops, "pci_caps", "id", i, &ops->pci_caps[i],
				      &ops->pci_caps[MDEV_BPF_MAX_PCI_CAPS]) ?:
	       check_room(ops);
}
