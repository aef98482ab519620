// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests with a list of guest memory, and what else struct mdev_bpf_request can say. Memory is
 * looked at on both sides and around what was asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/mdev_bpf.h>

#include "guest.h"
#include "missing.h"

#define READ	MDEV_BPF_DMA_READ
#define WRITE	MDEV_BPF_DMA_WRITE
#define PIN	MDEV_BPF_DMA_PIN
#define LIST	MDEV_BPF_DMA_LIST
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x100000000ULL
#define PAGE	4096u
/* Where lists are among the bytes of the device, behind those that are copied */
#define AT	(KDMA_DATA_SIZE - MDEV_BPF_MAX_SG * sizeof(struct sg))

/* As in include/linux/mdev_bpf.h, which is for programs */
struct sg {
	__u64 iova;
	__u32 size;
	__u32 reserved;
};

struct request {
	__u32 id, op, channel, flags;
	__u64 iova, where, size;
	__u32 file, count;
	__u64 offset;
};

static __u8 *mem;

static void list_set(const struct sg *list, unsigned int count)
{
	kdma_bytes_set(AT, list, count * sizeof(*list));
	kdma_set(KDMA_FLAGS, LIST);
	kdma_set(KDMA_COUNT, count);
}

/* What dma_done got for @op with a list that is in the state, or the kfunc's errno - 1000 */
static int list_do(unsigned int op, const struct sg *list, unsigned int count, __u64 where,
		   __u64 size)
{
	list_set(list, count);
	return kdma_do(op, DATA(AT), where, size);
}

/* Pieces of odd sizes, in no order, some next to each other, some with the same bytes */
static const struct sg pieces[] = {
	{ IOVA + 5 * PAGE + 17, 3 * PAGE, 0 }, { IOVA + 1, 1, 0 }, { IOVA + 2, 62, 0 },
	{ IOVA + 3 * PAGE - 1, 2, 0 }, { IOVA + 20 * PAGE, PAGE, 0 }, { IOVA + 64, 4001, 0 },
};

static __u64 size_of(const struct sg *list, unsigned int count)
{
	__u64 size = 0;

	while (count--)
		size += list++->size;
	return size;
}

static void gather(__u8 *to, const struct sg *list, unsigned int count)
{
	for (; count--; to += list++->size)
		memcpy(to, mem + (list->iova - IOVA), list->size);
}

static void scatter(__u8 *guest, const __u8 *from, const struct sg *list, unsigned int count)
{
	for (; count--; from += list++->size)
		memcpy(guest + (list->iova - IOVA), from, list->size);
}

static __u8 want[1 << 21], got[1 << 21];

MTAP_TEST(gathered_to_the_state)
{
	__u64 size = size_of(pieces, ARRAY_SIZE(pieces));

	gather(want, pieces, ARRAY_SIZE(pieces));
	kdma_bytes_set(size + 3, "after", 5);
	EXPECT_EQ(list_do(READ, pieces, ARRAY_SIZE(pieces), DATA(3), size), 0);
	EXPECT_EQ(kdma_moved(0), size);
	EXPECT_EQ(kdma_flags(0), LIST);
	kdma_bytes_get(3, got, size + 5);
	EXPECT(!memcmp(got, want, size));
	EXPECT(!memcmp(got + size, "after", 5));
}

MTAP_TEST(scattered_from_the_state)
{
	__u64 size = size_of(pieces, ARRAY_SIZE(pieces));
	static __u8 bytes[1 << 16];

	guest_fill(bytes, size, 77);
	kdma_bytes_set(9, bytes, size);
	memcpy(want, mem, 1 << 20);
	scatter(want, bytes, pieces, ARRAY_SIZE(pieces));
	EXPECT_EQ(list_do(WRITE, pieces, ARRAY_SIZE(pieces), DATA(9), size), 0);
	EXPECT(!memcmp(mem, want, 1 << 20));
}

/* The list may be in memory of the core's, too, and what is copied as well. */
MTAP_TEST(to_and_from_memory)
{
	__u64 size = size_of(pieces, ARRAY_SIZE(pieces)), at = 1 << 20, list = 4096 - 24;

	gather(want, pieces, ARRAY_SIZE(pieces));
	kdma_set(KDMA_FLAGS, LIST);
	kdma_set(KDMA_COUNT, ARRAY_SIZE(pieces));
	ASSERT_EQ(vfio_pwrite(&dev, KDMA_MEM, list, pieces, sizeof(pieces)), sizeof(pieces));
	EXPECT_EQ(kdma_do(READ, MDEV_BPF_MEMORY(KDMA_MEM, list),
			  MDEV_BPF_MEMORY(KDMA_MEM, at + 5), size), 0);
	ASSERT_EQ(vfio_pread(&dev, KDMA_MEM, at + 5, got, size), size);
	EXPECT(!memcmp(got, want, size));

	memset(mem, 0, 1 << 20);
	memset(got, 0, 1 << 20);
	scatter(got, want, pieces, ARRAY_SIZE(pieces));
	EXPECT_EQ(kdma_do(WRITE, MDEV_BPF_MEMORY(KDMA_MEM, list),
			  MDEV_BPF_MEMORY(KDMA_MEM, at + 5), size), 0);
	EXPECT(!memcmp(mem, got, 1 << 20));
}

/* As many entries as there can be, and as many bytes */
MTAP_TEST(largest)
{
	static struct sg list[MDEV_BPF_MAX_SG + 1];
	unsigned int i, each = MDEV_BPF_MAX_DMA_SIZE / MDEV_BPF_MAX_SG;

	for (i = 0; i < MDEV_BPF_MAX_SG; i++)
		list[i] = (struct sg) { IOVA + (MDEV_BPF_MAX_SG - 1 - i) * each, each, 0 };
	gather(want, list, MDEV_BPF_MAX_SG);
	EXPECT_EQ(list_do(READ, list, MDEV_BPF_MAX_SG, MDEV_BPF_MEMORY(KDMA_MEM, 0),
			  MDEV_BPF_MAX_DMA_SIZE), 0);
	ASSERT_EQ(vfio_pread(&dev, KDMA_MEM, 0, got, MDEV_BPF_MAX_DMA_SIZE),
		  MDEV_BPF_MAX_DMA_SIZE);
	EXPECT(!memcmp(got, want, MDEV_BPF_MAX_DMA_SIZE));
	kdma_set(KDMA_COUNT, MDEV_BPF_MAX_SG + 1);
	EXPECT_EQ(kdma_start(READ, 0, MDEV_BPF_MEMORY(KDMA_MEM, 0), DATA(0), 8), -EINVAL);
}

/* Bytes that are in the list, but not asked for, stay as they are; wrong entries there are none. */
MTAP_TEST(more_than_asked_for)
{
	static const struct sg list[] = { { IOVA, 100, 0 }, { IOVA + PAGE, 100, 0 }, { 1, 0, 1 } };
	__u8 bytes[150];

	memset(bytes, 0xee, sizeof(bytes));
	kdma_bytes_set(0, bytes, sizeof(bytes));
	memcpy(want, mem, 2 * PAGE);
	memset(want, 0xee, 100);
	memset(want + PAGE, 0xee, 50);
	EXPECT_EQ(list_do(WRITE, list, 3, DATA(0), 150), 0);
	EXPECT(!memcmp(mem, want, 2 * PAGE));
	/* One byte more needs the third entry */
	EXPECT_EQ(list_do(WRITE, list, 3, DATA(0), 201), -EINVAL);
}

static const struct {
	struct sg list[2];
	__u64 size;
	int error;
} wrong[] = {
	{ { { IOVA, 8, 0 }, { IOVA + 8, 8, 0 } }, 17, -EINVAL },
	{ { { IOVA, 8, 0 }, { IOVA + 8, 0, 0 } }, 9, -EINVAL },
	{ { { IOVA, 0, 0 }, { IOVA + 8, 16, 0 } }, 16, -EINVAL },
	{ { { IOVA, 8, 1 }, { IOVA + 8, 8, 0 } }, 16, -EINVAL },
	{ { { IOVA, 8, 0 }, { ~0ULL, 8, 0 } }, 16, -EINVAL },
	{ { { IOVA, 8, 0 }, { 0, 8, 0 } }, 16, -ENOENT },
	{ { { IOVA, 8, 0 }, { IOVA + (1 << 20) - 4, 8, 0 } }, 16, -ENOENT },
};

/* Lists are looked at when they are needed: then dma_done is told. Nothing was read. */
MTAP_TEST(wrong_lists)
{
	__u8 bytes[16], now[16];
	unsigned int i;

	memset(bytes, 0xaa, sizeof(bytes));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		kdma_bytes_set(0, bytes, sizeof(bytes));
		EXPECT_EQ(list_do(READ, wrong[i].list, 2, DATA(0), wrong[i].size), wrong[i].error);
		EXPECT_EQ(kdma_moved(i), 0);
		kdma_bytes_get(0, now, sizeof(now));
		EXPECT(!memcmp(now, bytes, sizeof(now)));
	}
}

/* How much was written before the error */
MTAP_TEST(done_in_part)
{
	static const struct sg list[] = { { IOVA, 8, 0 }, { IOVA + 99, 9, 0 }, { 0, 8, 0 } };

	EXPECT_EQ(list_do(WRITE, list, 3, DATA(0), 25), -ENOENT);
	EXPECT_EQ(kdma_moved(0), 17);
}

static const struct {
	__u64 iova;
	unsigned int flags, count;
} refused[] = {
	{ DATA(0), LIST, 0 }, { DATA(0), LIST, MDEV_BPF_MAX_SG + 1 }, { DATA(0), LIST, ~0u },
	{ IOVA, LIST, 1 }, { 0, LIST, 1 }, { MDEV_BPF_PIN(0, 0), LIST, 1 },
	{ DATA(KDMA_DATA_SIZE - 16), LIST, 2 }, { DATA(KDMA_DATA_SIZE - 15), LIST, 1 },
	{ MDEV_BPF_MEMORY(KDMA_REG, 0), LIST, 1 },
	{ MDEV_BPF_MEMORY(KDMA_MEM, KDMA_TRAP - 8), LIST, 1 },
	{ MDEV_BPF_MEMORY(KDMA_MEM, KDMA_MEM_SIZE - 16), LIST, 2 },
	{ IOVA, 0, 1 }, { IOVA, MDEV_BPF_DMA_AGAIN, 0 }, { DATA(0), LIST | 4, 1 },
};

MTAP_TEST(refused_at_once)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		kdma_set(KDMA_FLAGS, refused[i].flags);
		kdma_set(KDMA_COUNT, refused[i].count);
		if (kdma_start(READ, 0, refused[i].iova, DATA(0), 8) != -EINVAL)
			mtap_fail(__FILE__, __LINE__, "case %u: %d", i,
				  (int)kdma_get(KDMA_RESULT));
	}
	/* Windows have no lists */
	kdma_set(KDMA_FLAGS, LIST);
	kdma_set(KDMA_COUNT, 1);
	EXPECT_EQ(kdma_start(PIN, 0, DATA(0), 0, 8), -EINVAL);
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
}

/* What mdev_bpf_request() returns for @req, given with @size bytes */
static int raw(const struct request *req, size_t size)
{
	kdma_bytes_set(0, req, sizeof(*req));
	kdma_set(KDMA_RAW, size);
	return kdma_get(KDMA_RESULT);
}

MTAP_TEST(members_and_sizes)
{
	const struct request good = { .iova = IOVA, .where = DATA(8192), .size = 8 };
	struct request req = good;
	__u8 zeros[8192] = { 0 };

	kdma_bytes_set(0, zeros, sizeof(zeros));
	EXPECT_EQ(raw(&req, sizeof(req)), 0);
	req.op = PIN + 1;
	EXPECT_EQ(raw(&req, sizeof(req)), -EINVAL);
	req = good;
	req.channel = MDEV_BPF_MAX_CHANNELS;
	EXPECT_EQ(raw(&req, sizeof(req)), -EINVAL);
	req.channel--;
	EXPECT_EQ(raw(&req, sizeof(req)), 0);
	req = good;
	req.file = 1;
	EXPECT_EQ(raw(&req, sizeof(req)), -EINVAL);
	req = good;
	req.offset = 1;
	EXPECT_EQ(raw(&req, sizeof(req)), -EINVAL);
	req = good;
	req.size = 1ULL << 32 | 8;
	EXPECT_EQ(raw(&req, sizeof(req)), -EINVAL);
	/* A program that was built earlier or later */
	EXPECT_EQ(raw(&good, sizeof(good) - 1), -EINVAL);
	EXPECT_EQ(raw(&good, 0), -EINVAL);
	EXPECT_EQ(raw(&good, sizeof(good) + 1), 0);
	EXPECT_EQ(raw(&good, 4096), 0);
	EXPECT_EQ(raw(&good, 4097), -E2BIG);
	kdma_bytes_set(sizeof(good) + 8, "x", 1);
	EXPECT_EQ(raw(&good, sizeof(good) + 8), 0);
	EXPECT_EQ(raw(&good, sizeof(good) + 9), -E2BIG);
	ASSERT(kdma_await(5));
}

/* The list that counts is the one that is there when the request is carried out. */
MTAP_TEST(read_when_it_is_needed)
{
	static const struct sg first = { IOVA, 8, 0 }, second = { IOVA + 500, 8, 0 };
	__u8 page[PAGE];

	missing_need();
	guest_fill(page, PAGE, 3);
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * PAGE, 0)), 0);
	ASSERT_EQ(guest_map(2 * IOVA, missing.mem, PAGE, PROT_RW), 0);
	ASSERT_EQ(kdma_start(READ, 1, 2 * IOVA, DATA(64), 8), 0);
	ASSERT(missing_wanted());
	list_set(&first, 1);
	ASSERT_EQ(kdma_start(READ, 2, DATA(AT), DATA(0), 8), 0);
	list_set(&second, 1);
	missing_bring(0, page);
	ASSERT(kdma_await(2));
	EXPECT_EQ(kdma_id(1), 2);
	EXPECT_EQ(kdma_error(1), 0);
	kdma_bytes_get(0, got, 8);
	EXPECT(!memcmp(got, mem + 500, 8));
	missing_end();
}

/* A part of the list is not present: the fault thread begins anew. */
MTAP_TEST(absent_in_part)
{
	const struct sg list[] = {
		{ IOVA, 100, 0 }, { 2 * IOVA + 10, 50, 0 }, { IOVA + 300, 9, 0 },
	};
	__u8 page[PAGE];

	missing_need();
	guest_fill(page, PAGE, 4);
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * PAGE, 0)), 0);
	ASSERT_EQ(guest_map(2 * IOVA, missing.mem, PAGE, PROT_RW), 0);
	list_set(list, 3);
	ASSERT_EQ(kdma_start(READ, 1, DATA(AT), DATA(0), 159), 0);
	ASSERT(missing_wanted());
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
	missing_bring(0, page);
	ASSERT(kdma_await(1));
	EXPECT_EQ(kdma_error(0), 0);
	EXPECT_EQ(kdma_moved(0), 159);
	kdma_bytes_get(0, got, 159);
	EXPECT(!memcmp(got, mem, 100));
	EXPECT(!memcmp(got + 100, page + 10, 50));
	EXPECT(!memcmp(got + 150, mem + 300, 9));
	missing_end();
}

static void before(void)
{
	guest_open();
	mem = guest_alloc(1 << 20, 1);
	ASSERT_EQ(guest_map(IOVA, mem, 1 << 20, PROT_RW), 0);
}

static void after(void)
{
	missing_end();
	guest_close();
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = before, .after = after, .teardown = dev_unload,
};
