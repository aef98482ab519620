// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that travels while the device runs: what is sent, how often, and what becomes of it when
 * that ends early.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "precopy.h"

MTAP_TEST(first_pass)
{
	size_t pos;

	put(0, 1);
	put(5, 2);
	put(KPRE_MEM_SIZE / PAGE - 1, 3);
	begin();
	expect_info(sizeof(struct mig_header) + 3 * PIECE, 0);
	ASSERT_EQ(read(precopy_fd, sent, sizeof(struct mig_header)), sizeof(struct mig_header));
	expect_info(3 * PIECE, 0);
	sent_len = sizeof(struct mig_header);
	EXPECT_EQ(again(&pos), 3);
	EXPECT_EQ(count(pos, KPRE_MEM, 0), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 5), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, KPRE_MEM_SIZE / PAGE - 1), 1);
	expect_info(0, 0);
	EXPECT_EQ(again(&pos), 0);
	EXPECT_EQ(rest(&pos), 0);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 5), 2);
	EXPECT_EQ(get_b(KPRE_MEM, KPRE_MEM_SIZE / PAGE - 1), 3);
}

MTAP_TEST(written_again)
{
	size_t pos;
	__s64 size;

	put(0, 1);
	put(5, 2);
	EXPECT_EQ(first(&pos), 2);
	put(5, 3);
	put(9, 4);
	expect_info(0, 2 * PIECE);
	EXPECT_EQ(again(&pos), 2);
	EXPECT_EQ(count(pos, KPRE_MEM, 5), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 9), 1);
	expect_info(0, 0);
	/* Also one that was sent twice, and one that was read */
	put(5, 5);
	EXPECT_EQ(vfio_get(a, KPRE_MEM, 0, 8), 1);
	EXPECT_EQ(vfio_get(a, KPRE_MEM, 77 * PAGE, 8), 0);
	size = mig_data_size(a);
	EXPECT_EQ(rest(&pos), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 5), 1);
	EXPECT_EQ(size, sizeof(struct mig_header) + sent_len - pos);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 5), 5);
	EXPECT_EQ(get_b(KPRE_MEM, 9), 4);
}

MTAP_TEST(aborted)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	unsigned int i;
	char c;
	size_t pos;

	put(1, 1);
	store(p, 2, 1);
	for (i = 0; i < 3; i++) {
		/* In the first pass, between two, and with pages that were written again */
		begin();
		if (i)
			EXPECT_EQ(read_all(), -ENOMSG);
		if (i == 2) {
			put(1, i);
			store(p, 2, i);
		}
		ASSERT_EQ(mig_set(a, S(RUNNING), NULL), 0);
		EXPECT_EQ(read(precopy_fd, &c, 1), -1);
		EXPECT_EQ(errno, ENODEV);
		EXPECT_EQ(mig_data_size(a), mig_data_size(&b) + 2 * PIECE);
	}
	EXPECT_EQ(first(&pos), 2);
	expect_info(0, 0);
	EXPECT_EQ(rest(&pos), 0);
	arrive();
	munmap(p, AREA);
}

MTAP_TEST(reset_meanwhile)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	size_t pos;
	char c;

	store(p, 2, 1);
	EXPECT_EQ(first(&pos), 1);
	store(p, 2, 2);
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(read(precopy_fd, &c, 1), -1);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_EQ(look(p, 2), 0);
	EXPECT_EQ(first(&pos), 1);
	store(p, 2, 3);
	EXPECT_EQ(rest(&pos), 1);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 2), 3);
	munmap(p, AREA);
}

/* What did not come to be sent while the device ran follows, each page once. */
MTAP_TEST(stopped_in_first_pass)
{
	size_t pos, size;
	unsigned int i;

	for (i = 0; i < 20; i++)
		put(3 * i, i + 1);
	program(KPRE_WRITE, MDEV_BPF_MEMORY(KPRE_RO, 0), 5);
	begin();
	/* Up to the middle of a piece */
	sent_len = sizeof(struct mig_header) + 7 * PIECE + 100;
	ASSERT_EQ(read(precopy_fd, sent, sent_len), sent_len);
	expect_info(13 * PIECE + PIECE - 100, 0);
	put(3 * 2, 0x22);
	put(3 * 12, 0x33);
	put(10, 0x44);
	put(31, 0x55);
	size = mig_data_size(a);
	rest(&pos);
	EXPECT_EQ(sent_len, pos + PIECE - 100 + size - sizeof(struct mig_header));
	pos = sizeof(struct mig_header);
	EXPECT_EQ(pages_from(pos), 20 + 1 + 3);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(count(pos, KPRE_MEM, 3 * i), i == 2 ? 2 : 1);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 10), 0x44);
	EXPECT_EQ(get_b(KPRE_MEM, 36), 0x33);
}

/* A target that has got all of the stream but its end is unchanged. */
MTAP_TEST(cut_off)
{
	size_t pos;
	int to;

	EXPECT_EQ(vfio_set(&b, KPRE_MEM, 0, 8, 0xb), 0);
	put(0, 1);
	EXPECT_EQ(first(&pos), 1);
	put(0, 2);
	EXPECT_EQ(rest(&pos), 1);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &to), 0);
	EXPECT_EQ(mig_write(to, sent, sent_len - 1), 0);
	EXPECT_EQ(mig_set(&b, S(STOP), NULL), -EBADMSG);
	close(to);
	EXPECT_EQ(get_b(KPRE_MEM, 0), 0xb);
	arrive();
}

static long faults(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_minflt;
}

/* After the session, a mapping is as fast as before. */
MTAP_TEST(no_faults_afterwards)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	unsigned int i;
	long before;
	size_t pos;

	for (i = 0; i < PAGES; i++)
		store(p, i, i);
	EXPECT_EQ(first(&pos), PAGES);
	ASSERT_EQ(mig_set(a, S(RUNNING), NULL), 0);
	before = faults();
	for (i = 0; i < PAGES; i++)
		store(p, i, look(p, i) + 1);
	EXPECT(faults() - before >= PAGES);
	before = faults();
	for (i = 0; i < 100 * PAGES; i++)
		store(p, i % PAGES, i);
	EXPECT(faults() - before < PAGES / 10);
	munmap(p, AREA);
}

MTAP_TEST(without_program)
{
	size_t pos;

	put(1, 1);
	begin();
	prog_detach(&dev_prog);
	EXPECT_EQ(read_all(), -ENOMSG);
	EXPECT_EQ(pages_from(sizeof(struct mig_header)), 1);
	put(1, 2);
	EXPECT_EQ(again(&pos), 1);
	put(2, 3);
	EXPECT_EQ(rest(&pos), 1);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 2), 3);
}

/* Most of the memory goes before the device stands still. */
MTAP_TEST(most_goes_early)
{
	__u64 *p = map(a, KPRE_MEM, KPRE_MEM_SIZE, PROT_READ | PROT_WRITE);
	unsigned int i;
	size_t pos;

	for (i = 0; i < KPRE_MEM_SIZE / PAGE; i++)
		store(p, i, i);
	begin();
	expect_info(sizeof(struct mig_header) + KPRE_MEM_SIZE / PAGE * PIECE, 0);
	EXPECT_EQ(read_all(), -ENOMSG);
	expect_info(0, 0);
	EXPECT_EQ(rest(&pos), 0);
	mtap_diag("%zu bytes while it runs, %zu when it has stopped", pos, sent_len - pos);
	EXPECT(sent_len - pos < PAGE);
	munmap(p, KPRE_MEM_SIZE);
}

const struct mtap_suite mtap_suite = {
	.setup = precopy_load, .before = precopy_before, .after = precopy_after,
	.teardown = dev_unload,
};
