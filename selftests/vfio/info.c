// SPDX-License-Identifier: GPL-2.0-only
/* The device ioctls that describe a device, reset, and what no ioctl may accept. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dev.h"

#define BAD_POINTER	((void *)16)

static void load(void)
{
	dev_load(KDEV);
}

static void open_a(void)
{
	dev_open("kdev-a");
}

/* The last @size bytes before a page that cannot be accessed */
static void *edge(size_t size)
{
	static char *page;
	size_t len = sysconf(_SC_PAGESIZE);

	if (!page) {
		page = mmap(NULL, 2 * len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT(page != MAP_FAILED);
		ASSERT_EQ(mprotect(page + len, len, PROT_NONE), 0);
	}
	return memset(page + len - size, 0, size);
}

/*
 * Every ioctl with an argsz: too small is EINVAL, an argument that ends early EFAULT; exactly
 * @min is enough, and what is behind it is not touched.
 */
static void check_argsz(unsigned long cmd, const void *arg, size_t min)
{
	__u32 sizes[] = { 0, 4, min - 1 }, *argsz;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		argsz = edge(min);
		memcpy(argsz, arg, min);
		*argsz = sizes[i];
		EXPECT_EQ(vfio_ioctl(&dev, cmd, argsz), -EINVAL);
	}
	argsz = edge(min);
	memcpy(argsz, arg, min);
	*argsz = min;
	EXPECT_EQ(vfio_ioctl(&dev, cmd, argsz), 0);

	argsz = edge(min - 4);
	memcpy(argsz, arg, min - 4);
	*argsz = min;
	EXPECT_EQ(vfio_ioctl(&dev, cmd, argsz), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, cmd, edge(2)), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, cmd, BAD_POINTER), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, cmd, NULL), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, cmd, (void *)-4096), -EFAULT);
}

MTAP_TEST(device_info)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(info.num_regions, VFIO_PCI_NUM_REGIONS);
	EXPECT_EQ(info.num_irqs, VFIO_PCI_NUM_IRQS);
	EXPECT_EQ(info.cap_offset, 0);
	EXPECT(info.argsz >= 16);
}

MTAP_TEST(device_info_argsz)
{
	struct vfio_device_info info = { 0 };

	check_argsz(VFIO_DEVICE_GET_INFO, &info, offsetof(struct vfio_device_info, cap_offset));
}

/* A caller that is built with a newer header passes a larger argsz. */
MTAP_TEST(device_info_later)
{
	struct {
		struct vfio_device_info info;
		__u8 later[64];
	} arg;

	memset(&arg, 0x5a, sizeof(arg));
	arg.info.argsz = sizeof(arg);
	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &arg), 0);
	EXPECT_EQ(arg.info.num_regions, VFIO_PCI_NUM_REGIONS);
	EXPECT_EQ(arg.later[63], 0x5a);
}

/* Ask for a region or an interrupt. Both structs begin with argsz, flags and index. */
static int info_of(unsigned long cmd, unsigned int index, void *info, __u32 size)
{
	__u32 *head = memset(info, 0xff, size);

	head[0] = size;
	head[2] = index;
	return vfio_ioctl(&dev, cmd, info);
}

static int region_info(unsigned int index, struct vfio_region_info *info)
{
	return info_of(VFIO_DEVICE_GET_REGION_INFO, index, info, sizeof(*info));
}

static void expect_region(unsigned int index, __u64 size, __u32 flags)
{
	struct vfio_region_info info;

	EXPECT_EQ(region_info(index, &info), 0);
	if (info.size != size || info.flags != flags)
		mtap_fail(__FILE__, __LINE__, "region %u has size %#llx and flags %#x", index,
			  info.size, info.flags);
	EXPECT_EQ(info.offset, (__u64)index << MDEV_BPF_OFFSET_SHIFT);
	EXPECT_EQ(info.cap_offset, 0);
}

MTAP_TEST(regions)
{
	const __u32 rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	struct vfio_region_info info;

	expect_region(VFIO_PCI_BAR0_REGION_INDEX, KDEV_BAR_SIZE, rw);
	expect_region(VFIO_PCI_BAR1_REGION_INDEX, KDEV_CTL_SIZE, rw);
	expect_region(VFIO_PCI_BAR2_REGION_INDEX, KDEV_BAR_SIZE, rw);
	expect_region(VFIO_PCI_BAR3_REGION_INDEX, KDEV_BAR_SIZE, rw);
	expect_region(VFIO_PCI_BAR4_REGION_INDEX, KDEV_LOG_BAR_SIZE, VFIO_REGION_INFO_FLAG_READ);
	expect_region(VFIO_PCI_BAR5_REGION_INDEX, 0, 0);
	expect_region(VFIO_PCI_ROM_REGION_INDEX, 0, 0);
	expect_region(VFIO_PCI_CONFIG_REGION_INDEX, MDEV_BPF_CONFIG_SIZE, rw);
	expect_region(VFIO_PCI_VGA_REGION_INDEX, 0, 0);
	EXPECT_EQ(region_info(VFIO_PCI_NUM_REGIONS, &info), -EINVAL);
	EXPECT_EQ(region_info(16, &info), -EINVAL);
	EXPECT_EQ(region_info(0x80000000, &info), -EINVAL);
	EXPECT_EQ(region_info(0xffffffff, &info), -EINVAL);
}

MTAP_TEST(regions_of_type)
{
	dev_close();
	dev_open("kdev-b");
	expect_region(VFIO_PCI_BAR3_REGION_INDEX, 0, 0);
	expect_region(VFIO_PCI_BAR2_REGION_INDEX, KDEV_BAR_SIZE,
		      VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE);
}

MTAP_TEST(region_info_argsz)
{
	struct vfio_region_info info = { .index = 0 };

	check_argsz(VFIO_DEVICE_GET_REGION_INFO, &info, sizeof(info));
}

static int irq_info(unsigned int index, struct vfio_irq_info *info)
{
	return info_of(VFIO_DEVICE_GET_IRQ_INFO, index, info, sizeof(*info));
}

static void expect_irq(unsigned int index, __u32 count, __u32 flags)
{
	struct vfio_irq_info info;

	EXPECT_EQ(irq_info(index, &info), 0);
	if (info.count != count || (count && info.flags != flags))
		mtap_fail(__FILE__, __LINE__, "irq %u has count %u and flags %#x", index,
			  info.count, info.flags);
}

/* No GET_INFO before it is needed, and every index answers. */
MTAP_TEST(irqs)
{
	const __u32 intx = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
			   VFIO_IRQ_INFO_AUTOMASKED;
	const __u32 msg = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	struct vfio_irq_info info;

	expect_irq(VFIO_PCI_INTX_IRQ_INDEX, 1, intx);
	expect_irq(VFIO_PCI_MSI_IRQ_INDEX, KDEV_MSI, msg);
	expect_irq(VFIO_PCI_MSIX_IRQ_INDEX, 0, 0);
	expect_irq(VFIO_PCI_ERR_IRQ_INDEX, 1, msg);
	expect_irq(VFIO_PCI_REQ_IRQ_INDEX, 1, msg);
	EXPECT_EQ(irq_info(VFIO_PCI_NUM_IRQS, &info), -EINVAL);
	EXPECT_EQ(irq_info(0x7fffffff, &info), -EINVAL);
	EXPECT_EQ(irq_info(0xffffffff, &info), -EINVAL);
}

MTAP_TEST(irq_info_argsz)
{
	struct vfio_irq_info info = { .index = 0 };

	check_argsz(VFIO_DEVICE_GET_IRQ_INFO, &info, sizeof(info));
}

MTAP_TEST(reset)
{
	dev_set(0, 0, 4, 0x12345678);
	dev_set(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 7);
	EXPECT_EQ(dev_ctl(KDEV_CTL_NR_LOG), 1);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_RESET), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_RESET), 1);
	EXPECT_EQ(dev_ctl(KDEV_CTL_NR_LOG), 0);
	EXPECT_EQ(dev_get(0, 0, 4), 0);
	EXPECT_EQ(dev_get(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2), 0);
}

/* A program without reset is initialised anew. */
MTAP_TEST(reset_is_init)
{
	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	prog_ops(&dev_prog2)->reset = NULL;
	prog_ops(&dev_prog2)->name[4] = '2';
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kdev2-a");
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_INIT), 1);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_INIT), 2);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_RESET), 0);
}

MTAP_TEST(unknown_ioctls)
{
	static const unsigned long cmds[] = {
		VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, VFIO_DEVICE_PCI_HOT_RESET,
		VFIO_DEVICE_QUERY_GFX_PLANE, VFIO_DEVICE_GET_GFX_DMABUF,
		_IO(VFIO_TYPE, VFIO_BASE + 60), _IO(VFIO_TYPE, 0), _IO('x', VFIO_BASE + 7),
		_IOWR('x', 1, __u64), VFIO_GET_API_VERSION, VFIO_GROUP_GET_STATUS, 0, 0xffffffff,
	};
	__u32 arg[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		int ret;

		memset(arg, 0, sizeof(arg));
		arg[0] = sizeof(arg);
		ret = vfio_ioctl(&dev, cmds[i], arg);
		if (ret != -ENOTTY)
			mtap_fail(__FILE__, __LINE__, "ioctl %#lx gives %d", cmds[i], ret);
	}
}

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE
#define HEAD	sizeof(struct vfio_device_feature)

/* The argument ends at an unmapped page after @size bytes; the migration state does not change. */
static int feature_at_edge(__u32 flags, __u32 argsz, size_t size)
{
	struct {
		struct vfio_device_feature head;
		__u32 state, fd;
	} arg = { .head = { .argsz = argsz, .flags = flags },
		  .state = VFIO_DEVICE_STATE_RUNNING };

	return vfio_ioctl(&dev, VFIO_DEVICE_FEATURE, memcpy(edge(size), &arg, size));
}

static int feature(__u32 flags, __u32 argsz)
{
	return feature_at_edge(flags, argsz, HEAD + 8);
}

MTAP_TEST(features)
{
	const __u32 probe = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET;

	EXPECT_EQ(feature(probe | VFIO_DEVICE_FEATURE_MIGRATION, 40), 0);
	EXPECT_EQ(feature(probe | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, 40), -ENOTTY);
	EXPECT_EQ(feature(probe | 0xfff, 40), -ENOTTY);
	EXPECT_EQ(feature(probe, 4), -EINVAL);
}

static void one_feature(__u32 which, __u32 ops, __u32 size)
{
	__u32 op;

	for (op = GET; op <= SET; op <<= 1) {
		int good = ops & op ? 0 : -EINVAL;

		EXPECT_EQ(feature(which | op, HEAD + size), good);
		EXPECT_EQ(feature(which | op, HEAD + 4096), good);
		EXPECT_EQ(feature(which | op | PROBE, HEAD), good);
		EXPECT_EQ(feature(which | op, HEAD + size - 1), -EINVAL);
		EXPECT_EQ(feature(which | op, HEAD), -EINVAL);
		EXPECT_EQ(feature(which | op, HEAD - 1), -EINVAL);
		EXPECT_EQ(feature(which | op, 0), -EINVAL);
		EXPECT_EQ(feature(which | op | 1 << 19, HEAD + size), -EINVAL);
		EXPECT_EQ(feature_at_edge(which | op, HEAD + size, HEAD), good ?: -EFAULT);
	}
	EXPECT_EQ(feature(which, HEAD + size), -EINVAL);
	EXPECT_EQ(feature(which | GET | SET, HEAD + size), -EINVAL);
	EXPECT_EQ(feature(which | GET | SET | PROBE, HEAD + size),
		  ops == (GET | SET) ? 0 : -EINVAL);
}

/* Each migration feature, and flags and sizes that it must refuse */
MTAP_TEST(features_of_migration)
{
	one_feature(VFIO_DEVICE_FEATURE_MIGRATION, GET, 8);
	one_feature(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, GET | SET, 8);
	one_feature(VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, GET, 8);
}

MTAP_TEST(no_mmap)
{
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, dev.device, 0) == MAP_FAILED);
}

/* The first open and the last close of a device reach the program, not those between. */
MTAP_TEST(open_close)
{
	__s64 opens = dev_count(&dev_prog, KDEV_OPEN), closes;
	int again;

	closes = dev_count(&dev_prog, KDEV_CLOSE);
	EXPECT_EQ(opens, closes + 1);
	EXPECT_STR(device_attr(&dev_mdev, "open"), "1");
	again = vfio_open_again(&dev, &dev_mdev);
	ASSERT(again >= 0);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_OPEN), opens);
	close(again);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_CLOSE), closes);
	vfio_close(&dev);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_CLOSE), closes + 1);
	EXPECT_STR(device_attr(&dev_mdev, "open"), "0");
}

MTAP_TEST(open_fails)
{
	dev_close();
	dev_mdev = mdev_uuid(1);
	ASSERT_EQ(mdev_create(&dev_mdev, "kdev-noopen"), 0);
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -EDOM);
	EXPECT_STR(device_attr(&dev_mdev, "open"), "0");
	vfio_close(&dev);
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_a, .after = dev_close, .teardown = dev_unload,
};
