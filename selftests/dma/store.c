// SPDX-License-Identifier: GPL-2.0-only
/* Files that are bound to a device, on what may go wrong: a real file system, a block device. */
#include <fcntl.h>
#include <glob.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"
#include "progs/kfile.h"

#define KFILE		"progs/kfile.bpf.o"
#define READ		MDEV_BPF_FILE_READ
#define WRITE		MDEV_BPF_FILE_WRITE
#define ZERO		MDEV_BPF_FILE_ZERO
#define FLUSH		MDEV_BPF_FILE_FLUSH
#define STATE		MDEV_BPF_STATE((__u64)KFILE_STATE)
#define MEM		MDEV_BPF_MEMORY(KFILE_MEM, 0)
#define PAGE		4096u
#define DIR		"/tmp/kst_store"
#define FILE_SIZE	(1 << 20)

static char loop[64];
static int root = -1;	/* of the file system */
static bool frozen, scsi;

static __u64 get(unsigned int reg)
{
	return dev_get(0, reg, 8);
}

static void set(unsigned int reg, __u64 val)
{
	dev_set(0, reg, 8, val);
}

static int start(unsigned int op, __u64 where, __u64 offset, __u64 size)
{
	set(KFILE_WHERE, where);
	set(KFILE_OFFSET, offset);
	set(KFILE_BYTES, size);
	set(KFILE_GO, op | 7 << 8);
	return get(KFILE_RESULT);
}

static int request(unsigned int op, __u64 where, __u64 offset, __u64 size)
{
	__u64 n = get(KFILE_DONE);

	ASSERT_EQ(start(op, where, offset, size), 0);
	ASSERT(mtap_await(get(KFILE_DONE) == n + 1));
	return get(KFILE_ERROR);
}

static void setup(void)
{
	if (system("modprobe -q loop; modprobe -q ext4; command -v mkfs.ext4 losetup >/dev/null"))
		mtap_skip("no mkfs.ext4 or losetup");
	dev_load(KFILE);
}

static void before(void)
{
	FILE *f;

	ASSERT_EQ(system("mkdir -p " DIR "/mnt"), 0);
	ASSERT_EQ(system("truncate -s 16M " DIR "/image"), 0);
	ASSERT_EQ(system("mkfs.ext4 -q -F " DIR "/image"), 0);
	f = popen("losetup --show -f " DIR "/image", "r");
	ASSERT(f);
	ASSERT(fgets(loop, sizeof(loop), f));
	pclose(f);
	loop[strcspn(loop, "\n")] = '\0';
	dev_mdev = mdev_uuid(0xf2);
	ASSERT_EQ(mdev_create(&dev_mdev, "kfile-1"), 0);
}

/* The kernel's pretended disk can be unloaded when nobody has it open any more. */
static void unload_scsi(void)
{
	EXPECT_EQ(system("modprobe -r scsi_debug"), 0);
	scsi = false;
}

static void after(void)
{
	if (frozen)
		ioctl(root, FITHAW, 0);
	frozen = false;
	dev_close();
	if (root >= 0)
		close(root);
	root = -1;
	if (scsi)
		unload_scsi();
	if (system("umount -q " DIR "/mnt; "
		   "losetup -j " DIR "/image -O NAME -n | xargs -r losetup -d; rm -rf " DIR))
		mtap_diag("cannot remove " DIR);
}

const struct mtap_suite mtap_suite = {
	.setup = setup, .before = before, .after = after, .teardown = dev_unload,
};

static void bind_and_open(const char *text)
{
	ASSERT_EQ(sysfs_write(text, MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

/* A file of the file system, with some content */
static void mount_and_open(void)
{
	char text[128];

	snprintf(text, sizeof(text), "mount %s " DIR "/mnt", loop);
	ASSERT_EQ(system(text), 0);
	ASSERT_EQ(system("head -c 1M /dev/urandom >" DIR "/mnt/disk && sync"), 0);
	root = open(DIR "/mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT(root >= 0);
	bind_and_open(DIR "/mnt/disk");
}

static void freeze(bool on)
{
	ASSERT_EQ(ioctl(root, on ? FIFREEZE : FITHAW, 0), 0);
	frozen = on;
}

/* A write waits until the file system is thawed; others do not, and detaching does not. */
MTAP_TEST(frozen_file_system)
{
	mount_and_open();
	freeze(true);
	set(KFILE_CHANNEL, 3);
	ASSERT_EQ(start(WRITE, STATE, 0, 8), 0);
	set(KFILE_CHANNEL, 0);
	EXPECT_EQ(request(READ, MEM, 0, 4 * PAGE), 0);
	prog_detach(&dev_prog);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(request(READ, MEM, 0, 4 * PAGE), 0);
	EXPECT_EQ(get(KFILE_DONE), 2);
	freeze(false);
	ASSERT(mtap_await(get(KFILE_DONE) == 3));
	EXPECT_EQ(get(KFILE_ERROR), 0);
}

MTAP_TEST(frozen_and_cancelled)
{
	mount_and_open();
	freeze(true);
	ASSERT_EQ(start(ZERO, 0, 0, FILE_SIZE), 0);
	set(KFILE_CANCEL, 7);
	EXPECT_EQ(get(KFILE_RESULT), 1);
	ASSERT(mtap_await(get(KFILE_DONE) == 1));
	EXPECT_EQ((int)get(KFILE_ERROR), -ECANCELED);
	EXPECT_EQ(get(KFILE_GOT), 0);
	/* A reset ends it as well */
	ASSERT_EQ(start(WRITE, STATE, 0, 8), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(get(KFILE_DONE), 0);
	freeze(false);
	EXPECT_EQ(request(WRITE, STATE, 0, 8), 0);
}

/* A file system that has a call for zeros: the blocks stay. */
MTAP_TEST(zero)
{
	static __u8 seen[FILE_SIZE];
	struct stat had, has;
	int fd, i;

	mount_and_open();
	fd = open(DIR "/mnt/disk", O_RDONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	ASSERT_EQ(fstat(fd, &had), 0);
	EXPECT_EQ(request(ZERO, 0, 100, FILE_SIZE - 100), 0);
	EXPECT_EQ(request(FLUSH, 0, 0, 0), 0);
	ASSERT_EQ(fstat(fd, &has), 0);
	EXPECT_EQ(has.st_blocks, had.st_blocks);
	ASSERT_EQ(pread(fd, seen, FILE_SIZE, 0), FILE_SIZE);
	close(fd);
	for (i = 100; i < FILE_SIZE; i++)
		if (seen[i])
			break;
	EXPECT_EQ(i, FILE_SIZE);
}

/* Zeros of whole blocks and of others */
MTAP_TEST(zero_block_device)
{
	bind_and_open(loop);
	set(KFILE_DATA, ~0ULL);
	EXPECT_EQ(request(WRITE, STATE, 4 << 20, 8), 0);
	EXPECT_EQ(request(ZERO, 0, (4 << 20) + 3, 2 << 20), 0);
	EXPECT_EQ(get(KFILE_GOT), 2 << 20);
	EXPECT_EQ(request(READ, STATE, 4 << 20, 8), 0);
	EXPECT_EQ(get(KFILE_DATA), 0xffffff);
	EXPECT_EQ(request(ZERO, 0, 4 << 20, 2 << 20), 0);
	EXPECT_EQ(request(READ, STATE, 4 << 20, 8), 0);
	EXPECT_EQ(get(KFILE_DATA), 0);
}

/* The storage fails: the program learns of it, and the device goes on. */
MTAP_TEST(storage_fails)
{
	char text[128];

	snprintf(text, sizeof(text), "direct:%s", loop);
	bind_and_open(text);
	EXPECT_EQ(request(READ, MEM, 8 << 20, PAGE), 0);
	ASSERT_EQ(truncate(DIR "/image", PAGE), 0);
	EXPECT_EQ(request(READ, MEM, 8 << 20, PAGE), -EIO);
	EXPECT_EQ(request(READ, MEM, 0, PAGE), 0);
	ASSERT_EQ(truncate(DIR "/image", 16 << 20), 0);
	EXPECT_EQ(request(READ, MEM, 8 << 20, PAGE), 0);
}

#define SCSI	"/sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*:*"

/* The only file that @pattern names */
static bool find(const char *pattern, char *path, size_t size)
{
	glob_t found = { 0 };
	bool is_there = !glob(pattern, 0, NULL, &found);

	if (is_there)
		snprintf(path, size, "%s", found.gl_pathv[0]);
	globfree(&found);
	return is_there;
}

/* The block device is unplugged. The guest learns of it, also of what was not stored yet. */
MTAP_TEST(unplugged)
{
	char path[256], disk[64];

	if (system("modprobe -q sd_mod; modprobe -q scsi_debug dev_size_mb=8"))
		mtap_skip("no disk to unplug: CONFIG_SCSI_DEBUG");
	scsi = true;
	ASSERT(mtap_await(find(SCSI "/block/sd*", path, sizeof(path))));
	snprintf(disk, sizeof(disk), "/dev/%s", strrchr(path, '/') + 1);
	ASSERT(mtap_await(exists("%s", disk)));
	bind_and_open(disk);
	EXPECT_EQ(request(WRITE, MEM, 0, 4 * PAGE), 0);
	EXPECT_EQ(request(FLUSH, 0, 0, 0), 0);
	EXPECT_EQ(request(WRITE, MEM, 1 << 20, 4 * PAGE), 0);
	ASSERT(find(SCSI "/delete", path, sizeof(path)));
	ASSERT_EQ(sysfs_write("1", "%s", path), 0);
	EXPECT_EQ(request(FLUSH, 0, 0, 0), -EIO);
	EXPECT_EQ(request(READ, MEM, 2 << 20, PAGE), -ERANGE);
	EXPECT_EQ(request(WRITE, MEM, 2 << 20, PAGE), -ERANGE);
	EXPECT_EQ(get(KFILE_SIZE), 0);
	/* The device is not the file: it works on, is closed, and lets go of the disk. */
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(get(KFILE_DONE), 0);
}
