// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions that a program declares.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vfio.h>

#include "gate/refuse.h"
#include "program/ops.h"
#include "validate/api.h"
#include "validate/validate.h"

#define BAR_FLAGS (MDEV_BPF_REGION_IO | MDEV_BPF_REGION_PREFETCH | MDEV_BPF_REGION_64BIT)
#define MEMORY_FLAGS (MDEV_BPF_REGION_MMAP | MDEV_BPF_REGION_KEEP | MDEV_BPF_REGION_POPULATE | \
		      MDEV_BPF_REGION_SIZE_PARAM | MDEV_BPF_REGION_PROTECT | \
		      MDEV_BPF_REGION_CLEAR)
#define REGION_FLAGS (MDEV_BPF_REGION_RW | BAR_FLAGS | MDEV_BPF_REGION_MEMORY | MEMORY_FLAGS)

#define refuse mdev_bpf_refuse_ops

/* The first VFIO region index for device-specific regions of PCI devices */
#define FIRST_OWN VFIO_PCI_NUM_REGIONS

static bool is_bar(const struct mdev_bpf_ops *ops, const struct mdev_bpf_region *r)
{
	return mdev_bpf_api_is_pci(ops) && r->index <= VFIO_PCI_BAR5_REGION_INDEX;
}

static bool is_rom(const struct mdev_bpf_ops *ops, const struct mdev_bpf_region *r)
{
	return mdev_bpf_api_is_pci(ops) && r->index == VFIO_PCI_ROM_REGION_INDEX;
}

/*
 * Sizes: PCI Local Bus 3.0, 6.2.5.1 (I/O up to 256 bytes, memory from 16 bytes) and 6.2.5.2
 * (ROM, 2 KiB to 16 MiB).
 */
static int check_size(const struct mdev_bpf_ops *ops, unsigned int i, u64 size)
{
	const struct mdev_bpf_region *r = &ops->regions[i];
	u64 min = r->flags & MDEV_BPF_REGION_IO ? 4 : 16;
	u64 max = r->flags & MDEV_BPF_REGION_IO ? SZ_256 :
		  r->flags & MDEV_BPF_REGION_64BIT ? BIT_ULL(MDEV_BPF_OFFSET_SHIFT) : SZ_2G;

	if (is_rom(ops, r)) {
		min = SZ_2K;
		max = SZ_16M;
	}
	if ((is_bar(ops, r) || is_rom(ops, r)) &&
	    (hweight64(size) != 1 || size < min || size > max))
		return refuse(ops, -EINVAL,
			      "regions[%u].size %#llx is no power of two from %#llx to %#llx",
			      i, size, min, max);
	if (size > BIT_ULL(MDEV_BPF_OFFSET_SHIFT))
		return refuse(ops, -EINVAL, "regions[%u].size %#llx is more than %#llx",
			      i, size, BIT_ULL(MDEV_BPF_OFFSET_SHIFT));
	if (r->flags & MDEV_BPF_REGION_MMAP && size % PAGE_SIZE)
		return refuse(ops, -EINVAL, "regions[%u].size %#llx is not whole pages, but MMAP",
			      i, size);
	return 0;
}

/* A size that the administrator chooses: the least, the preset and the greatest must be valid. */
static int check_size_param(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];
	const struct mdev_bpf_param *p;

	if (!(r->flags & MDEV_BPF_REGION_SIZE_PARAM)) {
		if (r->size_param)
			return refuse(ops, -EINVAL,
				      "regions[%u].size_param is not zero, but SIZE_PARAM is not set",
				      i);
		return 0;
	}
	p = &ops->params[min(r->size_param, MDEV_BPF_MAX_PARAMS - 1U)];
	if (r->size_param >= mdev_bpf_ops_nr_params(ops) || p->kind != MDEV_BPF_PARAM_NUMBER)
		return refuse(ops, -EINVAL, "regions[%u].size_param %u is no NUMBER of params[]", i,
			      r->size_param);
	if (p->types && (!r->types || r->types & ~p->types))
		return refuse(ops, -EINVAL,
			      "regions[%u].size_param: not all types with the region have params[%u]",
			      i, r->size_param);
	if (p->min != r->size)
		return refuse(ops, -EINVAL, "regions[%u].size %#llx is not the min of params[%u], %#llx",
			      i, r->size, r->size_param, p->min);
	if (!p->max)
		return refuse(ops, -EINVAL, "regions[%u] needs params[%u] to have a max", i,
			      r->size_param);
	if (p->flags & MDEV_BPF_PARAM_LOCAL)
		return refuse(ops, -EINVAL,
			      "regions[%u].size_param: params[%u] must not be LOCAL",
			      i, r->size_param);
	return check_size(ops, i, p->preset) ?: check_size(ops, i, p->max);
}

static int check_bar_flags(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if (!is_bar(ops, r) && r->flags & BAR_FLAGS)
		return refuse(ops, -EINVAL, "regions[%u].flags %#x are those of PCI BARs",
			      i, r->flags & BAR_FLAGS);
	if ((r->flags & MDEV_BPF_REGION_IO) &&
	    (r->flags & (MDEV_BPF_REGION_PREFETCH | MDEV_BPF_REGION_64BIT)))
		return refuse(ops, -EINVAL, "regions[%u] is I/O, so not PREFETCH or 64BIT", i);
	if (r->flags & MDEV_BPF_REGION_IO && r->flags & MDEV_BPF_REGION_MEMORY)
		return refuse(ops, -EINVAL, "regions[%u] is I/O, so not MEMORY", i);
	if ((r->flags & MDEV_BPF_REGION_64BIT) &&
	    (r->index == VFIO_PCI_BAR5_REGION_INDEX ||
	     mdev_bpf_ops_region(ops, r->index + 1, r->types)))
		return refuse(ops, -EINVAL,
			      "regions[%u] is 64BIT, but the next BAR is not free", i);
	if (is_rom(ops, r) && r->flags & MDEV_BPF_REGION_WRITE)
		return refuse(ops, -EINVAL, "regions[%u] is the ROM, so not WRITE", i);
	return 0;
}

/* Name of a flag that only MEMORY can have, of those that are set */
static const char *memory_flag_name(u32 flags)
{
	if (flags & MDEV_BPF_REGION_MMAP)
		return "MMAP";
	if (flags & MDEV_BPF_REGION_KEEP)
		return "KEEP";
	if (flags & MDEV_BPF_REGION_POPULATE)
		return "POPULATE";
	if (flags & MDEV_BPF_REGION_CLEAR)
		return "CLEAR";
	return flags & MDEV_BPF_REGION_PROTECT ? "PROTECT" : "SIZE_PARAM";
}

static int check_flags(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if (r->flags & ~REGION_FLAGS)
		return refuse(ops, -EOPNOTSUPP, "regions[%u].flags %#lx are not supported",
			      i, r->flags & ~(unsigned long)REGION_FLAGS);
	if (!(r->flags & MDEV_BPF_REGION_MEMORY)) {
		if (r->flags & MEMORY_FLAGS)
			return refuse(ops, -EINVAL, "regions[%u] is %s, which is for MEMORY", i,
				      memory_flag_name(r->flags));
		if (!(r->flags & MDEV_BPF_REGION_RW))
			return refuse(ops, -EINVAL,
				      "regions[%u] can be neither read nor written", i);
	}
	if (!(r->flags & MDEV_BPF_REGION_RW) && mdev_bpf_api_is_pci(ops) && r->index < FIRST_OWN)
		return refuse(ops, -EINVAL, "regions[%u] is private, so its index is %u or more",
			      i, FIRST_OWN);
	if (r->flags & MDEV_BPF_REGION_MMAP && !(r->flags & MDEV_BPF_REGION_READ))
		return refuse(ops, -EINVAL, "regions[%u] is MMAP, so it must be readable", i);
	if (r->flags & MDEV_BPF_REGION_PROTECT && !(r->flags & MDEV_BPF_REGION_WRITE))
		return refuse(ops, -EINVAL, "regions[%u] is PROTECT, so it must be writable", i);
	return check_bar_flags(ops, i);
}

/* Check the trap window of a MEMORY region. */
static int check_trap(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];
	u64 end = (u64)r->trap_offset + r->trap_size;

	if (!r->trap_size) {
		if (r->trap_offset)
			return refuse(ops, -EINVAL,
				      "regions[%u].trap_offset is not zero, but trap_size is", i);
		return 0;
	}
	if (!(r->flags & MDEV_BPF_REGION_MEMORY) || !(r->flags & MDEV_BPF_REGION_RW))
		return refuse(ops, -EINVAL,
			      "regions[%u] has a trap window, but is no MEMORY of the user's", i);
	if (end > r->size || r->trap_offset % PAGE_SIZE || end % PAGE_SIZE)
		return refuse(ops, -EINVAL,
			      "regions[%u]: the trap window %#x to %#llx is not of its whole pages",
			      i, r->trap_offset, end);
	return 0;
}

static int check_cap(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if (r->cap_subtype && !r->cap_type)
		return refuse(ops, -EINVAL, "regions[%u] has a cap_subtype without cap_type", i);
	if (!r->cap_type)
		return 0;
	if (mdev_bpf_api_is_pci(ops) && r->index < FIRST_OWN)
		return refuse(ops, -EINVAL, "regions[%u].cap_type is for indices from %u up",
			      i, FIRST_OWN);
	if (!(r->flags & MDEV_BPF_REGION_RW))
		return refuse(ops, -EINVAL, "regions[%u] is private, so it has no cap_type", i);
	return 0;
}

static bool has_registers(const struct mdev_bpf_ops *ops, const struct mdev_bpf_region *r)
{
	unsigned int i;

	for (i = 0; i < mdev_bpf_ops_nr_registers(ops); i++)
		if (ops->registers[i].region == r->index &&
		    mdev_bpf_ops_share_type(ops->registers[i].types, r->types))
			return true;
	return false;
}

static int check_ops(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if (r->access_size && (!is_power_of_2(r->access_size) || r->access_size > 8))
		return refuse(ops, -EINVAL, "regions[%u].access_size %u is not 1, 2, 4 or 8",
			      i, r->access_size);
	if (r->flags & MDEV_BPF_REGION_MEMORY && !r->trap_size)
		return 0;
	/* Without the ops, bytes without a register read as 0 and ignore writes */
	if (has_registers(ops, r))
		return 0;
	if ((r->flags & MDEV_BPF_REGION_READ) && !ops->region_read)
		return refuse(ops, -EINVAL,
			      "regions[%u] is readable, but there is no region_read", i);
	if ((r->flags & MDEV_BPF_REGION_WRITE) && !ops->region_write)
		return refuse(ops, -EINVAL,
			      "regions[%u] is writable, but there is no region_write", i);
	return 0;
}

/* PCI: the core has configuration space, and VGA is not for devices of a program. */
static int check_index(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];
	unsigned int j;

	if (r->index >= MDEV_BPF_MAX_REGIONS)
		return refuse(ops, -EINVAL, "regions[%u].index %u is not below %u", i, r->index,
			      MDEV_BPF_MAX_REGIONS);
	if (mdev_bpf_api_is_pci(ops) && (r->index == VFIO_PCI_CONFIG_REGION_INDEX ||
					 r->index == VFIO_PCI_VGA_REGION_INDEX))
		return refuse(ops, -EOPNOTSUPP,
			      "regions[%u].index %u: 7 is configuration space, and 8 is VGA",
			      i, r->index);
	for (j = 0; j < i; j++)
		if (ops->regions[j].index == r->index &&
		    mdev_bpf_ops_share_type(ops->regions[j].types, r->types))
			return refuse(ops, -EINVAL,
				      "regions[%u] and regions[%u] both have index %u in a type", j,
				      i, r->index);
	return 0;
}

static int check_region(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if (r->reserved)
		return refuse(ops, -EINVAL, "regions[%u].reserved is not zero", i);
	return mdev_bpf_validate_types_mask(ops, "regions", i, r->types) ?: check_index(ops, i) ?:
	       check_flags(ops, i) ?: check_size(ops, i, r->size) ?: check_size_param(ops, i) ?:
	       check_trap(ops, i) ?:
	       check_cap(ops, i) ?: check_ops(ops, i);
}

/**
 * mdev_bpf_validate_regions() - check the regions that a program declares
 * @ops: the program
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_regions(const struct mdev_bpf_ops *ops)
{
	unsigned int i, n = mdev_bpf_ops_nr_regions(ops);
	int ret;

	ret = mdev_bpf_validate_rows(ops, "regions", "size", n, &ops->regions[n],
				     &ops->regions[MDEV_BPF_MAX_REGION_ROWS]);
	for (i = 0; !ret && i < n; i++)
		ret = check_region(ops, i);
	return ret;
}
