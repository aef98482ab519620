// SPDX-License-Identifier: GPL-2.0-only
/* Regions and interrupts that differ by type: each type has a device of its own. */
#include <sys/mman.h>

#include "dev.h"

#define TYPE_A	(1 << 0)
#define TYPE_B	(1 << 1)

/*
 * BAR2 has 64 bytes of the program's in type "a", and is a page of memory in "b". MSI has one
 * vector in "a" and 4 in "b"; BAR5 and MSI-X are only in "b".
 */
static void load(void)
{
	struct mdev_bpf_region *rows;
	struct mdev_bpf_irq *irqs;
	struct mdev_bpf_ops *ops;

	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	ops = prog_ops(&dev_prog2);
	rows = ops->regions;
	rows[2].types = TYPE_A;
	rows[5] = (struct mdev_bpf_region){
		.index = 2, .size = 4096, .types = TYPE_B,
		.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_MMAP,
	};
	/* A 64 bit BAR4 would take BAR5, too */
	rows[4].flags = MDEV_BPF_REGION_READ;
	rows[4].size = 64;
	rows[6] = (struct mdev_bpf_region){
		.index = 5, .size = 64, .types = TYPE_B, .flags = MDEV_BPF_REGION_RW,
	};
	irqs = ops->irqs;
	irqs[1] = (struct mdev_bpf_irq){ .index = 1, .types = TYPE_B, .count = 4 };
	irqs[2] = (struct mdev_bpf_irq){
		.index = 2, .types = TYPE_B, .count = 2, .table = 5, .pba = 0x20 | 5,
	};
	irqs[3] = (struct mdev_bpf_irq){ .index = 1, .types = TYPE_A, .count = 1 };
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	if (prog_attach(&dev_prog2))
		mtap_fail(__FILE__, __LINE__, "refused: %s", why_refused());
}

static unsigned int vectors(unsigned int index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
	return info.count;
}

static void *map(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, dev.device,
		    dev.region[2].offset);
}

MTAP_TEST(type_a)
{
	load();
	dev_open("kdev-a");
	EXPECT_EQ(dev.region[2].size, KDEV_BAR_SIZE);
	EXPECT_EQ(dev.region[5].size, 0);
	EXPECT(map() == MAP_FAILED);
	EXPECT_EQ(vectors(VFIO_PCI_INTX_IRQ_INDEX), 1);
	EXPECT_EQ(vectors(VFIO_PCI_MSI_IRQ_INDEX), 1);
	EXPECT_EQ(vectors(VFIO_PCI_MSIX_IRQ_INDEX), 0);
}

MTAP_TEST(type_b)
{
	__u32 *memory;

	load();
	dev_open("kdev-b");
	EXPECT_EQ(dev.region[2].size, 4096);
	EXPECT_EQ(dev.region[5].size, 64);
	memory = map();
	ASSERT(memory != MAP_FAILED);
	memory[1] = 0x12345678;
	EXPECT_EQ(dev_get(2, 4, 4), 0x12345678);
	EXPECT_EQ(munmap(memory, 4096), 0);
	EXPECT_EQ(vectors(VFIO_PCI_INTX_IRQ_INDEX), 1);
	EXPECT_EQ(vectors(VFIO_PCI_MSI_IRQ_INDEX), 4);
	EXPECT_EQ(vectors(VFIO_PCI_MSIX_IRQ_INDEX), 2);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
