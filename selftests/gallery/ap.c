// SPDX-License-Identifier: GPL-2.0-only
/* The matrix of queues (bpf/ap.bpf.c) as a user of vfio-ap sees it: two interrupts, and ioctls. */
#include <string.h>
#include <unistd.h>

#include "../../bpf/ap.h"
#include "irqs.h"
#include "pair.h"

static int changed;

static void load(void)
{
	dev_load("ap.bpf.o");
}

/* Adapters 0 and 2, domains 1 and 3: parameters are set while the device is closed. */
static void open_ap(void)
{
	changed = event_new();
	pair_open("ap-1");
	vfio_close(&dev);
	ASSERT_EQ(sysfs_write("5", MDEV_DEVICES "/%s/params/adapters", dev_mdev.uuid), 0);
	ASSERT_EQ(sysfs_write("10", MDEV_DEVICES "/%s/params/domains", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, AP_IRQ_CFG_CHG, TRIGGER, changed), 0);
}

static void close_ap(void)
{
	pair_close();
	close(changed);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_ap, .after = close_ap, .teardown = dev_unload,
};

static struct ap_queue_info queue(unsigned long cmd, __u8 adapter, __u8 domain)
{
	struct ap_queue_info arg = { .adapter = adapter, .domain = domain };

	EXPECT_EQ(vfio_ioctl(&dev, cmd, &arg), 0);
	return arg;
}

static int put(__u8 adapter, __u8 domain, __u64 id, const char *text)
{
	struct ap_message arg = {
		.adapter = adapter, .domain = domain, .id = id, .length = strlen(text) + 1,
	};

	strcpy((char *)arg.text, text);
	EXPECT_EQ(vfio_ioctl(&dev, AP_ENQUEUE, &arg), 0);
	return arg.response;
}

static struct ap_message get(__u8 adapter, __u8 domain)
{
	struct ap_message arg = { .adapter = adapter, .domain = domain };

	EXPECT_EQ(vfio_ioctl(&dev, AP_DEQUEUE, &arg), 0);
	return arg;
}

static int turn(__u8 adapter, __u8 on)
{
	struct ap_config arg = { .adapter = adapter, .on = on };

	return vfio_ioctl(&dev, AP_CONFIG, &arg);
}

MTAP_TEST(shape)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.flags, VFIO_DEVICE_FLAGS_AP | VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(info.num_regions, 0);
	EXPECT_EQ(info.num_irqs, 2);
	for (irq.index = 0; irq.index < 2; irq.index++) {
		ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &irq), 0);
		EXPECT_EQ(irq.count, 1);
		EXPECT(irq.flags & VFIO_IRQ_INFO_EVENTFD);
	}
}

/* The queues are those of each adapter with each domain. */
MTAP_TEST(matrix)
{
	unsigned int adapter, domain;

	for (adapter = 0; adapter < AP_MAX_ADAPTERS; adapter++) {
		for (domain = 0; domain < AP_MAX_DOMAINS; domain++) {
			bool has = (5 >> adapter & 1) && (10 >> domain & 1);
			struct ap_queue_info q = queue(AP_INFO, adapter, domain);

			EXPECT_EQ(q.response, has ? AP_NORMAL : AP_NOT_AVAILABLE);
			EXPECT_EQ(q.depth, has ? AP_DEPTH : 0);
		}
	}
	EXPECT_EQ(queue(AP_INFO, 200, 1).response, AP_NOT_AVAILABLE);
	EXPECT_EQ(queue(AP_INFO, 0, 255).response, AP_NOT_AVAILABLE);
}

MTAP_TEST(messages)
{
	struct ap_message reply;
	unsigned int i;

	EXPECT_EQ(get(0, 1).response, AP_FULL_OR_EMPTY);
	for (i = 0; i < AP_DEPTH; i++)
		EXPECT_EQ(put(0, 1, 100 + i, "secret"), AP_NORMAL);
	EXPECT_EQ(put(0, 1, 1, "one too many"), AP_FULL_OR_EMPTY);
	EXPECT_EQ(put(0, 0, 1, "no such queue"), AP_NOT_AVAILABLE);
	EXPECT_EQ(put(2, 3, 7, "another"), AP_NORMAL);
	EXPECT_EQ(queue(AP_INFO, 0, 1).waiting, AP_DEPTH);
	for (i = 0; i < AP_DEPTH; i++) {
		reply = get(0, 1);
		EXPECT_EQ(reply.response, AP_NORMAL);
		EXPECT_EQ(reply.id, 100 + i);
		EXPECT_STR((char *)reply.text, "secret");
	}
	reply = get(2, 3);
	EXPECT_EQ(reply.id, 7);
	EXPECT_STR((char *)reply.text, "another");
}

MTAP_TEST(too_long)
{
	struct ap_message arg = { .domain = 1, .length = AP_MESSAGE + 1 };

	EXPECT_EQ(vfio_ioctl(&dev, AP_ENQUEUE, &arg), -EINVAL);
	EXPECT_EQ(vfio_ioctl(&dev, _IO('Q', 0x99), NULL), -ENOTTY);
}

/* One queue, or all of them */
MTAP_TEST(resets)
{
	put(0, 1, 1, "a");
	put(2, 1, 1, "b");
	EXPECT_EQ(queue(AP_RESET, 0, 1).waiting, 0);
	EXPECT_EQ(queue(AP_RESET, 1, 1).response, AP_NOT_AVAILABLE);
	EXPECT_EQ(queue(AP_INFO, 2, 1).waiting, 1);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(queue(AP_INFO, 2, 1).waiting, 0);
}

/* The driver is told, once for each change. */
MTAP_TEST(configuration_changes)
{
	put(2, 1, 1, "lost");
	EXPECT_EQ(turn(2, 0), 0);
	EXPECT_EQ(event_take(changed), 1);
	EXPECT_EQ(turn(2, 0), 0);
	EXPECT_EQ(event_take(changed), 0);
	EXPECT_EQ(queue(AP_INFO, 2, 1).response, AP_DECONFIGURED);
	EXPECT_EQ(put(2, 1, 1, "off"), AP_DECONFIGURED);
	EXPECT_EQ(queue(AP_INFO, 0, 1).response, AP_NORMAL);
	EXPECT_EQ(turn(2, 1), 0);
	EXPECT_EQ(event_take(changed), 1);
	EXPECT_EQ(queue(AP_INFO, 2, 1).response, AP_NORMAL);
	EXPECT_EQ(queue(AP_INFO, 2, 1).waiting, 0);
	EXPECT_EQ(turn(AP_MAX_ADAPTERS, 0), -EINVAL);
	EXPECT_EQ(turn(0, 2), -EINVAL);
}

/* Another matrix is another device: its state is refused. */
MTAP_TEST(migrates)
{
	ASSERT_EQ(put(0, 1, 42, "moved"), AP_NORMAL);
	save();
	EXPECT(mig_load(&b, stream, len) < 0);
	vfio_close(&b);
	ASSERT_EQ(sysfs_write("5", MDEV_DEVICES "/%s/params/adapters", mdev_b.uuid), 0);
	ASSERT_EQ(sysfs_write("10", MDEV_DEVICES "/%s/params/domains", mdev_b.uuid), 0);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	vfio_close(&dev);
	go(&b);
	dev = b;
	vfio_init(&b);
	EXPECT_EQ(get(0, 1).id, 42);
}
