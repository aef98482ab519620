// SPDX-License-Identifier: GPL-2.0-only
/* Doorbells, and eventfds that stand for writes (VFIO_DEVICE_IOEVENTFD). */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
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

/* What the work has found in its doorbell */
static __u32 seen(unsigned int id)
{
	return reg(KBELL_SEEN + 4 * id);
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
	EXPECT_EQ(seen(KBELL_A_WORK), 0xffff);
	EXPECT_EQ(dev_get(BAR, KBELL_A, 8), 0xffffffff0000ffff);
	dev_set(BAR, KBELL_A, 8, 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), n + 2);
	EXPECT_EQ(dev_get(BAR, KBELL_A + 4, 4), 0);
	dev_set(KBELL_IO, KBELL_PORT, 1, 0x42);
	EXPECT_EQ(event_wait(bell_event[KBELL_PORT_WORK]), 1);
	EXPECT_EQ(works(KBELL_PORT_WORK), 1);
	EXPECT_EQ(seen(KBELL_PORT_WORK), 0x42);
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

static unsigned int tail(unsigned int i)
{
	return KBELL_TAIL + i * KBELL_TAIL_STRIDE;
}

/* One row, with a work for each of its registers, up to the last work there is */
MTAP_TEST(array)
{
	unsigned int i, id;

	for (i = 0; i < KBELL_TAILS; i++) {
		id = KBELL_TAIL_WORK + i;
		EXPECT_EQ(dev_get(BAR, tail(i), 4), KBELL_TAIL_RESET);
		dev_set(BAR, tail(i), 4, 0xabcd0100 + i);
		EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
		EXPECT_EQ(works(id), 1);
		EXPECT_EQ(seen(id), KBELL_TAIL_RESET | (0x100 + i));
		EXPECT_EQ(dev_get(BAR, tail(i), 4), KBELL_TAIL_RESET | (0x100 + i));
	}
	EXPECT_EQ(id, MDEV_BPF_MAX_WORK - 1);
	EXPECT_EQ(reg(KBELL_WRITES), 0);
}

/* Only what is no doorbell is read by the program. */
MTAP_TEST(reads)
{
	dev_get(BAR, KBELL_A, 8);
	EXPECT_EQ(dev_get(BAR, KBELL_B, 2), 0);
	EXPECT_EQ(reg(KBELL_READS), 0);
	dev_get(BAR, tail(0) + 4, 4);
	EXPECT_EQ(reg(KBELL_READS), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 0);
}

static void *spin(void *v)
{
	vfio_set(v, BAR, KBELL_SPIN, 4, 1);
	return NULL;
}

/* As SCHED_FIFO, this task is not preempted by the worker, which waits for the op. */
static void schedule(int policy)
{
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	ASSERT_EQ(sched_setscheduler(0, policy, &param), 0);
}

/* Neither the write nor the read waits for a running op, which would end by itself. */
MTAP_TEST(while_an_op_runs)
{
	struct kbell_global *g = prog_globals(&dev_prog);
	unsigned int inside = 0, i;
	pthread_t thread;
	__s64 val = 0;

	ASSERT(g);
	/* The op may be over before this task has seen it, where a processor is another's */
	for (i = 1; !inside && i < 100; i++) {
		__atomic_store_n(&g->go, 0, __ATOMIC_RELAXED);
		ASSERT_EQ(pthread_create(&thread, NULL, spin, &dev), 0);
		while (!__atomic_load_n(&g->inside, __ATOMIC_RELAXED) &&
		       vfio_get(&dev, BAR, tail(1), 4) >= 0)
			;
		schedule(SCHED_FIFO);
		EXPECT_EQ(vfio_set(&dev, BAR, tail(1), 4, 0x100 + i), 0);
		val = vfio_get(&dev, BAR, tail(1), 4);
		inside = __atomic_load_n(&g->inside, __ATOMIC_RELAXED);
		__atomic_store_n(&g->go, 1, __ATOMIC_RELAXED);
		schedule(SCHED_OTHER);
		pthread_join(thread, NULL);
		if (!inside)
			EXPECT_EQ(vfio_reset(&dev), 0);
	}
	EXPECT_EQ(inside, 1);
	EXPECT_EQ(val, KBELL_TAIL_RESET | (0x100 + i - 1));
	EXPECT(mtap_await(seen(KBELL_TAIL_WORK + 1) == val));
}

/* 8 bytes with a doorbell in the upper half: the lower half is written. */
MTAP_TEST(partly)
{
	static const unsigned char bytes[32] = { [0] = 0x11, [7] = 0x77, [8] = 0x88 };

	dev_set(BAR, KBELL_B, 8, 0x1122334455667788);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 1);
	EXPECT_EQ(reg(KBELL_WHERE), where(BAR, 4, KBELL_B + 4));
	EXPECT_EQ(reg(KBELL_VAL), 0x11223344);
	/* A doorbell, 4 bytes, the next doorbell and the first half of 4 bytes */
	ASSERT_EQ(vfio_pwrite(&dev, BAR, tail(0), bytes, 14), 14);
	EXPECT(event_wait(bell_event[KBELL_TAIL_VECTOR]) >= 1);
	EXPECT(mtap_await(works(KBELL_TAIL_WORK + 1) == 1));
	EXPECT_EQ(seen(KBELL_TAIL_WORK), KBELL_TAIL_RESET | 0x11);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 1), KBELL_TAIL_RESET | 0x88);
	EXPECT_EQ(reg(KBELL_WRITES), 1 + 2);
	EXPECT_EQ(reg(KBELL_WHERE), where(BAR, 2, tail(1) + 4));
	/* Two adjacent doorbells with one write */
	ASSERT_EQ(vfio_pwrite(&dev, BAR, KBELL_A, bytes, 12), 12);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 3);
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

/* The data of the ioeventfd is the value: one for each that the driver may write. */
MTAP_TEST(eventfd_keeps)
{
	int other = event_new();

	ASSERT_EQ(set(BAR, tail(7), 4, 0x11, kick), 0);
	ASSERT_EQ(set(BAR, tail(7), 4, 0x12, other), 0);
	ring(other);
	EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 7), KBELL_TAIL_RESET | 0x12);
	ring(kick);
	EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 7), KBELL_TAIL_RESET | 0x11);
	EXPECT_EQ(dev_get(BAR, tail(7), 4), KBELL_TAIL_RESET | 0x11);
	/* A doorbell and what follows it: in two pieces, by the worker */
	ASSERT_EQ(set(BAR, tail(8), 8, 0x3300000022, kick), 0);
	EXPECT_EQ(set(BAR, tail(7), 4, 0x11, -1), 0);
	ring(kick);
	EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 8), KBELL_TAIL_RESET | 0x22);
	EXPECT_EQ(event_wait(bell_event[KBELL_WRITE_VECTOR]), 1);
	EXPECT_EQ(reg(KBELL_VAL), 0x33);
	close(other);
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
	/* Misaligned, past the end */
	EXPECT_EQ(set(BAR, 0x82, 4, 0, kick), -EINVAL);
	EXPECT_EQ(set(BAR, KBELL_BAR_SIZE, 1, 0, kick), -EINVAL);
	EXPECT_EQ(set(BAR, (1ULL << MDEV_BPF_OFFSET_SHIFT) - 8, 8, 0, kick), -EINVAL);
	/* Wider than the region's accesses */
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
	/* And by a write, which needs no program, even if it is to two of them */
	EXPECT_EQ(vfio_set(&dev, BAR, KBELL_B, 4, 0), 0);
	EXPECT_EQ(vfio_set(&dev, BAR, tail(2), 4, 0x55), 0);
	EXPECT_EQ(vfio_set(&dev, BAR, tail(2) + 1, 1, 0x77), 0);
	EXPECT_EQ(vfio_get(&dev, BAR, tail(2), 4), -ENODEV);
	EXPECT_EQ(vfio_set(&dev, BAR, 0x80, 4, 0), -ENODEV);
	EXPECT_EQ(set(BAR, 0x84, 4, 0, kick), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(event_wait(bell_event[KBELL_B_WORK]), 1);
	EXPECT_EQ(event_wait(bell_event[KBELL_WRITE_VECTOR]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 1);
	EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
	EXPECT_EQ(works(KBELL_TAIL_WORK + 2), 1);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 2), KBELL_TAIL_RESET | 0x7755);
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

/* Make the device stand still, so that no op has seen what was rung. */
static void stand_still(void)
{
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
}

static void run_on(void)
{
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
}

/* What was rung is in the state that the other program converts, and so is its work. */
MTAP_TEST(kept_over_an_update)
{
	stand_still();
	dev_set(BAR, tail(3), 4, 0x1234);
	ASSERT_EQ(prog_open(&dev_prog2, KBELL, "moved"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT_EQ(dev_get(BAR, tail(3), 4), KBELL_TAIL_RESET | 0x1234);
	EXPECT_EQ(works(KBELL_TAIL_WORK + 3), 0);
	dev_set(BAR, tail(4), 4, 0x4321);
	run_on();
	EXPECT(mtap_await(works(KBELL_TAIL_WORK + 4) == 1));
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 3), KBELL_TAIL_RESET | 0x1234);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 4), KBELL_TAIL_RESET | 0x4321);
	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, KBELL, "kbell"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT_EQ(dev_get(BAR, tail(3), 4), KBELL_TAIL_RESET | 0x1234);
}

/* Rung without a program, and taken over by one with the value in another place */
MTAP_TEST(kept_for_another_program)
{
	prog_detach(&dev_prog);
	EXPECT_EQ(vfio_set(&dev, BAR, tail(3), 4, 0x1234), 0);
	ASSERT_EQ(prog_open(&dev_prog2, KBELL, "moved"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + 3), KBELL_TAIL_RESET | 0x1234);
	prog_detach(&dev_prog2);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(dev_get(BAR, tail(3), 4), KBELL_TAIL_RESET | 0x1234);
}

/* The new program may have other doorbells: the row of B is an ordinary register then. */
MTAP_TEST(other_doorbells)
{
	struct mdev_bpf_register *b;

	ASSERT_EQ(set(BAR, KBELL_B, 4, 0, kick), 0);
	ASSERT_EQ(prog_open(&dev_prog2, KBELL, "moved"), 0);
	b = &prog_ops(&dev_prog2)->registers[1];
	b->flags = MDEV_BPF_REGISTER_WRITE_CALL;
	b->work = 0;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	dev_set(BAR, KBELL_B, 4, 1);
	EXPECT_EQ(reg(KBELL_WHERE), where(BAR, 4, KBELL_B));
	event_take(bell_event[KBELL_WRITE_VECTOR]);
	/* The ioeventfd is for whatever is there when it is signalled */
	ring(kick);
	EXPECT_EQ(event_wait(bell_event[KBELL_WRITE_VECTOR]), 1);
	EXPECT_EQ(reg(KBELL_WRITES), 2);
	EXPECT_EQ(works(KBELL_B_WORK), 0);
	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, KBELL, "kbell"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
}

MTAP_TEST(reset_discards)
{
	stand_still();
	dev_set(BAR, tail(9), 4, 9);
	EXPECT_EQ(dev_get(BAR, tail(9), 4), KBELL_TAIL_RESET | 9);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(BAR, tail(9), 4), KBELL_TAIL_RESET);
	run_on();
	/* The work would be done before this one */
	dev_set(BAR, tail(10), 4, 10);
	EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
	EXPECT_EQ(works(KBELL_TAIL_WORK + 9), 0);
	EXPECT_EQ(works(KBELL_TAIL_WORK + 10), 1);
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
	dev_set(BAR, KBELL_A, 4, 0xaa);
	dev_set(BAR, tail(KBELL_TAILS - 1), 4, 0xbb);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	EXPECT_EQ(works(KBELL_A_WORK), 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	/* Not over what is loaded */
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	dev_set(BAR, KBELL_A, 4, 0xcc);
	dev_set(BAR, tail(0), 4, 0xdd);
	ASSERT_EQ(mig_load(&dev, stream, len), 0);
	EXPECT_EQ(dev_get(BAR, tail(0), 4), KBELL_TAIL_RESET);
	EXPECT_EQ(dev_get(BAR, tail(KBELL_TAILS - 1), 4), KBELL_TAIL_RESET | 0xbb);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
	EXPECT_EQ(event_wait(bell_event[KBELL_A_WORK]), 1);
	EXPECT_EQ(works(KBELL_A_WORK), 1);
	EXPECT_EQ(seen(KBELL_A_WORK), 0xaa);
	EXPECT_EQ(event_wait(bell_event[KBELL_TAIL_VECTOR]), 1);
	EXPECT_EQ(seen(KBELL_TAIL_WORK + KBELL_TAILS - 1), KBELL_TAIL_RESET | 0xbb);
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
