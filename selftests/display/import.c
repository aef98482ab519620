// SPDX-License-Identifier: GPL-2.0-only
/* dma-bufs that drivers map for their devices: what these may do, how often, and who pays. */
#include <drm/drm_fourcc.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "display.h"
#include "display/importer_test.h"

#define MODULE		"display/kmod/mdev_bpf_importer_test.ko"
#define GROUP		"kst_import"
#define MAPS		16	/* of one dma-buf */
/* A picture so large that the table of its pages takes half a megabyte */
#define LARGE_STRIDE	65536u
#define LARGE_HEIGHT	1024u
#define LARGE		(LARGE_STRIDE * LARGE_HEIGHT)
#define TABLE		(LARGE / 4096 * 32)

static int importers[MAPS + 1];
static unsigned int nr_importers;

/* Another driver maps a dma-buf: 0 or negative errno */
static int import(int fd, __u32 direction, __u64 *size)
{
	struct importer_map map = { .fd = fd, .direction = direction };
	int importer = open("/dev/mdev_bpf_importer", O_RDWR | O_CLOEXEC);

	ASSERT(importer >= 0);
	if (ioctl(importer, IMPORTER_MAP, &map)) {
		map.fd = -errno;
		close(importer);
		return map.fd;
	}
	importers[nr_importers++] = importer;
	*size = map.size;
	return 0;
}

static void importers_close(void)
{
	while (nr_importers)
		close(importers[--nr_importers]);
}

/* Map a dma-buf until that fails, MAPS + 1 times at most. Return: the last result. */
static int import_all(int fd)
{
	int ret = 0;
	__u64 size;

	while (!ret && nr_importers <= MAPS)
		ret = import(fd, IMPORTER_READ, &size);
	return ret;
}

/* The primary plane in the region that may only be read, as a dma-buf */
static int read_only(void)
{
	display_set(KGFX_PRIMARY + KGFX_REGION, KGFX_SMALL);
	display_set(KGFX_PRIMARY + KGFX_WIDTH, 4);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, 4);
	display_set(KGFX_PRIMARY + KGFX_STRIDE, 16);
	return get_dmabuf(dmabuf_id(PRIMARY));
}

MTAP_TEST(written_and_read)
{
	__u64 size = 0;

	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	EXPECT_EQ(import(buf_fd, IMPORTER_BOTH, &size), 0);
	EXPECT_EQ(size, PAGES);
	EXPECT_EQ(import(buf_fd, IMPORTER_WRITE, &size), 0);
	EXPECT_EQ(import(buf_fd, IMPORTER_READ, &size), 0);
}

/* Users cannot write to this region, so what they hand it to cannot either. */
MTAP_TEST(only_read)
{
	__u64 size = 0;

	buf_fd = read_only();
	ASSERT(buf_fd >= 0);
	EXPECT_EQ(import(buf_fd, IMPORTER_BOTH, &size), -EACCES);
	EXPECT_EQ(import(buf_fd, IMPORTER_WRITE, &size), -EACCES);
	EXPECT_EQ(import(buf_fd, IMPORTER_READ, &size), 0);
	EXPECT_EQ(size, 4096);
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, buf_fd, 0) == MAP_FAILED);
}

/* The same if they map the file of that driver, which they can write to. */
MTAP_TEST(only_read_through_a_driver)
{
	__u64 size = 0;
	char *p;

	buf_fd = read_only();
	ASSERT(buf_fd >= 0);
	ASSERT_EQ(import(buf_fd, IMPORTER_READ, &size), 0);
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, importers[0], 0) ==
	       MAP_FAILED);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, importers[0], 0);
	ASSERT(p != MAP_FAILED);
	EXPECT_EQ(*p, 0);
	EXPECT_EQ(mprotect(p, 4096, PROT_READ | PROT_WRITE) ? -errno : 0, -EACCES);
	EXPECT_EQ(munmap(p, 4096), 0);
}

MTAP_TEST(written_through_a_driver)
{
	__u64 size = 0;
	char *p, *own;

	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	ASSERT_EQ(import(buf_fd, IMPORTER_BOTH, &size), 0);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, importers[0], 0);
	ASSERT(p != MAP_FAILED);
	own = mmap(NULL, 4096, PROT_READ, MAP_SHARED, buf_fd, 0);
	ASSERT(own != MAP_FAILED);
	p[5] = 42;
	EXPECT_EQ(own[5], 42);
	EXPECT_EQ(munmap(p, 4096), 0);
	EXPECT_EQ(munmap(own, 4096), 0);
}

MTAP_TEST(so_many_at_a_time)
{
	__u64 size;

	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	EXPECT_EQ(import_all(buf_fd), -EBUSY);
	EXPECT_EQ(nr_importers, MAPS);
	close(importers[--nr_importers]);
	EXPECT_EQ(import(buf_fd, IMPORTER_BOTH, &size), 0);
	EXPECT_EQ(import(buf_fd, IMPORTER_READ, &size), -EBUSY);
	/* What was refused for another reason is not counted. */
	importers_close();
	close(buf_fd);
	buf_fd = read_only();
	EXPECT_EQ(import(buf_fd, IMPORTER_BOTH, &size), -EACCES);
	EXPECT_EQ(import_all(buf_fd), -EBUSY);
	EXPECT_EQ(nr_importers, MAPS);
}

/* What a task found that may have less memory than it asks for */
struct found {
	unsigned int limited;	/* maps that it got, */
	int ret;		/* and what the next one gave */
	unsigned int lifted;	/* the same without limit */
	int then;
	long long bytes;	/* that its group had in the end */
};

/* A group above its limit, and a task in it that maps */
static void __noreturn import_limited(struct found *found)
{
	int ret = cgroup_enter(GROUP);

	if (!ret)
		ret = cgroup_put(GROUP, "memory.max", "4M");
	if (ret)
		_exit(2);
	found->ret = import_all(buf_fd);
	found->limited = nr_importers;
	if (cgroup_put(GROUP, "memory.max", "max"))
		_exit(3);
	found->then = import_all(buf_fd);
	found->lifted = nr_importers;
	found->bytes = strtoll(sysfs_str(CGROUPS "/" GROUP "/memory.current"), NULL, 10);
	_exit(0);
}

/* The table is charged to the task that maps: above the limit that gets an errno, and no kill. */
MTAP_TEST(tables_are_charged)
{
	struct found *found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	__u64 size = 0;
	pid_t pid;

	ASSERT(found != MAP_FAILED);
	if (cgroup_mount("memory"))
		mtap_skip("no memory controller of cgroup2: CONFIG_MEMCG");
	ASSERT_EQ(cgroup_make(GROUP), 0);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, LARGE_HEIGHT);
	display_set(KGFX_PRIMARY + KGFX_STRIDE, LARGE_STRIDE);
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	/* The pages are charged to another group: allocate all of them now. */
	EXPECT_EQ(import(buf_fd, IMPORTER_READ, &size), 0);
	EXPECT_EQ(size, LARGE);
	importers_close();
	pid = fork();
	if (!pid)
		import_limited(found);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	mtap_diag("%u maps with 4 MB, %u without limit: %lld KB", found->limited,
		  found->lifted, found->bytes >> 10);
	EXPECT_EQ(found->ret, -ENOMEM);
	EXPECT(found->limited > 0 && found->limited <= (4u << 20) / TABLE);
	EXPECT_EQ(found->then, -EBUSY);
	EXPECT_EQ(found->lifted, MAPS);
	EXPECT(found->bytes >= MAPS * (long long)TABLE);
	munmap(found, sizeof(*found));
	cgroup_remove(GROUP);
}

static void load(void)
{
	dev_need_module();
	ASSERT_EQ(system("insmod " MODULE), 0);
}

static void unload(void)
{
	ASSERT_EQ(system("rmmod mdev_bpf_importer_test"), 0);
}

static void before(void)
{
	ASSERT_EQ(prog_open(&dev_prog, KGFX, "kgfx"), 0);
	ops_region(prog_ops(&dev_prog), KGFX_FB)->size = LARGE;
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	display_open();
}

static void after(void)
{
	importers_close();
	if (buf_fd >= 0)
		close(buf_fd);
	buf_fd = -1;
	dev_close_unload();
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = before, .after = after, .teardown = unload,
};
