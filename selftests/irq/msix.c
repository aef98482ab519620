// SPDX-License-Identifier: GPL-2.0-only
/* MSI-X: many vectors, enabled one by one, their table, and what is pending. */
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "progs/kirq.h"

#define KIRQ		"progs/kirq.bpf.o"

static int event[KIRQ_NR_MSIX];
static int all[MDEV_BPF_MAX_MSIX];

static void up(const char *map, const char *type)
{
	ASSERT_EQ(prog_open(&dev_prog2, KIRQ, map), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open(type);
}

static void open_device(void)
{
	int i;

	for (i = 0; i < KIRQ_NR_MSIX; i++)
		event[i] = event_new();
	up("kirq", "kirq-1");
}

static void close_device(void)
{
	int i;

	dev_close();
	for (i = 0; i < KIRQ_NR_MSIX; i++)
		close(event[i]);
}

static __u32 ctl(unsigned int reg)
{
	return dev_get(0, reg, 4);
}

static int ctl_do(unsigned int reg, __u32 val)
{
	dev_set(0, reg, 4, val);
	return ctl(KIRQ_RESULT);
}

static int trigger(unsigned int vector)
{
	return ctl_do(KIRQ_VECTOR, vector);
}

static void enable(unsigned int nr)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, nr, event), 0);
}

static __u64 pending(void)
{
	return dev_get(KIRQ_BAR, KIRQ_PBA, 8);
}

MTAP_TEST(info)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = MSIX };

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
	EXPECT_EQ(info.count, KIRQ_NR_MSIX);
	/* Vectors come and go while it is enabled: no NORESIZE. */
	EXPECT_EQ(info.flags, VFIO_IRQ_INFO_EVENTFD);
}

MTAP_TEST(each_vector)
{
	unsigned int i, j;

	EXPECT_EQ(trigger(0), -ENXIO);
	enable(KIRQ_NR_MSIX);
	EXPECT_EQ(ctl(KIRQ_MODE), MDEV_BPF_IRQ_MSIX);
	for (i = 0; i < KIRQ_NR_MSIX; i++) {
		EXPECT_EQ(trigger(i), 0);
		for (j = 0; j < KIRQ_NR_MSIX; j++)
			EXPECT_EQ(event_take(event[j]), i == j);
	}
	EXPECT_EQ(trigger(KIRQ_NR_MSIX), -EINVAL);
	EXPECT_EQ(trigger(0xffffffff), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	EXPECT_EQ(ctl(KIRQ_MODE), MDEV_BPF_IRQ_OFF);
	EXPECT_EQ(trigger(0), -ENXIO);
	EXPECT_EQ(event_take(event[0]), 0);
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), -EINVAL);
}

/* The device has fewer vectors of MSI than of MSI-X. */
MTAP_TEST(vectors_of_the_mode)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KIRQ_NR_MSI, event), 0);
	EXPECT_EQ(trigger(KIRQ_NR_MSI - 1), 0);
	EXPECT_EQ(event_take(event[KIRQ_NR_MSI - 1]), 1);
	EXPECT_EQ(trigger(KIRQ_NR_MSI), -EINVAL);
}

/* One vector is enabled first, others come and go. */
MTAP_TEST(dynamic)
{
	const int none = -1;

	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 1, 1, event + 1), 0);
	EXPECT_EQ(trigger(1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 4, 1, event + 4), 0);
	EXPECT_EQ(trigger(4), 0);
	EXPECT_EQ(event_take(event[4]), 1);
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 1, 1, &none), 0);
	EXPECT_EQ(trigger(1), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(trigger(4), 0);
	EXPECT_EQ(event_take(event[4]), 1);
	/* Without any vector it is still enabled. */
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 4, 1, &none), 0);
	EXPECT_EQ(ctl(KIRQ_MODE), MDEV_BPF_IRQ_MSIX);
	/* And exchanged, while it is on. */
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 0, 2, event + 2), 0);
	EXPECT_EQ(trigger(0), 0);
	EXPECT_EQ(event_take(event[2]), 1);
}

MTAP_TEST(pending_until_eventfd)
{
	const int none = -1;

	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, 1, event), 0);
	EXPECT_EQ(pending(), 0);
	EXPECT_EQ(trigger(0), 0);
	EXPECT_EQ(pending(), 0);
	EXPECT_EQ(trigger(2), 0);
	EXPECT_EQ(trigger(2), 0);
	EXPECT_EQ(trigger(4), 0);
	EXPECT_EQ(pending(), 1 << 2 | 1 << 4);
	EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_PBA, 1), 1 << 2 | 1 << 4);
	/* They cannot be written... */
	dev_set(KIRQ_BAR, KIRQ_PBA, 8, ~0ULL);
	EXPECT_EQ(pending(), 1 << 2 | 1 << 4);
	/* ...and taking an eventfd away that is not there changes nothing. */
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 2, 1, &none), 0);
	EXPECT_EQ(pending(), 1 << 2 | 1 << 4);
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 2, 1, event + 2), 0);
	EXPECT_EQ(event_take(event[2]), 1);
	EXPECT_EQ(pending(), 1 << 4);
	/* One that loses its eventfd waits for the next. */
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 2, 1, &none), 0);
	EXPECT_EQ(trigger(2), 0);
	EXPECT_EQ(event_take(event[2]), 0);
	EXPECT_EQ(pending(), 1 << 2 | 1 << 4);
	/* Off, and all is forgotten. */
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	EXPECT_EQ(pending(), 0);
	enable(KIRQ_NR_MSIX);
	EXPECT_EQ(event_take(event[2]), 0);
	EXPECT_EQ(event_take(event[4]), 0);
}

MTAP_TEST(pending_and_reset)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, 1, event), 0);
	EXPECT_EQ(trigger(3), 0);
	EXPECT_EQ(pending(), 1 << 3);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(pending(), 0);
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 3, 1, event + 3), 0);
	EXPECT_EQ(event_take(event[3]), 0);
	/* The user's choice stays. */
	EXPECT_EQ(ctl(KIRQ_MODE), MDEV_BPF_IRQ_MSIX);
	EXPECT_EQ(trigger(0), 0);
	EXPECT_EQ(event_take(event[0]), 1);
}

static void expect_power_on(void)
{
	unsigned int i;

	for (i = 0; i < KIRQ_NR_MSIX; i++) {
		EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_TABLE + 16 * i, 8), 0);
		EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_TABLE + 16 * i + 8, 4), 0);
		EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_TABLE + 16 * i + 12, 4), 1);
	}
}

MTAP_TEST(table)
{
	__u64 entry = KIRQ_TABLE + 16 * (KIRQ_NR_MSIX - 1);

	expect_power_on();
	dev_set(KIRQ_BAR, entry, 4, 0xffffffff);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry, 4), 0xfffffffc);
	dev_set(KIRQ_BAR, entry + 4, 4, 0x89abcdef);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry + 4, 4), 0x89abcdef);
	dev_set(KIRQ_BAR, entry + 8, 4, 0xffffffff);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry + 8, 4), 0xffffffff);
	dev_set(KIRQ_BAR, entry + 12, 4, 0xfffffffe);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry + 12, 4), 0);
	dev_set(KIRQ_BAR, entry + 12, 4, 0xffffffff);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry + 12, 4), 1);
	/* In words of 64 bits, too, and in bytes */
	dev_set(KIRQ_BAR, entry, 8, 0x1122334455667788);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry, 8), 0x1122334455667788);
	dev_set(KIRQ_BAR, entry + 5, 1, 0xee);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry, 8), 0x1122ee4455667788);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry + 4, 2), 0xee44);
	/* The other entries have not changed. */
	EXPECT_EQ(dev_get(KIRQ_BAR, entry - 16, 8), 0);
	EXPECT_EQ(dev_get(KIRQ_BAR, entry - 4, 4), 1);
	EXPECT_EQ(ctl(KIRQ_ACCESSES), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	expect_power_on();
}

/* The program has the rest of the BAR, up to the byte. */
MTAP_TEST(around_the_table)
{
	const __u64 end = KIRQ_TABLE + 16 * KIRQ_NR_MSIX;
	__u8 bytes[32];

	EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_TABLE - 1, 1), KIRQ_FILL);
	EXPECT_EQ(dev_get(KIRQ_BAR, end, 1), KIRQ_FILL);
	EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_PBA - 1, 1), KIRQ_FILL);
	EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_PBA + 8, 1), KIRQ_FILL);
	EXPECT_EQ(ctl(KIRQ_ACCESSES), 4);
	/* One read over both, split as always */
	ASSERT_EQ(vfio_pread(&dev, KIRQ_BAR, end - 16, bytes, 32), 32);
	EXPECT_EQ(bytes[11], 0);
	EXPECT_EQ(bytes[12], 1);
	EXPECT_EQ(bytes[15], 0);
	EXPECT_EQ(bytes[16], KIRQ_FILL);
	EXPECT_EQ(ctl(KIRQ_ACCESSES), 6);
	ASSERT_EQ(vfio_pread(&dev, KIRQ_BAR, KIRQ_PBA - 3, bytes, 14), 14);
	EXPECT_EQ(bytes[2], KIRQ_FILL);
	EXPECT_EQ(bytes[3], 0);
	EXPECT_EQ(bytes[10], 0);
	EXPECT_EQ(bytes[11], KIRQ_FILL);
	/* The same place in another BAR is not the table. */
	dev_set(0, KIRQ_EOI, 4, 1);
	EXPECT_EQ(ctl(KIRQ_EOI), 0);
}

/* SET_IRQS decides, not the mask bits of the table, which no VFIO user has to clear. */
MTAP_TEST(table_masks_nothing)
{
	enable(1);
	EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_TABLE + 12, 4), 1);
	EXPECT_EQ(trigger(0), 0);
	EXPECT_EQ(event_take(event[0]), 1);
}

/* It is served without a program, too. */
MTAP_TEST(table_detached)
{
	prog_detach(&dev_prog2);
	dev_set(KIRQ_BAR, KIRQ_TABLE, 4, 0xfee00000);
	EXPECT_EQ(dev_get(KIRQ_BAR, KIRQ_TABLE, 4), 0xfee00000);
	EXPECT_EQ(vfio_get(&dev, KIRQ_BAR, KIRQ_TABLE - 4, 4), -ENODEV);
}

/* Memory of the core goes on around the table, too. */
MTAP_TEST(in_memory)
{
	const __u64 end = KIRQ_TABLE + 16 * KIRQ_NR_MSIX;
	__u8 bytes[KIRQ_BAR_SIZE], want[KIRQ_BAR_SIZE];

	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, KIRQ, "kirq"), 0);
	ops_region(prog_ops(&dev_prog2), KIRQ_BAR)->flags |= MDEV_BPF_REGION_MEMORY;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kirq-1");
	memset(bytes, 0x77, sizeof(bytes));
	ASSERT_EQ(vfio_pwrite(&dev, KIRQ_BAR, 0, bytes, sizeof(bytes)), sizeof(bytes));
	ASSERT_EQ(vfio_pread(&dev, KIRQ_BAR, 0, bytes, sizeof(bytes)), sizeof(bytes));
	memset(want, 0x77, sizeof(want));
	for (__u64 i = KIRQ_TABLE; i < end; i += 16) {
		want[i] = 0x74;
		memset(want + i + 12, 0, 4);
		want[i + 12] = 1;
	}
	memset(want + KIRQ_PBA, 0, 8);
	EXPECT(!memcmp(bytes, want, sizeof(want)));
	EXPECT_EQ(ctl(KIRQ_ACCESSES), 0);
}

MTAP_TEST(one_mode_at_a_time)
{
	enable(2);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event[3]), -EINVAL);
	EXPECT_EQ(vfio_irq_fds(&dev, MSI, 0, 1, event + 3), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, MSI, TRIGGER, 0), -EINVAL);
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, MASK, 1), -ENOTTY);
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, UNMASK, 1), -ENOTTY);
	EXPECT_EQ(trigger(1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event[0]), 0);
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 0, 1, event + 3), -EINVAL);
	EXPECT_EQ(trigger(0), -ENXIO);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, TRIGGER, 0), 0);
	enable(1);
}

/* The line of a device whose user takes MSI-X: each rise is vector 0. */
MTAP_TEST(line)
{
	enable(2);
	EXPECT_EQ(ctl_do(KIRQ_LEVEL, 1), 0);
	EXPECT_EQ(ctl_do(KIRQ_LEVEL, 1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	/* For a user that enables MSI-X while the line is up, the line has just risen. */
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	enable(2);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 0);
}

MTAP_TEST(loopback)
{
	struct vfio_irq_set set = {
		.flags = BOOL | TRIGGER, .index = MSIX, .start = 1, .count = 3,
	};
	const __u8 which[] = { 1, 0, 1 };

	EXPECT_EQ(vfio_irq_set(&dev, &set, which, 3), -EINVAL);
	enable(2);
	EXPECT_EQ(vfio_irq_set(&dev, &set, which, 3), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	/* Triggering vectors without an eventfd by SET_IRQS leaves nothing pending. */
	EXPECT_EQ(pending(), 0);
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, KIRQ_NR_MSIX), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 1);
}

MTAP_TEST(bad_eventfd)
{
	int fds[3] = { event[2], -1, 9999 };

	enable(3);
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 0, 3, fds), -EBADF);
	fds[2] = -2;
	EXPECT_EQ(vfio_irq_fds(&dev, MSIX, 0, 3, fds), -EINVAL);
	EXPECT_EQ(trigger(0), 0);
	EXPECT_EQ(trigger(1), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	EXPECT_EQ(event_take(event[1]), 1);
}

MTAP_TEST(closed)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, 1, event), 0);
	EXPECT_EQ(trigger(1), 0);
	EXPECT_EQ(pending(), 2);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(ctl(KIRQ_MODE), MDEV_BPF_IRQ_OFF);
	EXPECT_EQ(pending(), 0);
	enable(KIRQ_NR_MSIX);
	EXPECT_EQ(event_take(event[1]), 0);
}

static void expect_alone(unsigned int vector)
{
	unsigned int i;

	EXPECT_EQ(trigger(vector), 0);
	for (i = 0; i < MDEV_BPF_MAX_MSIX; i++)
		if (event_take(all[i]) != (i == vector ? 1 : 0))
			mtap_fail(__FILE__, __LINE__, "vector %u: eventfd %u", vector, i);
}

/* As many as there can be, all at once and in blocks */
MTAP_TEST(all_vectors)
{
	const struct rlimit files = { MDEV_BPF_MAX_MSIX + 64, MDEV_BPF_MAX_MSIX + 64 };
	const unsigned int half = MDEV_BPF_MAX_MSIX / 2;
	unsigned int i;

	dev_close();
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
	up("kmsix", "kmsix-1");
	for (i = 0; i < MDEV_BPF_MAX_MSIX; i++) {
		all[i] = event_new();
		ASSERT(all[i] >= 0);
	}
	EXPECT_EQ(dev_get(KMSIX_TABLE_BAR, (MDEV_BPF_MAX_MSIX - 1) * 16 + 12, 4), 1);
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, half, half, all + half), 0);
	EXPECT_EQ(trigger(half - 1), 0);
	EXPECT_EQ(dev_get(KMSIX_PBA_BAR, KMSIX_PBA + half / 8 - 8, 8), 1ULL << 63);
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, half, all), 0);
	EXPECT_EQ(event_take(all[half - 1]), 1);
	EXPECT_EQ(dev_get(KMSIX_PBA_BAR, KMSIX_PBA + half / 8 - 8, 8), 0);
	expect_alone(0);
	expect_alone(half);
	expect_alone(MDEV_BPF_MAX_MSIX - 1);
	EXPECT_EQ(trigger(MDEV_BPF_MAX_MSIX), -EINVAL);
	ASSERT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, MDEV_BPF_MAX_MSIX, all), 0);
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, MDEV_BPF_MAX_MSIX), 0);
	for (i = 0; i < MDEV_BPF_MAX_MSIX; i++) {
		if (event_take(all[i]) != 1)
			mtap_fail(__FILE__, __LINE__, "vector %u was not triggered", i);
		close(all[i]);
	}
	/* The other 32 */
	EXPECT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	for (i = 0; i < KMSIX_NR_MSI; i++)
		all[i] = event[0];
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KMSIX_NR_MSI, all), 0);
	for (i = 0; i < KMSIX_NR_MSI; i++)
		EXPECT_EQ(trigger(i), 0);
	EXPECT_EQ(event_take(event[0]), KMSIX_NR_MSI);
	EXPECT_EQ(trigger(KMSIX_NR_MSI), -EINVAL);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .before = open_device, .after = close_device,
};
