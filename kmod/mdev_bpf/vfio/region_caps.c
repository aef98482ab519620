// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capability chain of GET_REGION_INFO: a region's type, and which areas of it can be mapped.
 */
#include <linux/overflow.h>
#include <linux/slab.h>

#include "device/device.h"
#include "memory/memory.h"
#include "vfio/region_caps.h"

static int add_type(const struct mdev_bpf_region *r, struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_type type = {
		.header.id = VFIO_REGION_INFO_CAP_TYPE,
		.header.version = 1,
		.type = r->cap_type,
		.subtype = r->cap_subtype,
	};

	return vfio_info_add_capability(caps, &type.header, sizeof(type));
}

/* At most one area before the first trap, and one after each trap. */
#define MAX_AREAS (ARRAY_SIZE(((struct mdev_bpf_memory *)NULL)->traps) + 1)

static int add_sparse(const struct mdev_bpf_memory *mem, struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	u64 offset = mdev_bpf_memory_skip(mem, 0, PAGE_SIZE), size;
	int ret;

	sparse = kzalloc(struct_size(sparse, areas, MAX_AREAS), GFP_KERNEL_ACCOUNT);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	while (offset < mem->size) {
		size = mdev_bpf_memory_span(mem, offset, PAGE_SIZE);
		sparse->areas[sparse->nr_areas].offset = offset;
		sparse->areas[sparse->nr_areas++].size = size;
		offset = mdev_bpf_memory_skip(mem, offset + size, PAGE_SIZE);
	}
	ret = vfio_info_add_capability(caps, &sparse->header,
				       struct_size(sparse, areas, sparse->nr_areas));
	kfree(sparse);
	return ret;
}

/**
 * mdev_bpf_region_caps_can_map() - can any part of a region be mapped?
 * @bdev: the device
 * @index: VFIO index of the region
 *
 * Return: true if it can.
 */
bool mdev_bpf_region_caps_can_map(const struct mdev_bpf_device *bdev, u32 index)
{
	const struct mdev_bpf_memory *mem = bdev->memory[index];

	return bdev->regions[index].flags & MDEV_BPF_REGION_MMAP &&
	       mdev_bpf_memory_skip(mem, 0, PAGE_SIZE) < mem->size;
}

/**
 * mdev_bpf_region_caps_add() - add the capabilities of a region for GET_REGION_INFO
 * @bdev: the device
 * @index: VFIO index of the region
 * @caps: the chain to add them to
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_region_caps_add(const struct mdev_bpf_device *bdev, u32 index,
			     struct vfio_info_cap *caps)
{
	const struct mdev_bpf_region *r = &bdev->regions[index];
	int ret = 0;

	if (r->cap_type)
		ret = add_type(r, caps);
	if (!ret && mdev_bpf_region_caps_can_map(bdev, index) && bdev->memory[index]->nr_traps)
		ret = add_sparse(bdev->memory[index], caps);
	return ret;
}
