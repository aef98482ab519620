// SPDX-License-Identifier: GPL-2.0-only
/* Doorbells, and eventfds that stand for writes (VFIO_DEVICE_IOEVENTFD). */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bell.h"
#include "mig.h"

#define BAR	KBELL_BAR
#define MAX_IOEVENTFDS	1000

static __u32 reg(unsigned int offset)
{
	return dev_get(0, offset, 4);
}

static __u32 works(unsigned int id)
{
	return reg(KBELL_WORKS + 4 * id);
}

static __u32 where(__u32 region, __u32 size, __u32 offset)
{
	return region << 24 | size << 16 | offset;
}

static void ring(int fd)
{
	__u64 one = 1;

	EXPECT_EQ(write(fd, &one, sizeof(one)), sizeof(one));
}

static int set(unsigned int region, __u64 off, unsigned int size, __u64 data, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = size, .data = data, .fd = fd,
		.offset = ((__u64)region << MDEV_BPF_OFFSET_SHIFT) + off,
	};

	return vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg);
}

/* A write of any size to any part of a doorbell queues work, and does not call region_write. */
MTAP_TEST(write_rings)
{
	unsigned int off, n = 0;

	for (off = KBELL_A; off < KBELL_A + 8; off++) {
		dev_set(BAR, off, 1, 0xff);
		EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
		EXPECT_EQ(works(KBELL_A_WORK), ++n);
	}
	dev_set(BAR, KBELL_A + 2, 2, 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	dev_set(BAR, KBELL_A, 8, 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), n + 2);
	dev_set(KBELL_IO, KBELL_PORT, 1, 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_PORT_WORK]), 1);
	EXPECT_EQ(works(KBELL_PORT_WORK), 1);
	EXPECT_EQ(works(KBELL_B_WORK), 0);
	EXPECT_EQ(reg(KBELL_WRITES), 0);
}

MTAP_TEST(neighbours_do_not)
{
	dev_set(BAR, KBELL_A - 1, 1, 1);
	dev_set(BAR, KBELL_B + 4, 1, 2);
	dev_set(KBELL_IO, KBELL_PORT - 1, 1, 3);
	dev_set(KBELL_IO, KBELL_PORT + 1, 1, 4);
	dev_set(KBELL_IO, KBELL_A - 1, 1, 5);
	EXPECT_EQ(reg(KBELL_WRITES), 5);
	EXPECT_EQ(reg(KBELL_WHERE), where(KBELL_IO, 1, KBELL_A - 1));
	/* The work that was queued would have been done before this one */
	dev_set(BAR, KBELL_B, 4, 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 0);
	EXPECT_EQ(works(KBELL_PORT_WORK), 0);
	EXPECT_EQ(works(KBELL_B_WORK), 1);
}

MTAP_TEST(reads_reach_the_program)
{
	dev_get(BAR, KBELL_A, 8);
	dev_get(BAR, KBELL_B, 2);
	EXPECT_EQ(reg(KBELL_READS), 2);
	EXPECT_EQ(works(KBELL_A_WORK), 0);
}

/* 8 bytes with a doorbell in the upper half: the lower half is written. */
MTAP_TEST(partly)
{
	static const unsigned char bytes[32] = { [7] = 0x77 };

	dev_set(BAR, KBELL_B, 8, 0x1122334455667788);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 1);
	EXPECT_EQ(reg(KBELL_WHERE), where(BAR, 4, KBELL_B + 4));
	EXPECT_EQ(reg(KBELL_VAL), 0x11223344);
	/* From 56: 4 bytes, 1, the doorbell's 5 one by one or in pairs, then 2 and 4 */
	ASSERT_EQ(vfio_pwrite(&dev, BAR, 56, bytes, 16), 16);
	EXPECT(event_wait(bell_event[KBELL_ODD_WORK]) >= 1);
	EXPECT_EQ(reg(KBELL_WRITES), 1 + 4);
	EXPECT_EQ(reg(KBELL_WHERE), where(BAR, 4, 68));
	/* Two adjacent doorbells with one write */
	ASSERT_EQ(vfio_pwrite(&dev, BAR, KBELL_A, bytes, 12), 12);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 5);
}

MTAP_TEST(eventfd_rings)
{
	unsigned int n;

	ASSERT_EQ(set(BAR, KBELL_A, 4, 0, kick), 0);
	for (n = 1; n <= 3; n++) {
		ring(kick);
		EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
		EXPECT_EQ(works(KBELL_A_WORK), n);
	}
	EXPECT_EQ(reg(KBELL_WRITES), 0);
	EXPECT_EQ(set(BAR, KBELL_A, 4, 0, -1), 0);
	ring(kick);
	dev_set(BAR, KBELL_B, 4, 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 3);
	/* The core has not read the eventfd */
	EXPECT_EQ(event_take(kick), 1);
}

MTAP_TEST(eventfd_writes)
{
	int other = event_new();

	ASSERT_EQ(set(BAR, 0x80, 8, 0x1122334455667788, kick), 0);
	ASSERT_EQ(set(KBELL_IO, 3, 1, 0xa5a5, other), 0);
	ring(kick);
	EXPECT_EQ(event_wait(bell_event[KBELL_WRITE_VECTOR]), 1);
	EXPECT_EQ(reg(KBELL_WHERE), where(BAR, 8, 0x80));
	EXPECT_EQ(reg(KBELL_VAL), 0x55667788);
	EXPECT_EQ(reg(KBELL_VAL_HIGH), 0x11223344);
	ring(other);
	EXPECT_EQ(event_wait(bell_event[KBELL_WRITE_VECTOR]), 1);
	EXPECT_EQ(reg(KBELL_WHERE), where(KBELL_IO, 1, 3));
	EXPECT_EQ(reg(KBELL_VAL), 0xa5);
	EXPECT_EQ(reg(KBELL_WRITES), 2);
	close(other);
	/* The entry outlives its eventfd */
	EXPECT_EQ(set(KBELL_IO, 3, 1, 0xa5a5, kick), -EEXIST);
	EXPECT_EQ(set(KBELL_IO, 3, 1, 0xa5a5, -1), 0);
}

/* One eventfd for two writes, one write by two... data: as vfio-pci has it */
MTAP_TEST(duplicates)
{
	EXPECT_EQ(set(BAR, 0x80, 4, 1, kick), 0);
	EXPECT_EQ(set(BAR, 0x80, 4, 1, kick), -EEXIST);
	EXPECT_EQ(set(BAR, 0x80, 4, 2, kick), 0);
	EXPECT_EQ(set(BAR, 0x80, 2, 1, kick), 0);
	EXPECT_EQ(set(BAR, 0x84, 4, 1, kick), 0);
	EXPECT_EQ(set(BAR, 0x80, 4, 3, -1), -ENODEV);
	EXPECT_EQ(set(BAR, 0x80, 4, 1, -1), 0);
	EXPECT_EQ(set(BAR, 0x80, 4, 1, -1), -ENODEV);
	EXPECT_EQ(set(BAR, 0x80, 4, 1, kick), 0);
}

static int ioeventfd(__u32 argsz, __u32 flags, __u64 offset, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = argsz, .flags = flags, .fd = fd, .offset = offset,
	};

	return vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg);
}

MTAP_TEST(bad_arguments)
{
	const __u64 bar = (__u64)BAR << MDEV_BPF_OFFSET_SHIFT;
	const __u32 size = sizeof(struct vfio_device_ioeventfd);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	EXPECT_EQ(ioeventfd(27, 4, bar, kick), -EINVAL);
	EXPECT_EQ(ioeventfd(28, 4, bar, kick), 0);
	EXPECT_EQ(ioeventfd(28, 4, bar, -1), 0);
	EXPECT_EQ(ioeventfd(size, 0, bar, kick), -EINVAL);
	EXPECT_EQ(ioeventfd(size, 3, bar, kick), -EINVAL);
	EXPECT_EQ(ioeventfd(size, 16, bar, kick), -EINVAL);
	EXPECT_EQ(ioeventfd(size, 4 | 16, bar, kick), -EINVAL);
	EXPECT_EQ(ioeventfd(size, 4, bar, -2), -EINVAL);
	EXPECT_EQ(ioeventfd(size, 4, bar, null), -EINVAL);
	EXPECT_EQ(ioeventfd(size, 4, bar, 9999), -EBADF);
	/* None of the refused calls has left anything behind */
	EXPECT_EQ(ioeventfd(size, 4, bar, -1), -ENODEV);
	close(null);
}

MTAP_TEST(bad_places)
{
	/* Misaligned, past the end, over a doorbell's edge */
	EXPECT_EQ(set(BAR, 0x82, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(BAR, KBELL_BAR_SIZE, 1, 0, kick), -EINVAL);
	EXPECT_EQ(set(BAR, (1ULL << MDEV_BPF_OFFSET_SHIFT) - 8, 8, 0, kick), -EINVAL);
	EXPECT_EQ(set(BAR, KBELL_B, 8, 0, kick), -EINVAL);
	EXPECT_EQ(set(BAR, 64, 4, 0, kick), -EINVAL);
	/* Wider than the program's accesses, which only a doorbell allows */
	EXPECT_EQ(set(KBELL_IO, 8, 2, 0, kick), -EINVAL);
	EXPECT_EQ(set(KBELL_IO, KBELL_PORT, 2, 0, kick), -EINVAL);
	/* Regions that do not exist, are not the program's, or are read-only */
	EXPECT_EQ(set(1, 0, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(KBELL_RO, 0, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(VFIO_PCI_ROM_REGION_INDEX, 0, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(VFIO_PCI_CONFIG_REGION_INDEX, 0x40, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(VFIO_PCI_VGA_REGION_INDEX, 0, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(15, 0, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(16, 0, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(0xffffff, 0, 4, 0, kick), -EINVAL);
}

MTAP_TEST(limit)
{
	unsigned int i;

	for (i = 0; i < MAX_IOEVENTFDS; i++)
		ASSERT_EQ(set(BAR, 0x80, 4, i, kick), 0);
	EXPECT_EQ(set(BAR, 0x80, 4, i, kick), -ENOSPC);
	EXPECT_EQ(set(BAR, 0x80, 4, 7, -1), 0);
	EXPECT_EQ(set(BAR, 0x80, 4, i, kick), 0);
}

/* Rings without a program are not lost, and count as one. */
MTAP_TEST(rung_while_detached)
{
	int other = event_new();

	ASSERT_EQ(set(BAR, KBELL_A, 4, 0, kick), 0);
	ASSERT_EQ(set(BAR, 0x80, 4, 7, other), 0);
	prog_detach(&dev_prog);
	ring(kick);
	ring(kick);
	ring(other);
	ring(other);
	/* And by a write, which needs no program */
	EXPECT_EQ(vfio_set(&dev, BAR, KBELL_B, 4, 0), 0);
	EXPECT_EQ(vfio_set(&dev, BAR, 0x80, 4, 0), -ENODEV);
	EXPECT_EQ(set(BAR, 0x84, 4, 0, kick), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(event_wait(bell_event[KBELL_WRITE_VECTOR]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 1);
	ring(kick);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	close(other);
}

MTAP_TEST(reset_keeps_them)
{
	ASSERT_EQ(set(BAR, KBELL_A, 4, 0, kick), 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	ring(kick);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 1);
}

MTAP_TEST(close_removes_them)
{
	ASSERT_EQ(set(BAR, KBELL_A, 4, 0, kick), 0);
	ASSERT_EQ(set(BAR, 0x80, 4, 0, kick), 0);
	vfio_close(&dev);
	ring(kick);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(event_take(kick), 1);
	EXPECT_EQ(set(BAR, KBELL_A, 4, 0, -1), -ENODEV);
	EXPECT_EQ(set(BAR, 0x80, 4, 0, -1), -ENODEV);
	EXPECT_EQ(works(KBELL_A_WORK), 0);
}

/* An eventfd that is signalled before it is registered works as if it were signalled just after. */
MTAP_TEST(pending)
{
	ring(kick);
	ASSERT_EQ(set(BAR, KBELL_A, 4, 0, kick), 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	ring(kick);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
}

MTAP_TEST(type_without_the_region)
{
	dev_close();
	dev_open("kbell-b");
	EXPECT_EQ(vfio_set(&dev, KBELL_IO, KBELL_PORT, 1, 0), -EINVAL);
	EXPECT_EQ(set(KBELL_IO, KBELL_PORT, 1, 0, kick), -EINVAL);
	EXPECT_EQ(set(BAR, KBELL_A, 1, 0, kick), 0);
}

MTAP_TEST(update_must_fit)
{
	ASSERT_EQ(prog_open(&dev_prog2, KBELL, NULL), 0);
	prog_ops(&dev_prog2)->doorbells[1].size = 2;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_update(&dev_prog, &dev_prog2), -EINVAL);
	EXPECT_STR(why_refused(), "kbell: doorbells[] differ from those of the devices");
}

/* What was signalled before the device stopped has been done when it stops, or is in the stream. */
MTAP_TEST(before_migration)
{
	static char stream[8192];
	unsigned int n;
	ssize_t len;

	ASSERT_EQ(set(BAR, 0x80, 4, 7, kick), 0);
	for (n = 1; n <= 100; n++) {
		ring(kick);
		ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
		ASSERT_EQ(reg(KBELL_WRITES), n);
		ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
	}
	/* A stopped device's doorbell waits, also on its way */
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	dev_set(BAR, KBELL_A, 4, 0);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	EXPECT_EQ(works(KBELL_A_WORK), 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	ASSERT_EQ(mig_load(&dev, stream, len), 0);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 100);
}

#define ROUNDS	300

/* Threads only count failures, because ASSERT cannot leave a test point from a thread. */
static unsigned int failures;
static bool stop;

static void should(bool ok)
{
	if (!ok)
		__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
}

static void *ring_all(void *flag)
{
	const __u64 one = 1;

	while (!__atomic_load_n((bool *)flag, __ATOMIC_RELAXED)) {
		should(write(kick, &one, sizeof(one)) == sizeof(one));
		should(!vfio_set(&dev, BAR, KBELL_A, 4, 0));
	}
	return NULL;
}

/* Run by two threads. Both want the write to 0xa0, so one of them may get EEXIST. */
static void *come_and_go(void *offset)
{
	unsigned int at = *(unsigned int *)offset, i;
	int ret, own;

	for (i = 0; i < ROUNDS; i++) {
		own = event_new();
		ring(own);
		should(!set(BAR, at, 4, 1, kick));
		should(!set(BAR, at, 4, 2, own));
		ret = set(BAR, 0xa0, 8, 0, own);
		should(!ret || ret == -EEXIST);
		close(own);
		should(!set(BAR, at, 4, 2, -1));
		should(!set(BAR, at, 4, 1, -1));
		ret = set(BAR, 0xa0, 8, 0, -1);
		should(!ret || ret == -ENODEV);
	}
	return NULL;
}

static void *reset_it(void *times)
{
	unsigned int i;

	for (i = 0; i < *(unsigned int *)times; i++)
		should(!vfio_reset(&dev));
	return NULL;
}

/* KASAN and lockdep watch. */
MTAP_TEST(races)
{
	unsigned int times = ROUNDS, at[] = { KBELL_A, 0x80, 0x90 };
	pthread_t ringer, resetter, thread[ARRAY_SIZE(at)];
	size_t i;

	stop = false;
	failures = 0;
	ASSERT_EQ(pthread_create(&ringer, NULL, ring_all, &stop), 0);
	ASSERT_EQ(pthread_create(&resetter, NULL, reset_it, &times), 0);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, come_and_go, &at[i]), 0);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		pthread_join(thread[i], NULL);
	pthread_join(resetter, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(ringer, NULL);
	EXPECT_EQ(failures, 0);
	/* All are gone, and another one works */
	EXPECT_EQ(set(BAR, 0xa0, 8, 0, -1), -ENODEV);
	event_take(bell_event[KBELL_B_WORK]);
	ASSERT_EQ(set(BAR, KBELL_B, 4, 0, kick), 0);
	ring(kick);
	EXPECT(event_wait(bell_event[KBELL_B_WORK]) > 0);
}

const struct mtap_suite mtap_suite = {
	.setup = bell_load, .before = bell_open, .after = bell_close, .teardown = dev_unload,
};
