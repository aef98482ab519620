// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: requests of one are done in their order, and those of different ones do not wait for
 * each other, whatever keeps one of them waiting. And requests that are cancelled.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "missing.h"
#include "slowness.h"

#define READ	MDEV_BPF_DMA_READ
#define WRITE	MDEV_BPF_DMA_WRITE
#define PIN	MDEV_BPF_DMA_PIN
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA	0x100000000ULL
#define GONE	0x200000000ULL
#define PAGE	4096u
#define LAST	(MDEV_BPF_MAX_CHANNELS - 1)

static __u8 *mem;

static void absent_map(void)
{
	missing_need();
	ASSERT_EQ(missing_register(guest_alloc(MISSING_PAGES * PAGE, 0)), 0);
	ASSERT_EQ(guest_map(GONE, missing.mem, MISSING_PAGES * PAGE, PROT_RW), 0);
}

static void absent_bring(unsigned int page)
{
	__u8 bytes[PAGE];

	guest_fill(bytes, PAGE, 9);
	missing_bring(page, bytes);
}

static int start(unsigned int channel, unsigned int op, unsigned int id, __u64 iova)
{
	kdma_set(KDMA_CHANNEL, channel);
	return kdma_start(op, id, iova, DATA(0), 8);
}

/* Have @channel wait for memory that is not there. */
static void get_stuck(unsigned int channel, unsigned int id, unsigned int page)
{
	ASSERT_EQ(start(channel, READ, id, GONE + page * PAGE), 0);
	ASSERT(missing_wanted());
}

static int cancel_mask(unsigned int id, unsigned int mask)
{
	kdma_set(KDMA_CANCEL, id | (__u64)mask << 32);
	return kdma_get(KDMA_RESULT);
}

static int cancel(unsigned int id)
{
	return cancel_mask(id, ~0);
}

/* The position of @id in the log, or -1 */
static int found(unsigned int id)
{
	unsigned int i, n = kdma_get(KDMA_DONE);

	for (i = 0; i < n; i++)
		if (kdma_id(i) == id)
			return i;
	return -1;
}

MTAP_TEST(told_which)
{
	unsigned int i;

	for (i = 0; i <= LAST; i++) {
		ASSERT_EQ(start(i, READ, 100 + i, IOVA), 0);
		ASSERT(kdma_await(i + 1));
		EXPECT_EQ(kdma_id(i), 100 + i);
		EXPECT_EQ(kdma_channel(i), i);
		EXPECT_EQ(kdma_error(i), 0);
		EXPECT_EQ(kdma_moved(i), 8);
	}
	EXPECT_EQ(start(LAST + 1, READ, 0, IOVA), -EINVAL);
}

/* One channel waits for memory; another does not, and neither do pins. */
MTAP_TEST(others_go_on)
{
	unsigned int i;

	absent_map();
	get_stuck(0, 1, 0);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(start(0, READ, 20 + i, IOVA), 0);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(start(1, READ, 40 + i, IOVA), 0);
		ASSERT(kdma_await(i + 1));
		EXPECT_EQ(kdma_id(i), 40 + i);
	}
	ASSERT_EQ(start(2, PIN, 0, IOVA), 0);
	ASSERT(kdma_await(11));
	EXPECT(kdma_is_pinned(0));
	absent_bring(0);
	ASSERT(kdma_await(22));
	/* And those of the first channel were done in their order */
	EXPECT_EQ(kdma_id(11), 1);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(kdma_id(12 + i), 20 + i);
		EXPECT_EQ(kdma_channel(12 + i), 0);
		EXPECT_EQ(kdma_error(12 + i), 0);
	}
}

/* All but one wait for memory. */
MTAP_TEST(all_but_one)
{
	unsigned int i;

	absent_map();
	for (i = 0; i < LAST; i++)
		ASSERT_EQ(start(i, READ, i, GONE + i % 4 * PAGE + i), 0);
	ASSERT(missing_wanted());
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(start(LAST, WRITE, 50 + i, IOVA), 0);
		ASSERT(kdma_await(i + 1));
		EXPECT_EQ(kdma_id(i), 50 + i);
	}
	for (i = 0; i < 4; i++)
		absent_bring(i);
	ASSERT(kdma_await(5 + LAST));
	for (i = 0; i < LAST; i++)
		EXPECT(found(i) >= 0);
}

/* A request that makes the next one, without end, does not keep another channel from its own. */
MTAP_TEST(no_channel_starves)
{
	unsigned int i, n, other = 0;

	kdma_set(KDMA_QUIET, 1);
	kdma_set(KDMA_CHAIN, ~0ULL);
	ASSERT_EQ(start(0, READ, 1000, IOVA), 0);
	ASSERT(kdma_await(200));
	/* Now each has a chain */
	ASSERT_EQ(start(3, READ, 7, IOVA), 0);
	n = kdma_get(KDMA_DONE);
	ASSERT(kdma_await(n + 200));
	kdma_set(KDMA_CHAIN, 0);
	for (i = 0; i < KDMA_MORE_LEN; i++)
		other += kdma_channel(i) == 3;
	EXPECT(other > KDMA_MORE_LEN / 4);
	EXPECT(other < KDMA_MORE_LEN * 3 / 4);
}

/* As in include/linux/mdev_bpf.h, which is for programs */
struct request {
	__u32 id, op, channel, flags;
	__u64 iova, where, size;
	__u32 file, count;
	__u64 offset;
};

static unsigned int of_channel(unsigned int channel)
{
	unsigned int i, n = 0;

	for (i = 0; i < KDMA_MORE_LEN; i++)
		n += kdma_channel(i) == channel;
	return n;
}

/* A request of more than one share gets its turn beside two chains of small ones. */
MTAP_TEST(large_beside_small)
{
	const struct request large = {
		.op = READ, .channel = 5, .iova = IOVA, .size = 1 << 20,
		.where = MDEV_BPF_MEMORY(KDMA_MEM, 0),
	};

	kdma_set(KDMA_QUIET, 1);
	kdma_bytes_set(0, &large, sizeof(large));
	kdma_set(KDMA_CHAIN, ~0ULL);
	ASSERT_EQ(kdma_start(READ, 1000, IOVA, DATA(4096), 8), 0);
	kdma_set(KDMA_CHANNEL, 3);
	ASSERT_EQ(kdma_start(READ, 7, IOVA, DATA(4096), 8), 0);
	kdma_set(KDMA_RAW, sizeof(large));
	EXPECT_EQ(kdma_get(KDMA_RESULT), 0);
	EXPECT(mtap_await(of_channel(5)));
	kdma_set(KDMA_CHAIN, 0);
}

MTAP_TEST(cancelled_while_it_waits)
{
	absent_map();
	get_stuck(5, 1, 0);
	ASSERT_EQ(start(5, READ, 2, IOVA), 0);
	ASSERT_EQ(start(5, READ, 3, IOVA), 0);
	ASSERT_EQ(start(5, PIN, 6, IOVA), 0);
	EXPECT_EQ(cancel(2), 1);
	EXPECT_EQ(cancel(6), 1);
	/* In its turn, and once */
	EXPECT_EQ(cancel(2), -ENOENT);
	EXPECT_EQ(cancel(4), -ENOENT);
	absent_bring(0);
	ASSERT(kdma_await(4));
	EXPECT_EQ(kdma_error(3), -ECANCELED);
	EXPECT(!kdma_is_pinned(6));
	EXPECT_EQ(kdma_id(1), 2);
	EXPECT_EQ(kdma_error(0), 0);
	EXPECT_EQ(kdma_error(1), -ECANCELED);
	EXPECT_EQ(kdma_moved(1), 0);
	EXPECT_EQ(kdma_id(2), 3);
	EXPECT_EQ(kdma_error(2), 0);
	EXPECT_EQ(cancel(3), -ENOENT);
}

MTAP_TEST(cancelled_in_progress)
{
	unsigned int i;

	absent_map();
	for (i = READ; i <= WRITE; i++) {
		double begin;

		ASSERT_EQ(start(i, i, i, GONE), 0);
		ASSERT(missing_wanted());
		begin = mtap_now();
		EXPECT_EQ(cancel(i), 1);
		ASSERT(kdma_await(i + 1));
		EXPECT(mtap_now() - begin < 2 * slowness());
		EXPECT_EQ(kdma_id(i), i);
		EXPECT_EQ(kdma_error(i), -ECANCELED);
	}
	/* The channels can be used again */
	EXPECT_EQ(start(0, READ, 9, IOVA), 0);
	EXPECT_EQ(start(1, READ, 9, IOVA), 0);
	ASSERT(kdma_await(4));
	EXPECT_EQ(kdma_error(2), 0);
	EXPECT_EQ(kdma_error(3), 0);
}

/* All requests of one id, in all channels */
MTAP_TEST(cancelled_together)
{
	unsigned int i;

	absent_map();
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(start(i, READ, 1, GONE + i * PAGE), 0);
		ASSERT_EQ(start(i, READ, 2, IOVA), 0);
	}
	ASSERT(missing_wanted());
	EXPECT_EQ(cancel(2), 4);
	EXPECT_EQ(cancel(1), 4);
	ASSERT(kdma_await(8));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(kdma_error(i), -ECANCELED);
}

/* Those of some ids by the bits that they share, and all */
MTAP_TEST(cancelled_by_mask)
{
	unsigned int i;

	absent_map();
	get_stuck(0, 0x300, 0);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(start(0, READ, 0x100 + i, IOVA), 0);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(start(0, READ, 0x200 + i, IOVA), 0);
	EXPECT_EQ(cancel_mask(0x1ff, 0x400), 9);
	ASSERT(kdma_await(9));
	get_stuck(0, 0x300, 1);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(start(0, READ, 0x100 + i, IOVA), 0);
	ASSERT_EQ(start(0, READ, 0x200, IOVA), 0);
	ASSERT_EQ(start(0, READ, 0x201, IOVA), 0);
	EXPECT_EQ(cancel_mask(0x1ff, 0xff00), 4);
	EXPECT_EQ(cancel_mask(0x201, 0xff01), 1);
	EXPECT_EQ(cancel_mask(0x400, 0x400), -ENOENT);
	EXPECT_EQ(cancel_mask(7, 0), 2);
	ASSERT(kdma_await(16));
	for (i = 0; i < 16; i++)
		EXPECT_EQ(kdma_error(i), -ECANCELED);
	EXPECT_EQ(cancel_mask(7, 0), -ENOENT);
}

/* A reset discards what all of them do, and dma_done is not called for it. */
MTAP_TEST(reset_while_stuck)
{
	double begin;
	unsigned int i;

	absent_map();
	for (i = 0; i <= LAST; i++)
		ASSERT_EQ(start(i, i % 3, i, GONE + i % 4 * PAGE), 0);
	ASSERT(missing_wanted());
	begin = mtap_now();
	ASSERT_EQ(vfio_reset(&dev), 0);
	mtap_diag("reset in %.2f s", mtap_now() - begin);
	EXPECT(mtap_now() - begin < 4 * slowness());
	guest_bus_master(true);
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
	for (i = 0; i <= LAST; i++) {
		ASSERT_EQ(start(i, READ, i, IOVA), 0);
		ASSERT(kdma_await(i + 1));
		EXPECT_EQ(kdma_error(i), 0);
	}
}

MTAP_TEST(closed_while_stuck)
{
	double begin;
	unsigned int i;

	absent_map();
	for (i = 0; i <= LAST; i++)
		ASSERT_EQ(start(i, READ, i, GONE + i % 4 * PAGE), 0);
	ASSERT(missing_wanted());
	begin = mtap_now();
	vfio_close(&dev);
	EXPECT(mtap_now() - begin < 4 * slowness());
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	guest_reopen();
}

/* The program is detached while channels wait, and dma_done is the next one's. */
MTAP_TEST(detached_while_stuck)
{
	unsigned int i;
	double begin;

	absent_map();
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(start(i, READ, i, GONE + i * PAGE), 0);
		ASSERT_EQ(start(i, READ, 10 + i, IOVA), 0);
	}
	ASSERT(missing_wanted());
	begin = mtap_now();
	prog_detach(&dev_prog);
	EXPECT(mtap_now() - begin < 2 * slowness());
	for (i = 0; i < 4; i++)
		absent_bring(i);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	ASSERT(kdma_await(8));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(kdma_error(i), 0);
	for (i = 0; i < 4; i++)
		EXPECT(found(i) < found(10 + i));
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
