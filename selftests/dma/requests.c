// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA requests: what they copy, in which order they are done, and how they fail. Memory is
 * looked at on both sides and around what was asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define READ	MDEV_BPF_DMA_READ
#define WRITE	MDEV_BPF_DMA_WRITE
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x100000000ULL
#define PAGE	4096u
#define AROUND	64u

static __u8 *bytes_of_device(size_t off, size_t size)
{
	static __u8 buf[KDMA_DATA_SIZE];

	kdma_bytes_get(off, buf, size);
	return buf;
}

/* Copy in, copy out to elsewhere; nothing changes but what was asked for. */
static void round_trip(__u8 *from, __u8 *to, size_t size)
{
	size_t at = AROUND + size % 8, window = size + 2 * AROUND;
	__u8 *before = malloc(window), *now;

	ASSERT(window + AROUND <= KDMA_DATA_SIZE);
	memcpy(before, bytes_of_device(0, window), window);
	memcpy(before + at, from + 1, size);
	EXPECT_EQ(kdma_do(READ, IOVA + 1, DATA(at), size), 0);
	now = bytes_of_device(0, window);
	EXPECT(!memcmp(now, before, window));

	memcpy(before, to, window);
	memcpy(before + at, from + 1, size);
	EXPECT_EQ(kdma_do(WRITE, IOVA + (1 << 20) + at, DATA(at), size), 0);
	EXPECT(!memcmp(to, before, window));
	free(before);
}

static const size_t sizes[] = {
	1, 2, 3, 4, 7, 8, 63, 64, 511, 4094, 4095, 4096, 4097, 8192, 65535, 65536, 250000,
};

MTAP_TEST(all_sizes)
{
	__u8 *mem = guest_alloc(2 << 20, 1);
	size_t i;

	ASSERT_EQ(guest_map(IOVA, mem, 2 << 20, PROT_RW), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		guest_fill(mem, 1 << 20, i);
		round_trip(mem, mem + (1 << 20), sizes[i]);
	}
}

/* Memory of the core's, the largest requests, neither side aligned; the program sees nothing. */
MTAP_TEST(region_memory)
{
	static const size_t mem_sizes[] = { 1, 8, PAGE, PAGE + 1, 65537, MDEV_BPF_MAX_DMA_SIZE };
	size_t i, off = 123, max = MDEV_BPF_MAX_DMA_SIZE + PAGE;
	__u8 *mem = guest_alloc(4 << 20, 2), *buf = guest_alloc(2 << 20, 0);
	__u8 *back = mem + (2 << 20), *mapped;

	mapped = mmap(NULL, KDMA_TRAP, PROT_READ, MAP_SHARED, dev.device,
		      dev.region[KDMA_MEM].offset);
	ASSERT(mapped != MAP_FAILED);
	ASSERT_EQ(guest_map(IOVA, mem, 4 << 20, PROT_RW), 0);
	for (i = 0; i < ARRAY_SIZE(mem_sizes); i++, off += 1000) {
		size_t size = mem_sizes[i];

		guest_fill(mem, max, i + 1);
		memset(back, 0xee, max);
		EXPECT_EQ(kdma_do(READ, IOVA + 3, MDEV_BPF_MEMORY(KDMA_MEM, off), size), 0);
		ASSERT_EQ(vfio_pread(&dev, KDMA_MEM, off, buf, size), size);
		EXPECT(!memcmp(buf, mem + 3, size));
		EXPECT(!memcmp(mapped + off, mem + 3, size));
		EXPECT_EQ(kdma_do(WRITE, IOVA + (2 << 20) + 7, MDEV_BPF_MEMORY(KDMA_MEM, off),
				  size), 0);
		EXPECT(!memcmp(back + 7, mem + 3, size));
		EXPECT_EQ(back[6], 0xee);
		EXPECT_EQ(back[7 + size], 0xee);
	}
	/* Beyond what was written all is zero, as in memory never touched */
	EXPECT_EQ(kdma_do(WRITE, IOVA, MDEV_BPF_MEMORY(KDMA_MEM, 3 << 19), PAGE), 0);
	EXPECT(!memcmp(mem, buf + (3 << 19), PAGE));
	munmap(mapped, KDMA_TRAP);
}

/* Pages that do not exist, between pages that do: they are zeros, and are made by a write. */
MTAP_TEST(region_with_holes)
{
	__u8 *mem = guest_alloc(16 * PAGE, 3), *back = mem + 8 * PAGE;
	__u8 *zeros = guest_alloc(PAGE, 0);
	__u64 where = MDEV_BPF_MEMORY(KDMA_MEM, 3 << 19);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, 16 * PAGE, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA + PAGE, where + PAGE, PAGE), 0);
	EXPECT_EQ(kdma_do(READ, IOVA + 4 * PAGE, where + 4 * PAGE, 2 * PAGE), 0);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 8 * PAGE, where, 8 * PAGE), 0);
	for (i = 0; i < 8; i++) {
		bool hole = i != 1 && i != 4 && i != 5;

		EXPECT(!memcmp(back + i * PAGE, hole ? zeros : mem + i * PAGE, PAGE));
	}
	memset(back, 0xee, 8 * PAGE);
	EXPECT_EQ(kdma_do(READ, IOVA + 9, where + 9, 7 * PAGE), 0);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 8 * PAGE + 9, where + 9, 7 * PAGE), 0);
	EXPECT(!memcmp(back + 9, mem + 9, 7 * PAGE));
	EXPECT_EQ(back[8], 0xee);
	EXPECT_EQ(back[9 + 7 * PAGE], 0xee);
}

/* What only the program can see goes out as it came in. */
MTAP_TEST(private_memory)
{
	__u8 *mem = guest_alloc(64 * PAGE, 3);

	ASSERT_EQ(guest_map(IOVA, mem, 64 * PAGE, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, MDEV_BPF_MEMORY(KDMA_PRIVATE, 999), 32 * PAGE), 0);
	EXPECT_EQ(kdma_do(WRITE, IOVA + 32 * PAGE, MDEV_BPF_MEMORY(KDMA_PRIVATE, 999),
			  32 * PAGE), 0);
	EXPECT(!memcmp(mem, mem + 32 * PAGE, 32 * PAGE));
}

/*
 * A page that was zeroed is looked at later, and freed if nothing was written to it since. Here it
 * was, so its content goes out, also if the page is looked at just then.
 */
MTAP_TEST(zeroed_and_written)
{
	unsigned int round, i, lost = 0, nr = MDEV_BPF_MAX_DMA;
	__u8 *mem = guest_alloc(nr * PAGE, 1);
	__u64 done;

	ASSERT_EQ(guest_map(IOVA, mem, nr * PAGE, PROT_RW), 0);
	kdma_set(KDMA_IOVA, IOVA);
	for (round = 0; round < 100; round++) {
		memset(mem, 0xee, nr * PAGE);
		done = kdma_get(KDMA_DONE);
		kdma_set(KDMA_REFILL, nr);
		ASSERT_EQ(kdma_get(KDMA_RESULT), 0);
		ASSERT(kdma_await(done + nr));
		EXPECT_EQ(kdma_error(done), 0);
		for (i = 0; i < nr; i++)
			lost += mem[i * PAGE + PAGE - 1] != 0xff;
	}
	EXPECT_EQ(lost, 0);
}

/* Neighbours for the guest, in another order in the user's memory, with gaps between */
MTAP_TEST(several_mappings)
{
	static const unsigned int order[] = { 5, 0, 3, 1 };
	__u8 *mem = guest_alloc(64 * PAGE, 3), want[8 * PAGE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		__u8 *p = mem + order[i] * 10 * PAGE;

		ASSERT_EQ(guest_map(IOVA + i * 2 * PAGE, p, 2 * PAGE, PROT_RW), 0);
		memcpy(want + i * 2 * PAGE, p, 2 * PAGE);
	}
	EXPECT_EQ(kdma_do(READ, IOVA + 5, DATA(0), sizeof(want) - 9), 0);
	EXPECT(!memcmp(bytes_of_device(0, sizeof(want)), want + 5, sizeof(want) - 9));

	guest_fill(want, sizeof(want), 4);
	kdma_bytes_set(0, want, sizeof(want));
	EXPECT_EQ(kdma_do(WRITE, IOVA, DATA(0), sizeof(want)), 0);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		EXPECT(!memcmp(mem + order[i] * 10 * PAGE, want + i * 2 * PAGE, 2 * PAGE));
	EXPECT_EQ(mem[2 * PAGE], (__u8)(3 + 2 * PAGE * 7 + (2 * PAGE >> 8) * 13));
}

/* When an access returns, the requests that it made are done. */
MTAP_TEST(done_with_the_access)
{
	__u8 *mem = guest_alloc(PAGE, 5);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	kdma_set(KDMA_CHAIN, 19);
	kdma_set(KDMA_IOVA, IOVA);
	kdma_set(KDMA_WHERE, DATA(0));
	kdma_set(KDMA_SIZE, 64);
	kdma_set(KDMA_GO, READ | 100 << 8);
	EXPECT_EQ(kdma_get(KDMA_DONE), 20);
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(kdma_id(i), 100 + i);
		EXPECT_EQ(kdma_error(i), 0);
	}
	EXPECT(!memcmp(bytes_of_device(0, 20 * 64), mem, 20 * 64));
	EXPECT_EQ(event_take(guest_event[0]), 20);
}

/* A chain without end does not keep its access from returning. */
MTAP_TEST(long_chain)
{
	__u8 *mem = guest_alloc(PAGE, 6);
	unsigned int i, n = 240;

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	kdma_set(KDMA_CHAIN, n - 1);
	ASSERT_EQ(kdma_start(READ, 0, IOVA, DATA(0), 16), 0);
	ASSERT(kdma_await(n));
	EXPECT_EQ(kdma_get(KDMA_DONE), n);
	for (i = 0; i < n; i++)
		EXPECT_EQ(kdma_id(i), i);
	EXPECT(!memcmp(bytes_of_device(0, n * 16), mem, n * 16));
}

MTAP_TEST(queue_has_an_end)
{
	__u8 *mem = guest_alloc(PAGE, 7);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	kdma_prepare(IOVA, DATA(0), 8);
	kdma_set(KDMA_FLOOD, READ);
	EXPECT_EQ(kdma_get(KDMA_RESULT), MDEV_BPF_MAX_DMA);
	ASSERT(kdma_await(MDEV_BPF_MAX_DMA));
	for (i = 0; i < MDEV_BPF_MAX_DMA; i++)
		EXPECT_EQ(kdma_id(i), i);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
}

static const struct {
	__u64 iova, where, size;
	int ret;
} refused[] = {
	{ IOVA, DATA(0), 0, -EINVAL },
	{ IOVA, DATA(0), MDEV_BPF_MAX_DMA_SIZE + 1, -EINVAL },
	{ IOVA, DATA(0), KDMA_DATA_SIZE + 1, -EINVAL },
	{ IOVA, DATA(KDMA_DATA_SIZE), 1, -EINVAL },
	{ IOVA, DATA(KDMA_DATA_SIZE - 7), 8, -EINVAL },
	{ IOVA, MDEV_BPF_STATE(0xffffffffffULL), 1, -EINVAL },
	{ IOVA, ~0ULL, 1, -EINVAL },
	{ IOVA, 0, 8, -EINVAL },
	{ IOVA, KDMA_DATA, 8, -EINVAL },
	{ IOVA, (__u64)KDMA_MEM << 40, 8, -EINVAL },
	{ IOVA, MDEV_BPF_PIN(0, 0), 8, -EINVAL },
	{ IOVA, DATA(0) | 1ULL << 40, 8, -EINVAL },
	{ IOVA, DATA(0) | 1ULL << 48, 8, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, 0) | 1ULL << 48, 8, -EINVAL },
	{ IOVA, DATA(0) | MDEV_BPF_MEMORY(KDMA_MEM, 0), 8, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_REG, 0), 1, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(5, 0), 1, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_MEM_SIZE), 1, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_MEM_SIZE - 7), 8, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, (1ULL << 40) - 1), 1, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_TRAP), 1, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_TRAP - 1), 2, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_TRAP + KDMA_TRAP_SIZE - 1), 8, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_TRAP - PAGE), 3 * PAGE, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(16, 0), 1, -EINVAL },
	{ IOVA, MDEV_BPF_MEMORY(0xfe, 0), 1, -EINVAL },
	{ IOVA, 1ULL << 60 | DATA(0), 1, -EINVAL },
	{ ~0ULL, DATA(0), 2, -EINVAL },
	{ ~0ULL - 6, DATA(0), 8, -EINVAL },
	{ IOVA, DATA(KDMA_DATA_SIZE - 8), 8, 0 },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_MEM_SIZE - 8), 8, 0 },
	{ IOVA, MDEV_BPF_MEMORY(KDMA_MEM, KDMA_TRAP - 8), 8, 0 },
	{ ~0ULL - 7, DATA(0), 8, 0 },
};

MTAP_TEST(bad_arguments)
{
	unsigned int i, op;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		for (op = READ; op <= WRITE; op++)
			if (kdma_start(op, 0, refused[i].iova, refused[i].where,
				       refused[i].size) != refused[i].ret)
				mtap_fail(__FILE__, __LINE__, "case %u: %d", i,
					  (int)kdma_get(KDMA_RESULT));
	/* The last four are not refused, but nothing is mapped there */
	ASSERT(kdma_await(8));
	EXPECT_EQ(kdma_get(KDMA_DONE), 8);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(kdma_error(i), -ENOENT);
}

/* @op fails with @error, and dma_done reports the failure, whatever has been copied. */
static void fails(unsigned int op, __u64 iova, size_t size, int error)
{
	__u8 before[256], *now;

	ASSERT(size <= KDMA_DATA_SIZE);
	kdma_bytes_get(0, before, sizeof(before));
	EXPECT_EQ(kdma_do(op, iova, DATA(0), size), error);
	now = bytes_of_device(0, sizeof(before));
	/* State is read into as a whole or not at all */
	EXPECT(!memcmp(now, before, sizeof(before)));
}

MTAP_TEST(unmapped)
{
	__u8 *mem = guest_alloc(16 * PAGE, 8);
	unsigned int op;

	ASSERT_EQ(guest_map(IOVA, mem, 4 * PAGE, PROT_RW), 0);
	ASSERT_EQ(guest_map(IOVA + 5 * PAGE, mem + 5 * PAGE, 4 * PAGE, PROT_RW), 0);
	for (op = READ; op <= WRITE; op++) {
		fails(op, 0, 8, -ENOENT);
		fails(op, IOVA - 8, 8, -ENOENT);
		fails(op, IOVA - 4, 8, -ENOENT);
		fails(op, IOVA + 4 * PAGE, 1, -ENOENT);
		fails(op, IOVA + 4 * PAGE - 1, 2, -ENOENT);
		/* A hole in the middle */
		fails(op, IOVA + 3 * PAGE, 4 * PAGE, -ENOENT);
		fails(op, IOVA + 9 * PAGE - 7, 8, -ENOENT);
		EXPECT_EQ(kdma_do(op, IOVA + 9 * PAGE - 8, DATA(0), 8), 0);
	}
	ASSERT_EQ(guest_unmap(IOVA, 4 * PAGE), 0);
	fails(READ, IOVA, 8, -ENOENT);
	ASSERT_EQ(guest_map(IOVA, mem, 4 * PAGE, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
}

MTAP_TEST(protected)
{
	__u8 *mem = guest_alloc(8 * PAGE, 9);
	__u8 *copy = malloc(8 * PAGE);

	memcpy(copy, mem, 8 * PAGE);
	ASSERT_EQ(guest_map(IOVA, mem, 2 * PAGE, PROT_READ), 0);
	ASSERT_EQ(guest_map(IOVA + 2 * PAGE, mem + 2 * PAGE, 2 * PAGE, PROT_WRITE), 0);
	fails(WRITE, IOVA, 8, -EPERM);
	fails(WRITE, IOVA + PAGE, PAGE, -EPERM);
	fails(READ, IOVA + 2 * PAGE, 8, -EPERM);
	fails(READ, IOVA + 2 * PAGE - 4, 8, -EPERM);
	EXPECT(!memcmp(mem, copy, 8 * PAGE));
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 2 * PAGE), 0);
	EXPECT(!memcmp(bytes_of_device(0, 2 * PAGE), copy, 2 * PAGE));
	free(copy);
}

/* Mapped for the guest, but the user has taken away what is behind it, or made it read-only. */
MTAP_TEST(nothing_behind)
{
	__u8 *mem = guest_alloc(8 * PAGE, 10);
	unsigned int op;

	ASSERT_EQ(guest_map(IOVA, mem, 8 * PAGE, PROT_RW), 0);
	ASSERT_EQ(munmap(mem + 4 * PAGE, PAGE), 0);
	for (op = READ; op <= WRITE; op++) {
		fails(op, IOVA + 4 * PAGE, 8, -EFAULT);
		fails(op, IOVA + 3 * PAGE, 2 * PAGE, -EFAULT);
		EXPECT_EQ(kdma_do(op, IOVA + 5 * PAGE, DATA(0), PAGE), 0);
	}
	ASSERT_EQ(mprotect(mem, PAGE, PROT_READ), 0);
	fails(WRITE, IOVA, 8, -EFAULT);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 8), 0);
}

MTAP_TEST(bus_mastering)
{
	__u8 *mem = guest_alloc(PAGE, 11), copy[PAGE];
	unsigned int op;

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	memcpy(copy, mem, PAGE);
	guest_bus_master(false);
	for (op = READ; op <= WRITE; op++)
		fails(op, IOVA, 64, -EACCES);
	EXPECT(!memcmp(mem, copy, PAGE));
	guest_bus_master(true);
	for (op = READ; op <= WRITE; op++)
		EXPECT_EQ(kdma_do(op, IOVA, DATA(0), 64), 0);
	/* Off as it is after a reset */
	ASSERT_EQ(vfio_reset(&dev), 0);
	fails(READ, IOVA, 64, -EACCES);
}

/* Errors do not stop what comes after them. */
MTAP_TEST(good_after_bad)
{
	__u8 *mem = guest_alloc(2 * PAGE, 12);
	unsigned int i;

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(guest_map(IOVA + 2 * PAGE, mem + PAGE, PAGE, PROT_RW), 0);
	kdma_set(KDMA_CHAIN, 11);
	ASSERT_EQ(kdma_start(READ, 0, IOVA, DATA(0), PAGE / 4), 0);
	ASSERT(kdma_await(12));
	for (i = 0; i < 12; i++) {
		EXPECT_EQ(kdma_id(i), i);
		EXPECT_EQ(kdma_error(i), i / 4 == 1 ? -ENOENT : 0);
	}
	EXPECT(!memcmp(bytes_of_device(2 * PAGE, PAGE), mem + PAGE, PAGE));
}

/* The worker makes the request, so no task waits for it. */
MTAP_TEST(from_work)
{
	__u8 *mem = guest_alloc(PAGE, 13);
	unsigned int op;

	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	kdma_prepare(IOVA, DATA(0), 100);
	for (op = READ; op <= WRITE; op++) {
		kdma_set(KDMA_GO_WORK, op | op << 8);
		EXPECT_EQ(event_wait(guest_event[0]), 1);
		EXPECT_EQ(kdma_get(KDMA_DONE), op + 1);
		EXPECT_EQ(kdma_error(op), 0);
		EXPECT(!memcmp(bytes_of_device(0, 100), mem, 100));
		guest_fill(mem, 100, 99);
		kdma_bytes_set(0, mem, 100);
		memset(mem, 0, 100);
	}
}

/* An access copies 256 KiB itself, and the worker what it has requested itself. */
MTAP_TEST(who_does_it)
{
	__u64 where = MDEV_BPF_MEMORY(KDMA_MEM, 0), most = 1 << 18;
	__u8 *mem = guest_alloc(2 << 20, 16);

	ASSERT_EQ(guest_map(IOVA, mem, 2 << 20, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, where, most), 0);
	EXPECT_EQ(kdma_get(KDMA_TASK), gettid());
	EXPECT_EQ(kdma_do(READ, IOVA, where, most + 1), 0);
	EXPECT(kdma_get(KDMA_TASK) != (__u64)gettid());
	/* The same for what dma_done requests; each access has such a share */
	kdma_set(KDMA_CHAIN, 3);
	ASSERT_EQ(kdma_start(READ, 0, IOVA, where, most / 4), 0);
	EXPECT_EQ(kdma_get(KDMA_DONE), 2 + 4);
	EXPECT_EQ(kdma_get(KDMA_TASK), gettid());

	kdma_prepare(IOVA, where, 100);
	kdma_set(KDMA_GO_WORK, READ);
	ASSERT(kdma_await(2 + 4 + 1));
	EXPECT(kdma_get(KDMA_TASK) != (__u64)gettid());
	EXPECT_EQ(kdma_get(KDMA_TASK), kdma_get(KDMA_WORKER));
}

/* The access comes from a process that has other memory at the address. */
MTAP_TEST(other_process)
{
	__u8 *mem = guest_alloc(4 * PAGE, 14);
	int status;
	pid_t pid;

	ASSERT_EQ(guest_map(IOVA, mem, 4 * PAGE, PROT_RW), 0);
	pid = fork();
	if (!pid) {
		int ret;

		memset(mem, 0xee, 4 * PAGE);
		ret = kdma_do(READ, IOVA, DATA(0), 2 * PAGE);
		ret = ret ? ret : kdma_do(WRITE, IOVA + 2 * PAGE, DATA(0), 2 * PAGE);
		_exit(ret || mem[2 * PAGE] != 0xee);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT(!memcmp(bytes_of_device(0, 2 * PAGE), mem, 2 * PAGE));
	EXPECT(!memcmp(mem, mem + 2 * PAGE, 2 * PAGE));
}

/* The process that mapped the memory has died, and with it the memory. */
MTAP_TEST(dead_process)
{
	__u8 *mem = guest_alloc(PAGE, 15);
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(guest_map(IOVA, mem, PAGE, PROT_RW) || kdma_do(READ, IOVA, DATA(0), 8));
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	fails(READ, IOVA, 8, -EPERM);
}

/* There is guest memory only while VFIO has the device open. */
MTAP_TEST(only_while_open)
{
	__s64 late[2];

	EXPECT_EQ((__s32)kdma_get(KDMA_EARLY), -ENXIO);
	dev_close();
	ASSERT_EQ(prog_global(&dev_prog, late, 16, sizeof(late)), 0);
	EXPECT_EQ(late[0], -ENXIO);
	EXPECT_EQ(late[1], -ENXIO);
}

/* What open asks for is done, but there is no memory yet. */
MTAP_TEST(asked_for_in_open)
{
	__u64 done;

	dev_close();
	ASSERT_EQ(prog_global(&dev_prog, &done, 0, sizeof(done)), 0);
	dev_open("kdma-2");
	EXPECT_EQ(kdma_get(KDMA_EARLY) >> 32, 0);
	EXPECT(kdma_await(1));
	EXPECT_EQ(kdma_id(0), 99);
	EXPECT_EQ(kdma_error(0), -EACCES);
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = guest_open, .after = guest_close,
	.teardown = dev_unload,
};
