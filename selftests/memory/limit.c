// SPDX-License-Identifier: GPL-2.0-only
/* Which group memory regions are charged to, and what happens at its limit. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "child.h"
#include "dev.h"
#include "mig.h"
#include "progs/kmem.h"

/* Cgroups */
#define PAYER	"kst_payer"		/* creates devices */
#define USER	"kst_user"		/* the test, which uses them */
#define PAGE	((__u64)KMEM_PAGE)
#define MIB	(1ULL << 20)
#define SLACK	(4 * MIB)		/* what CPUs keep in stock, page tables, a process */

/* Who created the device, and goes on living in PAYER: somebody whom the OOM killer could kill. */
static struct child payer;
static char *buf;

static __u64 current_bytes(const char *group)
{
	return strtoull(sysfs_str(CGROUPS "/%s/memory.current", group), NULL, 10);
}

static void limit(__u64 bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	ASSERT_EQ(cgroup_put(PAYER, "memory.max", text), 0);
}

static void expect_nobody_killed(void)
{
	EXPECT_EQ(cgroup_counter(PAYER, "memory.events", "oom"), 0);
	EXPECT_EQ(cgroup_counter(PAYER, "memory.events", "oom_kill"), 0);
	EXPECT(child_lives(&payer));
}

static const char *payer_type;

static void payer_main(void)
{
	int ret = cgroup_enter(PAYER);

	if (!ret)
		ret = mdev_create(&dev_mdev, payer_type);
	child_ready(ret);
}

/* Have a task in PAYER create the device; returns what that gives. */
static int create(const char *type)
{
	child_kill(&payer);
	payer_type = type;
	child_start(&payer, payer_main);
	return payer.said;
}

/* dev_close() does not know a device that a child has created. */
static void close_device(void)
{
	vfio_close(&dev);
	mdev_remove(&dev_mdev);
	dev_close();
}

static void open_created(void)
{
	ASSERT_EQ(create("kmemlimit-1"), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

static int command(int what, unsigned int region, __u64 offset)
{
	dev_set(0, KMEM_REGION, 8, region);
	dev_set(0, KMEM_OFFSET, 8, offset);
	dev_set(0, KMEM_GO, 8, what);
	return dev_get(0, KMEM_RESULT, 8);
}

static char *map_large(void)
{
	char *p = mmap(NULL, KMEM_LARGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, dev.device,
		       dev.region[KMEM_LARGE].offset);

	ASSERT(p != MAP_FAILED);
	return p;
}

static void touch(char *p, __u64 size)
{
	__u64 i;

	for (i = 0; i < size; i += PAGE)
		p[i] = 1;
}

/* Write at *@offset and every @step bytes from there until that fails; the errno. */
static int fill_up(__u64 *offset, __u64 step)
{
	ssize_t ret = 1;

	for (; *offset < KMEM_LARGE_SIZE && ret == 1; *offset += step)
		ret = vfio_pwrite(&dev, KMEM_LARGE, *offset, "x", 1);
	return ret;
}

static void mount_cgroups(void)
{
	if (cgroup_mount("memory"))
		mtap_skip("no memory controller of cgroup2: CONFIG_MEMCG");
	ASSERT_EQ(cgroup_make(USER), 0);
	ASSERT_EQ(cgroup_enter(USER), 0);
}

static void load(void)
{
	dev_need_module();
	mount_cgroups();
	dev_mdev = mdev_uuid(0xd0);
	buf = malloc(16 * MIB);
	ASSERT(buf);
	memset(buf, 0x5a, 16 * MIB);
	ASSERT_EQ(prog_open(&dev_prog, "progs/kmem.bpf.o", NULL), 0);
	memcpy(prog_ops(&dev_prog)->name, "kmemlimit", sizeof("kmemlimit"));
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void unload(void)
{
	dev_unload();
	cgroup_enter("");
	rmdir(CGROUPS "/" USER);
}

/* A new group each time, so that its counters begin at 0 */
static void before(void)
{
	ASSERT_EQ(cgroup_make(PAYER), 0);
}

static void after(void)
{
	close_device();
	child_kill(&payer);
	cgroup_remove(PAYER);
}

MTAP_TEST(untouched_is_free)
{
	__u64 start;
	char *p;

	open_created();
	start = current_bytes(PAYER);
	EXPECT(start < 2 * SLACK);
	p = map_large();
	EXPECT_EQ(vfio_pread(&dev, KMEM_LARGE, 64 * MIB, buf, 16 * MIB), 16 * MIB);
	EXPECT(!buf[0] && !memcmp(buf, buf + 1, 16 * MIB - 1));
	EXPECT_EQ(command(KMEM_DO_READ, KMEM_HIDDEN, KMEM_HIDDEN_SIZE - 8), 0);
	EXPECT(current_bytes(PAYER) < start + SLACK);
	munmap(p, KMEM_LARGE_SIZE);
}

MTAP_TEST(creator_pays)
{
	__u64 start, mine;
	char *p;

	open_created();
	start = current_bytes(PAYER);
	mine = current_bytes(USER);
	p = map_large();
	touch(p, 16 * MIB);
	EXPECT(current_bytes(PAYER) > start + 16 * MIB - SLACK);
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, 64 * MIB, buf, 16 * MIB), 16 * MIB);
	EXPECT(current_bytes(PAYER) > start + 32 * MIB - SLACK);
	EXPECT(current_bytes(PAYER) < start + 32 * MIB + SLACK);
	EXPECT(current_bytes(USER) < mine + SLACK);
	munmap(p, KMEM_LARGE_SIZE);
	EXPECT(current_bytes(PAYER) > start + 32 * MIB - SLACK);
	close_device();
	EXPECT(mtap_await(current_bytes(PAYER) < start + SLACK));
}

/*
 * A region with CLEAR gets other memory when the device is closed. Who has taken the old one along,
 * by a dma-buf, can do so again and again, and pays for it.
 */
MTAP_TEST(user_pays_for_clear)
{
	__u64 start, mine;

	ASSERT_EQ(prog_up(&dev_prog2, "bochs.bpf.o"), 0);
	ASSERT_EQ(create("bochs-large"), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	start = current_bytes(PAYER);
	mine = current_bytes(USER);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 0, buf, 16 * MIB), 16 * MIB);
	EXPECT(current_bytes(USER) > mine + 16 * MIB - SLACK);
	EXPECT(current_bytes(PAYER) < start + SLACK);
	close_device();
	EXPECT(mtap_await(current_bytes(USER) < mine + SLACK));
}

/* Have the pages of the region's start in a pipe, which keeps them. */
static void keep_page(int pipe_fd)
{
	struct iovec iov = { .iov_len = 1 };

	iov.iov_base = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, dev.device,
			    dev.region[0].offset);
	ASSERT(iov.iov_base != MAP_FAILED);
	*(char *)iov.iov_base = 'a';
	ASSERT_EQ(vmsplice(pipe_fd, &iov, 1, 0), 1);
	munmap(iov.iov_base, PAGE);
}

/*
 * The user sees to it that there is no other memory when it closes the device, and still has a page
 * of the old one. The next user does not get that.
 */
MTAP_TEST(next_user_gets_other_memory)
{
	char byte = 0, max[32];
	int ends[2];

	ASSERT_EQ(pipe(ends), 0);
	ASSERT_EQ(prog_open(&dev_prog2, "bochs.bpf.o", NULL), 0);
	/* The video memory of type "medium" */
	prog_ops(&dev_prog2)->regions[2].flags |= MDEV_BPF_REGION_POPULATE;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	ASSERT_EQ(create("bochs-medium"), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	keep_page(ends[1]);
	snprintf(max, sizeof(max), "%llu", (unsigned long long)current_bytes(USER) + 4 * MIB);
	ASSERT_EQ(cgroup_put(USER, "memory.max", max), 0);
	vfio_close(&dev);
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -ENOMEM);
	vfio_close(&dev);
	ASSERT_EQ(cgroup_put(USER, "memory.max", "max"), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 0, "b", 1), 1);
	EXPECT_EQ(read(ends[0], &byte, 1), 1);
	EXPECT_EQ(byte, 0);
	close(ends[0]);
	close(ends[1]);
}

/* All pages of a region with POPULATE exist from the beginning, and each user pays for its own. */
MTAP_TEST(user_pays_for_populated)
{
	__u64 size, payer_has, mine;

	ASSERT_EQ(prog_open(&dev_prog2, "bochs.bpf.o", NULL), 0);
	prog_ops(&dev_prog2)->regions[2].flags |= MDEV_BPF_REGION_POPULATE;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	ASSERT_EQ(create("bochs-medium"), 0);
	payer_has = current_bytes(PAYER);
	mine = current_bytes(USER);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	size = dev.region[0].size;
	EXPECT(size >= 2 * SLACK);
	EXPECT(current_bytes(USER) > mine + size - SLACK);
	EXPECT(mtap_await(current_bytes(PAYER) < payer_has - size + SLACK));
}

/* The user can keep the file of a migration, but not the memory of a device that is gone. */
MTAP_TEST(removed_while_it_migrates)
{
	__u64 start;
	int fd = -1;
	char byte;

	open_created();
	start = current_bytes(PAYER);
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, 0, buf, 16 * MIB), 16 * MIB);
	EXPECT(current_bytes(PAYER) > start + 16 * MIB - SLACK);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP_COPY, &fd), 0);
	EXPECT_EQ(read(fd, &byte, 1), 1);
	close_device();
	EXPECT(mtap_await(current_bytes(PAYER) < start + SLACK));
	EXPECT_EQ(read(fd, &byte, 1) < 0 ? -errno : 0, -ENODEV);
	close(fd);
}

MTAP_TEST(write_at_limit)
{
	__u64 offset = 32 * MIB;
	ssize_t done;

	open_created();
	limit(current_bytes(PAYER) + 8 * MIB);
	memset(buf, 0x5a, 16 * MIB);
	done = vfio_pwrite(&dev, KMEM_LARGE, 0, buf, 16 * MIB);
	EXPECT(done >= (ssize_t)(4 * MIB) && done < (ssize_t)(16 * MIB));
	EXPECT_EQ(fill_up(&offset, PAGE), -ENOMEM);
	EXPECT(offset < 32 * MIB + SLACK);
	/* Pages that exist keep their bytes, and the others read as zero */
	EXPECT_EQ(dev_get(KMEM_LARGE, done - 1, 1), 0x5a);
	EXPECT_EQ(dev_get(KMEM_LARGE, offset, 1), 0);
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, 0, "y", 1), 1);
	expect_nobody_killed();
	cgroup_put(PAYER, "memory.max", "max");
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, 64 * MIB, buf, 16 * MIB), 16 * MIB);
	EXPECT_EQ(dev_get(KMEM_LARGE, 0, 1), 'y');
}

MTAP_TEST(touch_at_limit)
{
	int status = 0;
	pid_t pid;
	char *p;

	open_created();
	limit(current_bytes(PAYER) + 8 * MIB);
	p = map_large();
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		touch(p, 8 * MIB + SLACK);
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	/* The pages before it were allocated */
	EXPECT_EQ(p[2 * MIB], 1);
	expect_nobody_killed();
	cgroup_put(PAYER, "memory.max", "max");
	touch(p, 8 * MIB + SLACK);
	EXPECT_EQ(dev_get(KMEM_LARGE, 8 * MIB + SLACK - PAGE, 1), 1);
	munmap(p, KMEM_LARGE_SIZE);
}

MTAP_TEST(kfuncs_at_limit)
{
	__u64 offset = 0, end;
	int ret = 0;

	open_created();
	limit(current_bytes(PAYER) + 2 * MIB);
	EXPECT_EQ(fill_up(&offset, PAGE), -ENOMEM);
	for (end = offset + SLACK; !ret && offset < end; offset += PAGE)
		ret = command(KMEM_DO_WRITE, KMEM_LARGE, offset);
	EXPECT_EQ(ret, -ENOMEM);
	for (ret = 0, end = offset + SLACK; !ret && offset < end; offset += PAGE)
		ret = command(KMEM_DO_GET, KMEM_LARGE, offset);
	EXPECT_EQ(ret, -1);
	/* Reading takes none, nor does what was there from the start */
	EXPECT_EQ(command(KMEM_DO_READ, KMEM_LARGE, offset), 0);
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_PRIVATE, 0), 0);
	EXPECT_EQ(command(KMEM_DO_GET, KMEM_PRIVATE, PAGE), 0);
	expect_nobody_killed();
	cgroup_put(PAYER, "memory.max", "max");
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_LARGE, offset), 0);
}

/* The limit is met by the index of the pages, too, not just by pages. */
MTAP_TEST(limit_in_steps)
{
	__u64 offset = 0, max;
	unsigned int i;

	open_created();
	max = (current_bytes(PAYER) + MIB) & -PAGE;
	for (i = 0; i < 32; i++) {
		limit(max + i * PAGE);
		EXPECT_EQ(fill_up(&offset, 64 * PAGE), -ENOMEM);
	}
	expect_nobody_killed();
}

MTAP_TEST(populate_at_limit)
{
	struct mdev_bpf_ops *ops;

	ASSERT_EQ(prog_open(&dev_prog2, "progs/kmem.bpf.o", NULL), 0);
	ops = prog_ops(&dev_prog2);
	memcpy(ops->name, "kmempop", sizeof("kmempop"));
	ops_region(ops, KMEM_HIDDEN)->flags |= MDEV_BPF_REGION_POPULATE;
	ops->max_instances = 1;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	limit(16 * MIB);
	EXPECT_EQ(create("kmempop-1"), -ENOMEM);
	EXPECT(!exists(MDEV_DEVICES "/%s", dev_mdev.uuid));
	EXPECT_EQ(type_available("kmempop-1"), 1);
	EXPECT(mtap_await(current_bytes(PAYER) < SLACK));
	expect_nobody_killed();
	limit(KMEM_HIDDEN_SIZE + 16 * MIB);
	EXPECT_EQ(create("kmempop-1"), 0);
	EXPECT(current_bytes(PAYER) >= KMEM_HIDDEN_SIZE);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_HIDDEN, KMEM_HIDDEN_SIZE - 8), 0);
}

/* The group of who created the device gets back what the program has zeroed. */
MTAP_TEST(zeroed_is_freed)
{
	const __u64 size = 32 * MIB;
	double end = mtap_now() + 30;
	__u64 offset, used;

	open_created();
	memset(buf, 0x5a, MIB);
	for (offset = 0; offset < size; offset += MIB)
		ASSERT_EQ(vfio_pwrite(&dev, KMEM_LARGE, offset, buf, MIB), MIB);
	used = current_bytes(PAYER);
	EXPECT(used >= size);
	for (offset = 0; offset < size; offset += MIB) {
		dev_set(0, KMEM_DATA, 8, MIB);
		EXPECT_EQ(command(KMEM_DO_ZERO, KMEM_LARGE, offset), 0);
	}
	while (current_bytes(PAYER) > used - size + SLACK && mtap_now() < end)
		mtap_wait_us(1000);
	EXPECT(current_bytes(PAYER) <= used - size + SLACK);
	/* And it is memory again */
	EXPECT_EQ(dev_get(KMEM_LARGE, 8, 8), 0);
	dev_set(KMEM_LARGE, 8, 8, 77);
	EXPECT_EQ(dev_get(KMEM_LARGE, 8, 8), 77);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = before, .after = after, .teardown = unload,
};
