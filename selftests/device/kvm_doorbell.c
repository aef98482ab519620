// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole way of a guest's write to a doorbell: KVM signals an eventfd, and VFIO's side of it
 * has the program called, while the virtual CPU goes on. The guest is a few instructions in
 * real mode; KVM_RUN, which would return for a write that user space has to make, returns
 * for hlt only.
 */
#include <sys/ioctl.h>
#include <unistd.h>

#include "bell.h"
#include "kvm.h"

#define GUEST_BAR	0xd0000		/* no memory there */
#define GUEST_PORT	0x510

static void load(void)
{
	kvm_load();
	bell_load();
}

static void open_a(void)
{
	bell_open();
	kvm_open();
}

static void close_a(void)
{
	kvm_close();
	bell_close();
}

static void unload(void)
{
	dev_unload();
	kvm_unload();
}

/* KVM's side: the guest's write of @data signals @kick... */
static void bind_guest(__u32 flags, __u64 addr, __u32 len, __u64 data)
{
	struct kvm_ioeventfd arg = {
		.addr = addr, .len = len, .fd = kick, .datamatch = data,
		.flags = flags | KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	ASSERT_EQ(ioctl(kvm_vm, KVM_IOEVENTFD, &arg), 0);
}

/* ...and VFIO's: that stands for a write to the device. */
static void bind_device(unsigned int region, __u64 off, unsigned int size, __u64 data)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = size, .data = data, .fd = kick,
		.offset = ((__u64)region << MDEV_BPF_OFFSET_SHIFT) + off,
	};

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg), 0);
}

/* mov $0xd000,%ax; mov %ax,%ds; movl $0x12345678,OFFSET; hlt */
static const unsigned char write_memory[] = {
	0xb8, 0x00, 0xd0, 0x8e, 0xd8,
	0x66, 0xc7, 0x06, KBELL_A, 0x00, 0x78, 0x56, 0x34, 0x12, 0xf4,
};

/* mov $PORT,%dx; mov $0x42,%al; out %al,%dx; hlt */
static const unsigned char write_port[] = {
	0xba, GUEST_PORT & 0xff, GUEST_PORT >> 8, 0xb0, 0x42, 0xee, 0xf4,
};

static __u32 works(unsigned int id)
{
	return dev_get(0, KBELL_WORKS + 4 * id, 4);
}

/* Without an ioeventfd the guest exits to user space. The tests below rely on that. */
MTAP_TEST(unbound_returns)
{
	EXPECT_EQ(kvm_runs(write_memory, sizeof(write_memory)), KVM_EXIT_MMIO);
	EXPECT_EQ(kvm_run->mmio.phys_addr, GUEST_BAR + KBELL_A);
	EXPECT_EQ(kvm_run->mmio.is_write, 1);
}

MTAP_TEST(memory_doorbell)
{
	unsigned int n;

	bind_guest(0, GUEST_BAR + KBELL_A, 4, 0x12345678);
	bind_device(KBELL_BAR, KBELL_A, 4, 0x12345678);
	for (n = 1; n <= 20; n++) {
		ASSERT_EQ(kvm_runs(write_memory, sizeof(write_memory)), KVM_EXIT_HLT);
		EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
		EXPECT_EQ(works(KBELL_A_WORK), n);
	}
	/* The guest's value, without the half that it has not written */
	EXPECT_EQ(dev_get(0, KBELL_SEEN + 4 * KBELL_A_WORK, 4), 0x12345678);
	EXPECT_EQ(dev_get(KBELL_BAR, KBELL_A, 8), 0x12345678);
	EXPECT_EQ(dev_get(0, KBELL_WRITES, 4), 0);
	EXPECT_EQ(event_take(kick), 0);
}

MTAP_TEST(port_doorbell)
{
	bind_guest(KVM_IOEVENTFD_FLAG_PIO, GUEST_PORT, 1, 0x42);
	bind_device(KBELL_IO, KBELL_PORT, 1, 0x42);
	ASSERT_EQ(kvm_runs(write_port, sizeof(write_port)), KVM_EXIT_HLT);
	EXPECT_EQ(event_wait(bell_event[KBELL_PORT_WORK]), 1);
	EXPECT_EQ(works(KBELL_PORT_WORK), 1);
}

/* A register that is no doorbell: the program gets the write, a little later. */
MTAP_TEST(memory_register)
{
	bind_guest(0, GUEST_BAR + KBELL_A, 4, 0x12345678);
	bind_device(KBELL_BAR, 0x80, 4, 0x12345678);
	ASSERT_EQ(kvm_runs(write_memory, sizeof(write_memory)), KVM_EXIT_HLT);
	EXPECT_EQ(event_wait(bell_event[KBELL_WRITE_VECTOR]), 1);
	EXPECT_EQ(dev_get(0, KBELL_WRITES, 4), 1);
	EXPECT_EQ(dev_get(0, KBELL_WHERE, 4), KBELL_BAR << 24 | 4 << 16 | 0x80);
	EXPECT_EQ(dev_get(0, KBELL_VAL, 4), 0x12345678);
	EXPECT_EQ(works(KBELL_A_WORK), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_a, .after = close_a, .teardown = unload,
};
