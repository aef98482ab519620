// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts by eventfd: INTx as a level that masks itself, MSI, and the release request. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"

#define CFG		VFIO_PCI_CONFIG_REGION_INDEX

/* Where interrupts go; [0] also for INTx */
static int event[KDEV_MSI];
static int unmask_event;

static void load(void)
{
	dev_load(KDEV);
}

static void open_device(void)
{
	int i;

	for (i = 0; i < KDEV_MSI; i++)
		event[i] = event_new();
	unmask_event = event_new();
	dev_open("kdev-a");
}

static void close_device(void)
{
	int i;

	dev_close();
	for (i = 0; i < KDEV_MSI; i++)
		close(event[i]);
	close(unmask_event);
}

static void level(int up)
{
	dev_ctl_set(KDEV_CTL_LEVEL, up);
	EXPECT_EQ(dev_ctl(KDEV_CTL_RESULT), 0);
}

static void enable_intx(void)
{
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event[0]), 0);
}

static void enable_msi(unsigned int nr)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, nr, event), 0);
}

MTAP_TEST(intx_fires_once)
{
	enable_intx();
	EXPECT_EQ(event_take(event[0]), 0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	/* The line is still up and masked: neither another raise nor an edge fires. */
	level(1);
	level(0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 0);
}

/* Unmask fires again exactly if the line is still up. */
MTAP_TEST(intx_unmask)
{
	enable_intx();
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	level(0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);

	EXPECT_EQ(vfio_irq_bool(&dev, INTX, UNMASK, 0), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_bool(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
}

MTAP_TEST(intx_unmask_eventfd)
{
	const __u64 one = 1;

	enable_intx();
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, unmask_event), 0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	ASSERT_EQ(write(unmask_event, &one, 8), 8);
	EXPECT_EQ(event_wait(event[0]), 1);
	ASSERT_EQ(write(unmask_event, &one, 8), 8);
	EXPECT_EQ(event_wait(event[0]), 1);
	/* The eventfd was removed, so it no longer unmasks. */
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, -1), 0);
	ASSERT_EQ(write(unmask_event, &one, 8), 8);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(event_take(unmask_event), 1);
	/* A second one at a time is refused, another one after it is not. */
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, unmask_event), 0);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, event[1]), -EBUSY);
}

MTAP_TEST(intx_mask)
{
	enable_intx();
	EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	level(0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(vfio_irq_bool(&dev, INTX, MASK, 0), 0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, MASK, event[1]), -ENOTTY);
}

MTAP_TEST(intx_loopback)
{
	enable_intx();
	EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	/* It masked itself. */
	EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_bool(&dev, INTX, TRIGGER, 0), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_bool(&dev, INTX, TRIGGER, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
}

MTAP_TEST(intx_disable)
{
	enable_intx();
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_INTX);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 0), 0);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
	level(1);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 0), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 1), -EINVAL);
	/* A line that is up already fires when somebody begins to listen. */
	enable_intx();
	EXPECT_EQ(event_take(event[0]), 1);
	/* Taking only the eventfd away silences it, too. */
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, -1), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
}

/* The eventfd can be exchanged while INTx is on. */
MTAP_TEST(intx_other_eventfd)
{
	enable_intx();
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event[1]), 0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(event_take(event[1]), 1);
}

/* The guest's own switch, in the command register */
MTAP_TEST(intx_command_bit)
{
	enable_intx();
	dev_set(CFG, 4, 2, 0x400);
	level(1);
	EXPECT_EQ(event_take(event[0]), 0);
	dev_set(CFG, 4, 2, 0);
	EXPECT_EQ(event_take(event[0]), 1);
}

MTAP_TEST(intx_reset)
{
	enable_intx();
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	/* The user's eventfd stays. */
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
}

/* Closing the device ends it all; the next user starts from nothing. */
MTAP_TEST(closed)
{
	enable_intx();
	EXPECT_EQ(vfio_irq_none(&dev, INTX, MASK, 1), 0);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
	level(1);
	EXPECT_EQ(event_take(event[0]), 0);
	enable_intx();
	EXPECT_EQ(event_take(event[0]), 1);
}

static int trigger_vector(unsigned int vector)
{
	dev_ctl_set(KDEV_CTL_VECTOR, vector);
	return dev_ctl(KDEV_CTL_RESULT);
}

MTAP_TEST(msi)
{
	unsigned int i, j;

	EXPECT_EQ(trigger_vector(0), -ENXIO);
	enable_msi(KDEV_MSI);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_MSI);
	for (i = 0; i < KDEV_MSI; i++) {
		EXPECT_EQ(trigger_vector(i), 0);
		EXPECT_EQ(trigger_vector(i), 0);
		for (j = 0; j < KDEV_MSI; j++)
			EXPECT_EQ(event_take(event[j]), i == j ? 2 : 0);
	}
	EXPECT_EQ(trigger_vector(KDEV_MSI), -EINVAL);
	EXPECT_EQ(trigger_vector(0xffffffff), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, MSI, TRIGGER, 0), 0);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
	EXPECT_EQ(trigger_vector(0), -ENXIO);
	EXPECT_EQ(event_take(event[0]), 0);
}

/* The line of a device whose user takes MSI: each rise is vector 0. */
MTAP_TEST(msi_from_line)
{
	enable_msi(1);
	level(1);
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	level(0);
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	dev_ctl_set(KDEV_CTL_LEVEL, 2);
	EXPECT_EQ((int)dev_ctl(KDEV_CTL_RESULT), -EINVAL);
}

/* Fewer vectors than the device has: their number stays until MSI is off (NORESIZE). */
MTAP_TEST(msi_few)
{
	int none[KDEV_MSI] = { event[0], event[1], -1, -1 };

	enable_msi(2);
	EXPECT_EQ(trigger_vector(1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(trigger_vector(3), 0);
	EXPECT_EQ(event_take(event[3]), 0);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 0, KDEV_MSI, event), -EINVAL);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 2, 1, event + 2), -EINVAL);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 0, KDEV_MSI, none), 0);
	EXPECT_EQ(trigger_vector(3), 0);
	EXPECT_EQ(event_take(event[3]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, MSI, TRIGGER, 0), 0);
	enable_msi(KDEV_MSI);
	/* A vector without an eventfd is lost. */
	EXPECT_EQ(event_take(event[3]), 0);
	EXPECT_EQ(trigger_vector(3), 0);
	EXPECT_EQ(event_take(event[3]), 1);
}

/* A hole, a change while they are on, and enabling from the middle */
MTAP_TEST(msi_some)
{
	int fds[KDEV_MSI] = { event[0], -1, event[2], event[3] };

	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 2, 2, event + 2), 0);
	EXPECT_EQ(trigger_vector(0), 0);
	EXPECT_EQ(trigger_vector(2), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(event_take(event[2]), 1);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 0, KDEV_MSI, fds), 0);
	EXPECT_EQ(trigger_vector(1), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(trigger_vector(3), 0);
	EXPECT_EQ(event_take(event[3]), 1);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 1, 1, event + 1), 0);
	EXPECT_EQ(trigger_vector(1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(trigger_vector(3), 0);
	EXPECT_EQ(event_take(event[3]), 1);
}

MTAP_TEST(msi_loopback)
{
	struct vfio_irq_set set = {
		.flags = BOOL | TRIGGER, .index = MSI, .start = 1, .count = 3,
	};
	const __u8 which[] = { 1, 0, 1 };

	EXPECT_EQ(vfio_irq_set(&dev, &set, which, 3), -EINVAL);
	enable_msi(KDEV_MSI);
	EXPECT_EQ(vfio_irq_set(&dev, &set, which, 3), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(event_take(event[2]), 0);
	EXPECT_EQ(event_take(event[3]), 1);
	EXPECT_EQ(vfio_irq_none(&dev, MSI, TRIGGER, 2), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(event_take(event[2]), 0);
}

MTAP_TEST(one_mode_at_a_time)
{
	enable_intx();
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 0, 1, event + 1), -EINVAL);
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 0), 0);
	enable_msi(1);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event[1]), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, MSI, TRIGGER, 0), 0);
	enable_intx();
}

static int set(__u32 flags, __u32 index, __u32 start, __u32 count)
{
	struct vfio_irq_set head = {
		.flags = flags, .index = index, .start = start, .count = count,
	};
	int data[8];

	memset(data, 0xff, sizeof(data));
	return vfio_irq_set(&dev, &head, data, sizeof(data));
}

MTAP_TEST(not_for_this_kind)
{
	enable_msi(1);
	EXPECT_EQ(set(NONE | MASK, MSI, 0, 1), -ENOTTY);
	EXPECT_EQ(set(NONE | UNMASK, MSI, 0, 1), -ENOTTY);
	EXPECT_EQ(set(NONE | MASK, REQ, 0, 1), -ENOTTY);
	EXPECT_EQ(set(EVENTFD | UNMASK, REQ, 0, 1), -ENOTTY);
}

MTAP_TEST(no_such_interrupt)
{
	EXPECT_EQ(set(EVENTFD | TRIGGER, INTX, 0, 2), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, INTX, 1, 1), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, MSI, 0, KDEV_MSI + 1), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, MSI, KDEV_MSI, 1), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, MSI, 0xffffffff, 2), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, MSI, 2, 0xffffffff), -EINVAL);
	EXPECT_EQ(set(NONE | TRIGGER, MSI, 1, 0xffffffff), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, ERR, 0, 2), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, REQ, 0, 2), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, VFIO_PCI_NUM_IRQS, 0, 1), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, 0xffffffff, 0, 1), -EINVAL);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
}

MTAP_TEST(bad_flags)
{
	enable_intx();
	EXPECT_EQ(set(0, INTX, 0, 1), -EINVAL);
	EXPECT_EQ(set(TRIGGER, INTX, 0, 1), -EINVAL);
	EXPECT_EQ(set(EVENTFD, INTX, 0, 1), -ENOTTY);
	EXPECT_EQ(set(NONE | BOOL | TRIGGER, INTX, 0, 1), -EINVAL);
	EXPECT_EQ(set(NONE | MASK | UNMASK, INTX, 0, 1), -ENOTTY);
	EXPECT_EQ(set(NONE | MASK | TRIGGER, INTX, 0, 1), -ENOTTY);
	EXPECT_EQ(set(1 << 6 | NONE | TRIGGER, INTX, 0, 1), -EINVAL);
	EXPECT_EQ(set(0xffffffff, INTX, 0, 1), -EINVAL);
	EXPECT_EQ(set(EVENTFD | TRIGGER, INTX, 0, 0), -EINVAL);
	EXPECT_EQ(set(BOOL | TRIGGER, INTX, 0, 0), -EINVAL);
	/* It still works. */
	level(1);
	EXPECT_EQ(event_take(event[0]), 1);
}

MTAP_TEST(bad_argsz)
{
	struct vfio_irq_set head = { .flags = EVENTFD | TRIGGER, .index = INTX, .count = 1 };

	head.argsz = sizeof(head);
	EXPECT_EQ(vfio_irq_set(&dev, &head, &event[0], 4), -EINVAL);
	head.argsz = sizeof(head) + 3;
	EXPECT_EQ(vfio_irq_set(&dev, &head, &event[0], 4), -EINVAL);
	head.argsz = sizeof(head) - 1;
	EXPECT_EQ(vfio_irq_set(&dev, &head, &event[0], 4), -EINVAL);
	head.argsz = 1;
	EXPECT_EQ(vfio_irq_set(&dev, &head, &event[0], 4), -EINVAL);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_SET_IRQS, NULL), -EFAULT);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
}

MTAP_TEST(bad_fds)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fds[KDEV_MSI] = { event[1], event[2], null, event[3] };

	ASSERT(null >= 0);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, null), -EINVAL);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, 9999), -EBADF);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, -2), -EINVAL);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 0, KDEV_MSI, fds), -EINVAL);
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
	/* One bad descriptor of several leaves the others as they were. */
	enable_msi(KDEV_MSI);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 0, KDEV_MSI, fds), -EINVAL);
	EXPECT_EQ(trigger_vector(0), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, MSI, TRIGGER, 0), 0);
	enable_intx();
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, null), -EINVAL);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, UNMASK, 9999), -EBADF);
	close(null);
}

/* ERR is the device's to say that it is broken; here it only has to get through. */
MTAP_TEST(error)
{
	EXPECT_EQ(vfio_irq_fd(&dev, ERR, TRIGGER, event[0]), 0);
	EXPECT_EQ(vfio_irq_fd(&dev, REQ, TRIGGER, event[1]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, ERR, TRIGGER, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(vfio_irq_fd(&dev, ERR, TRIGGER, -1), 0);
	EXPECT_EQ(vfio_irq_none(&dev, ERR, TRIGGER, 1), -EINVAL);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(set(NONE | UNMASK, ERR, 0, 1), -ENOTTY);
	/* Neither of them is the interrupt that the guest takes. */
	EXPECT_EQ(dev_ctl(KDEV_CTL_MODE), MDEV_BPF_IRQ_OFF);
	enable_intx();
}

static void *remove_device(void *arg)
{
	*(int *)arg = mdev_remove(&dev_mdev);
	return NULL;
}

/* "remove" of an open device asks its user, and waits until that has closed it. */
MTAP_TEST(request)
{
	pthread_t thread;
	int ret = 1;

	EXPECT_EQ(vfio_irq_fd(&dev, REQ, TRIGGER, event[0]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, REQ, TRIGGER, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	ASSERT_EQ(pthread_create(&thread, NULL, remove_device, &ret), 0);
	EXPECT(event_wait(event[0]) >= 1);
	EXPECT_EQ(dev_get(CFG, 0, 2), 0x1234);
	vfio_close(&dev);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
	EXPECT(!exists(MDEV_DEVICES "/%s", dev_mdev.uuid));
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = close_device, .teardown = dev_unload,
};
