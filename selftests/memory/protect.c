// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the program protects from writes while the device runs: by write(2), by mappings that
 * exist already, by several processes, with migration and reset.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"
#include "progs/kprot.h"

#define PAGE	KPROT_PAGE
#define FLASH	KPROT_FLASH
#define WORD(page)	((page) * PAGE / sizeof(__u64))

static __u64 *flash;

static __u64 *map_of(const struct vfio *v)
{
	void *p = mmap(NULL, KPROT_FLASH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, v->device,
		       v->region[FLASH].offset);

	ASSERT(p != MAP_FAILED);
	return p;
}

static void unmap(void *p)
{
	munmap(p, KPROT_FLASH_SIZE);
}

static void open_both(void)
{
	pair_open("kprot-1");
	flash = map_of(a);
}

static void close_both(void)
{
	if (flash)
		unmap(flash);
	flash = NULL;
	pair_close();
}

static void load(void)
{
	dev_load("progs/kprot.bpf.o");
}

static __s64 protect(unsigned int region, __u64 offset, __u64 size)
{
	dev_set(0, KPROT_REGION, 8, region);
	dev_set(0, KPROT_OFFSET, 8, offset);
	dev_set(0, KPROT_SIZE, 8, size);
	dev_set(0, KPROT_GO, 8, 0);
	return dev_get(0, KPROT_RESULT, 8);
}

/* What is in the memory, whatever a mapping shows */
static __u64 really(unsigned int page)
{
	return dev_get(FLASH, page * PAGE, 8);
}

/* Write by a mapping, so that the compiler does not merge or drop it. */
static void put(__u64 *p, __u64 val)
{
	__atomic_store_n(p, val, __ATOMIC_RELAXED);
}

static __u64 get(const __u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

MTAP_TEST(arguments)
{
	EXPECT_EQ(protect(FLASH, 0, KPROT_FLASH_SIZE), 0);
	EXPECT_EQ(protect(FLASH, PAGE, PAGE), 0);
	EXPECT_EQ(protect(FLASH, KPROT_FLASH_SIZE, 0), 0);
	EXPECT_EQ(protect(FLASH, 8, PAGE), -EINVAL);
	EXPECT_EQ(protect(FLASH, 0, PAGE - 8), -EINVAL);
	EXPECT_EQ(protect(FLASH, PAGE, KPROT_FLASH_SIZE), -EINVAL);
	EXPECT_EQ(protect(FLASH, KPROT_FLASH_SIZE + PAGE, 0), -EINVAL);
	EXPECT_EQ(protect(FLASH, PAGE, -(__u64)PAGE), -EINVAL);
	EXPECT_EQ(protect(KPROT_SMALL, 0, KPROT_SMALL_SIZE), 0);
	EXPECT_EQ(protect(KPROT_SMALL, 0, 50), -EINVAL);
	EXPECT_EQ(protect(KPROT_PLAIN, 0, PAGE), -EINVAL);
	EXPECT_EQ(protect(0, 0, PAGE), -EINVAL);
	EXPECT_EQ(protect(77, 0, PAGE), -EINVAL);
}

MTAP_TEST(by_write)
{
	char page[2 * PAGE] = { 1 };
	__u64 val = 5;

	ASSERT_EQ(protect(FLASH, PAGE, PAGE), 0);
	EXPECT_EQ(vfio_pwrite(a, FLASH, PAGE, &val, 8), -EACCES);
	EXPECT_EQ(vfio_pwrite(a, FLASH, 2 * PAGE - 1, &val, 1), -EACCES);
	EXPECT_EQ(really(1), 0);
	EXPECT_EQ(vfio_pwrite(a, FLASH, 0, page, sizeof(page)), PAGE);
	EXPECT_EQ(vfio_pwrite(a, FLASH, 2 * PAGE, &val, 8), 8);
	EXPECT_EQ(vfio_pread(a, FLASH, 0, page, sizeof(page)), sizeof(page));
	ASSERT_EQ(protect(FLASH, 0, 0), 0);
	EXPECT_EQ(vfio_pwrite(a, FLASH, PAGE, &val, 8), 8);
	ASSERT_EQ(protect(KPROT_SMALL, 0, KPROT_SMALL_SIZE), 0);
	EXPECT_EQ(vfio_pwrite(a, KPROT_SMALL, 96, &val, 4), -EACCES);
}

MTAP_TEST(program_can_write)
{
	ASSERT_EQ(protect(FLASH, 0, PAGE), 0);
	dev_set(0, KPROT_WRITE, 8, 77);
	EXPECT_EQ(dev_get(0, KPROT_RESULT, 8), 0);
	EXPECT_EQ(really(0), 77);
	EXPECT_EQ(get(flash), 77);
}

/* A mapping that was writable has no effect from the moment that the program says so. */
MTAP_TEST(by_mapping)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		put(flash + WORD(i), 100 + i);
	ASSERT_EQ(protect(FLASH, PAGE, 2 * PAGE), 0);
	for (i = 0; i < 16; i++)
		put(flash + WORD(i), 200 + i);
	for (i = 0; i < 16; i++)
		EXPECT_EQ(really(i), (i == 1 || i == 2 ? 100 : 200) + i);
	/* The rest of the page is as it was, and soon all of it */
	put(flash + WORD(1) + 1, 7);
	EXPECT(mtap_await(get(flash + WORD(1)) == 101));
	EXPECT(mtap_await(get(flash + WORD(1) + 1) == 0));
	EXPECT_EQ(really(1), 101);
}

/* The same for pages that were only read, never touched, or written as the first thing */
MTAP_TEST(by_mapping_untouched)
{
	EXPECT_EQ(get(flash), 0);
	ASSERT_EQ(protect(FLASH, 0, KPROT_FLASH_SIZE), 0);
	put(flash, 1);
	put(flash + WORD(1), 1);
	EXPECT_EQ(get(flash + WORD(2)), 0);
	put(flash + WORD(2), 1);
	EXPECT_EQ(really(0) + really(1) + really(2), 0);
	EXPECT(mtap_await(!get(flash) && !get(flash + WORD(1)) && !get(flash + WORD(2))));
}

/* When it ends, the next write is to the memory again, even if the mapping has a copy. */
MTAP_TEST(ends)
{
	unsigned int i;

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(protect(FLASH, 0, PAGE), 0);
		put(flash, 1);
		EXPECT_EQ(really(0), 2 * i);
		ASSERT_EQ(protect(FLASH, 0, 0), 0);
		put(flash, 2 * i + 2);
		EXPECT_EQ(really(0), 2 * i + 2);
	}
}

MTAP_TEST(moves)
{
	put(flash, 10);
	put(flash + WORD(1), 11);
	ASSERT_EQ(protect(FLASH, 0, PAGE), 0);
	ASSERT_EQ(protect(FLASH, PAGE, PAGE), 0);
	put(flash, 20);
	put(flash + WORD(1), 21);
	EXPECT_EQ(really(0), 20);
	EXPECT_EQ(really(1), 11);
}

/* Only the mapping that was written to has a copy. */
MTAP_TEST(other_mapping)
{
	__u64 *other = map_of(a);

	put(other, 3);
	put(flash, 4);
	ASSERT_EQ(protect(FLASH, 0, PAGE), 0);
	put(flash, 5);
	EXPECT_EQ(get(other), 4);
	unmap(other);
}

/* A process that has got the mapping by fork() */
MTAP_TEST(other_process)
{
	int status = -1, pipes[2];
	char c = 0;
	pid_t pid;

	put(flash, 1);
	ASSERT_EQ(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		put(flash, 2);
		if (read(pipes[0], &c, 1) == 1)
			put(flash, 3);
		_exit(0);
	}
	ASSERT(pid > 0);
	EXPECT(mtap_await(really(0) == 2));
	EXPECT_EQ(protect(FLASH, 0, PAGE), 0);
	EXPECT_EQ(write(pipes[1], &c, 1), 1);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(really(0), 2);
	close(pipes[0]);
	close(pipes[1]);
}

/* By an op that no access of this task has called */
MTAP_TEST(from_timer)
{
	unsigned int n = 0;

	ASSERT_EQ(protect(FLASH, 0, 0), 0);
	dev_set(0, KPROT_SIZE, 8, PAGE);
	dev_set(0, KPROT_LATER, 8, 1000000);
	EXPECT(mtap_await((put(flash, ++n), really(0) != n)));
	put(flash, ++n);
	EXPECT(really(0) < n - 1);
}

static atomic_bool stop;
static atomic_ulong writes;

static void *write_always(void *unused)
{
	while (!stop) {
		put(flash, ++writes);
		put(flash + WORD(1), writes);
	}
	return unused;
}

/* Against writers that never pause, too: what is there when the op returns stays. */
MTAP_TEST(against_writer)
{
	unsigned int i, changed = 0;
	pthread_t thread;
	__u64 val, last = 0;

	stop = false;
	writes = 0;
	ASSERT_EQ(pthread_create(&thread, NULL, write_always, NULL), 0);
	for (i = 0; i < 200; i++) {
		EXPECT_EQ(protect(FLASH, 0, PAGE), 0);
		val = really(0);
		changed += val != last;
		last = val;
		EXPECT_EQ(really(0), val);
		EXPECT_EQ(protect(FLASH, PAGE, PAGE), 0);
		/* No copy is left, nor mapped by a fault of the other thread */
		put(flash + 1, i + 1);
		EXPECT_EQ(dev_get(FLASH, 8, 8), i + 1);
		EXPECT(mtap_await(really(0) != val));
	}
	stop = true;
	pthread_join(thread, NULL);
	EXPECT(changed > 100);
}

MTAP_TEST(reset_ends_it)
{
	ASSERT_EQ(protect(FLASH, 0, PAGE), 0);
	EXPECT_HAS(sysfs_str(MDEV_DEVICES "/%s/mdev_bpf/dump", dev_mdev.uuid),
		   "protected: region 2, pages 0 to 0");
	ASSERT_EQ(vfio_reset(a), 0);
	put(flash, 9);
	EXPECT_EQ(really(0), 9);
}

MTAP_TEST(migrates)
{
	__u64 *other = map_of(&b), val = 1;

	put(flash + WORD(3), 33);
	ASSERT_EQ(protect(FLASH, 2 * PAGE, 2 * PAGE), 0);
	put(other + WORD(3), 1);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(vfio_pwrite(&b, FLASH, 3 * PAGE, &val, 8), -EACCES);
	EXPECT_EQ(vfio_pwrite(&b, FLASH, 4 * PAGE, &val, 8), 8);
	put(other + WORD(3), 2);
	EXPECT_EQ(vfio_get(&b, FLASH, 3 * PAGE, 8), 33);
	unmap(other);
}

/* Pages that the device does not have */
MTAP_TEST(wrong_stream)
{
	struct mig_section *s;
	__u64 *pages;

	save();
	s = mig_find(stream, len, MIG_PROTECT);
	ASSERT(s);
	pages = (__u64 *)(s + 1);
	EXPECT_EQ(pages[2 * FLASH + 1], 0);
	pages[2 * FLASH + 1] = KPROT_FLASH_SIZE / PAGE;
	mig_seal(stream, len);
	EXPECT_EQ(mig_load(&b, stream, len), 0);
	ASSERT_EQ(vfio_reset(&b), 0);
	pages[2 * FLASH + 1]++;
	mig_seal(stream, len);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_both, .after = close_both, .teardown = dev_unload,
};
