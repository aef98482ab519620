// SPDX-License-Identifier: GPL-2.0-only
/* Where registers end: regions that only some types have, and accesses wider than access_size. */
#include "dev.h"
#include "progs/kreg.h"

static struct mdev_bpf_ops *begin(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kreg.bpf.o", "kreg"), 0);
	return prog_ops(&dev_prog2);
}

static void attach(const char *type)
{
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open(type);
}

/* Devices of type "a" lack the region, and so what is in it. */
static void region_of_b(void)
{
	struct mdev_bpf_ops *ops = begin();

	ops_region(ops, 2)->size = 16;
	ops_region(ops, 2)->flags = MDEV_BPF_REGION_RW;
	ops_region(ops, 2)->types = 1 << 1;
	ops->registers[KREG_ROW_PLAIN].region = 2;
	ops->registers[KREG_ROW_PLAIN].offset = 4;
}

MTAP_TEST(region_of_another_type)
{
	region_of_b();
	attach("kreg-a");
	EXPECT_EQ(vfio_get(&dev, 2, 4, 1), -EINVAL);
	EXPECT_EQ(vfio_set(&dev, 2, 4, 1, 0x55), -EINVAL);
}

MTAP_TEST(region_of_this_type)
{
	region_of_b();
	attach("kreg-b");
	EXPECT_EQ(vfio_set(&dev, 2, 4, 1, 0x55), 0);
	EXPECT_EQ(vfio_get(&dev, 2, 4, 1), 0x55);
}

/* The region is neither read nor written in ways that it does not allow. */
MTAP_TEST(read_only_region)
{
	ops_region(begin(), 0)->flags = MDEV_BPF_REGION_READ;
	attach("kreg-a");
	EXPECT_EQ(vfio_set(&dev, 0, KREG_PLAIN, 1, 0x55), -EINVAL);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_PLAIN, 1), 0);
}

MTAP_TEST(write_only_region)
{
	ops_region(begin(), 0)->flags = MDEV_BPF_REGION_WRITE;
	attach("kreg-a");
	EXPECT_EQ(vfio_set(&dev, 0, KREG_PLAIN, 1, 0x55), 0);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_PLAIN, 1), -EINVAL);
}

/* Region 0 can only be written by devices of type "b", and only read by bytes by those of "a". */
static void differ(const char *type)
{
	struct mdev_bpf_ops *ops = begin();
	struct mdev_bpf_region *other = &ops->regions[1];

	*other = ops->regions[0];
	other->types = 1 << 0;
	other->flags = MDEV_BPF_REGION_READ;
	other->access_size = 1;
	ops->regions[0].types = 1 << 1;
	attach(type);
}

MTAP_TEST(region_differs_in_a)
{
	differ("kreg-a");
	EXPECT_EQ(vfio_set(&dev, 0, KREG_CTRL, 4, 0), -EINVAL);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_CTRL, 4), KREG_CTRL_RESET);
}

MTAP_TEST(region_differs_in_b)
{
	differ("kreg-b");
	EXPECT_EQ(vfio_set(&dev, 0, KREG_PLAIN, 1, 0x55), 0);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_PLAIN, 1), 0x55);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
