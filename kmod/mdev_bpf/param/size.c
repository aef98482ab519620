// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions whose size is a parameter. When it is set, each of them gets new memory. The previous one
 * stays for as long as dma-bufs of it exist.
 */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "device/device.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "memory/memory.h"
#include "param/size.h"
#include "pci/config.h"
#include "program/program.h"

static bool has_size(const struct mdev_bpf_device *bdev, unsigned int region, unsigned int param)
{
	const struct mdev_bpf_region *r = &bdev->regions[region];

	return r->flags & MDEV_BPF_REGION_SIZE_PARAM && r->size_param == param;
}

/**
 * mdev_bpf_param_size_init() - size the regions of a new device by the presets
 * @bdev: the device, whose regions and parameters are known, without memory
 */
void mdev_bpf_param_size_init(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->regions[i].flags & MDEV_BPF_REGION_SIZE_PARAM)
			bdev->regions[i].size =
				bdev->params.values[bdev->regions[i].size_param].number;
}

/* Is this a size that the region can have? The range has been checked. */
static int check(struct mdev_bpf_device *bdev, unsigned int region, unsigned int i, u64 number)
{
	const char *program = bdev->program->driver.driver.name;

	if (mdev_bpf_pci_config_has_bar(bdev, region) && !is_power_of_2(number)) {
		mdev_bpf_refuse(program,
				"parameter %s of device %s: %llu is the size of a BAR, but no power of two",
				bdev->params.decl[i].name, bdev->ctx.name, number);
		return -EINVAL;
	}
	if (bdev->regions[region].flags & MDEV_BPF_REGION_MMAP && number % PAGE_SIZE) {
		mdev_bpf_refuse(program,
				"parameter %s of device %s: %llu bytes are no whole pages, but MMAP",
				bdev->params.decl[i].name, bdev->ctx.name, number);
		return -EINVAL;
	}
	return 0;
}

/**
 * mdev_bpf_param_size_prepare() - make memory for the regions whose size is a parameter
 * @bdev: the device
 * @i: index of the parameter
 * @number: its new value
 * @size: zeroed; must be passed to mdev_bpf_param_size_free(), also after an error
 *
 * Context: Process context, no lock held. The memory is charged to the caller's memory cgroup.
 *
 * Return: 0; -EINVAL with a sentence if a region cannot have this size; -ENOMEM; -EINTR.
 */
int mdev_bpf_param_size_prepare(struct mdev_bpf_device *bdev, unsigned int i, u64 number,
				struct mdev_bpf_param_size *size)
{
	struct mdev_bpf_memory *mem;
	unsigned int region;
	int ret;

	for (region = 0; region < MDEV_BPF_MAX_REGIONS; region++) {
		if (!has_size(bdev, region, i))
			continue;
		ret = check(bdev, region, i, number);
		if (ret)
			return ret;
		mem = mdev_bpf_memory_make(bdev, region, number);
		if (IS_ERR(mem))
			return PTR_ERR(mem);
		size->memory[region] = mem;
	}
	return 0;
}

/**
 * mdev_bpf_param_size_apply() - give regions the memory that was made for them
 * @bdev: the device, which is not open
 * @size: the memory; set to the previous one
 *
 * Context: The gate held.
 */
void mdev_bpf_param_size_apply(struct mdev_bpf_device *bdev, struct mdev_bpf_param_size *size)
{
	unsigned int region;

	mdev_bpf_gate_assert_held(bdev);
	for (region = 0; region < MDEV_BPF_MAX_REGIONS; region++) {
		if (!size->memory[region])
			continue;
		swap(bdev->memory[region], size->memory[region]);
		bdev->regions[region].size = bdev->memory[region]->size;
		if (mdev_bpf_pci_config_has_bar(bdev, region))
			mdev_bpf_pci_config_resize(bdev, region);
	}
}

/**
 * mdev_bpf_param_size_free() - drop the memory that no region has
 * @size: the memory
 *
 * Context: Process context, no lock held.
 */
void mdev_bpf_param_size_free(struct mdev_bpf_param_size *size)
{
	unsigned int region;

	for (region = 0; region < MDEV_BPF_MAX_REGIONS; region++)
		mdev_bpf_memory_put(size->memory[region]);
}
