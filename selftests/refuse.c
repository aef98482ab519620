// SPDX-License-Identifier: GPL-2.0-only
/* Programs that the verifier or the module must refuse, and the words they do it with. */
#include <stdio.h>
#include <string.h>

#include "dev.h"

#define BAD	"progs/bad.bpf.o"

static void load(void)
{
	if (!exists("/sys/kernel/mdev_bpf/abi"))
		ksft_skip("mdev_bpf is not loaded");
}

static void expect_no_type(const char *name)
{
	EXPECT(!exists("/sys/class/%s", name));
	EXPECT(!exists("/sys/devices/virtual/%s", name));
	EXPECT(!exists("/sys/bus/mdev/drivers/%s", name));
}

/* The verifier's log ends with its reason. */
static const char *log_tail(void)
{
	const char *log = prog_log();

	return strlen(log) > 700 ? log + strlen(log) - 700 : log;
}

static void expect_verifier(const char *map, const char *why)
{
	int ret;

	ASSERT_EQ(prog_open(&dev_prog2, BAD, map), 0);
	ret = prog_load(&dev_prog2);
	if (ret >= 0)
		ksft_fail(__FILE__, __LINE__, "%s loads", map);
	else if (!strstr(prog_log(), why))
		ksft_fail(__FILE__, __LINE__, "%s is refused without \"%s\": %s", map, why,
			  log_tail());
	prog_close(&dev_prog2);
}

static void good_one(void)
{
	struct mdev m = mdev_uuid(1);

	ASSERT_EQ(prog_open(&dev_prog2, BAD, "good"), 0);
	EXPECT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(mdev_create(&m, "bad-1"), 0);
}

static void read_only_members(void)
{
	expect_verifier("write_offset", "read-only");
	expect_verifier("write_size", "read-only");
	expect_verifier("write_dev", "read-only");
	expect_verifier("write_genuine", "read-only");
	expect_verifier("write_cmd", "read-only");
}

static void past_context(void)
{
	expect_verifier("write_past_val", "read-only");
	expect_verifier("read_past_context", "beyond struct mdev_bpf_access");
}

static void kfunc_of_another_op(void)
{
	expect_verifier("ioctl_data_of_access", "expected pointer to STRUCT mdev_bpf_ioctl");
	expect_verifier("irq_of_access", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("irq_of_null", "NULL pointer passed to trusted");
	expect_verifier("irq_of_state", "STRUCT mdev_bpf_dev must point to scalar");
	expect_verifier("irq_of_stack", "STRUCT mdev_bpf_dev must point to scalar");
	expect_verifier("ioctl_data_of_stack", "STRUCT mdev_bpf_ioctl must point to scalar");
	expect_verifier("dump_of_access", "expected pointer to STRUCT mdev_bpf_dump");
	expect_verifier("dump_of_stack", "STRUCT mdev_bpf_dump must point to scalar");
	expect_verifier("fail_of_access", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("fail_past_text", "invalid");
}

static void old_state_of_another_op(void)
{
	expect_verifier("old_data_of_access", "expected pointer to STRUCT mdev_bpf_old");
	expect_verifier("old_data_of_dev", "expected pointer to STRUCT mdev_bpf_old");
	expect_verifier("old_data_of_stack", "STRUCT mdev_bpf_old must point to scalar");
	expect_verifier("upgrade_ioctl", "expected pointer to STRUCT mdev_bpf_ioctl");
}

static void upgrade_acts_on_nothing(void)
{
	expect_verifier("upgrade_irq", "mdev_bpf_irq_set is not allowed");
	expect_verifier("upgrade_message", "mdev_bpf_irq_trigger is not allowed");
	expect_verifier("upgrade_timer", "mdev_bpf_timer_arm is not allowed");
	expect_verifier("upgrade_cancel", "mdev_bpf_timer_cancel is not allowed");
	expect_verifier("upgrade_work", "mdev_bpf_work_queue is not allowed");
	expect_verifier("upgrade_config", "mdev_bpf_config_write is not allowed");
	expect_verifier("upgrade_dma", "mdev_bpf_dma_write is not allowed");
	expect_verifier("upgrade_pinned", "mdev_bpf_dma_get is not allowed");
	expect_verifier("upgrade_fail", "mdev_bpf_fail is not allowed");
	expect_verifier("upgrade_hidden", "mdev_bpf_irq_set is not allowed");
}

static void old_state_is_read_only(void)
{
	expect_verifier("write_old", "cannot write into rdonly_mem");
	expect_verifier("write_version", "read-only");
	expect_verifier("write_old_genuine", "read-only");
	expect_verifier("old_unchecked", "mem_or_null");
	expect_verifier("old_past_size", "invalid access to memory, mem_size=8");
	expect_verifier("old_any_size", "const");
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "upgrade_good"), 0);
	EXPECT_EQ(prog_load(&dev_prog2), 0);
}

static void state(void)
{
	expect_verifier("state_unchecked", "mem_or_null");
	expect_verifier("state_past_size", "invalid access to memory, mem_size=8");
	expect_verifier("state_index", "unbounded");
	expect_verifier("state_any_size", "const");
}

static void dma(void)
{
	expect_verifier("dma_of_access", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("dma_of_stack", "STRUCT mdev_bpf_dev must point to scalar");
	expect_verifier("pin_of_state", "STRUCT mdev_bpf_dev must point to scalar");
	expect_verifier("dma_of_range", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("pinned_unchecked", "mem_or_null");
	expect_verifier("pinned_past_size", "invalid access to memory, mem_size=8");
	expect_verifier("write_dma", "read-only");
	expect_verifier("upgrade_dma_read", "mdev_bpf_dma_read is not allowed");
	expect_verifier("stream_of_stack", "STRUCT mdev_bpf_stream must point to scalar");
	expect_verifier("stream_of_access", "expected pointer to STRUCT mdev_bpf_stream");
	expect_verifier("write_stream", "read-only");
}

static void state_too_large(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "state_too_large"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("bad-1");
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -ENOSPC);
	/* Declared as large as that, it gets what it asks for. */
	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "state_too_large"), 0);
	prog_ops(&dev_prog2)->state_size++;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("bad-1");
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), 0x600d);
}

static void memory_of_the_user(void)
{
	expect_verifier("read_user", "cannot use helper bpf_probe_read_user#");
	expect_verifier("read_user_str", "cannot use helper bpf_probe_read_user_str#");
	expect_verifier("read_kernel", "cannot use helper bpf_probe_read_kernel#");
	expect_verifier("copy_user_str", "sleepable kfunc bpf_copy_from_user_str");
	expect_verifier("this_task", "cannot use helper bpf_get_current_task#");
}

/* Detaching waits for the program, so the program must not wait for user space. */
static void sleepable(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "sleepable"), 0);
	EXPECT_EQ(prog_load(&dev_prog2), -EOPNOTSUPP);
	EXPECT_STR(why_refused(), "sleepable_read: ops must not sleep: use SEC(\"struct_ops\")");
}

static void endless(void)
{
	expect_verifier("endless", "infinite loop");
}

static void kfunc_of_another_kind(void)
{
	struct bpf_program *prog;

	ASSERT_EQ(prog_open(&dev_prog2, BAD, "good"), 0);
	prog = bpf_object__find_program_by_name(dev_prog2.obj, "other_kind");
	ASSERT(prog);
	ASSERT_EQ(bpf_program__set_autoload(prog, true), 0);
	EXPECT(prog_load(&dev_prog2) < 0);
	EXPECT_HAS(prog_log(), "mdev_bpf_irq_mode is not allowed");
}

static void legacy_section(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "legacy"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_attach(&dev_prog2), -EOPNOTSUPP);
	EXPECT_STR(why_refused(), "bad: put the struct_ops map into \".struct_ops.link\"");
	expect_no_type("bad");
}

static void second_link(void)
{
	struct bpf_link *second;

	ASSERT_EQ(prog_up(&dev_prog2, KDEV), 0);
	second = bpf_map__attach_struct_ops(dev_prog2.map);
	EXPECT(!second);
	EXPECT_EQ(errno, EEXIST);
	EXPECT_HAS(why_refused(), "kdev: ");
	/* The first one lives on. */
	dev_open("kdev-a");
	EXPECT_EQ(dev_ctl(KDEV_CTL_ARG), 0x1234);
	bpf_link__destroy(second);
}

/* A declaration that is wrong in one place */
struct wrong {
	void (*change)(struct mdev_bpf_ops *ops);
	int err;
	const char *why;
};

static void expect_refused(const struct wrong *w, unsigned int nr)
{
	char name[MDEV_BPF_NAME_LEN], head[MDEV_BPF_NAME_LEN + 2];
	int ret;

	/* A name of its own, so that the reason cannot be that of an earlier refusal */
	snprintf(name, sizeof(name), "wrong%u", nr);
	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, name, sizeof(name));
	w->change(prog_ops(&dev_prog2));
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ret = prog_attach(&dev_prog2);
	snprintf(head, sizeof(head), "%s: ", name);
	if (ret != w->err)
		ksft_fail(__FILE__, __LINE__, "[%u] %s: gives %d, expected %d", nr, w->why, ret,
			  w->err);
	if (strncmp(why_refused(), head, strlen(head)) || !strstr(why_refused(), w->why))
		ksft_fail(__FILE__, __LINE__, "[%u] \"%s\" does not say %s%s", nr, why_refused(),
			  head, w->why);
	expect_no_type(name);
	prog_close(&dev_prog2);
}

#define WRONG(fn, statement) \
static void fn(struct mdev_bpf_ops *ops) { statement; }

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
WRONG(large_pool, ops->max_instances = MDEV_BPF_MAX_INSTANCES + 1)

static const struct wrong wrong_scalars[] = {
	{ unknown_api, -EOPNOTSUPP, "device_api \"vfio-fsl\"" },
	{ endless_api, -EOPNOTSUPP, "device_api" },
	{ endless_description, -EINVAL, "description" },
	{ older_abi, -EPROTO, "built for abi 1, this kernel has 2 to 2" },
	{ newer_abi, -EPROTO, "abi 3" },
	{ no_abi, -EPROTO, "abi 0" },
	{ some_flag, -EOPNOTSUPP, "flags 0x1" },
	{ high_flag, -EOPNOTSUPP, "flags 0x8000000000000000" },
	{ large_state, -E2BIG, "state_size 1048577" },
	{ huge_state, -E2BIG, "state_size 4294967295" },
	{ large_pool, -EINVAL, "max_instances 65537" },
};

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

WRONG(no_read, ops->region_read = NULL)
WRONG(no_write, ops->region_write = NULL)
WRONG(region_size, ops->regions[0].size = 48)
WRONG(region_small, ops->regions[0].size = 8)
WRONG(region_large, ops->regions[0].size = 1ULL << 32)
WRONG(io_large, ops->regions[1].size = 512)
WRONG(io_prefetch, ops->regions[1].flags |= MDEV_BPF_REGION_PREFETCH)
WRONG(access_size, ops->regions[2].access_size = 3)
WRONG(access_wide, ops->regions[2].access_size = 16)
WRONG(region_flag, ops->regions[2].flags |= 0x80000000)
WRONG(region_closed, ops->regions[2].flags = MDEV_BPF_REGION_PREFETCH)
WRONG(region_types, ops->regions[3].types = 0x10)
WRONG(region_reserved, ops->regions[3].reserved = 1)
WRONG(region_empty, ops->regions[5].access_size = 4)
WRONG(region_pair, ops->regions[5].size = 16; ops->regions[5].flags = MDEV_BPF_REGION_READ)
WRONG(region_config, ops->regions[7].size = 256; ops->regions[7].flags = MDEV_BPF_REGION_RW)
WRONG(region_vga, ops->regions[8].size = 64; ops->regions[8].flags = MDEV_BPF_REGION_RW)
WRONG(own_bar, ops->regions[9].size = 64; ops->regions[9].flags = 3 | MDEV_BPF_REGION_PREFETCH)
WRONG(own_large, ops->regions[15].size = (1ULL << 40) + 1; ops->regions[15].flags = 3)
WRONG(rom_written, ops->regions[6].size = 2048; ops->regions[6].flags = MDEV_BPF_REGION_RW)
WRONG(rom_small, ops->regions[6].size = 1024; ops->regions[6].flags = MDEV_BPF_REGION_READ)
WRONG(rom_large, ops->regions[6].size = 1 << 25; ops->regions[6].flags = MDEV_BPF_REGION_READ)

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
	{ region_pair, -EINVAL, "regions[4]" },
	{ region_config, -EOPNOTSUPP, "regions[7]: configuration space, 7, and VGA, 8" },
	{ region_vga, -EOPNOTSUPP, "regions[8]: configuration space, 7, and VGA, 8" },
	{ own_bar, -EINVAL, "regions[9].flags 0x8 are those of PCI BARs" },
	{ own_large, -EINVAL, "regions[15].size 0x10000000001 is more than 0x10000000000" },
	{ rom_written, -EINVAL, "regions[6] is the ROM, so not WRITE" },
	{ rom_small, -EINVAL, "regions[6].size 0x400 is no power of two from 0x800 to 0x1000000" },
	{ rom_large, -EINVAL, "regions[6].size 0x2000000 is no power of two" },
};

#define MEMORY	MDEV_BPF_REGION_MEMORY
#define MMAP	MDEV_BPF_REGION_MMAP

/* Two pages of memory behind the BARs */
static struct mdev_bpf_region *own(struct mdev_bpf_ops *ops, __u32 flags)
{
	ops->regions[9].size = 0x2000;
	ops->regions[9].flags = MEMORY | flags;
	return &ops->regions[9];
}

static void window(struct mdev_bpf_ops *ops, __u32 offset, __u32 size)
{
	own(ops, MDEV_BPF_REGION_RW)->trap_offset = offset;
	ops->regions[9].trap_size = size;
}

WRONG(just_mmap, ops->regions[2].flags |= MMAP)
WRONG(just_keep, ops->regions[2].flags |= MDEV_BPF_REGION_KEEP)
WRONG(just_populate, ops->regions[2].flags |= MDEV_BPF_REGION_POPULATE)
WRONG(private_bar, ops->regions[0].flags = MEMORY)
WRONG(private_rom, ops->regions[6].size = 2048; ops->regions[6].flags = MEMORY)
WRONG(private_mmap, own(ops, MMAP))
WRONG(private_window, own(ops, 0)->trap_size = 0x1000)
WRONG(private_cap, own(ops, 0)->cap_type = 1)
WRONG(io_memory, ops->regions[1].flags |= MEMORY)
WRONG(mmap_write_only, own(ops, MMAP | MDEV_BPF_REGION_WRITE))
WRONG(mmap_part, ops->regions[0].flags |= MEMORY | MMAP)
WRONG(mmap_odd, own(ops, MMAP | MDEV_BPF_REGION_RW)->size = 0x1800)
WRONG(window_empty, window(ops, 0x1000, 0))
WRONG(window_of_bar, ops->regions[0].trap_size = 0x1000)
WRONG(window_over, window(ops, 0x1000, 0x2000))
WRONG(window_odd, window(ops, 0x800, 0x1000))
WRONG(window_short, window(ops, 0, 0x800))
WRONG(window_far, window(ops, 0xfffff000, 0xfffff000))
WRONG(window_no_read, window(ops, 0, 0x1000); ops->region_read = NULL)
WRONG(half_cap, own(ops, MDEV_BPF_REGION_RW)->cap_subtype = 1)
WRONG(bar_cap, ops->regions[3].cap_type = 1)
WRONG(rom_cap, ops->regions[6].size = 2048; ops->regions[6].flags = 1; ops->regions[6].cap_type = 1)

static const struct wrong wrong_memory[] = {
	{ just_mmap, -EINVAL, "regions[2].flags 0x80 take MEMORY" },
	{ just_keep, -EINVAL, "regions[2].flags 0x100 take MEMORY" },
	{ just_populate, -EINVAL, "regions[2].flags 0x200 take MEMORY" },
	{ private_bar, -EINVAL, "regions[0] is private, so its index is 9 or more" },
	{ private_rom, -EINVAL, "regions[6] is private, so its index is 9 or more" },
	{ private_mmap, -EINVAL, "regions[9] is MMAP, so it must be readable" },
	{ private_window, -EINVAL, "regions[9] has a trap window, but is no MEMORY of the user's" },
	{ private_cap, -EINVAL, "regions[9] is private, so it has no cap_type" },
	{ io_memory, -EINVAL, "regions[1] is I/O, so not MEMORY" },
	{ mmap_write_only, -EINVAL, "regions[9] is MMAP, so it must be readable" },
	{ mmap_part, -EINVAL, "regions[0].size 0x40 is not whole pages, but MMAP" },
	{ mmap_odd, -EINVAL, "regions[9].size 0x1800 is not whole pages, but MMAP" },
	{ window_empty, -EINVAL, "regions[9].trap_offset is not zero, but trap_size is" },
	{ window_of_bar, -EINVAL, "regions[0] has a trap window, but is no MEMORY of the user's" },
	{ window_over, -EINVAL, "regions[9]: the trap window 0x1000 to 0x3000 is not of its" },
	{ window_odd, -EINVAL, "regions[9]: the trap window 0x800 to 0x1800 is not of its" },
	{ window_short, -EINVAL, "regions[9]: the trap window 0x0 to 0x800 is not of its" },
	{ window_far, -EINVAL, "regions[9]: the trap window 0xfffff000 to 0x1ffffe000 is not" },
	{ window_no_read, -EINVAL, "no region_read" },
	{ half_cap, -EINVAL, "regions[9] has a cap_subtype without cap_type" },
	{ bar_cap, -EINVAL, "regions[3].cap_type is for indices from 9 up" },
	{ rom_cap, -EINVAL, "regions[6].cap_type is for indices from 9 up" },
};

WRONG(two_pins, ops->irqs[0].count = 2)
WRONG(msi_three, ops->irqs[1].count = 3)
WRONG(msi_many, ops->irqs[1].count = 64)

static void msix(struct mdev_bpf_ops *ops, __u32 count, __u32 table, __u32 pba)
{
	ops->irqs[2].count = count;
	ops->irqs[2].table = table;
	ops->irqs[2].pba = pba;
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
WRONG(intx_table, ops->irqs[0].table = 2)
WRONG(msi_pba, ops->irqs[1].pba = 2)
WRONG(intx_level, ops->irqs[0].flags = MDEV_BPF_IRQ_LEVEL)
WRONG(irq_err, ops->irqs[3].count = 1)
WRONG(irq_last, ops->irqs[7].count = 1)
WRONG(irq_types, ops->irqs[0].types = 1 << 31)
WRONG(irq_reserved, ops->irqs[1].reserved[1] = 1)
WRONG(irq_empty, ops->irqs[3].types = 1)
WRONG(vendor_none, ops->pci.vendor = 0)
WRONG(vendor_ffff, ops->pci.vendor = 0xffff)
WRONG(class_wide, ops->pci.class_code = 0x1000000)
WRONG(pci_reserved, ops->pci.reserved = 1)
WRONG(pci_flag, ops->pci.flags = 0x80)
WRONG(flr_alone, ops->pci.flags = MDEV_BPF_PCI_FLR | MDEV_BPF_PCI_PM)
WRONG(vendor_short, ops->pci.vendor_cap = 3)
WRONG(vendor_long, ops->pci.vendor_cap = 0x71)
WRONG(vendor_huge, ops->pci.vendor_cap = 0xff)
WRONG(caps_large, ops->pci.flags = MDEV_BPF_PCI_EXPRESS; ops->pci.vendor_cap = 0x35)

static const struct wrong wrong_pci[] = {
	{ two_pins, -EINVAL, "irqs[0].count 2" },
	{ msi_three, -EINVAL, "irqs[1].count 3" },
	{ msi_many, -EINVAL, "irqs[1].count 64" },
	{ msix_bar, -EINVAL, "irqs[2].table is in regions[5], which is no" },
	{ msix_no_bar, -EINVAL, "irqs[2].pba is in regions[6], which is no" },
	{ msix_io, -EINVAL, "irqs[2].table is in regions[1], which is no" },
	{ msix_read_only, -EINVAL, "irqs[2].table is in regions[4], which is no" },
	{ msix_table_end, -EINVAL, "irqs[2].table ends at 0x48, regions[2] at 0x40" },
	{ msix_pba_end, -EINVAL, "irqs[2].pba ends at 0x48, regions[2] at 0x40" },
	{ msix_overlap, -EINVAL, "irqs[2].table and irqs[2].pba overlap" },
	{ msix_same, -EINVAL, "irqs[2].table and irqs[2].pba overlap" },
	{ msix_types, -EINVAL, "regions[3], which not all types with MSI-X have" },
	{ msix_many, -EINVAL, "irqs[2].count 2049 is more than 2048" },
	{ msix_huge, -EINVAL, "irqs[2].count 4294967295 is more than 2048" },
	{ intx_table, -EINVAL, "irqs[0] has a table or pba" },
	{ msi_pba, -EINVAL, "irqs[1] has a table or pba" },
	{ intx_level, -EINVAL, "irqs[0].flags 0x1 are not for PCI" },
	{ irq_err, -EOPNOTSUPP, "irqs[3]: PCI has INTx, 0, MSI, 1, and MSI-X, 2, only" },
	{ irq_last, -EOPNOTSUPP, "irqs[7]" },
	{ irq_types, -EINVAL, "irqs[0].types" },
	{ irq_reserved, -EINVAL, "irqs[1].reserved" },
	{ irq_empty, -EINVAL, "irqs[3]" },
	{ vendor_none, -EINVAL, "pci.vendor" },
	{ vendor_ffff, -EINVAL, "pci.vendor 0xffff" },
	{ class_wide, -EINVAL, "pci.class_code 0x1000000" },
	{ pci_reserved, -EINVAL, "pci.reserved" },
	{ pci_flag, -EOPNOTSUPP, "pci.flags 0x80" },
	{ flr_alone, -EINVAL, "needs EXPRESS" },
	{ vendor_short, -EINVAL, "pci.vendor_cap 3" },
	{ vendor_long, -E2BIG, "take 132 bytes of 128" },
	{ vendor_huge, -E2BIG, "take 272 bytes" },
	{ caps_large, -E2BIG, "take 132 bytes of 128" },
};

static void bell(struct mdev_bpf_ops *ops, unsigned int i, __u32 region, __u64 offset, __u32 size)
{
	ops->doorbells[i].region = region;
	ops->doorbells[i].offset = offset;
	ops->doorbells[i].size = size;
}

/* Table at the start of BAR0, pending bits behind it */
static void one_msix(struct mdev_bpf_ops *ops)
{
	ops->irqs[2].count = 1;
	ops->irqs[2].pba = 0x10;
}

WRONG(bell_empty, ops->doorbells[2].work = 1)
WRONG(bell_region, bell(ops, 0, 5, 0, 4))
WRONG(bell_config, bell(ops, 0, 7, 0x40, 4))
WRONG(bell_far_region, bell(ops, 0, 16, 0, 4))
WRONG(bell_read_only, bell(ops, 1, KDEV_LOG, 0, 4))
WRONG(bell_behind, bell(ops, 0, 0, KDEV_BAR_SIZE, 1))
WRONG(bell_over, bell(ops, 0, 0, KDEV_BAR_SIZE - 2, 4))
WRONG(bell_wraps, bell(ops, 0, 0, ~0ULL, 4))
WRONG(bell_work, bell(ops, 7, 0, 0, 4); ops->doorbells[7].work = 8)
WRONG(bell_reserved, bell(ops, 0, 0, 0, 4); ops->doorbells[0].reserved = 1)
WRONG(bell_no_work, bell(ops, 3, 0, 0, 4))

WRONG(bell_msix, bell(ops, 0, 0, 0, 4); one_msix(ops))
WRONG(bell_memory, window(ops, 0, 0x1000); bell(ops, 0, 9, 0x1000, 4))
WRONG(bell_window_edge, window(ops, 0, 0x1000); bell(ops, 0, 9, 0xffe, 4))
WRONG(bell_window_far, window(ops, 0x1000, 0x1000); bell(ops, 0, 9, 0xffc, 8))
WRONG(bell_pba, bell(ops, 0, 0, 0x14, 4); one_msix(ops))

static const struct wrong wrong_doorbells[] = {
	{ bell_empty, -EINVAL, "doorbells[2] has no size" },
	{ bell_region, -EINVAL, "doorbells[0].region 5" },
	{ bell_config, -EINVAL, "doorbells[0].region 7" },
	{ bell_far_region, -EINVAL, "doorbells[0].region 16" },
	{ bell_read_only, -EINVAL, "doorbells[1].region 4" },
	{ bell_behind, -EINVAL, "doorbells[0] is not within regions[0]" },
	{ bell_over, -EINVAL, "doorbells[0] is not within regions[0]" },
	{ bell_wraps, -EINVAL, "doorbells[0] is not within regions[0]" },
	{ bell_memory, -EINVAL, "doorbells[0] is in the memory of regions[9]" },
	{ bell_window_edge, -EINVAL, "doorbells[0] is in the memory of regions[9]" },
	{ bell_window_far, -EINVAL, "doorbells[0] is in the memory of regions[9]" },
	{ bell_work, -EINVAL, "doorbells[7].work 8" },
	{ bell_reserved, -EINVAL, "doorbells[0].reserved" },
	{ bell_msix, -EINVAL, "doorbells[0] is in the table" },
	{ bell_pba, -EINVAL, "doorbells[0] is in the table" },
	{ bell_no_work, -EINVAL, "doorbells[3] queues work, but there is no work" },
};

/* The same declaration, but for a device that is not PCI, with one thing wrong */
static void plain(struct mdev_bpf_ops *ops, const char *api)
{
	memset(ops->device_api, 0, sizeof(ops->device_api));
	memcpy(ops->device_api, api, strlen(api));
	memset(&ops->pci, 0, sizeof(ops->pci));
	memset(ops->regions, 0, sizeof(ops->regions));
	memset(ops->irqs, 0, sizeof(ops->irqs));
	ops->regions[3].size = 1000;
	ops->regions[3].flags = MDEV_BPF_REGION_RW;
}

#define PLAIN(fn, api, statement) \
static void fn(struct mdev_bpf_ops *ops) { plain(ops, api); statement; }

PLAIN(plain_pci, "vfio-ap", ops->pci.vendor = 0x1234)
PLAIN(plain_io, "vfio-platform", ops->regions[3].flags |= MDEV_BPF_REGION_IO)
PLAIN(plain_64bit, "vfio-platform", ops->regions[3].flags |= MDEV_BPF_REGION_64BIT)
PLAIN(plain_large, "vfio-platform", ops->regions[3].size = (1ULL << 40) + 1)
PLAIN(plain_closed, "vfio-platform", ops->regions[3].flags = 0)
PLAIN(plain_flag, "vfio-amba", ops->irqs[5].count = 1; ops->irqs[5].flags = 2)
PLAIN(plain_many, "vfio-amba", ops->irqs[5].count = MDEV_BPF_MAX_MSIX + 1)
PLAIN(plain_lines, "vfio-platform", ops->irqs[0].count = 2; ops->irqs[0].flags = 1)
PLAIN(plain_table, "vfio-platform", ops->irqs[2].count = 2; ops->irqs[2].table = 3)
PLAIN(plain_ccw_req, "vfio-ccw", ops->irqs[2].count = 2)
PLAIN(plain_ap_req, "vfio-ap", ops->irqs[0].count = 1; ops->irqs[0].flags = 1)
PLAIN(plain_types, "vfio-amba", ops->irqs[7].count = 1; ops->irqs[7].types = 0x20)

static const struct wrong wrong_plain[] = {
	{ plain_pci, -EINVAL, "pci is not empty, but device_api is \"vfio-ap\"" },
	{ plain_io, -EINVAL, "regions[3].flags 0x4 are those of PCI BARs" },
	{ plain_64bit, -EINVAL, "regions[3].flags 0x10 are those of PCI BARs" },
	{ plain_large, -EINVAL, "regions[3].size 0x10000000001 is more than 0x10000000000" },
	{ plain_closed, -EINVAL, "regions[3]" },
	{ plain_flag, -EOPNOTSUPP, "irqs[5].flags 0x2" },
	{ plain_many, -EINVAL, "irqs[5].count 2049 is more than 2048" },
	{ plain_lines, -EINVAL, "irqs[0].count 2: a LEVEL interrupt is one line" },
	{ plain_table, -EINVAL, "irqs[2] has a table or pba" },
	{ plain_ccw_req, -EINVAL, "irqs[2] is the request to release the device" },
	{ plain_ap_req, -EINVAL, "irqs[0] is the request to release the device" },
	{ plain_types, -EINVAL, "irqs[7].types 0x20" },
};

static void scalars(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong_scalars); i++)
		expect_refused(&wrong_scalars[i], i);
}

static void types(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong_types); i++)
		expect_refused(&wrong_types[i], i);
}

static void regions(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong_regions); i++)
		expect_refused(&wrong_regions[i], i);
}

static void memory(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong_memory); i++)
		expect_refused(&wrong_memory[i], i);
}

/* What is just not refused: the last index, and programs without ops that memory needs not. */
static void last_region(void)
{
	struct mdev_bpf_ops *ops;

	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	ops = prog_ops(&dev_prog2);
	memset(ops->regions, 0, sizeof(ops->regions));
	ops->regions[15].size = 0x10000000000;
	ops->regions[15].flags = MEMORY | MMAP | MDEV_BPF_REGION_RW;
	ops->region_read = NULL;
	ops->region_write = NULL;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kdev-a");
	EXPECT_EQ(dev.region[15].size, 0x10000000000);
	dev_set(15, 0xffffffffff, 1, 7);
	EXPECT_EQ(dev_get(15, 0xffffffffff, 1), 7);
}

static void pci(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong_pci); i++)
		expect_refused(&wrong_pci[i], i);
}

static void doorbells(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong_doorbells); i++)
		expect_refused(&wrong_doorbells[i], i);
	/* Two that overlap take a program with work */
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kbell.bpf.o", NULL), 0);
	prog_ops(&dev_prog2)->doorbells[0].size++;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_attach(&dev_prog2), -EINVAL);
	EXPECT_HAS(why_refused(), "doorbells[0] and doorbells[1] overlap");
}

static void not_pci(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong_plain); i++)
		expect_refused(&wrong_plain[i], i);
}

static void names(void)
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
			ksft_fail(__FILE__, __LINE__, "name %zu of the list is not refused", i);
		EXPECT_HAS(why_refused(), "the name must be 1 to 15");
		prog_close(&dev_prog2);
	}
}

static void longest_name(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, "fifteen_Letter9", 16);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(type_available("fifteen_Letter9-a"), 8);
}

static const struct ksft_test tests[] = {
	KSFT_TEST(good_one),
	KSFT_TEST(read_only_members),
	KSFT_TEST(past_context),
	KSFT_TEST(kfunc_of_another_op),
	KSFT_TEST(old_state_of_another_op),
	KSFT_TEST(upgrade_acts_on_nothing),
	KSFT_TEST(old_state_is_read_only),
	KSFT_TEST(state),
	KSFT_TEST(dma),
	KSFT_TEST(state_too_large),
	KSFT_TEST(memory_of_the_user),
	KSFT_TEST(sleepable),
	KSFT_TEST(endless),
	KSFT_TEST(kfunc_of_another_kind),
	KSFT_TEST(legacy_section),
	KSFT_TEST(second_link),
	KSFT_TEST(scalars),
	KSFT_TEST(types),
	KSFT_TEST(regions),
	KSFT_TEST(memory),
	KSFT_TEST(last_region),
	KSFT_TEST(pci),
	KSFT_TEST(not_pci),
	KSFT_TEST(doorbells),
	KSFT_TEST(names),
	KSFT_TEST(longest_name),
};

static const struct ksft_suite suite = {
	.tests = tests, .nr = ARRAY_SIZE(tests),
	.setup = load, .after = dev_close,
};

int main(int argc, char **argv)
{
	return ksft_main(argc, argv, &suite);
}
