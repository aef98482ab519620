// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is written while it travels: by mappings, the program, DMA, and those who do it
 * unseen. The target has it all in the end.
 */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "precopy.h"

MTAP_TEST(written_through_mapping)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	unsigned int n;
	size_t pos;

	store(p, 3, 1);
	store(p, 4, 1);
	EXPECT_EQ(first(&pos), 2);
	for (n = 2; n < 10; n++) {
		store(p, 3, n);
		expect_info(0, PIECE);
		EXPECT_EQ(again(&pos), 1);
		EXPECT_EQ(count(pos, KPRE_MEM, 3), 1);
	}
	EXPECT_EQ(again(&pos), 0);
	store(p, 4, n);
	EXPECT_EQ(rest(&pos), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 4), 1);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 3), n - 1);
	EXPECT_EQ(get_b(KPRE_MEM, 4), n);
	munmap(p, AREA);
}

/* What is only looked at is not sent again; what is written after that is, without a fault. */
MTAP_TEST(read_through_mapping)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	size_t pos;

	put(3, 1);
	put(4, 1);
	EXPECT_EQ(first(&pos), 2);
	EXPECT_EQ(look(p, 3), 1);
	EXPECT_EQ(look(p, 4), 1);
	EXPECT_EQ(look(p, 5), 0);
	EXPECT_EQ(again(&pos), 0);
	EXPECT_EQ(look(p, 3), 1);
	EXPECT_EQ(look(p, 4), 1);
	store(p, 4, 2);
	EXPECT_EQ(rest(&pos), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 4), 1);
	arrive();
	munmap(p, AREA);
}

MTAP_TEST(written_by_program)
{
	__u64 *p = map(a, KPRE_RO, KPRE_RO_SIZE, PROT_READ);
	size_t pos;

	EXPECT_EQ(first(&pos), 0);
	program(KPRE_WRITE, MDEV_BPF_MEMORY(KPRE_RO, 0x1008), 0x11);
	program(KPRE_POKE, MDEV_BPF_MEMORY(KPRE_MEM, 8 * PAGE), 0x22);
	program(KPRE_WRITE, MDEV_BPF_MEMORY(KPRE_SMALL, KPRE_SMALL_SIZE - 8), 0x33);
	EXPECT_EQ(p[0x201], 0x11);
	expect_info(0, 3 * PIECE - (PAGE - KPRE_SMALL_SIZE));
	EXPECT_EQ(again(&pos), 3);
	/* This mapping is read-only, so the page is not dirty */
	EXPECT_EQ(p[0x201], 0x11);
	expect_info(0, 0);
	/* Across the end of a page */
	program(KPRE_WRITE, MDEV_BPF_MEMORY(KPRE_RO, 0x1ffc), 0x44);
	EXPECT_EQ(again(&pos), 2);
	EXPECT_EQ(p[0x201], 0x11);
	program(KPRE_POKE, MDEV_BPF_MEMORY(KPRE_MEM, 8 * PAGE), 0x55);
	EXPECT_EQ(rest(&pos), 1);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 8), 0x55);
	munmap(p, KPRE_RO_SIZE);
}

MTAP_TEST(written_by_timer)
{
	__u64 ticks;
	size_t pos;
	int i;

	reg(a, KPRE_WHERE, MDEV_BPF_MEMORY(KPRE_MEM, 3 * PAGE));
	put(2, 1);
	put(3, 0);
	EXPECT_EQ(first(&pos), 2);
	reg(a, KPRE_TICK, 1000000);
	for (i = 0; i < 10; i++) {
		ticks = vfio_get(a, 0, KPRE_TICKS, 8);
		EXPECT(mtap_await((__u64)vfio_get(a, 0, KPRE_TICKS, 8) != ticks));
		EXPECT(again(&pos) >= 1);
		EXPECT_EQ(count(pos, KPRE_MEM, 2), 0);
	}
	rest(&pos);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 3), vfio_get(&b, 0, KPRE_TICKS, 8));
}

MTAP_TEST(written_by_dma)
{
	__u64 *p = guest_page(a, NULL);
	size_t pos;

	put(6, 1);
	EXPECT_EQ(first(&pos), 1);
	memset(p, 0x5a, PAGE);
	reg(a, KPRE_WHERE, MDEV_BPF_MEMORY(KPRE_MEM, 6 * PAGE + 8));
	reg(a, KPRE_DMA, 0);
	EXPECT(mtap_await(vfio_get(a, 0, KPRE_DONE, 8) == 1));
	EXPECT_EQ(again(&pos), 2);
	EXPECT_EQ(count(pos, KPRE_MEM, 6), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 7), 1);
	p[1] = 0xa5;
	reg(a, KPRE_DMA, 0);
	EXPECT(mtap_await(vfio_get(a, 0, KPRE_DONE, 8) == 2));
	EXPECT_EQ(rest(&pos), 2);
	arrive();
	EXPECT_EQ(vfio_get(&b, KPRE_MEM, 6 * PAGE + 16, 8), 0xa5);
}

/* A page that another device has pinned and writes to when it likes goes last. */
MTAP_TEST(pinned_by_another)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	size_t pos;

	store(p, 1, 1);
	store(p, 2, 1);
	guest_page(&b, p + 2 * (PAGE / 8));
	reg(&b, KPRE_PIN, 0);
	EXPECT(mtap_await(vfio_get(&b, 0, KPRE_DONE, 8) == 1));
	EXPECT_EQ(first(&pos), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 1), 1);
	expect_info(0, 0);
	EXPECT_EQ(again(&pos), 0);
	reg(&b, KPRE_PINNED, 0x1234);
	EXPECT_EQ(look(p, 2), 0x1234);
	EXPECT_EQ(rest(&pos), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 2), 1);
	/* Where it goes must not be where its bytes come from */
	vfio_close(&b);
	ASSERT(mtap_await(vfio_open(&b, &mdev_b) == 0 || (vfio_close(&b), false)));
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 2), 0x1234);
	munmap(p, AREA);
}

/* Pinned after it was sent */
MTAP_TEST(pinned_meanwhile)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	size_t pos;

	store(p, 2, 1);
	EXPECT_EQ(first(&pos), 1);
	guest_page(&b, p + 2 * (PAGE / 8));
	reg(&b, KPRE_PIN, 0);
	EXPECT(mtap_await(vfio_get(&b, 0, KPRE_DONE, 8) == 1));
	EXPECT_EQ(again(&pos), 0);
	reg(&b, KPRE_PINNED, 0x77);
	EXPECT_EQ(again(&pos), 0);
	EXPECT_EQ(rest(&pos), 1);
	EXPECT_EQ(*(__u64 *)(next_memory(&pos) + 1), 0x77);
	munmap(p, AREA);
}

static __u64 *map_dmabuf(unsigned int page, int *buf)
{
	struct vfio_device_gfx_plane_info plane = {
		.argsz = sizeof(plane), .flags = VFIO_GFX_PLANE_TYPE_DMABUF,
	};
	__u64 *p;

	reg(a, KPRE_SHOW, page * PAGE);
	ASSERT_EQ(vfio_ioctl(a, VFIO_DEVICE_QUERY_GFX_PLANE, &plane), 0);
	*buf = vfio_ioctl(a, VFIO_DEVICE_GET_GFX_DMABUF, &plane.dmabuf_id);
	ASSERT(*buf >= 0);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *buf, 0);
	ASSERT(p != MAP_FAILED);
	return p;
}

/* What somebody has mapped as a dma-buf goes last, too, before and while it is saved. */
MTAP_TEST(dmabuf)
{
	__u64 *p, *q;
	int x, y;
	size_t pos;

	put(1, 1);
	put(2, 1);
	p = map_dmabuf(1, &x);
	EXPECT_EQ(*p, 1);
	EXPECT_EQ(first(&pos), 1);
	EXPECT_EQ(count(pos, KPRE_MEM, 2), 1);
	q = map_dmabuf(2, &y);
	*p = 0x11;
	*q = 0x22;
	EXPECT_EQ(again(&pos), 0);
	EXPECT_EQ(mig_data_size(a), mig_data_size(&b) + 2 * PIECE);
	EXPECT_EQ(rest(&pos), 2);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 1), 0x11);
	EXPECT_EQ(get_b(KPRE_MEM, 2), 0x22);
	munmap(p, PAGE);
	munmap(q, PAGE);
	close(x);
	close(y);
	/* When it is gone they are pages like others */
	ASSERT_EQ(mig_set(a, S(RUNNING), NULL), 0);
	EXPECT(mtap_await(first(&pos) == 2 || (mig_set(a, S(RUNNING), NULL), false)));
	EXPECT_EQ(rest(&pos), 0);
}

static bool stop;

static bool going(void)
{
	return !__atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static unsigned int seed(unsigned int *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 8;
}

static void *maps(void *mapping)
{
	unsigned int state = 1;
	__u64 n = 0;

	/* Some pages all the time, and all of them now and then */
	while (going()) {
		n++;
		store(mapping, n % 4, n);
		store(mapping + 1, seed(&state) % PAGES, n);
	}
	return NULL;
}

static void *writes(void *unused)
{
	unsigned int state = 2;
	char buf[2 * PAGE];

	while (going()) {
		memset(buf, seed(&state), sizeof(buf));
		vfio_pwrite(a, KPRE_MEM, seed(&state) % (AREA - sizeof(buf)), buf,
			    seed(&state) % sizeof(buf));
	}
	return unused;
}

static void *has_written(void *unused)
{
	unsigned int state = 3;

	while (going()) {
		vfio_set(a, 0, KPRE_WHERE, 8, MDEV_BPF_MEMORY(KPRE_MEM,
							      seed(&state) % (AREA / 8) * 8));
		vfio_set(a, 0, seed(&state) % 2 ? KPRE_POKE : KPRE_WRITE, 8, state);
		vfio_set(a, 0, KPRE_DMA, 8, 0);
	}
	return unused;
}

/* All kinds of writers run during the passes. Once they have stopped, both sides are equal. */
MTAP_TEST(written_all_the_time)
{
	void *(*const fns[])(void *) = { maps, maps, writes, has_written };
	pthread_t thread[ARRAY_SIZE(fns)];
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	unsigned int i, round;
	size_t pos;

	memset(guest_page(a, NULL), 0x42, PAGE);
	for (round = 0; round < 2; round++) {
		__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
		for (i = 0; i < ARRAY_SIZE(fns); i++)
			ASSERT_EQ(pthread_create(&thread[i], NULL, fns[i], p), 0);
		begin();
		/* Each pass ends nevertheless */
		for (i = 0; i < 5; i++)
			EXPECT_EQ(read_all(), -ENOMSG);
		__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
		for (i = 0; i < ARRAY_SIZE(fns); i++)
			pthread_join(thread[i], NULL);
		rest(&pos);
		arrive();
		ASSERT_EQ(mig_set(a, S(RUNNING), NULL), 0);
	}
	munmap(p, AREA);
}

/* Mappings of others, and those that are moved */
MTAP_TEST(other_mappings)
{
	__u64 *p = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE), *q;
	int status, go[2], done[2];
	size_t pos;
	char c = 0;
	pid_t pid;

	ASSERT_EQ(pipe(go) | pipe(done), 0);
	store(p, 1, 1);
	pid = fork();
	if (!pid) {
		/* Twice, before and after a pass */
		store(p, 1, 2);
		if (write(done[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		store(p, 1, 3);
		_exit(0);
	}
	ASSERT_EQ(read(done[0], &c, 1), 1);
	EXPECT_EQ(first(&pos), 1);
	ASSERT_EQ(write(go[1], &c, 1), 1);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(again(&pos), 1);
	store(p, 2, 4);
	q = mremap(p, AREA, AREA, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)p + 2 * AREA);
	ASSERT(q != MAP_FAILED);
	store(q, 2, 5);
	EXPECT_EQ(again(&pos), 1);
	store(q, 2, 6);
	/* What was written is noted although the mapping is gone */
	munmap(q, AREA);
	EXPECT_EQ(again(&pos), 1);
	p = map(a, KPRE_MEM, AREA, PROT_READ);
	EXPECT_EQ(look(p, 2), 6);
	ASSERT_EQ(mprotect(p, AREA, PROT_READ | PROT_WRITE), 0);
	store(p, 2, 7);
	EXPECT_EQ(rest(&pos), 1);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 1), 3);
	EXPECT_EQ(get_b(KPRE_MEM, 2), 7);
	munmap(p, AREA);
	close(go[0]), close(go[1]), close(done[0]), close(done[1]);
}

const struct mtap_suite mtap_suite = {
	.setup = precopy_load, .before = precopy_before, .after = precopy_after,
	.teardown = dev_unload,
};
