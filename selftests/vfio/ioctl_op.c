// SPDX-License-Identifier: GPL-2.0-only
/* The ioctl op: the program's own commands, and changes of VFIO's commands. */
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dev.h"
#include "progs/kioctl.h"

#define BAD_POINTER	((void *)16)

static void load(void)
{
	dev_load("progs/kioctl.bpf.o");
}

static void open_device(void)
{
	dev_open("kioctl-1");
}

static __u32 seen(unsigned int what)
{
	return dev_get(0, what, 4);
}

MTAP_TEST(own_command)
{
	struct kioctl_add add = { .a = 40, .b = 2 };

	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_ADD, &add), 7);
	EXPECT_EQ(add.sum, 42);
	EXPECT_EQ(add.a, 40);
	EXPECT_EQ(seen(KIOCTL_CMD), KIOCTL_ADD);
	EXPECT_EQ(seen(KIOCTL_STAGE), MDEV_BPF_IOCTL_BEFORE);
	EXPECT_EQ(seen(KIOCTL_SIZE), sizeof(add));
}

MTAP_TEST(no_argument)
{
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_NOTHING, BAD_POINTER), 3);
	EXPECT_EQ(seen(KIOCTL_SIZE), 0);
}

/* The command's direction says which way the argument goes. */
MTAP_TEST(directions)
{
	__u64 val = 41, one = 1;

	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_PUT, &val), 0);
	EXPECT_EQ(val, 41);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_GET, &one), 0);
	EXPECT_EQ(one, 41);
}

MTAP_TEST(failing)
{
	__u64 val = 5;

	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_FAIL, &val), -EPERM);
	EXPECT_EQ(val, 5);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_NEGATIVE, NULL), -EDOM);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_STRANGE, NULL), -EIO);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_ENDLESS, NULL), -EIO);
}

MTAP_TEST(bad_pointers)
{
	__u32 calls = seen(KIOCTL_CALLS);
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(page != MAP_FAILED);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_ADD, BAD_POINTER), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_PUT, NULL), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_OWN_VFIO, BAD_POINTER), -EFAULT);
	EXPECT_EQ(seen(KIOCTL_CALLS), calls);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_GET, BAD_POINTER), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_ADD, page), -EFAULT);
	munmap(page, 4096);
}

/* A command of VFIO's kind that the core does not know has an argsz. */
MTAP_TEST(own_vfio_command)
{
	__u32 arg[3] = { 8, 41, 9 };

	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_OWN_VFIO, arg), 0);
	EXPECT_EQ(arg[1], 42);
	EXPECT_EQ(arg[2], 9);
	EXPECT_EQ(seen(KIOCTL_SIZE), 8);
	arg[0] = 4;
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_OWN_VFIO, arg), -EINVAL);
	EXPECT_EQ(arg[1], 42);
}

/* A program gets at most MDEV_BPF_MAX_IOCTL bytes of the argument, and is told that size. */
MTAP_TEST(largest_argument)
{
	static __u32 arg[MDEV_BPF_MAX_IOCTL / 2];

	arg[0] = sizeof(arg);
	arg[1] = 1;
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_OWN_VFIO, arg), 0);
	EXPECT_EQ(arg[1], 2);
	EXPECT_EQ(arg[0], sizeof(arg));
	EXPECT_EQ(seen(KIOCTL_SIZE), MDEV_BPF_MAX_IOCTL);
}

MTAP_TEST(edit_the_answer)
{
	struct vfio_device_info arg = { .argsz = sizeof(arg) };
	__u32 calls = seen(KIOCTL_CALLS);

	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &arg), 0);
	EXPECT_EQ(arg.num_regions, KIOCTL_CAP_REGION + 1 + 33);
	EXPECT_EQ(arg.num_irqs, VFIO_PCI_NUM_IRQS);
	EXPECT_EQ(seen(KIOCTL_CALLS), calls + 2);
	EXPECT_EQ(seen(KIOCTL_STAGE), MDEV_BPF_IOCTL_AFTER);
	EXPECT_EQ(seen(KIOCTL_RET), 0);
}

/* If the program refuses, what the core and the program have written is not copied out. */
MTAP_TEST(refuse_the_answer)
{
	struct vfio_device_info arg[2] = { { .argsz = KIOCTL_REFUSED_SIZE } };

	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, arg), -EPERM);
	EXPECT_EQ(seen(KIOCTL_STAGE), MDEV_BPF_IOCTL_AFTER);
	EXPECT_EQ(arg[0].num_regions, 0);
	EXPECT_EQ(arg[0].flags, 0);
}

MTAP_TEST(answer_or_pass)
{
	struct vfio_region_info arg = { .argsz = sizeof(arg), .index = 5 };

	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &arg), 0);
	EXPECT_EQ(arg.size, 0x1234);
	arg.index = 0;
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &arg), 0);
	EXPECT_EQ(arg.size, 32);
	arg.index = 99;
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &arg), -EINVAL);
	EXPECT_EQ(vfio_ioctl(&dev, _IO('k', 99), NULL), -ENOTTY);
	EXPECT_EQ(seen(KIOCTL_CMD), _IO('k', 99));
}

/* A change of argsz by the program does not make the buffers larger. */
MTAP_TEST(room)
{
	struct {
		struct vfio_region_info info;
		__u8 behind[64];
	} arg = { .info = { .argsz = sizeof(arg.info), .index = KIOCTL_CAP_REGION } };
	__u8 zeros[sizeof(arg.behind)] = {};

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &arg), 0);
	EXPECT(arg.info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_EQ(arg.info.argsz, sizeof(arg.info) + sizeof(struct vfio_region_info_cap_type));
	EXPECT_EQ(arg.info.cap_offset, 0);
	EXPECT(!memcmp(arg.behind, zeros, sizeof(zeros)));
}

MTAP_TEST(refuse)
{
	struct vfio_irq_info arg = { .argsz = sizeof(arg) };

	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &arg), -EACCES);
	EXPECT_EQ(arg.count, 0);
}

/* A refusal by the core can be reviewed, too; without a change by the program it stays. */
MTAP_TEST(review_of_an_error)
{
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_REVIEWED, NULL), -ENOTTY);
	EXPECT_EQ((int)seen(KIOCTL_RET), -ENOTTY);
}

/* SET_IRQS passes through with its data. */
MTAP_TEST(interrupts)
{
	int event = event_new();

	EXPECT_EQ(vfio_irq_fd(&dev, 0, VFIO_IRQ_SET_ACTION_TRIGGER, event), 0);
	EXPECT_EQ(seen(KIOCTL_SIZE), sizeof(struct vfio_irq_set) + 4);
	EXPECT_EQ(vfio_irq_none(&dev, 0, VFIO_IRQ_SET_ACTION_TRIGGER, 1), 0);
	EXPECT_EQ(event_take(event), 1);
}

/* RESET zeroes the state first, so only the second look at it has been counted. */
MTAP_TEST(reset)
{
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(seen(KIOCTL_CALLS), 1);
	EXPECT_EQ(seen(KIOCTL_STAGE), MDEV_BPF_IOCTL_AFTER);
}

MTAP_TEST(detached)
{
	struct vfio_device_info arg = { .argsz = sizeof(arg) };
	struct kioctl_add add = { 0 };
	int ret;

	prog_detach(&dev_prog);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_ADD, &add), -ENODEV);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &arg), 0);
	EXPECT_EQ(arg.num_regions, KIOCTL_CAP_REGION + 1);
	ret = prog_attach(&dev_prog);
	ASSERT_EQ(ret, 0);
	EXPECT_EQ(vfio_ioctl(&dev, KIOCTL_ADD, &add), 7);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = dev_close, .teardown = dev_unload,
};
