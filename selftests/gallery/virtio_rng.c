// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio transport (bpf/include/mdev_virtio.bpf.h), by its simplest device: registers,
 * negotiation, rings, interrupts, reset, migration, another program.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "irqs.h"
#include "missing.h"
#include "pair.h"
#include "virtio.h"

#define RNG		"virtio_rng.bpf.o"
#define QUEUE_MAX	64	/* of the device */
#define MOST		256	/* bytes that a request gets */
#define WRITE		VRING_DESC_F_WRITE
#define NEXT		VRING_DESC_F_NEXT
#define NEEDS_RESET	VIRTIO_CONFIG_S_NEEDS_RESET
#define FEATURES_OK	VIRTIO_CONFIG_S_FEATURES_OK
#define DRIVER_OK	VIRTIO_CONFIG_S_DRIVER_OK

static struct vq *const q = &vq[0];

static void before(void)
{
	virtio_begin();
	dev_load(RNG);
	pair_open("virtio_rng-1");
	virtio_plug(&dev, 1);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = virtio_after,
};

static unsigned int zeros(__u64 offset, unsigned int size)
{
	unsigned int i, n = 0;

	for (i = 0; i < size; i++)
		n += !vmem[offset + i];
	return n;
}

/* Random bytes have about one zero in 256. */
static bool is_random(__u64 offset, unsigned int size)
{
	return zeros(offset, size) < size / 4;
}

/* Request bytes by one buffer: how many have come. */
static long ask(const struct vfio *v, __u64 offset, __u32 size)
{
	vq_offer(q, vq_piece(q, offset, size, WRITE));
	vq_kick(v, q);
	return vq_wait(q, NULL);
}

static bool needs_reset(void)
{
	return virtio_status(&dev) & NEEDS_RESET;
}

MTAP_TEST(identity)
{
	EXPECT_EQ(vfio_get(&dev, CONFIG, 0, 4), 0x10441af4);
	EXPECT_EQ(vfio_get(&dev, CONFIG, PCI_REVISION_ID, 1), 1);
}

/* Each structure has a capability, and lies within its BAR. */
MTAP_TEST(capabilities)
{
	struct virtio_place common = virtio_find(&dev, VIRTIO_PCI_CAP_COMMON_CFG);
	struct virtio_place notify = virtio_find(&dev, VIRTIO_PCI_CAP_NOTIFY_CFG);
	struct virtio_place isr = virtio_find(&dev, VIRTIO_PCI_CAP_ISR_CFG);
	struct virtio_place config = virtio_find(&dev, VIRTIO_PCI_CAP_DEVICE_CFG);
	struct virtio_place access = virtio_find(&dev, VIRTIO_PCI_CAP_PCI_CFG);

	EXPECT(common.length >= 56);
	EXPECT_EQ(common.offset % 4, 0);
	EXPECT_EQ(common.bar, 0);
	EXPECT(isr.length >= 1);
	/* Linux refuses a device whose structure is empty. */
	EXPECT(config.length > 0);
	EXPECT(notify.length >= 2);
	EXPECT_EQ(notify.offset % 2, 0);
	EXPECT(access.cap);
	EXPECT(notify.offset + notify.length <= dev.region[0].size);
	EXPECT_EQ(vfio_get(&dev, CONFIG, access.cap + PCI_CAP_FLAGS, 1), 20);
}

/* Common configuration by way of configuration space */
MTAP_TEST(access_capability)
{
	struct virtio_place access = virtio_find(&dev, VIRTIO_PCI_CAP_PCI_CFG);
	unsigned int data = access.cap + sizeof(struct virtio_pci_cap);
	unsigned int status = offsetof(struct virtio_pci_common_cfg, device_status);

	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_LENGTH, 4, 1), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_OFFSET, 4, status), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 1), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, data, 1, 1), 0);
	EXPECT_EQ(virtio_status(&dev), 1);
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 1), 1);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_LENGTH, 4, 2), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_OFFSET, 4,
			   offsetof(struct virtio_pci_common_cfg, num_queues)), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 2), 1);
	/* The driver's features, by which the window is seen to be written */
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_LENGTH, 4, 4), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_OFFSET, 4,
			   offsetof(struct virtio_pci_common_cfg, guest_feature_select)), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, data, 4, 1), 0);
	EXPECT_EQ(virtio_get(&dev, COMMON(guest_feature_select)), 1);
	/* No length of a register */
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_LENGTH, 4, 3), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, data, 4, 0), 0);
	EXPECT_EQ(virtio_get(&dev, COMMON(guest_feature_select)), 1);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_LENGTH, 4, 2), 0);
	/* Out of range, misaligned, another BAR: nothing happens */
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_OFFSET, 4, 0xfffffffe), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, data, 2, 0xffff), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_BAR, 1, 3), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, data, 2, 0xffff), 0);
	EXPECT_EQ(virtio_status(&dev), 1);
}

/* A driver behind an IOMMU of its own has to know that addresses go through it. */
MTAP_TEST(access_platform)
{
	EXPECT(virtio_offered(&dev) & F(VIRTIO_F_ACCESS_PLATFORM));
	virtio_up(&dev, F_VERSION_1 | F(VIRTIO_F_ACCESS_PLATFORM), 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
}

MTAP_TEST(negotiation)
{
	__u64 offered = virtio_offered(&dev);

	EXPECT(offered & F_VERSION_1);
	EXPECT(offered & F_INDIRECT);
	EXPECT(offered & F_EVENT_IDX);
	EXPECT(virtio_negotiate(&dev, F_VERSION_1) & FEATURES_OK);
	EXPECT(virtio_negotiate(&dev, offered) & FEATURES_OK);
	EXPECT(!(virtio_negotiate(&dev, 0) & FEATURES_OK));
	EXPECT(!(virtio_negotiate(&dev, F_VERSION_1 | F(63)) & FEATURES_OK));
	EXPECT(!(virtio_negotiate(&dev, F_VERSION_1 | F(0)) & FEATURES_OK));
	/* No DRIVER_OK without FEATURES_OK, and no features above 64 */
	virtio_set(&dev, COMMON(device_status), 0x0f);
	EXPECT(!(virtio_status(&dev) & DRIVER_OK));
	virtio_set(&dev, COMMON(device_feature_select), 2);
	EXPECT_EQ(virtio_get(&dev, COMMON(device_feature)), 0);
	/* What was accepted stays. */
	ASSERT(virtio_negotiate(&dev, F_VERSION_1) & FEATURES_OK);
	virtio_set(&dev, COMMON(guest_feature_select), 0);
	virtio_set(&dev, COMMON(guest_feature), F_INDIRECT);
	EXPECT_EQ(virtio_get(&dev, COMMON(guest_feature)), 0);
}

MTAP_TEST(queue_registers)
{
	vq_select(&dev, 0);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_size)), QUEUE_MAX);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_msix_vector)), VIRTIO_MSI_NO_VECTOR);
	virtio_set(&dev, COMMON(queue_size), QUEUE_MAX * 2);
	virtio_set(&dev, COMMON(queue_size), 3);
	virtio_set(&dev, COMMON(queue_size), 0);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_size)), QUEUE_MAX);
	virtio_set(&dev, COMMON(queue_msix_vector), 1);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_msix_vector)), 1);
	virtio_set(&dev, COMMON(queue_msix_vector), 2);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_msix_vector)), VIRTIO_MSI_NO_VECTOR);
	virtio_set(&dev, offsetof(struct virtio_pci_common_cfg, queue_desc_lo), 8, 0x123456789000);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_desc_lo)), 0x56789000);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_desc_hi)), 0x1234);
	/* There is no such queue. */
	vq_select(&dev, 1);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_size)), 0);
	virtio_set(&dev, COMMON(queue_enable), 1);
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_enable)), 0);
}

MTAP_TEST(bytes_and_interrupt)
{
	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 64), 64);
	EXPECT(is_random(VIRTIO_IN, 64));
	EXPECT_EQ(zeros(VIRTIO_IN + 64, 64), 64);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 4096), MOST);
	EXPECT_EQ(zeros(VIRTIO_IN + MOST, 64), 64);
	EXPECT_EQ(virtio_status(&dev) & NEEDS_RESET, 0);
}

/* Buffers of any size, and an empty one; what is for the device to read does not matter. */
MTAP_TEST(chains)
{
	unsigned int head, id;

	virtio_up(&dev, F_VERSION_1, 1);
	head = vq_piece(q, VIRTIO_OUT, 10, NEXT);
	vq_piece(q, VIRTIO_IN, 3, NEXT | WRITE);
	vq_piece(q, VIRTIO_IN, 0, NEXT | WRITE);
	vq_piece(q, VIRTIO_IN + 100, 50, WRITE);
	vq_offer(q, head);
	vq_kick(&dev, q);
	EXPECT_EQ(vq_wait(q, &id), 53);
	EXPECT_EQ(id, head);
	EXPECT_EQ(zeros(VIRTIO_IN + 3, 97), 97);
	EXPECT(is_random(VIRTIO_IN + 100, 50));
	EXPECT_EQ(zeros(VIRTIO_OUT, 10), 10);
	vq_offer(q, vq_piece(q, VIRTIO_OUT, 10, 0));
	vq_kick(&dev, q);
	EXPECT_EQ(vq_wait(q, NULL), 0);
}

/* More chains than the device works on at a time, and more than the ring has entries */
MTAP_TEST(wraps)
{
	unsigned int i, round;

	virtio_up(&dev, F_VERSION_1, 1);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < VQ_SIZE; i++)
			vq_offer(q, vq_piece(q, VIRTIO_IN + 64 * i, 64, WRITE));
		vq_kick(&dev, q);
		for (i = 0; i < VQ_SIZE; i++)
			ASSERT_EQ(vq_wait(q, NULL), 64);
	}
	EXPECT(is_random(VIRTIO_IN, VQ_SIZE * 64));
}

MTAP_TEST(indirect)
{
	struct vring_desc *table;
	unsigned int head;

	virtio_up(&dev, F_VERSION_1 | F_INDIRECT, 1);
	table = vq_table(q, 0);
	table[0] = (struct vring_desc) { VIRTIO_MEM + VIRTIO_IN, 8, NEXT | WRITE, 2 };
	table[2] = (struct vring_desc) { VIRTIO_MEM + VIRTIO_IN + 16, 8, WRITE, 0 };
	head = vq_piece(q, 0, 3 * sizeof(*table), VRING_DESC_F_INDIRECT);
	vq_desc(q, head)->addr = vq_table_addr(q, 0);
	vq_offer(q, head);
	/* A chain that is continued by a table */
	table = vq_table(q, 1);
	table[0] = (struct vring_desc) { VIRTIO_MEM + VIRTIO_IN + 64, 8, WRITE, 0 };
	head = vq_piece(q, VIRTIO_IN + 32, 8, NEXT | WRITE);
	vq_desc(q, vq_piece(q, 0, sizeof(*table), VRING_DESC_F_INDIRECT))->addr =
		vq_table_addr(q, 1);
	vq_offer(q, head);
	vq_kick(&dev, q);
	EXPECT_EQ(vq_wait(q, NULL), 16);
	EXPECT_EQ(vq_wait(q, NULL), 16);
	EXPECT_EQ(zeros(VIRTIO_IN + 8, 8), 8);
	EXPECT(zeros(VIRTIO_IN + 16, 8) < 8);
	EXPECT(zeros(VIRTIO_IN + 64, 8) < 8);
}

/* Interrupts and notifications only when the other side has asked for them */
MTAP_TEST(event_index)
{
	__u16 *used_event, *avail_event;

	virtio_up(&dev, F_VERSION_1 | F_EVENT_IDX, 1);
	used_event = &vq_avail(q)->ring[VQ_SIZE];
	avail_event = (__u16 *)&vq_used(q)->ring[VQ_SIZE];
	*used_event = 1;
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
	EXPECT(mtap_await(__atomic_load_n(avail_event, __ATOMIC_ACQUIRE) == 1));
	EXPECT_EQ(event_take(virtio_event[0]), 0);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
	EXPECT(mtap_await(__atomic_load_n(avail_event, __ATOMIC_ACQUIRE) == 3));
	EXPECT_EQ(event_take(virtio_event[0]), 0);
}

MTAP_TEST(no_interrupt_flag)
{
	virtio_up(&dev, F_VERSION_1, 1);
	vq_avail(q)->flags = VRING_AVAIL_F_NO_INTERRUPT;
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
	vq_avail(q)->flags = 0;
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
}

/* INTx: the cause is in ISR, and reading that lowers the line. */
MTAP_TEST(intx)
{
	struct virtio_place isr = virtio_find(&dev, VIRTIO_PCI_CAP_ISR_CFG);

	ASSERT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, virtio_event[0]), 0);
	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
	EXPECT(vfio_get(&dev, CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	/* No register, just behind ISR */
	EXPECT_EQ(virtio_get(&dev, isr.offset + 4, 4), 0);
	EXPECT(vfio_get(&dev, CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	EXPECT_EQ(virtio_get(&dev, isr.offset, 1), 1);
	EXPECT(!(vfio_get(&dev, CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
	EXPECT_EQ(virtio_get(&dev, isr.offset, 1), 0);
}

/* The same by way of configuration space, which shows what is there at that time */
MTAP_TEST(intx_by_access)
{
	struct virtio_place access = virtio_find(&dev, VIRTIO_PCI_CAP_PCI_CFG);
	struct virtio_place isr = virtio_find(&dev, VIRTIO_PCI_CAP_ISR_CFG);
	unsigned int data = access.cap + sizeof(struct virtio_pci_cap);

	ASSERT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, virtio_event[0]), 0);
	virtio_up(&dev, F_VERSION_1, 1);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_LENGTH, 4, 1), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_OFFSET, 4, isr.offset), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 1), 0);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 8), 8);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
	EXPECT(vfio_get(&dev, CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 1), 1);
	EXPECT(!(vfio_get(&dev, CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 1), 0);
	EXPECT_EQ(virtio_get(&dev, isr.offset, 1), 0);
	/* The status, after the driver has changed it elsewhere */
	ASSERT_EQ(vfio_set(&dev, CONFIG, access.cap + VIRTIO_PCI_CAP_OFFSET, 4,
			   offsetof(struct virtio_pci_common_cfg, device_status)), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 1), virtio_status(&dev));
	virtio_set(&dev, COMMON(device_status), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, data, 1), 0);
}

/* A VMM's doorbell */
MTAP_TEST(ioeventfd)
{
	struct virtio_place notify = virtio_find(&dev, VIRTIO_PCI_CAP_NOTIFY_CFG);
	int kick = event_new();
	struct vfio_device_ioeventfd bell = {
		.argsz = sizeof(bell), .flags = VFIO_DEVICE_IOEVENTFD_16,
		.offset = dev.region[0].offset + notify.offset, .data = 0, .fd = kick,
	};
	__u64 one = 1;

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &bell), 0);
	virtio_up(&dev, F_VERSION_1, 1);
	vq_offer(q, vq_piece(q, VIRTIO_IN, 16, WRITE));
	ASSERT_EQ(write(kick, &one, sizeof(one)), sizeof(one));
	EXPECT_EQ(vq_wait(q, NULL), 16);
	close(kick);
}

/* Without bus mastering the device waits; it has not lost the notification. */
MTAP_TEST(bus_mastering)
{
	virtio_up(&dev, F_VERSION_1, 1);
	ASSERT_EQ(vfio_set(&dev, CONFIG, PCI_COMMAND, 2, 0), 0);
	vq_offer(q, vq_piece(q, VIRTIO_IN, 16, WRITE));
	vq_kick(&dev, q);
	EXPECT(vq_idle(q));
	ASSERT_EQ(vfio_set(&dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
	EXPECT_EQ(vq_wait(q, NULL), 16);
}

/* It is turned on while the device finds that it is off. */
MTAP_TEST(bus_mastering_soon)
{
	unsigned int i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(vfio_set(&dev, CONFIG, PCI_COMMAND, 2, 0), 0);
		virtio_up(&dev, F_VERSION_1, 1);
		vq_offer(q, vq_piece(q, VIRTIO_IN, 16, WRITE));
		vq_kick(&dev, q);
		ASSERT_EQ(vfio_set(&dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
		ASSERT_EQ(vq_wait(q, NULL), 16);
	}
}

/* What a driver has offered before DRIVER_OK is taken then, without another notification. */
MTAP_TEST(before_driver_ok)
{
	ASSERT(virtio_negotiate(&dev, F_VERSION_1) & FEATURES_OK);
	vq_up(&dev, 0);
	vq_offer(q, vq_piece(q, VIRTIO_IN, 16, WRITE));
	vq_kick(&dev, q);
	EXPECT(vq_idle(q));
	virtio_set(&dev, COMMON(device_status), virtio_status(&dev) | DRIVER_OK);
	EXPECT_EQ(vq_wait(q, NULL), 16);
}

/* Each wrong ring: the device needs a reset, says so by an interrupt, and works after the reset. */
static void breaks(const char *what)
{
	vq_kick(&dev, q);
	if (!mtap_await(needs_reset()))
		mtap_fail(__FILE__, __LINE__, "%s: no reset needed", what);
	EXPECT_EQ(event_wait(virtio_event[1]), 1);
	event_take(virtio_event[0]);
	virtio_up(&dev, F_VERSION_1 | F_INDIRECT, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	event_take(virtio_event[0]);
}

MTAP_TEST(wrong_rings)
{
	unsigned int head;

	virtio_up(&dev, F_VERSION_1 | F_INDIRECT, 1);
	q->avail += VQ_SIZE + 1;
	vq_offer(q, 0);
	breaks("too many");
	vq_offer(q, VQ_SIZE);
	breaks("head out of range");
	head = vq_piece(q, VIRTIO_IN, 16, WRITE | NEXT);
	vq_desc(q, head)->next = head;
	vq_offer(q, head);
	breaks("loop");
	head = vq_piece(q, VIRTIO_IN, 16, WRITE | NEXT);
	vq_desc(q, head)->next = 0xffff;
	vq_offer(q, head);
	breaks("next out of range");
	head = vq_piece(q, VIRTIO_IN, 16, WRITE | NEXT);
	vq_piece(q, VIRTIO_OUT, 16, 0);
	vq_offer(q, head);
	breaks("wrong order");
	head = vq_piece(q, VIRTIO_IN, 16, WRITE);
	vq_desc(q, head)->addr = ~0ULL - 3;
	vq_offer(q, head);
	breaks("address wraps around");
	vq_offer(q, vq_piece(q, VIRTIO_IN, 17, VRING_DESC_F_INDIRECT));
	breaks("size of a table");
	vq_offer(q, vq_piece(q, VIRTIO_IN, 16 * 65, VRING_DESC_F_INDIRECT));
	breaks("large table");
	vq_offer(q, vq_piece(q, VIRTIO_MEM_SIZE, 16, VRING_DESC_F_INDIRECT));
	breaks("table outside of memory");
	*vq_table(q, 0) = (struct vring_desc) {
		vq_table_addr(q, 0), 16, VRING_DESC_F_INDIRECT, 0
	};
	head = vq_piece(q, 0, 16, VRING_DESC_F_INDIRECT);
	vq_desc(q, head)->addr = vq_table_addr(q, 0);
	vq_offer(q, head);
	breaks("table in a table");
	*vq_table(q, 0) = (struct vring_desc) { VIRTIO_MEM, 16, NEXT | WRITE, 1 };
	head = vq_piece(q, 0, 16, VRING_DESC_F_INDIRECT);
	vq_desc(q, head)->addr = vq_table_addr(q, 0);
	vq_offer(q, head);
	breaks("table without end");
}

MTAP_TEST(wrong_areas)
{
	static const struct {
		unsigned int offset;
		__u32 addr;
	} wrong[] = {
		{ offsetof(struct virtio_pci_common_cfg, queue_desc_lo), VIRTIO_MEM + 8 },
		{ offsetof(struct virtio_pci_common_cfg, queue_avail_lo), VIRTIO_MEM + 1 },
		{ offsetof(struct virtio_pci_common_cfg, queue_used_lo), VIRTIO_MEM + 2 },
		{ offsetof(struct virtio_pci_common_cfg, queue_used_lo), 0 },
		{ offsetof(struct virtio_pci_common_cfg, queue_used_lo), 0xfffffff0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		ASSERT(virtio_negotiate(&dev, F_VERSION_1) & FEATURES_OK);
		vq_up(&dev, 0);
		/* The queue is enabled: its areas do not change. */
		virtio_set(&dev, wrong[i].offset, 4, wrong[i].addr);
		EXPECT(virtio_get(&dev, wrong[i].offset, 4) != wrong[i].addr);
		virtio_reset(&dev);
		ASSERT(virtio_negotiate(&dev, F_VERSION_1) & FEATURES_OK);
		vq_select(&dev, 0);
		virtio_set(&dev, COMMON(queue_desc_lo), VIRTIO_MEM);
		virtio_set(&dev, COMMON(queue_avail_lo), VIRTIO_MEM);
		virtio_set(&dev, COMMON(queue_used_lo), VIRTIO_MEM);
		virtio_set(&dev, wrong[i].offset, 4, wrong[i].addr);
		virtio_set(&dev, COMMON(queue_enable), 1);
		virtio_set(&dev, COMMON(device_status), virtio_status(&dev) | DRIVER_OK);
		EXPECT(mtap_await(needs_reset()));
	}
}

static void absent(void)
{
	missing_need();
	ASSERT_EQ(missing_register(vmem + VIRTIO_ABSENT), 0);
}

/* The status is 0 when no request is left, and what comes later does not reach the guest. */
MTAP_TEST(reset_in_flight)
{
	absent();
	virtio_up(&dev, F_VERSION_1, 1);
	vq_offer(q, vq_piece(q, VIRTIO_ABSENT, 64, WRITE));
	vq_kick(&dev, q);
	ASSERT(missing_wanted());
	virtio_reset(&dev);
	missing_bring(0, vmem + VIRTIO_OUT);
	EXPECT_EQ(vq_used(q)->idx, 0);
	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	EXPECT_EQ(zeros(VIRTIO_ABSENT, 64), 64);
}

MTAP_TEST(queue_reset_in_flight)
{
	absent();
	virtio_up(&dev, F_VERSION_1 | F(40), 1);
	vq_offer(q, vq_piece(q, VIRTIO_ABSENT, 64, WRITE));
	vq_kick(&dev, q);
	ASSERT(missing_wanted());
	virtio_set(&dev, QUEUE_RESET, 1);
	ASSERT(mtap_await(!virtio_get(&dev, QUEUE_RESET)));
	EXPECT_EQ(virtio_get(&dev, COMMON(queue_enable)), 0);
	missing_bring(0, vmem + VIRTIO_OUT);
	vq_up(&dev, 0);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	EXPECT_EQ(zeros(VIRTIO_ABSENT, 64), 64);
}

MTAP_TEST(function_level_reset)
{
	absent();
	virtio_up(&dev, F_VERSION_1, 1);
	vq_offer(q, vq_piece(q, VIRTIO_ABSENT, 64, WRITE));
	vq_kick(&dev, q);
	ASSERT(missing_wanted());
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(virtio_status(&dev), 0);
	EXPECT_EQ(virtio_find(&dev, VIRTIO_PCI_CAP_COMMON_CFG).length, 64);
	missing_bring(0, vmem + VIRTIO_OUT);
	ASSERT_EQ(vfio_set(&dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
}

/* The memory of the rings goes, and comes again. */
MTAP_TEST(unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = VIRTIO_MEM, .size = VIRTIO_MEM_SIZE,
	};

	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	ASSERT_EQ(ioctl(dev.container, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	EXPECT(mtap_await(needs_reset()));
	virtio_plug(&dev, 0);
	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
}

/* The memory of the rings moves: for a moment, it is not there. */
MTAP_TEST(unmapped_for_a_moment)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = VIRTIO_MEM, .size = VIRTIO_MEM_SIZE,
	};

	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	ASSERT_EQ(ioctl(dev.container, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	/* It has noticed, and tries again. */
	EXPECT(mtap_await(strstr(dev_dump(), "timers: armed 0")));
	virtio_plug(&dev, 0);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	EXPECT(!needs_reset());
}

MTAP_TEST(migrates)
{
	virtio_plug(&b, 1);
	virtio_up(&dev, F_VERSION_1, 1);
	EXPECT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	event_take(virtio_event[0]);
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	vq_offer(q, vq_piece(q, VIRTIO_IN, 64, WRITE));
	vq_kick(&dev, q);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(vq_wait(q, NULL), 64);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
	EXPECT_EQ(ask(&b, VIRTIO_IN, 16), 16);
}

MTAP_TEST(migrates_in_flight)
{
	virtio_plug(&b, 1);
	absent();
	virtio_up(&dev, F_VERSION_1, 1);
	vq_offer(q, vq_piece(q, VIRTIO_ABSENT, 64, WRITE));
	vq_kick(&dev, q);
	ASSERT(missing_wanted());
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT(vq_idle(q));
	missing_bring(0, vmem + VIRTIO_OUT);
	EXPECT_EQ(vq_wait(q, NULL), 64);
	EXPECT(is_random(VIRTIO_ABSENT, 64));
	EXPECT_EQ(ask(&b, VIRTIO_IN, 16), 16);
}

/* "load --replace" while a request is in flight, and while others follow */
MTAP_TEST(replaced)
{
	unsigned int i;

	absent();
	virtio_up(&dev, F_VERSION_1, 1);
	vq_offer(q, vq_piece(q, VIRTIO_ABSENT, 64, WRITE));
	vq_kick(&dev, q);
	ASSERT(missing_wanted());
	ASSERT_EQ(prog_open(&dev_prog2, RNG, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(prog_update(&dev_prog, i & 1 ? &dev_prog : &dev_prog2), 0);
		EXPECT_EQ(ask(&dev, VIRTIO_IN, 32), 32);
	}
	missing_bring(0, vmem + VIRTIO_OUT);
	EXPECT_EQ(vq_wait(q, NULL), 64);
}

static __u32 seed;

static __u32 rnd(__u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Anything in the rings: addresses in memory, among them those of the rings, and others */
static void scramble(void)
{
	static const __u16 flags[] = {
		0, WRITE, NEXT, NEXT | WRITE, VRING_DESC_F_INDIRECT, 0xffff, 0x80, 0x80 | WRITE
	};
	unsigned int i;

	for (i = 0; i < VQ_SIZE; i++) {
		struct vring_desc *d = rnd(2) ? vq_desc(q, i) : vq_table(q, 0) + i;

		d->addr = rnd(16) ? VIRTIO_MEM + rnd(VIRTIO_OUT) : (__u64)rnd(1 << 24) << 40;
		d->len = rnd(4) ? 16 * rnd(20) : rnd(1 << 24) << 8;
		d->flags = flags[rnd(ARRAY_SIZE(flags))];
		d->next = rnd(8) ? rnd(VQ_SIZE) : rnd(1 << 16);
		/* In a packed ring, the flags are here. */
		if (rnd(2))
			d->next = flags[rnd(ARRAY_SIZE(flags))];
		vq_avail(q)->ring[i] = rnd(8) ? rnd(VQ_SIZE) : rnd(1 << 16);
	}
	vq_avail(q)->idx += rnd(16) ? rnd(VQ_SIZE) : rnd(1 << 16);
}

/*
 * A guest that writes anything to the rings, and to the registers, does no harm: afterwards, the
 * device has not failed, and works when it is reset.
 */
MTAP_TEST(fuzz)
{
	unsigned int round, i;

	for (round = 0; round < 100; round++) {
		seed = 0x5eed0000 + round;
		virtio_up(&dev, F_VERSION_1 | rnd(2) * F_INDIRECT | rnd(2) * F_EVENT_IDX |
			  rnd(2) * F(VIRTIO_F_RING_PACKED), 1);
		for (i = 0; i < 10; i++) {
			scramble();
			vq_kick(&dev, q);
			if (!rnd(4))
				virtio_set(&dev, rnd(0x40 / 4) * 4, 4, rnd(1 << 24));
			if (!rnd(8))
				virtio_set(&dev, rnd(0x40), 1, rnd(256));
		}
		if (round % 10)
			continue;
		virtio_up(&dev, F_VERSION_1, 1);
		ASSERT_EQ(ask(&dev, VIRTIO_IN, 16), 16);
	}
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
}
