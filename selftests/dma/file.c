// SPDX-License-Identifier: GPL-2.0-only
/* Files that are bound to a device, and requests for them. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "fuse.h"
#include "guest.h"
#include "mig.h"
#include "progs/kfile.h"
#include "slowness.h"

#define KFILE		"progs/kfile.bpf.o"
#define READ		MDEV_BPF_FILE_READ
#define WRITE		MDEV_BPF_FILE_WRITE
#define FLUSH		MDEV_BPF_FILE_FLUSH
#define DISCARD		MDEV_BPF_FILE_DISCARD
#define ZERO		MDEV_BPF_FILE_ZERO
#define STATE(off)	MDEV_BPF_STATE((__u64)KFILE_STATE + (off))
#define MEM(off)	MDEV_BPF_MEMORY(KFILE_MEM, off)
#define IOVA		0x100000000ULL
#define PAGE		4096u
#define DISK_SIZE	(256u << 10)
#define BOUND		(4 * slowness())

static char dir[32];
static char path[64], small_path[64];
static int disk = -1;
static __u8 pattern[DISK_SIZE], seen[DISK_SIZE];
static struct vfio target;
static struct mdev target_mdev;
static char stream[4 << 20];

static int bind_of(const struct mdev *m, const char *name, const char *text)
{
	return sysfs_write(text, MDEV_DEVICES "/%s/params/%s", m->uuid, name);
}

static int bind_file(const char *text)
{
	return bind_of(&dev_mdev, "disk", text);
}

static const char *bound(void)
{
	return sysfs_str(MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid);
}

static void open_device(void)
{
	__u16 command;

	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	command = 1 << 1 | 1 << 2;
	ASSERT_EQ(vfio_set(&dev, VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, command), 0);
}

static __u64 get(unsigned int reg)
{
	return dev_get(0, reg, 8);
}

static void set(unsigned int reg, __u64 val)
{
	dev_set(0, reg, 8, val);
}

/* Make a request: what the kfunc returned. */
static int start(unsigned int op, __u64 iova, __u64 where, __u64 offset, __u64 size)
{
	set(KFILE_IOVA, iova);
	set(KFILE_WHERE, where);
	set(KFILE_OFFSET, offset);
	set(KFILE_BYTES, size);
	set(KFILE_GO, op | 7 << 8);
	return get(KFILE_RESULT);
}

static int finish(__u64 n)
{
	if (!mtap_await(get(KFILE_DONE) == n))
		return -ETIMEDOUT;
	EXPECT_EQ(get(KFILE_ID), 7);
	return get(KFILE_ERROR);
}

/* The same, and wait until it is over: what dma_done got; the kfunc's errno - 1000. */
static int request(unsigned int op, __u64 iova, __u64 where, __u64 offset, __u64 size)
{
	__u64 n = get(KFILE_DONE);
	int ret = start(op, iova, where, offset, size);

	return ret ? ret - 1000 : finish(n + 1);
}

static void before(void)
{
	size_t i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i / 512 * 7 + i % 512;
	ASSERT(mkdtemp(strcpy(dir, "/tmp/kst_file.XXXXXX")));
	snprintf(path, sizeof(path), "%s/disk", dir);
	disk = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT(disk >= 0);
	ASSERT_EQ(pwrite(disk, pattern, DISK_SIZE, 0), DISK_SIZE);
	dev_mdev = mdev_uuid(0xf0);
	ASSERT_EQ(mdev_create(&dev_mdev, "kfile-1"), 0);
	vfio_init(&target);
	/* This device has no interrupts, which guest_close() closes */
	for (i = 0; i < KDMA_MSI; i++)
		guest_event[i] = -1;
}

static void after(void)
{
	fuse_end();
	vfio_close(&target);
	guest_close();
	prog_close(&dev_prog2);
	close(disk);
	umount2(small_path, MNT_DETACH);
	unlink(path);
	rmdir(small_path);
	rmdir(dir);
}

static void setup(void)
{
	dev_load(KFILE);
}

const struct mtap_suite mtap_suite = {
	.setup = setup, .before = before, .after = after, .teardown = dev_unload,
};

MTAP_TEST(binding)
{
	char text[128];

	EXPECT_STR(bound(), "");
	EXPECT_EQ(bind_file(path), 0);
	EXPECT_STR(bound(), path);
	snprintf(text, sizeof(text), "ro:%s\n", path);
	EXPECT_EQ(bind_file(text), 0);
	text[strlen(text) - 1] = '\0';
	EXPECT_STR(bound(), text);
	open_device();
	EXPECT_EQ(get(KFILE_SIZE), DISK_SIZE);
	EXPECT_EQ(get(KFILE_VALUE), MDEV_BPF_FILE_BOUND | MDEV_BPF_FILE_RDONLY);
	EXPECT_EQ(bind_file("\n"), -EBUSY);
	set(KFILE_FILE, KFILE_LOCAL);
	EXPECT_EQ((__s64)get(KFILE_SIZE), -ENODEV);
	EXPECT_EQ(get(KFILE_VALUE), 0);
	set(KFILE_FILE, KFILE_NUMBER);
	EXPECT_EQ((__s64)get(KFILE_SIZE), -EINVAL);
	vfio_close(&dev);
	/* A file stays until it is not bound any more, whatever happens to its name */
	ASSERT_EQ(unlink(path), 0);
	open_device();
	set(KFILE_FILE, KFILE_DISK);
	EXPECT_EQ(request(READ, 0, STATE(0), 512, 8), 0);
	EXPECT_EQ(get(KFILE_DATA), *(__u64 *)(pattern + 512));
	vfio_close(&dev);
	EXPECT_EQ(bind_file("\n"), 0);
	EXPECT_STR(bound(), "");
}

static const struct {
	const char *text;
	int err;
	const char *why;
} wrong[] = {
	{ "disk", -EINVAL, "\"disk\" is no path, or cannot be opened so" },
	{ "rw:/dev/null", -EINVAL, "\"rw:/dev/null\" is no path" },
	{ "ro/dev/null", -EINVAL, "is no path" },
	{ "ro,:/dev/null", -EINVAL, "is no path" },
	{ "ro", -EINVAL, "is no path" },
	{ "ro:", -EINVAL, "is no path" },
	{ ":/dev/null", -EINVAL, "is no path" },
	{ "/dev/null", -EINVAL, "/dev/null is neither a regular file nor a block device" },
	{ "ro:/tmp", -EINVAL, "ro:/tmp is neither a regular file nor a block device" },
	{ "/tmp", -EISDIR, "opening failed with -EISDIR: /tmp" },
	{ "/tmp/kst_none", -ENOENT, "opening failed with -ENOENT: /tmp/kst_none" },
};

MTAP_TEST(wrong_files)
{
	unsigned int i;

	ASSERT_EQ(bind_file(path), 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(bind_file(wrong[i].text), wrong[i].err);
		EXPECT_HAS(why_refused(), wrong[i].why);
	}
	EXPECT_STR(bound(), path);
}

/* The file is opened with what the writer may do, not with what the kernel may. */
MTAP_TEST(credentials)
{
	char text[128];
	ssize_t len;
	int fd;

	snprintf(text, sizeof(text), MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid);
	fd = open(text, O_WRONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	ASSERT_EQ(chmod(dir, 0755), 0);
	ASSERT_EQ(seteuid(65534), 0);
	len = write(fd, path, strlen(path)) < 0 ? -errno : 0;
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(len, -EACCES);
	EXPECT_HAS(why_refused(), "failed with -EACCES");
	close(fd);
}

/* Read from the file, and write to it: guest memory, the state, a region */
MTAP_TEST(transfers)
{
	__u8 *mem = guest_alloc(DISK_SIZE, 3), *copy = malloc(DISK_SIZE);

	ASSERT_EQ(bind_file(path), 0);
	open_device();
	ASSERT_EQ(guest_map(IOVA, mem, DISK_SIZE, PROT_RW), 0);
	EXPECT_EQ(request(READ, IOVA + 3, 0, 512, 100001), 0);
	EXPECT_EQ(get(KFILE_GOT), 100001);
	EXPECT(!memcmp(mem + 3, pattern + 512, 100001));
	EXPECT_EQ(request(READ, 0, STATE(8), 1024, KFILE_DATA_SIZE - 8), 0);
	EXPECT_EQ(get(KFILE_DATA + 8), *(__u64 *)(pattern + 1024));
	EXPECT_EQ(request(READ, 0, MEM(4000), 0, DISK_SIZE), 0);
	ASSERT_EQ(vfio_pread(&dev, KFILE_MEM, 4000, seen, DISK_SIZE), DISK_SIZE);
	EXPECT(!memcmp(seen, pattern, DISK_SIZE));

	guest_fill(mem, DISK_SIZE, 9);
	memcpy(copy, mem, DISK_SIZE);
	EXPECT_EQ(request(WRITE, IOVA + 5, 0, 1001, 5000), 0);
	ASSERT_EQ(pread(disk, seen, DISK_SIZE, 0), DISK_SIZE);
	EXPECT(!memcmp(seen + 1001, copy + 5, 5000));
	EXPECT(!memcmp(seen, pattern, 1001));
	EXPECT(!memcmp(seen + 6001, pattern + 6001, DISK_SIZE - 6001));
	set(KFILE_DATA, 0x1122334455667788);
	EXPECT_EQ(request(WRITE, 0, STATE(0), DISK_SIZE - 8, 8), 0);
	ASSERT_EQ(vfio_set(&dev, KFILE_MEM, 8, 8, 0x99aabbcc), 0);
	EXPECT_EQ(request(WRITE, 0, MEM(8), 8192, 8), 0);
	ASSERT_EQ(pread(disk, seen, DISK_SIZE, 0), DISK_SIZE);
	EXPECT_EQ(*(__u64 *)(seen + DISK_SIZE - 8), 0x1122334455667788);
	EXPECT_EQ(*(__u64 *)(seen + 8192), 0x99aabbcc);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 0), 0);
	free(copy);
}

/* A list of guest memory, in a region */
MTAP_TEST(list)
{
	const struct {
		__u64 iova;
		__u32 size, reserved;
	} sg[] = { { IOVA + 100, 600, 0 }, { IOVA + 9000, 5000, 0 } };
	__u8 *mem = guest_alloc(4 * PAGE, 3);

	ASSERT_EQ(bind_file(path), 0);
	open_device();
	ASSERT_EQ(guest_map(IOVA, mem, 4 * PAGE, PROT_RW), 0);
	ASSERT_EQ(vfio_pwrite(&dev, KFILE_MEM, 64, sg, sizeof(sg)), sizeof(sg));
	set(KFILE_COUNT, 2);
	EXPECT_EQ(request(READ, MEM(64), 0, 512, 5600), 0);
	EXPECT(!memcmp(mem + 100, pattern + 512, 600));
	EXPECT(!memcmp(mem + 9000, pattern + 1112, 5000));
	mem[100] = 1;
	mem[13999] = 2;
	EXPECT_EQ(request(WRITE, MEM(64), 0, 0, 5600), 0);
	ASSERT_EQ(pread(disk, seen, DISK_SIZE, 0), DISK_SIZE);
	EXPECT_EQ(seen[0], 1);
	EXPECT_EQ(seen[5599], 2);
	EXPECT(!memcmp(seen + 5600, pattern + 5600, DISK_SIZE - 5600));
}

/* Guest memory that nobody has touched yet */
MTAP_TEST(absent_memory)
{
	__u8 *mem = mmap(NULL, 4 * PAGE, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(mem != MAP_FAILED);
	ASSERT_EQ(bind_file(path), 0);
	open_device();
	ASSERT_EQ(guest_map(IOVA, mem, 4 * PAGE, PROT_RW), 0);
	EXPECT_EQ(request(READ, IOVA + PAGE, 0, 512, PAGE), 0);
	EXPECT(!memcmp(mem + PAGE, pattern + 512, PAGE));
	EXPECT_EQ(request(WRITE, IOVA + 3 * PAGE, 0, 0, 100), 0);
	ASSERT_EQ(pread(disk, seen, 200, 0), 200);
	EXPECT_EQ(seen[0] | seen[99], 0);
	EXPECT_EQ(seen[150], pattern[150]);
	munmap(mem, 4 * PAGE);
}

MTAP_TEST(bounds)
{
	char text[128];
	struct stat st;

	ASSERT_EQ(bind_file(path), 0);
	open_device();
	EXPECT_EQ(request(READ, 0, STATE(0), DISK_SIZE - 7, 8), -ERANGE);
	EXPECT_EQ(request(WRITE, 0, STATE(0), DISK_SIZE - 7, 8), -ERANGE);
	EXPECT_EQ(request(WRITE, 0, STATE(0), 1ULL << 60, 8), -ERANGE);
	EXPECT_EQ(request(WRITE, 0, STATE(0), 1ULL << 63, 8), -EINVAL - 1000);
	EXPECT_EQ(request(READ, 0, STATE(0), -1ULL, 8), -EINVAL - 1000);
	EXPECT_EQ(request(READ, 0, STATE(0), 0, 0), -EINVAL - 1000);
	EXPECT_EQ(request(READ, 0, STATE(0), 0, KFILE_DATA_SIZE + 1), -EINVAL - 1000);
	EXPECT_EQ(request(READ, 0, MEM(0), 0, KFILE_MEM_SIZE + 1), -EINVAL - 1000);
	EXPECT_EQ(request(READ, IOVA, STATE(0), 0, 8), -EINVAL - 1000);
	EXPECT_EQ(request(READ, IOVA, 0, 0, 8), -ENOENT);
	EXPECT_EQ(request(WRITE, IOVA, 0, 0, 8), -ENOENT);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 1), -EINVAL - 1000);
	EXPECT_EQ(request(FLUSH, 0, STATE(0), 0, 0), -EINVAL - 1000);
	EXPECT_EQ(request(DISCARD, 0, 0, 0, 0), -EINVAL - 1000);
	EXPECT_EQ(request(DISCARD, 0, 0, 0, MDEV_BPF_MAX_DISCARD + 1ULL), -EINVAL - 1000);
	EXPECT_EQ(request(DISCARD, 0, 0, DISK_SIZE - PAGE, 2 * PAGE), -ERANGE);
	EXPECT_EQ(request(DISCARD, 0, 0, 1ULL << 63, PAGE), -EINVAL - 1000);
	set(KFILE_FILE, KFILE_NUMBER);
	EXPECT_EQ(request(READ, 0, STATE(0), 0, 8), -EINVAL - 1000);
	set(KFILE_FILE, 32);
	EXPECT_EQ(request(READ, 0, STATE(0), 0, 8), -EINVAL - 1000);
	set(KFILE_FILE, KFILE_LOCAL);
	EXPECT_EQ(request(READ, 0, STATE(0), 0, 8), -ENODEV);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 0), -ENODEV);
	set(KFILE_FILE, KFILE_DISK);
	/* Others make the file shorter */
	ASSERT_EQ(ftruncate(disk, 1000), 0);
	EXPECT_EQ(get(KFILE_SIZE), 1000);
	EXPECT_EQ(request(READ, 0, STATE(0), 993, 8), -ERANGE);
	EXPECT_EQ(request(WRITE, 0, STATE(0), 993, 8), -ERANGE);
	EXPECT_EQ(request(READ, 0, STATE(0), 992, 8), 0);
	ASSERT_EQ(fstat(disk, &st), 0);
	EXPECT_EQ(st.st_size, 1000);
	vfio_close(&dev);
	snprintf(text, sizeof(text), "ro:%s", path);
	ASSERT_EQ(bind_file(text), 0);
	open_device();
	EXPECT_EQ(request(READ, 0, STATE(0), 0, 8), 0);
	EXPECT_EQ(request(WRITE, 0, STATE(0), 0, 8), -EROFS);
	EXPECT_EQ(request(DISCARD, 0, 0, 0, 512), -EROFS);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 0), 0);
}

/* Only what has to do with guest memory needs bus mastering. */
MTAP_TEST(bus_master)
{
	ASSERT_EQ(bind_file(path), 0);
	open_device();
	ASSERT_EQ(vfio_set(&dev, VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 0), 0);
	EXPECT_EQ(request(READ, IOVA, 0, 0, 8), -EACCES);
	EXPECT_EQ(request(READ, 0, STATE(0), 0, 8), 0);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 0), 0);
}

MTAP_TEST(discard)
{
	struct stat had, has;

	ASSERT_EQ(bind_file(path), 0);
	open_device();
	ASSERT_EQ(fstat(disk, &had), 0);
	EXPECT_EQ(request(DISCARD, 0, 0, 8 * PAGE, 16 * PAGE), 0);
	ASSERT_EQ(fstat(disk, &has), 0);
	EXPECT_EQ(has.st_size, had.st_size);
	EXPECT_EQ(had.st_blocks - has.st_blocks, 16 * PAGE / 512);
	ASSERT_EQ(pread(disk, seen, DISK_SIZE, 0), DISK_SIZE);
	EXPECT(!memcmp(seen, pattern, 8 * PAGE));
	EXPECT(!memcmp(seen + 24 * PAGE, pattern + 24 * PAGE, DISK_SIZE - 24 * PAGE));
	EXPECT_EQ(seen[8 * PAGE] | seen[24 * PAGE - 1], 0);
}

/* Zeros keep their place in the file system. That of this file may have no call for it. */
MTAP_TEST(zero)
{
	static __u8 big[3 << 20], zeros[2 << 20];
	const unsigned int first = 4099, size = sizeof(zeros);
	struct stat had, has;
	char text[128];
	unsigned int i;

	for (i = 0; i < sizeof(big); i++)
		big[i] = i % 251 + 1;
	ASSERT_EQ(pwrite(disk, big, sizeof(big), 0), sizeof(big));
	ASSERT_EQ(bind_file(path), 0);
	open_device();
	ASSERT_EQ(fstat(disk, &had), 0);
	EXPECT_EQ(request(ZERO, 0, 0, first, size), 0);
	EXPECT_EQ(get(KFILE_GOT), size);
	ASSERT_EQ(fstat(disk, &has), 0);
	EXPECT_EQ(has.st_size, had.st_size);
	EXPECT_EQ(has.st_blocks, had.st_blocks);
	memset(big + first, 0, size);
	ASSERT_EQ(pread(disk, zeros, size, first), size);
	EXPECT(!memcmp(zeros, big + first, size));
	ASSERT_EQ(pread(disk, zeros, first, 0), first);
	EXPECT(!memcmp(zeros, big, first));
	ASSERT_EQ(pread(disk, zeros, sizeof(big) - first - size, first + size),
		  sizeof(big) - first - size);
	EXPECT(!memcmp(zeros, big + first + size, sizeof(big) - first - size));
	EXPECT_EQ(request(ZERO, 0, 0, sizeof(big) - PAGE, PAGE + 1), -ERANGE);
	EXPECT_EQ(request(ZERO, 0, 0, 0, 0), -EINVAL - 1000);
	EXPECT_EQ(request(ZERO, 0, 0, 0, MDEV_BPF_MAX_DISCARD + 1ULL), -EINVAL - 1000);
	EXPECT_EQ(request(ZERO, 0, STATE(0), 0, 8), -EINVAL - 1000);
	EXPECT_EQ(request(ZERO, IOVA, 0, 0, 8), -EINVAL - 1000);
	vfio_close(&dev);
	snprintf(text, sizeof(text), "ro:%s", path);
	ASSERT_EQ(bind_file(text), 0);
	open_device();
	EXPECT_EQ(request(ZERO, 0, 0, 0, 512), -EROFS);
}

/* A file with holes, in a file system that is full */
MTAP_TEST(no_space)
{
	char file[96];
	int fd;

	snprintf(small_path, sizeof(small_path), "%s/small", dir);
	ASSERT_EQ(mkdir(small_path, 0700), 0);
	ASSERT_EQ(mount("kst", small_path, "tmpfs", 0, "size=64k"), 0);
	snprintf(file, sizeof(file), "%s/disk", small_path);
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT(fd >= 0);
	ASSERT_EQ(ftruncate(fd, 1 << 20), 0);
	close(fd);
	ASSERT_EQ(bind_file(file), 0);
	open_device();
	EXPECT_EQ(request(WRITE, 0, MEM(0), 0, 32768), 0);
	EXPECT_EQ(request(WRITE, 0, MEM(0), 0, 1 << 20), -ENOSPC);
	EXPECT_EQ(get(KFILE_GOT), 0);
	EXPECT_EQ(request(DISCARD, 0, 0, 0, 1 << 20), 0);
	EXPECT_EQ(request(WRITE, 0, MEM(0), 0, 32768), 0);
	vfio_close(&dev);
	EXPECT_EQ(bind_file("\n"), 0);
}

MTAP_TEST(direct)
{
	char text[128];

	snprintf(text, sizeof(text), "direct:%s", path);
	if (bind_file(text) == -EINVAL)
		mtap_skip("the file system has no O_DIRECT");
	open_device();
	EXPECT_EQ(get(KFILE_VALUE), MDEV_BPF_FILE_BOUND | MDEV_BPF_FILE_DIRECT);
	EXPECT_EQ(request(READ, 0, MEM(0), PAGE, 3 * PAGE), 0);
	ASSERT_EQ(vfio_pread(&dev, KFILE_MEM, 0, seen, 3 * PAGE), 3 * PAGE);
	EXPECT(!memcmp(seen, pattern + PAGE, 3 * PAGE));
	EXPECT_EQ(request(WRITE, 0, MEM(0), 8 * PAGE, 3 * PAGE), 0);
	ASSERT_EQ(pread(disk, seen, 3 * PAGE, 8 * PAGE), 3 * PAGE);
	EXPECT(!memcmp(seen, pattern + PAGE, 3 * PAGE));
}

/* A file system that does not answer holds up neither another channel nor the program. */
MTAP_TEST(stuck)
{
	double begin;
	char text[64];
	int file = fuse_begin();

	snprintf(text, sizeof(text), "ro:/proc/self/fd/%d", file);
	ASSERT_EQ(bind_of(&dev_mdev, "scratch", text), 0);
	ASSERT_EQ(bind_file(path), 0);
	open_device();
	set(KFILE_FILE, KFILE_LOCAL);
	set(KFILE_CHANNEL, 3);
	ASSERT_EQ(start(READ, 0, STATE(0), 0, 8), 0);
	ASSERT(fuse_wanted());
	begin = mtap_now();
	set(KFILE_FILE, KFILE_DISK);
	set(KFILE_CHANNEL, 0);
	EXPECT_EQ(request(READ, 0, STATE(8), 0, 8), 0);
	prog_detach(&dev_prog);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(request(READ, 0, STATE(8), 0, 8), 0);
	EXPECT(mtap_now() - begin < BOUND);
	EXPECT_EQ(get(KFILE_DONE), 2);
	set(KFILE_CANCEL, 7);
	EXPECT_EQ((int)get(KFILE_RESULT), 1);
	fuse_end();
	EXPECT_EQ(finish(3), -ECANCELED);
	vfio_close(&dev);
	EXPECT_EQ(bind_of(&dev_mdev, "scratch", "\n"), 0);
}

static atomic_int closer;

/* It comes back when the file system has answered. */
static void *close_stuck(void *unused)
{
	closer = gettid();
	close(dev.device);
	closer = 0;
	return unused;
}

/*
 * VFIO asks a device that is being closed to unpin memory, and crashes the machine if it asks for
 * the eleventh time in vain. The device is being closed for as long as the file does not come.
 */
MTAP_TEST(unmapped_while_it_closes)
{
	__u8 *mem = guest_alloc(PAGE, 1);
	char text[64];
	pthread_t thread;
	double begin;

	snprintf(text, sizeof(text), "ro:/proc/self/fd/%d", fuse_begin());
	ASSERT_EQ(bind_of(&dev_mdev, "scratch", text), 0);
	open_device();
	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	EXPECT_EQ(request(MDEV_BPF_DMA_PIN, IOVA, 0, 0, PAGE), 0);
	EXPECT_EQ(guest_pinned_pages(), 1);
	set(KFILE_FILE, KFILE_LOCAL);
	set(KFILE_CHANNEL, 3);
	ASSERT_EQ(start(READ, 0, STATE(0), 0, 8), 0);
	ASSERT(fuse_wanted());
	ASSERT_EQ(pthread_create(&thread, NULL, close_stuck, NULL), 0);
	EXPECT(mtap_await(closer && task_state(closer) == 'D'));
	begin = mtap_now();
	EXPECT_EQ(guest_unmap(IOVA, PAGE), 0);
	EXPECT(mtap_now() - begin < BOUND);
	EXPECT(closer);
	fuse_end();
	pthread_join(thread, NULL);
	dev.device = -1;
	vfio_close(&dev);
	EXPECT_EQ(bind_of(&dev_mdev, "scratch", "\n"), 0);
}

static void bind_fuse(void)
{
	char text[64];

	snprintf(text, sizeof(text), "/proc/self/fd/%d", fuse_begin());
	ASSERT_EQ(bind_file(text), 0);
	open_device();
}

/* The kernel reports only once that data was lost. An interrupted flush passes that on. */
MTAP_TEST(interrupted_flush)
{
	bind_fuse();
	fuse_hold_sync();
	ASSERT_EQ(start(FLUSH, 0, 0, 0, 0), 0);
	ASSERT(fuse_wanted());
	set(KFILE_CANCEL, 7);
	EXPECT_EQ((int)get(KFILE_RESULT), 1);
	fuse_answer_sync(-EIO);
	EXPECT_EQ(finish(1), -EIO);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 0), 0);
	vfio_close(&dev);
	EXPECT_EQ(bind_file("\n"), 0);
}

/* The flush of the core before a migration finds that data was lost: the guest learns of it. */
MTAP_TEST(lost_before_migration)
{
	bind_fuse();
	fuse_fail_sync(-EIO);
	EXPECT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), -EIO);
	EXPECT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), -EIO);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 0), -EIO);
	EXPECT_EQ(request(FLUSH, 0, 0, 0, 0), 0);
	EXPECT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	vfio_close(&dev);
	EXPECT_EQ(bind_file("\n"), 0);
}

/* Save the device, and load the state into another one, with @text as its file. */
static int migrate(const char *text)
{
	ssize_t len;
	int ret;

	target_mdev = mdev_uuid(0xf1);
	ASSERT_EQ(mdev_create(&target_mdev, "kfile-1"), 0);
	EXPECT_EQ(bind_of(&target_mdev, "disk", text), 0);
	ASSERT_EQ(vfio_open(&target, &target_mdev), 0);
	open_device();
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	ret = mig_load(&target, stream, len);
	vfio_close(&target);
	vfio_close(&dev);
	ASSERT_EQ(mdev_remove(&target_mdev), 0);
	return ret;
}

MTAP_TEST(migration)
{
	char text[128], why[400];

	ASSERT_EQ(bind_file(path), 0);
	snprintf(text, sizeof(text), "ro:%s", path);
	EXPECT_EQ(migrate(text), 0);
	EXPECT_EQ(migrate("\n"), -EINVAL);
	EXPECT_HAS(why_refused(), "parameter disk is 262144 in the state, 0 in the device");
	snprintf(text, sizeof(text), "%s/../%s", dir, path + 5);
	EXPECT_EQ(migrate(text), -EINVAL);
	snprintf(why, sizeof(why), "parameter disk is \"%s\" in the state, \"%s\" in the device",
		 path, text);
	EXPECT_HAS(why_refused(), why);
}

/* The user can keep the file of a migration. Who has bound a file gets it back nevertheless. */
MTAP_TEST(removed_while_it_migrates)
{
	char fs[64], file[80], byte;
	int fd = -1;

	snprintf(fs, sizeof(fs), "%s/fs", dir);
	snprintf(file, sizeof(file), "%s/disk", fs);
	ASSERT_EQ(mkdir(fs, 0755), 0);
	ASSERT_EQ(mount("tmpfs", fs, "tmpfs", 0, NULL), 0);
	close(open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	ASSERT_EQ(truncate(file, DISK_SIZE), 0);
	ASSERT_EQ(bind_file(file), 0);
	open_device();
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP_COPY, &fd), 0);
	EXPECT_EQ(read(fd, &byte, 1), 1);
	vfio_close(&dev);
	EXPECT_EQ(umount(fs) ? -errno : 0, -EBUSY);
	ASSERT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT_EQ(umount(fs) ? -errno : 0, 0);
	EXPECT_EQ(read(fd, &byte, 1) < 0 ? -errno : 0, -ENODEV);
	close(fd);
	rmdir(fs);
	ASSERT_EQ(mdev_create(&dev_mdev, "kfile-1"), 0);
}

/* A request that is queued when the device stops is carried out at the target. */
MTAP_TEST(migration_in_flight)
{
	ssize_t len;

	ASSERT_EQ(bind_file(path), 0);
	target_mdev = mdev_uuid(0xf1);
	ASSERT_EQ(mdev_create(&target_mdev, "kfile-1"), 0);
	ASSERT_EQ(bind_of(&target_mdev, "disk", path), 0);
	open_device();
	ASSERT_EQ(vfio_open(&target, &target_mdev), 0);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
	ASSERT_EQ(start(READ, 0, STATE(0), 2048, 8), 0);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	ASSERT_EQ(mig_load(&target, stream, len), 0);
	vfio_close(&dev);
	dev = target;
	vfio_init(&target);
	EXPECT_EQ(get(KFILE_DONE), 0);
	ASSERT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
	EXPECT_EQ(finish(1), 0);
	EXPECT_EQ(get(KFILE_DATA), *(__u64 *)(pattern + 2048));
	vfio_close(&dev);
	ASSERT_EQ(mdev_remove(&target_mdev), 0);
}
