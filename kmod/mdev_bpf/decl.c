// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program declares about its device: is it sound, and does it fit the
 * devices that another program left behind? Each refusal has its sentence.
 */
#include <linux/ctype.h>
#include <linux/log2.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "internal.h"

#define REGION_FLAGS (MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO | \
		      MDEV_BPF_REGION_PREFETCH | MDEV_BPF_REGION_64BIT)

/* Refuse @ops with a sentence and @err, which is also the value. */
#define refuse(ops, err, fmt, ...) \
	(mdev_bpf_refuse((ops)->name, fmt, ##__VA_ARGS__), (err))

/**
 * mdev_bpf_decl_nr_types() - number of mdev types a program declares
 * @ops: the program
 */
unsigned int mdev_bpf_decl_nr_types(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_TYPES && ops->types[n].name[0])
		n++;
	return n;
}

/**
 * mdev_bpf_decl_pool() - size of the pool that the instances of all types share
 * @ops: the program
 */
unsigned int mdev_bpf_decl_pool(const struct mdev_bpf_ops *ops)
{
	return ops->max_instances ?: MDEV_BPF_MAX_INSTANCES;
}

/**
 * mdev_bpf_decl_units() - how much of the pool an instance takes
 * @ops: the program
 * @type: index of the instance's type
 */
unsigned int mdev_bpf_decl_units(const struct mdev_bpf_ops *ops, unsigned int type)
{
	return ops->types[type].units ?: 1;
}

static bool terminated(const char *s, size_t size)
{
	return strnlen(s, size) < size;
}

/* Names become file names in sysfs and bpffs, and bpffs takes no dots. */
static bool name_ok(const char *name, size_t size)
{
	const char *c;

	if (!terminated(name, size) || !name[0] || strchr("_-", name[0]))
		return false;
	for (c = name; *c; c++)
		if (!isascii(*c) || (!isalnum(*c) && !strchr("_-", *c)))
			return false;
	return true;
}

static int check_names(const struct mdev_bpf_ops *ops)
{
	if (!name_ok(ops->name, sizeof(ops->name)))
		return refuse(ops, -EINVAL,
			      "the name must be 1 to %d of A-Z a-z 0-9 _ -, no _ or - first",
			      MDEV_BPF_NAME_LEN - 1);
	if (!terminated(ops->description, sizeof(ops->description)))
		return refuse(ops, -EINVAL, "description has no final NUL");
	if (!terminated(ops->device_api, sizeof(ops->device_api)) ||
	    (ops->device_api[0] && strcmp(ops->device_api, VFIO_DEVICE_API_PCI_STRING)))
		return refuse(ops, -EOPNOTSUPP, "device_api \"%.*s\" is not supported, only \"%s\"",
			      MDEV_BPF_API_LEN, ops->device_api, VFIO_DEVICE_API_PCI_STRING);
	return 0;
}

static int check_scalars(const struct mdev_bpf_ops *ops)
{
	if (!ops->abi || ops->abi > MDEV_BPF_ABI)
		return refuse(ops, -EPROTO, "built for abi %u, this kernel has 1 to %u",
			      ops->abi, MDEV_BPF_ABI);
	if (ops->flags)
		return refuse(ops, -EOPNOTSUPP, "flags %#llx: no flag is supported", ops->flags);
	if (ops->max_instances > MDEV_BPF_MAX_INSTANCES)
		return refuse(ops, -EINVAL, "max_instances %u is more than %u",
			      ops->max_instances, MDEV_BPF_MAX_INSTANCES);
	if (ops->state_size > MDEV_BPF_MAX_STATE)
		return refuse(ops, -E2BIG, "state_size %u is more than %u",
			      ops->state_size, MDEV_BPF_MAX_STATE);
	return 0;
}

static int check_type(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_type_desc *t = &ops->types[i];
	unsigned int j;

	if (!name_ok(t->name, sizeof(t->name)))
		return refuse(ops, -EINVAL,
			      "types[%u].name must be 1 to %d of A-Z a-z 0-9 _ -, no _ or - first",
			      i, MDEV_BPF_NAME_LEN - 1);
	if (!terminated(t->pretty_name, sizeof(t->pretty_name)))
		return refuse(ops, -EINVAL, "types[%u].pretty_name has no final NUL", i);
	if (mdev_bpf_decl_units(ops, i) > mdev_bpf_decl_pool(ops))
		return refuse(ops, -EINVAL, "types[%u] takes %u units of %u", i,
			      t->units, mdev_bpf_decl_pool(ops));
	if (t->reserved)
		return refuse(ops, -EINVAL, "types[%u].reserved is not zero", i);
	for (j = 0; j < i; j++)
		if (!strcmp(ops->types[j].name, t->name))
			return refuse(ops, -EINVAL, "two types are named \"%s\"", t->name);
	return 0;
}

static int check_types(const struct mdev_bpf_ops *ops)
{
	unsigned int i, n = mdev_bpf_decl_nr_types(ops);
	int ret;

	if (!n)
		return refuse(ops, -EINVAL, "no mdev type is declared (types[0].name is empty)");
	for (i = 0; i < n; i++) {
		ret = check_type(ops, i);
		if (ret)
			return ret;
	}
	if (memchr_inv(&ops->types[n], 0, (MDEV_BPF_MAX_TYPES - n) * sizeof(ops->types[0])))
		return refuse(ops, -EINVAL, "types[%u] has no name but is not empty", n);
	return 0;
}

static int check_pci(const struct mdev_bpf_ops *ops)
{
	if (!ops->pci.vendor || ops->pci.vendor == 0xffff)
		return refuse(ops, -EINVAL, "pci.vendor %#x is no vendor id", ops->pci.vendor);
	if (ops->pci.class_code > 0xffffff)
		return refuse(ops, -EINVAL, "pci.class_code %#x has more than 24 bits",
			      ops->pci.class_code);
	if (memchr_inv(ops->pci.reserved, 0, sizeof(ops->pci.reserved)))
		return refuse(ops, -EINVAL, "pci.reserved is not zero");
	return 0;
}

/* Sizes: PCI Local Bus 3.0, 6.2.5.1 (I/O up to 256 bytes, memory from 16 bytes). */
static int check_region_size(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];
	u64 min = r->flags & MDEV_BPF_REGION_IO ? 4 : 16;
	u64 max = r->flags & MDEV_BPF_REGION_IO ? SZ_256 :
		  r->flags & MDEV_BPF_REGION_64BIT ? BIT_ULL(MDEV_BPF_OFFSET_SHIFT) : SZ_2G;

	if (hweight64(r->size) != 1 || r->size < min || r->size > max)
		return refuse(ops, -EINVAL,
			      "regions[%u].size %#llx is no power of two from %#llx to %#llx",
			      i, r->size, min, max);
	return 0;
}

static int check_region_flags(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if (r->flags & ~REGION_FLAGS)
		return refuse(ops, -EOPNOTSUPP, "regions[%u].flags %#lx are not supported",
			      i, r->flags & ~(unsigned long)REGION_FLAGS);
	if (!(r->flags & MDEV_BPF_REGION_RW))
		return refuse(ops, -EINVAL, "regions[%u] can be neither read nor written", i);
	if ((r->flags & MDEV_BPF_REGION_IO) &&
	    (r->flags & (MDEV_BPF_REGION_PREFETCH | MDEV_BPF_REGION_64BIT)))
		return refuse(ops, -EINVAL, "regions[%u] is I/O, so not PREFETCH or 64BIT", i);
	if ((r->flags & MDEV_BPF_REGION_64BIT) &&
	    (i >= VFIO_PCI_BAR5_REGION_INDEX || ops->regions[i + 1].size))
		return refuse(ops, -EINVAL,
			      "regions[%u] is 64BIT, but the next BAR is not free", i);
	if (r->access_size && (!is_power_of_2(r->access_size) || r->access_size > 8))
		return refuse(ops, -EINVAL, "regions[%u].access_size %u is not 1, 2, 4 or 8",
			      i, r->access_size);
	return 0;
}

static int check_region_ops(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if ((r->flags & MDEV_BPF_REGION_READ) && !ops->region_read)
		return refuse(ops, -EINVAL,
			      "regions[%u] is readable, but there is no region_read", i);
	if ((r->flags & MDEV_BPF_REGION_WRITE) && !ops->region_write)
		return refuse(ops, -EINVAL,
			      "regions[%u] is writable, but there is no region_write", i);
	return 0;
}

static int check_mask(const struct mdev_bpf_ops *ops, const char *what, unsigned int i, u32 mask)
{
	unsigned int n = mdev_bpf_decl_nr_types(ops);

	if (mask & ~GENMASK(n - 1, 0))
		return refuse(ops, -EINVAL, "%s[%u].types %#x names a type above the last, %u",
			      what, i, mask, n - 1);
	return 0;
}

static int check_region(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if (!r->size) {
		if (memchr_inv(r, 0, sizeof(*r)))
			return refuse(ops, -EINVAL, "regions[%u] has no size but is not empty", i);
		return 0;
	}
	if (i > VFIO_PCI_BAR5_REGION_INDEX)
		return refuse(ops, -EOPNOTSUPP, "regions[%u]: only BARs, 0 to 5, are supported", i);
	if (memchr_inv(r->reserved, 0, sizeof(r->reserved)))
		return refuse(ops, -EINVAL, "regions[%u].reserved is not zero", i);
	return check_region_flags(ops, i) ?: check_region_size(ops, i) ?:
	       check_mask(ops, "regions", i, r->types) ?: check_region_ops(ops, i);
}

static int check_irq(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_irq *irq = &ops->irqs[i];

	if (!irq->count) {
		if (memchr_inv(irq, 0, sizeof(*irq)))
			return refuse(ops, -EINVAL, "irqs[%u] has no count but is not empty", i);
		return 0;
	}
	if (i != VFIO_PCI_INTX_IRQ_INDEX && i != VFIO_PCI_MSI_IRQ_INDEX)
		return refuse(ops, -EOPNOTSUPP,
			      "irqs[%u]: only INTx, 0, and MSI, 1, are supported", i);
	if (i == VFIO_PCI_INTX_IRQ_INDEX && irq->count != 1)
		return refuse(ops, -EINVAL,
			      "irqs[0].count %u: a device has one INTx pin", irq->count);
	if (!is_power_of_2(irq->count) || irq->count > 32)
		return refuse(ops, -EINVAL,
			      "irqs[1].count %u is no power of two up to 32", irq->count);
	if (memchr_inv(irq->reserved, 0, sizeof(irq->reserved)))
		return refuse(ops, -EINVAL, "irqs[%u].reserved is not zero", i);
	return check_mask(ops, "irqs", i, irq->types);
}

/**
 * mdev_bpf_decl_check() - is what a program declares sound?
 * @ops: the program
 *
 * Context: Process context.
 *
 * Return: 0; -EINVAL, -E2BIG, -EPROTO or -EOPNOTSUPP, with a sentence left by mdev_bpf_refuse().
 */
int mdev_bpf_decl_check(const struct mdev_bpf_ops *ops)
{
	unsigned int i;
	int ret;

	ret = check_names(ops) ?: check_scalars(ops) ?: check_types(ops) ?: check_pci(ops);
	for (i = 0; !ret && i < MDEV_BPF_MAX_REGIONS; i++)
		ret = check_region(ops, i);
	for (i = 0; !ret && i < MDEV_BPF_MAX_IRQS; i++)
		ret = check_irq(ops, i);
	return ret;
}

/**
 * mdev_bpf_decl_compatible() - can a program take over the devices of another?
 * @old: what the devices were made for
 * @new: the program that would drive them
 *
 * Return: 0; -EINVAL, with a sentence left by mdev_bpf_refuse().
 */
int mdev_bpf_decl_compatible(const struct mdev_bpf_ops *old, const struct mdev_bpf_ops *new)
{
	if (strcmp(old->name, new->name))
		return refuse(new, -EINVAL, "cannot replace \"%s\", its name differs", old->name);
	if (old->state_size != new->state_size)
		return refuse(new, -EINVAL, "state_size %u does not fit the devices, which have %u",
			      new->state_size, old->state_size);
	if (old->state_version != new->state_version)
		return refuse(new, -EINVAL,
			      "state_version %u does not fit the devices, which have %u",
			      new->state_version, old->state_version);
	if (memcmp(old->types, new->types, sizeof(old->types)))
		return refuse(new, -EINVAL, "types[] differ from those of the devices");
	if (memcmp(old->regions, new->regions, sizeof(old->regions)))
		return refuse(new, -EINVAL, "regions[] differ from those of the devices");
	if (memcmp(old->irqs, new->irqs, sizeof(old->irqs)))
		return refuse(new, -EINVAL, "irqs[] differ from those of the devices");
	return 0;
}
