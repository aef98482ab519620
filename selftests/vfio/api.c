// SPDX-License-Identifier: GPL-2.0-only
/* Devices that are not PCI: what VFIO says of them, their regions and their interrupts. */
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "progs/kirq.h"

#define NR_EVENTS	5
#define AP_REQ		0	/* VFIO_AP_REQ_IRQ_INDEX, which older headers lack */

static const __u32 rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
static const __u32 line_flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
				VFIO_IRQ_INFO_AUTOMASKED;

static int event[NR_EVENTS];

static void load(void)
{
	int i;

	dev_need_module();
	for (i = 0; i < NR_EVENTS; i++)
		event[i] = event_new();
}

static void drain(void)
{
	int i;

	dev_close();
	for (i = 0; i < NR_EVENTS; i++)
		event_take(event[i]);
}

static void up(const char *map, const char *type)
{
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kapi.bpf.o", map), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open(type);
}

static void expect_device(const char *type, const char *api, __u32 flag, __u32 regions,
			  __u32 irqs)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	EXPECT_STR(sysfs_str("%s/device_api", type_path(type)), api);
	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.flags, flag | VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(info.num_regions, regions);
	EXPECT_EQ(info.num_irqs, irqs);
}

static void expect_region(__u32 index, __u64 size, __u32 flags)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &info), 0);
	EXPECT_EQ(info.size, size);
	EXPECT_EQ(info.flags, flags);
	EXPECT_EQ(info.offset, (__u64)index << MDEV_BPF_OFFSET_SHIFT);
}

static void expect_irq(__u32 index, __u32 count, __u32 flags)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
	EXPECT_EQ(info.count, count);
	EXPECT_EQ(info.flags, flags);
}

static int no_region(__u32 index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	return vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &info);
}

static int no_irq(__u32 index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	return vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &info);
}

MTAP_TEST(info)
{
	up("kplat", "kplat-1");
	expect_device("kplat-1", "vfio-platform", VFIO_DEVICE_FLAGS_PLATFORM, 16, 6);
	expect_region(0, 0x1000, rw);
	expect_region(1, 0, 0);
	expect_region(KPLAT_ODD, KPLAT_ODD_SIZE, rw);
	expect_region(KPLAT_CTL, KIRQ_CTL_SIZE, rw);
	expect_region(15, 1ULL << 40, VFIO_REGION_INFO_FLAG_READ);
	EXPECT_EQ(no_region(16), -EINVAL);
	expect_irq(KPLAT_LINE, 1, line_flags);
	expect_irq(KPLAT_EDGE, 1, VFIO_IRQ_INFO_EVENTFD);
	expect_irq(2, 0, 0);
	expect_irq(KPLAT_LINE2, 1, line_flags);
	expect_irq(4, 0, 0);
	expect_irq(KPLAT_VECTORS, KPLAT_NR, VFIO_IRQ_INFO_EVENTFD);
	EXPECT_EQ(no_irq(6), -EINVAL);
	EXPECT_EQ(no_irq(0xffffffff), -EINVAL);
}

/* Another type of the program has fewer regions and interrupts. */
MTAP_TEST(info_of_type)
{
	up("kplat", "kplat-few");
	expect_device("kplat-few", "vfio-platform", VFIO_DEVICE_FLAGS_PLATFORM, KPLAT_CTL + 1,
		      KPLAT_LINE2 + 1);
	EXPECT_EQ(no_region(15), -EINVAL);
	EXPECT_EQ(no_irq(KPLAT_VECTORS), -EINVAL);
}

MTAP_TEST(amba)
{
	up("kamba", "kamba-1");
	expect_device("kamba-1", "vfio-amba", VFIO_DEVICE_FLAGS_AMBA, 16, 6);
	dev_set(0, 4, 4, 0x12345678);
	EXPECT_EQ(dev_get(0, 4, 4), 0x12345678);
}

MTAP_TEST(regions)
{
	__u8 bytes[16] = "abcdefghijklmno";
	__u8 back[16];

	up("kplat", "kplat-1");
	/* Of a size that is no multiple of anything, and read past its end */
	EXPECT_EQ(vfio_pwrite(&dev, KPLAT_ODD, 0, bytes, 16), KPLAT_ODD_SIZE);
	EXPECT_EQ(vfio_pread(&dev, KPLAT_ODD, 0, back, 16), KPLAT_ODD_SIZE);
	EXPECT(!memcmp(bytes, back, KPLAT_ODD_SIZE));
	EXPECT_EQ(vfio_get(&dev, KPLAT_ODD, KPLAT_ODD_SIZE - 1, 1), 'm');
	EXPECT_EQ(vfio_get(&dev, KPLAT_ODD, KPLAT_ODD_SIZE, 1), -EINVAL);
	/* As large as a region can be, up to the end */
	EXPECT_EQ(vfio_get(&dev, 15, (1ULL << 40) - 4, 4), 0);
	EXPECT_EQ(vfio_get(&dev, 15, 8, 4), *(__u32 *)(bytes + 8));
	EXPECT_EQ(vfio_set(&dev, 15, 0, 4, 1), -EINVAL);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(KPLAT_ODD, 0, 4), 0);
}

static __u32 ctl(unsigned int reg)
{
	return dev_get(KPLAT_CTL, reg, 4);
}

static int ctl_do(unsigned int reg, __u32 val)
{
	dev_set(KPLAT_CTL, reg, 4, val);
	return ctl(KIRQ_RESULT);
}

static int line(__u32 index, __u32 level)
{
	dev_set(KPLAT_CTL, KIRQ_INDEX, 4, index);
	return ctl_do(KIRQ_LINE, level);
}

static int send(__u32 index, __u32 vector)
{
	dev_set(KPLAT_CTL, KIRQ_INDEX, 4, index);
	return ctl_do(KIRQ_SIGNAL, vector);
}

/* What only PCI devices have is refused to the program, and the other way round. */
MTAP_TEST(kfuncs)
{
	up("kplat", "kplat-1");
	EXPECT_EQ(ctl_do(KIRQ_LEVEL, 1), -ENXIO);
	EXPECT_EQ(ctl_do(KIRQ_VECTOR, 0), -ENXIO);
	EXPECT_EQ((int)ctl(KIRQ_MODE), -ENXIO);
	EXPECT_EQ((int)ctl(KIRQ_CONFIG), -ENXIO);
	EXPECT_EQ(ctl_do(KIRQ_CONFIG, 1), -ENXIO);
	EXPECT_EQ(ctl_do(KIRQ_CAP, 0), -ENXIO);
	EXPECT_EQ(line(KPLAT_LINE, 2), -EINVAL);
	EXPECT_EQ(line(KPLAT_EDGE, 1), -EINVAL);
	EXPECT_EQ(line(2, 1), -EINVAL);
	EXPECT_EQ(line(6, 1), -EINVAL);
	EXPECT_EQ(line(0xffffffff, 1), -EINVAL);
	EXPECT_EQ(send(KPLAT_LINE, 0), -EINVAL);
	EXPECT_EQ(send(KPLAT_EDGE, 1), -EINVAL);
	EXPECT_EQ(send(2, 0), -EINVAL);
	EXPECT_EQ(send(0xffffffff, 0), -EINVAL);
	EXPECT_EQ(send(KPLAT_EDGE, 0), -ENXIO);
	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kirq.bpf.o", "kirq"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kirq-1");
	dev_set(0, KIRQ_LINE, 4, 1);
	EXPECT_EQ((int)dev_get(0, KIRQ_RESULT, 4), -ENXIO);
	dev_set(0, KIRQ_SIGNAL, 4, 0);
	EXPECT_EQ((int)dev_get(0, KIRQ_RESULT, 4), -ENXIO);
}

/* A level as of a UART: two of them, each by itself */
MTAP_TEST(lines)
{
	up("kplat", "kplat-1");
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_LINE, TRIGGER, event[0]), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_LINE2, TRIGGER, event[1]), 0);
	EXPECT_EQ(line(KPLAT_LINE, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(line(KPLAT_LINE, 0), 0);
	EXPECT_EQ(line(KPLAT_LINE, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(line(KPLAT_LINE2, 1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT(mtap_await(ctl(KIRQ_UNMASKED + 4 * KPLAT_LINE) == 1));
	EXPECT_EQ(ctl(KIRQ_UNMASKED + 4 * KPLAT_LINE2), 0);
	/* Off, the line keeps its mask, as vfio-platform does. */
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE, TRIGGER, 0), 0);
	EXPECT_EQ(vfio_irq_fd(&dev, KPLAT_LINE, TRIGGER, event[2]), 0);
	EXPECT_EQ(event_take(event[2]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[2]), 1);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE, UNMASK, 1), 0);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE2, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[1]) + event_take(event[2]), 0);
	EXPECT_EQ(line(KPLAT_LINE2, 1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
}

/* Before it is enabled, too, and by eventfds, for both */
MTAP_TEST(line_masks)
{
	const __u64 one = 1;

	up("kplat", "kplat-1");
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE2, MASK, 1), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_LINE2, TRIGGER, event[0]), 0);
	EXPECT_EQ(line(KPLAT_LINE2, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_LINE2, UNMASK, event[1]), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_LINE2, MASK, event[2]), 0);
	EXPECT_EQ(vfio_irq_fd(&dev, KPLAT_LINE2, MASK, event[3]), -EBUSY);
	ASSERT_EQ(write(event[1], &one, 8), 8);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT(mtap_await(ctl(KIRQ_UNMASKED + 4 * KPLAT_LINE2) == 1));
	/* It is masked by having fired; so is it again by hand, after the line went down. */
	EXPECT_EQ(line(KPLAT_LINE2, 0), 0);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE2, UNMASK, 1), 0);
	ASSERT_EQ(write(event[2], &one, 8), 8);
	EXPECT_EQ(vfio_irq_fd(&dev, KPLAT_LINE2, MASK, -1), 0);
	EXPECT_EQ(line(KPLAT_LINE2, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE2, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_EDGE, MASK, 1), -EINVAL);
}

MTAP_TEST(vectors)
{
	struct vfio_irq_set set = {
		.flags = VFIO_IRQ_SET_DATA_BOOL | TRIGGER, .index = KPLAT_VECTORS, .start = 65,
		.count = 5,
	};
	const __u8 which[] = { 1, 0, 0, 0, 1 };

	up("kplat", "kplat-1");
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_EDGE, TRIGGER, event[0]), 0);
	EXPECT_EQ(send(KPLAT_EDGE, 0), 0);
	EXPECT_EQ(send(KPLAT_EDGE, 0), 0);
	EXPECT_EQ(event_take(event[0]), 2);
	ASSERT_EQ(vfio_irq_fds(&dev, KPLAT_VECTORS, 65, 5, event), 0);
	EXPECT_EQ(send(KPLAT_VECTORS, KPLAT_NR - 1), 0);
	EXPECT_EQ(event_take(event[4]), 1);
	EXPECT_EQ(send(KPLAT_VECTORS, 0), 0);
	EXPECT_EQ(send(KPLAT_VECTORS, KPLAT_NR), -EINVAL);
	EXPECT_EQ(vfio_irq_set(&dev, &set, which, sizeof(which)), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(event_take(event[4]), 1);
	/* The lines are independent of each other. */
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_VECTORS, TRIGGER, 0), 0);
	EXPECT_EQ(send(KPLAT_VECTORS, 69), -ENXIO);
	EXPECT_EQ(send(KPLAT_EDGE, 0), 0);
	EXPECT_EQ(event_take(event[0]), 1);
}

MTAP_TEST(closed)
{
	up("kplat", "kplat-1");
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_EDGE, TRIGGER, event[0]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, KPLAT_LINE, MASK, 1), 0);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(send(KPLAT_EDGE, 0), -ENXIO);
	ASSERT_EQ(vfio_irq_fd(&dev, KPLAT_LINE, TRIGGER, event[1]), 0);
	EXPECT_EQ(line(KPLAT_LINE, 1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(event_take(event[0]), 0);
}

static void *remove_device(void *arg)
{
	*(int *)arg = mdev_remove(&dev_mdev);
	return NULL;
}

/* The release request has the interrupt index that the API defines. */
static void expect_request(__u32 index)
{
	pthread_t thread;
	int ret = 1;

	ASSERT_EQ(vfio_irq_fd(&dev, index, TRIGGER, event[0]), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, remove_device, &ret), 0);
	EXPECT(event_wait(event[0]) >= 1);
	vfio_close(&dev);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
}

/* Channel I/O: a config region of odd size, an interrupt for each request */
MTAP_TEST(ccw)
{
	__u8 region[KCCW_CONFIG_SIZE];

	up("kccw", "kccw-1");
	expect_device("kccw-1", "vfio-ccw", VFIO_DEVICE_FLAGS_CCW, VFIO_CCW_NUM_REGIONS,
		      VFIO_CCW_NUM_IRQS);
	expect_region(VFIO_CCW_CONFIG_REGION_INDEX, KCCW_CONFIG_SIZE, rw);
	expect_irq(VFIO_CCW_IO_IRQ_INDEX, 1, VFIO_IRQ_INFO_EVENTFD);
	expect_irq(VFIO_CCW_CRW_IRQ_INDEX, 1, VFIO_IRQ_INFO_EVENTFD);
	expect_irq(VFIO_CCW_REQ_IRQ_INDEX, 1, VFIO_IRQ_INFO_EVENTFD);
	ASSERT_EQ(vfio_irq_fd(&dev, VFIO_CCW_IO_IRQ_INDEX, TRIGGER, event[1]), 0);
	memset(region, 0x5c, sizeof(region));
	ASSERT_EQ(vfio_pwrite(&dev, 0, 0, region, sizeof(region)), sizeof(region));
	EXPECT_EQ(event_take(event[1]), 1);
	memset(region, 0, sizeof(region));
	ASSERT_EQ(vfio_pread(&dev, 0, 0, region, sizeof(region)), sizeof(region));
	EXPECT_EQ(region[0], 0x5c);
	EXPECT_EQ(region[KCCW_CONFIG_SIZE - 1], 0x5c);
	expect_request(VFIO_CCW_REQ_IRQ_INDEX);
}

/* A matrix of crypto adapters: no region, and no interrupt but the request */
MTAP_TEST(ap)
{
	up("kap", "kap-1");
	expect_device("kap-1", "vfio-ap", VFIO_DEVICE_FLAGS_AP, 0, AP_REQ + 1);
	expect_irq(AP_REQ, 1, VFIO_IRQ_INFO_EVENTFD);
	EXPECT_EQ(no_region(0), -EINVAL);
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -EINVAL);
	/* Where configuration space would be there is nothing. */
	EXPECT_EQ(pread(dev.device, event, 4,
			(off_t)VFIO_PCI_CONFIG_REGION_INDEX << MDEV_BPF_OFFSET_SHIFT), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(vfio_reset(&dev), 0);
	expect_request(AP_REQ);
}

/* An update cannot change the API of devices. */
MTAP_TEST(update_to_other)
{
	struct prog other;

	up("kplat", "kplat-1");
	ASSERT_EQ(prog_open(&other, "progs/kapi.bpf.o", "kplat"), 0);
	strcpy(prog_ops(&other)->device_api, "vfio-amba");
	ASSERT_EQ(prog_load(&other), 0);
	EXPECT_EQ(prog_update(&dev_prog2, &other), -EINVAL);
	EXPECT_HAS(why_refused(), "device_api does not fit the devices, which are vfio-platform");
	EXPECT_EQ(line(KPLAT_LINE, 1), 0);
	prog_close(&other);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .after = drain,
};
