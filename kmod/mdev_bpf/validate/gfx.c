// SPDX-License-Identifier: GPL-2.0-only
/* The display that a program declares, and the region for its EDID. */
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "gate/refuse.h"
#include "gfx/edid.h"
#include "program/ops.h"
#include "validate/validate.h"

#define refuse mdev_bpf_refuse_ops

/* An EDID has 1 to 256 blocks of 128 bytes, so any EDID fits into 64 KiB. */
#define MIN_SIZE (MDEV_BPF_EDID_OFFSET + 128)
#define MAX_SIZE SZ_64K

#define MEMORY_RW (MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_RW)

#define GFX_FLAGS (MDEV_BPF_GFX_REGION | MDEV_BPF_GFX_DMABUF)

static bool has_memory(const struct mdev_bpf_ops *ops)
{
	unsigned int i;

	for (i = 0; i < mdev_bpf_ops_nr_regions(ops); i++)
		if (ops->regions[i].flags & MDEV_BPF_REGION_MEMORY)
			return true;
	return false;
}

/* A type has one display. */
static int check_types(const struct mdev_bpf_ops *ops, unsigned int i)
{
	unsigned int j;

	for (j = 0; j < i; j++)
		if (mdev_bpf_ops_share_type(ops->gfx[j].types, ops->gfx[i].types))
			return refuse(ops, -EINVAL, "gfx[%u] and gfx[%u] are both for a type", j,
				      i);
	return mdev_bpf_validate_types_mask(ops, "gfx", i, ops->gfx[i].types);
}

static int check_row(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_gfx *gfx = &ops->gfx[i];

	if (gfx->flags & ~GFX_FLAGS)
		return refuse(ops, -EOPNOTSUPP, "gfx[%u].flags %#x are not supported", i,
			      gfx->flags & ~GFX_FLAGS);
	if (gfx->max_xres > MDEV_BPF_MAX_RES || gfx->max_yres > MDEV_BPF_MAX_RES)
		return refuse(ops, -EINVAL, "gfx[%u].max_xres or max_yres is more than %u", i,
			      MDEV_BPF_MAX_RES);
	return check_types(ops, i);
}

static int check_gfx(const struct mdev_bpf_ops *ops)
{
	unsigned int i, n = mdev_bpf_ops_nr_gfx(ops);
	int ret;

	ret = mdev_bpf_validate_rows(ops, "gfx", "flags", n, &ops->gfx[n],
				     &ops->gfx[MDEV_BPF_MAX_TYPES]);
	for (i = 0; !ret && i < n; i++)
		ret = check_row(ops, i);
	if (ret)
		return ret;
	if (!n && ops->gfx_query)
		return refuse(ops, -EINVAL, "there is a gfx_query, but no gfx[0].flags");
	if (n && !ops->gfx_query)
		return refuse(ops, -EINVAL, "there are gfx[0].flags, but no gfx_query");
	if (n && !has_memory(ops))
		return refuse(ops, -EINVAL, "there are gfx[0].flags, but no region is MEMORY");
	return 0;
}

/* Each type that has the region must have a display. */
static int check_edid_types(const struct mdev_bpf_ops *ops, unsigned int i)
{
	unsigned int type;

	for (type = 0; type < mdev_bpf_ops_nr_types(ops); type++)
		if (mdev_bpf_ops_share_type(ops->regions[i].types, BIT(type)) &&
		    !mdev_bpf_ops_gfx(ops, BIT(type)))
			return refuse(ops, -EINVAL,
				      "regions[%u] is for EDID, but type %u has no gfx[].flags",
				      i, type);
	return 0;
}

static int check_edid_region(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_region *r = &ops->regions[i];

	if ((r->flags & (MEMORY_RW | MDEV_BPF_REGION_MMAP | MDEV_BPF_REGION_SIZE_PARAM)) !=
	    MEMORY_RW || r->trap_size)
		return refuse(ops, -EINVAL,
			      "regions[%u] is for EDID: readable, writable, no MMAP, no window, one size",
			      i);
	if (r->size < MIN_SIZE || r->size > MAX_SIZE)
		return refuse(ops, -EINVAL, "regions[%u].size %#llx is not %#x to %#x, for EDID",
			      i, r->size, MIN_SIZE, MAX_SIZE);
	if (r->access_size && r->access_size != sizeof(u32))
		return refuse(ops, -EINVAL, "regions[%u].access_size %u is not 4, for EDID", i,
			      r->access_size);
	return 0;
}

/* A device has one region for EDID. */
static int check_edid_single(const struct mdev_bpf_ops *ops, unsigned int i)
{
	unsigned int j;

	for (j = 0; j < i; j++)
		if (mdev_bpf_edid_is(&ops->regions[j]) &&
		    mdev_bpf_ops_share_type(ops->regions[j].types, ops->regions[i].types))
			return refuse(ops, -EINVAL, "regions[%u] is a second one for EDID", i);
	return 0;
}

static int check_edid(const struct mdev_bpf_ops *ops)
{
	unsigned int nr = 0, i;
	int ret;

	for (i = 0; i < mdev_bpf_ops_nr_regions(ops); i++) {
		if (!mdev_bpf_edid_is(&ops->regions[i]))
			continue;
		ret = check_edid_types(ops, i) ?: check_edid_region(ops, i) ?:
		      check_edid_single(ops, i);
		if (ret)
			return ret;
		nr++;
	}
	if (ops->gfx_edid && !nr)
		return refuse(ops, -EINVAL, "there is a gfx_edid, but no region for EDID");
	return 0;
}

/**
 * mdev_bpf_validate_gfx() - check the display that a program declares
 * @ops: the program, whose regions have been checked
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_gfx(const struct mdev_bpf_ops *ops)
{
	return check_gfx(ops) ?: check_edid(ops);
}
