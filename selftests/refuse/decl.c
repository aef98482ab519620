// SPDX-License-Identifier: GPL-2.0-only
/* Declarations that the module must refuse: what every device has, regions, names. */
#include <string.h>

#include "dev.h"
#include "wrong.h"

WRONG(unknown_api, memcpy(ops->device_api, "vfio-fsl", 9))
WRONG(endless_api, memset(ops->device_api, 'x', sizeof(ops->device_api)))
WRONG(endless_description, memset(ops->description, 'x', sizeof(ops->description)))
WRONG(newer_abi, ops->abi = MDEV_BPF_ABI + 1)
WRONG(older_abi, ops->abi = MDEV_BPF_ABI_MIN - 1)
WRONG(no_abi, ops->abi = 0)
WRONG(some_flag, ops->flags = 1)
WRONG(high_flag, ops->flags = 1ULL << 63)
WRONG(large_state, ops->state_size = MDEV_BPF_MAX_STATE + 1)
WRONG(huge_state, ops->state_size = 0xffffffff)
WRONG(many_windows, ops->dma_windows = MDEV_BPF_MAX_PINS + 1)
WRONG(reserved, ops->reserved = 1)
WRONG(large_pool, ops->max_instances = MDEV_BPF_MAX_INSTANCES + 1)

static const struct wrong wrong_scalars[] = {
	{ unknown_api, -EOPNOTSUPP, "device_api \"vfio-fsl\"" },
	{ endless_api, -EOPNOTSUPP, "device_api" },
	{ endless_description, -EINVAL, "description" },
	{ no_abi, -EPROTO, "abi is not set: set it to MDEV_BPF_ABI" },
	{ older_abi, -EPROTO, "built for abi 2, this kernel has 3 to 3" },
	{ newer_abi, -EPROTO, "abi 4" },
	{ some_flag, -EOPNOTSUPP, "flags 0x1" },
	{ high_flag, -EOPNOTSUPP, "flags 0x8000000000000000" },
	{ large_state, -E2BIG, "state_size 1048577" },
	{ huge_state, -E2BIG, "state_size 4294967295" },
	{ many_windows, -EINVAL, "dma_windows 129 is more than 128" },
	{ reserved, -EINVAL, "reserved is not zero" },
	{ large_pool, -EINVAL, "max_instances 65537" },
};

WRONG(no_windows, ops->dma_windows = 0)

static const struct wrong wrong_windows[] = {
	{ no_windows, -EINVAL, "there is dma_unmap, but dma_windows is 0" },
};

MTAP_TEST(windows)
{
	expect_wrong("progs/kdma.bpf.o", wrong_windows, ARRAY_SIZE(wrong_windows));
}

MTAP_TEST(scalars)
{
	expect_wrong(KDEV, wrong_scalars, ARRAY_SIZE(wrong_scalars));
}

WRONG(no_types, memset(ops->types, 0, sizeof(ops->types)))
WRONG(type_gap, ops->types[1].name[0] = 0)
WRONG(type_name, ops->types[1].name[0] = '/')
WRONG(type_endless, memset(ops->types[1].name, 'x', MDEV_BPF_NAME_LEN))
WRONG(type_twice, ops->types[1].name[0] = 'a')
WRONG(type_pretty, memset(ops->types[0].pretty_name, 'x', MDEV_BPF_PRETTY_LEN))
WRONG(type_units, ops->types[1].units = 9)
WRONG(type_reserved, ops->types[2].reserved = 1)

static const struct wrong wrong_types[] = {
	{ no_types, -EINVAL, "no mdev type" },
	{ type_gap, -EINVAL, "types[1]" },
	{ type_name, -EINVAL, "types[1].name" },
	{ type_endless, -EINVAL, "types[1].name" },
	{ type_twice, -EINVAL, "two types are named \"a\"" },
	{ type_pretty, -EINVAL, "types[0].pretty_name" },
	{ type_units, -EINVAL, "types[1] takes 9 units of 8" },
	{ type_reserved, -EINVAL, "types[2].reserved" },
};

MTAP_TEST(types)
{
	expect_wrong(KDEV, wrong_types, ARRAY_SIZE(wrong_types));
}

static struct mdev_bpf_region *add_region(struct mdev_bpf_ops *ops, __u32 index, __u64 size,
					  __u32 flags)
{
	struct mdev_bpf_region *r = ops_region(ops, index);

	r->size = size;
	r->flags = flags;
	return r;
}

WRONG(no_read, ops->region_read = NULL)
WRONG(no_write, ops->region_write = NULL)
WRONG(region_size, ops_region(ops, 0)->size = 48)
WRONG(region_small, ops_region(ops, 0)->size = 8)
WRONG(region_large, ops_region(ops, 0)->size = 1ULL << 32)
WRONG(io_large, ops_region(ops, 1)->size = 512)
WRONG(io_prefetch, ops_region(ops, 1)->flags |= MDEV_BPF_REGION_PREFETCH)
WRONG(access_size, ops_region(ops, 2)->access_size = 3)
WRONG(access_wide, ops_region(ops, 2)->access_size = 16)
WRONG(region_flag, ops_region(ops, 2)->flags |= 0x80000000)
WRONG(region_closed, ops_region(ops, 2)->flags = MDEV_BPF_REGION_PREFETCH)
WRONG(region_types, ops_region(ops, 3)->types = 0x10)
WRONG(region_reserved, ops->regions[3].reserved = 1)
WRONG(region_empty, ops_region(ops, 5)->access_size = 4)
WRONG(region_gap, ops->regions[6] = ops->regions[0])
WRONG(region_index, add_region(ops, 16, 16, 3))
WRONG(region_huge, add_region(ops, ~0U, 16, 3))
WRONG(region_twice, ops->regions[5] = ops->regions[2]; ops->regions[5].types = 1)
WRONG(region_shared, ops->regions[5] = ops->regions[3]; ops->regions[5].types = 6)
WRONG(region_pair, add_region(ops, 5, 16, MDEV_BPF_REGION_READ))
WRONG(region_config, add_region(ops, 7, 256, MDEV_BPF_REGION_RW))
WRONG(region_vga, add_region(ops, 8, 64, MDEV_BPF_REGION_RW))
WRONG(own_bar, add_region(ops, 9, 64, 3 | MDEV_BPF_REGION_PREFETCH))
WRONG(own_large, add_region(ops, 15, (1ULL << 40) + 1, 3))
WRONG(rom_written, add_region(ops, 6, 2048, MDEV_BPF_REGION_RW))
WRONG(rom_small, add_region(ops, 6, 1024, MDEV_BPF_REGION_READ))
WRONG(rom_large, add_region(ops, 6, 1 << 25, MDEV_BPF_REGION_READ))

static const struct wrong wrong_regions[] = {
	{ no_read, -EINVAL, "no region_read" },
	{ no_write, -EINVAL, "no region_write" },
	{ region_size, -EINVAL, "regions[0].size 0x30" },
	{ region_small, -EINVAL, "regions[0].size 0x8" },
	{ region_large, -EINVAL, "regions[0].size 0x100000000" },
	{ io_large, -EINVAL, "regions[1].size 0x200" },
	{ io_prefetch, -EINVAL, "regions[1]" },
	{ access_size, -EINVAL, "regions[2].access_size 3" },
	{ access_wide, -EINVAL, "regions[2].access_size 16" },
	{ region_flag, -EOPNOTSUPP, "regions[2].flags" },
	{ region_closed, -EINVAL, "regions[2] can be neither read nor written" },
	{ region_types, -EINVAL, "regions[3].types 0x10" },
	{ region_reserved, -EINVAL, "regions[3].reserved" },
	{ region_empty, -EINVAL, "regions[5]" },
	{ region_gap, -EINVAL, "regions[5] has no size, but it or a later row is not empty" },
	{ region_index, -EINVAL, "regions[5].index 16 is not below 16" },
	{ region_huge, -EINVAL, "regions[5].index 4294967295 is not below 16" },
	{ region_twice, -EINVAL, "regions[2] and regions[5] both have index 2 in a type" },
	{ region_shared, -EINVAL, "regions[3] and regions[5] both have index 3 in a type" },
	{ region_pair, -EINVAL, "regions[4]" },
	{ region_config, -EOPNOTSUPP, "regions[5].index 7: 7 is configuration space, and 8" },
	{ region_vga, -EOPNOTSUPP, "regions[5].index 8: 7 is configuration space, and 8" },
	{ own_bar, -EINVAL, "regions[5].flags 0x8 are those of PCI BARs" },
	{ own_large, -EINVAL, "regions[5].size 0x10000000001 is more than 0x10000000000" },
	{ rom_written, -EINVAL, "regions[5] is the ROM, so not WRITE" },
	{ rom_small, -EINVAL, "regions[5].size 0x400 is no power of two from 0x800 to 0x1000000" },
	{ rom_large, -EINVAL, "regions[5].size 0x2000000 is no power of two" },
};

MTAP_TEST(regions)
{
	expect_wrong(KDEV, wrong_regions, ARRAY_SIZE(wrong_regions));
}

#define MEMORY	MDEV_BPF_REGION_MEMORY
#define MMAP	MDEV_BPF_REGION_MMAP

/* Two pages of memory behind the BARs */
static struct mdev_bpf_region *own(struct mdev_bpf_ops *ops, __u32 flags)
{
	struct mdev_bpf_region *r = ops_region(ops, 9);

	r->size = 0x2000;
	r->flags = MEMORY | flags;
	return r;
}

static void window(struct mdev_bpf_ops *ops, __u32 offset, __u32 size)
{
	own(ops, MDEV_BPF_REGION_RW)->trap_offset = offset;
	ops_region(ops, 9)->trap_size = size;
}

WRONG(just_mmap, ops_region(ops, 2)->flags |= MMAP)
WRONG(just_keep, ops_region(ops, 2)->flags |= MDEV_BPF_REGION_KEEP)
WRONG(protect_read_only, ops_region(ops, 2)->flags = MDEV_BPF_REGION_MEMORY |
						       MDEV_BPF_REGION_READ |
						       MDEV_BPF_REGION_PROTECT)
WRONG(just_populate, ops_region(ops, 2)->flags |= MDEV_BPF_REGION_POPULATE)
WRONG(just_clear, ops_region(ops, 2)->flags |= MDEV_BPF_REGION_CLEAR)
WRONG(private_bar, ops_region(ops, 0)->flags = MEMORY)
WRONG(private_rom, add_region(ops, 6, 2048, MEMORY))
WRONG(private_mmap, own(ops, MMAP))
WRONG(private_window, own(ops, 0)->trap_size = 0x1000)
WRONG(private_cap, own(ops, 0)->cap_type = 1)
WRONG(io_memory, ops_region(ops, 1)->flags |= MEMORY)
WRONG(mmap_write_only, own(ops, MMAP | MDEV_BPF_REGION_WRITE))
WRONG(mmap_part, ops_region(ops, 0)->flags |= MEMORY | MMAP)
WRONG(mmap_odd, own(ops, MMAP | MDEV_BPF_REGION_RW)->size = 0x1800)
WRONG(window_empty, window(ops, 0x1000, 0))
WRONG(window_of_bar, ops_region(ops, 0)->trap_size = 0x1000)
WRONG(window_over, window(ops, 0x1000, 0x2000))
WRONG(window_odd, window(ops, 0x800, 0x1000))
WRONG(window_short, window(ops, 0, 0x800))
WRONG(window_far, window(ops, 0xfffff000, 0xfffff000))
WRONG(window_no_read, window(ops, 0, 0x1000); ops->region_read = NULL)
WRONG(half_cap, own(ops, MDEV_BPF_REGION_RW)->cap_subtype = 1)
WRONG(bar_cap, ops_region(ops, 3)->cap_type = 1)
WRONG(rom_cap, add_region(ops, 6, 2048, 1)->cap_type = 1)

static const struct wrong wrong_memory[] = {
	{ just_mmap, -EINVAL, "regions[2] is MMAP, which is for MEMORY" },
	{ just_keep, -EINVAL, "regions[2] is KEEP, which is for MEMORY" },
	{ protect_read_only, -EINVAL, "regions[2] is PROTECT, so it must be writable" },
	{ just_populate, -EINVAL, "regions[2] is POPULATE, which is for MEMORY" },
	{ just_clear, -EINVAL, "regions[2] is CLEAR, which is for MEMORY" },
	{ private_bar, -EINVAL, "regions[0] is private, so its index is 9 or more" },
	{ private_rom, -EINVAL, "regions[5] is private, so its index is 9 or more" },
	{ private_mmap, -EINVAL, "regions[5] is MMAP, so it must be readable" },
	{ private_window, -EINVAL, "regions[5] has a trap window, but is no MEMORY of the user's" },
	{ private_cap, -EINVAL, "regions[5] is private, so it has no cap_type" },
	{ io_memory, -EINVAL, "regions[1] is I/O, so not MEMORY" },
	{ mmap_write_only, -EINVAL, "regions[5] is MMAP, so it must be readable" },
	{ mmap_part, -EINVAL, "regions[0].size 0x40 is not whole pages, but MMAP" },
	{ mmap_odd, -EINVAL, "regions[5].size 0x1800 is not whole pages, but MMAP" },
	{ window_empty, -EINVAL, "regions[5].trap_offset is not zero, but trap_size is" },
	{ window_of_bar, -EINVAL, "regions[0] has a trap window, but is no MEMORY of the user's" },
	{ window_over, -EINVAL, "regions[5]: the trap window 0x1000 to 0x3000 is not of its" },
	{ window_odd, -EINVAL, "regions[5]: the trap window 0x800 to 0x1800 is not of its" },
	{ window_short, -EINVAL, "regions[5]: the trap window 0x0 to 0x800 is not of its" },
	{ window_far, -EINVAL, "regions[5]: the trap window 0xfffff000 to 0x1ffffe000 is not" },
	{ window_no_read, -EINVAL, "no region_read" },
	{ half_cap, -EINVAL, "regions[5] has a cap_subtype without cap_type" },
	{ bar_cap, -EINVAL, "regions[3].cap_type is for indices from 9 up" },
	{ rom_cap, -EINVAL, "regions[5].cap_type is for indices from 9 up" },
};

MTAP_TEST(memory)
{
	expect_wrong(KDEV, wrong_memory, ARRAY_SIZE(wrong_memory));
}

/* Accepted at the limit: the last index, and programs without ops that memory does not need. */
MTAP_TEST(last_region)
{
	struct mdev_bpf_ops *ops;

	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	ops = prog_ops(&dev_prog2);
	memset(ops->regions, 0, sizeof(ops->regions));
	ops_region(ops, 15)->size = 0x10000000000;
	ops_region(ops, 15)->flags = MEMORY | MMAP | MDEV_BPF_REGION_RW;
	ops->region_read = NULL;
	ops->region_write = NULL;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kdev-a");
	EXPECT_EQ(dev.region[15].size, 0x10000000000);
	dev_set(15, 0xffffffffff, 1, 7);
	EXPECT_EQ(dev_get(15, 0xffffffffff, 1), 7);
}

/* The same declaration, but for a device that is not PCI, with one thing wrong */
static void plain(struct mdev_bpf_ops *ops, const char *api)
{
	memset(ops->device_api, 0, sizeof(ops->device_api));
	memcpy(ops->device_api, api, strlen(api));
	memset(&ops->pci, 0, sizeof(ops->pci));
	memset(ops->regions, 0, sizeof(ops->regions));
	memset(ops->irqs, 0, sizeof(ops->irqs));
	ops_region(ops, 3)->size = 1000;
	ops_region(ops, 3)->flags = MDEV_BPF_REGION_RW;
}

#define PLAIN(fn, api, statement) \
static void fn(struct mdev_bpf_ops *ops) { plain(ops, api); statement; }

PLAIN(plain_pci, "vfio-ap", ops->pci.vendor = 0x1234)
PLAIN(plain_io, "vfio-platform", ops_region(ops, 3)->flags |= MDEV_BPF_REGION_IO)
PLAIN(plain_64bit, "vfio-platform", ops_region(ops, 3)->flags |= MDEV_BPF_REGION_64BIT)
PLAIN(plain_large, "vfio-platform", ops_region(ops, 3)->size = (1ULL << 40) + 1)
PLAIN(plain_closed, "vfio-platform", ops_region(ops, 3)->flags = 0)
PLAIN(plain_flag, "vfio-amba", ops_irq(ops, 5)->count = 1; ops_irq(ops, 5)->flags = 2)
PLAIN(plain_many, "vfio-amba", ops_irq(ops, 5)->count = MDEV_BPF_MAX_MSIX + 1)
PLAIN(plain_lines, "vfio-platform", ops_irq(ops, 0)->count = 2; ops_irq(ops, 0)->flags = 1)
PLAIN(plain_table, "vfio-platform", ops_irq(ops, 2)->count = 2; ops_irq(ops, 2)->table = 3)
PLAIN(plain_ccw_req, "vfio-ccw", ops_irq(ops, 2)->count = 2)
PLAIN(plain_ap_req, "vfio-ap", ops_irq(ops, 0)->count = 1; ops_irq(ops, 0)->flags = 1)
PLAIN(plain_types, "vfio-amba", ops_irq(ops, 7)->count = 1; ops_irq(ops, 7)->types = 0x20)

static const struct wrong wrong_plain[] = {
	{ plain_pci, -EINVAL, "pci is not empty, but device_api is \"vfio-ap\"" },
	{ plain_io, -EINVAL, "regions[0].flags 0x4 are those of PCI BARs" },
	{ plain_64bit, -EINVAL, "regions[0].flags 0x10 are those of PCI BARs" },
	{ plain_large, -EINVAL, "regions[0].size 0x10000000001 is more than 0x10000000000" },
	{ plain_closed, -EINVAL, "regions[0]" },
	{ plain_flag, -EOPNOTSUPP, "irqs[0].flags 0x2" },
	{ plain_many, -EINVAL, "irqs[0].count 2049 is more than 2048" },
	{ plain_lines, -EINVAL, "irqs[0].count 2: a LEVEL interrupt is one line" },
	{ plain_table, -EINVAL, "irqs[0] has a table or pba" },
	{ plain_ccw_req, -EINVAL, "irqs[0] is the request to release the device" },
	{ plain_ap_req, -EINVAL, "irqs[0] is the request to release the device" },
	{ plain_types, -EINVAL, "irqs[0].types 0x20" },
};

MTAP_TEST(not_pci)
{
	expect_wrong(KDEV, wrong_plain, ARRAY_SIZE(wrong_plain));
}

MTAP_TEST(names)
{
	static const char * const bad[] = {
		"", "/", "..", "a/b", "a.b", "a b", "a\n", "\xe4", "-a", "%s", "a:b",
		"sixteen-letters-",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
		memset(prog_ops(&dev_prog2)->name, 0, MDEV_BPF_NAME_LEN);
		memcpy(prog_ops(&dev_prog2)->name, bad[i], strlen(bad[i]));
		ASSERT_EQ(prog_load(&dev_prog2), 0);
		if (prog_attach(&dev_prog2) != -EINVAL)
			mtap_fail(__FILE__, __LINE__, "name %zu of the list is not refused", i);
		EXPECT_HAS(why_refused(), "the name must be 1 to 15");
		prog_close(&dev_prog2);
	}
}

MTAP_TEST(longest_name)
{
	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, "fifteen_Letter9", 16);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(type_available("fifteen_Letter9-a"), 8);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
