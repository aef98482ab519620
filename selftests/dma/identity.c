// SPDX-License-Identifier: GPL-2.0-only
/*
 * As whom a device accesses the files that are bound to it: with the credentials of who bound them,
 * at the expense of who opened the device.
 */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "child.h"
#include "dev.h"
#include "fuse.h"
#include "progs/kfile.h"

#define KFILE		"progs/kfile.bpf.o"
#define READ		MDEV_BPF_FILE_READ
#define WRITE		MDEV_BPF_FILE_WRITE
#define STATE		MDEV_BPF_STATE((__u64)KFILE_STATE)
#define MEM(off)	MDEV_BPF_MEMORY(KFILE_MEM, off)
#define MIB		(1ULL << 20)
#define SLACK		MIB		/* what processors keep in stock, a process */
#define NOBODY		65534
#define BINDER		"kst_binder"
#define USER		"kst_user"

static char dir[32], path[64];
static struct child child;
static const char *bind_text;

static int start(unsigned int op, __u64 where, __u64 offset, __u64 size)
{
	int ret = 0;

	ret = ret ?: vfio_set(&dev, 0, KFILE_WHERE, 8, where);
	ret = ret ?: vfio_set(&dev, 0, KFILE_OFFSET, 8, offset);
	ret = ret ?: vfio_set(&dev, 0, KFILE_BYTES, 8, size);
	ret = ret ?: vfio_set(&dev, 0, KFILE_GO, 8, op | 7 << 8);
	return ret ?: vfio_get(&dev, 0, KFILE_RESULT, 8);
}

/* Make a request and wait until it is over: its error. For a child as well, so nothing asserts. */
static int request(unsigned int op, __u64 where, __u64 offset, __u64 size)
{
	__s64 n = vfio_get(&dev, 0, KFILE_DONE, 8);
	int ret = start(op, where, offset, size);

	if (ret)
		return ret;
	if (!mtap_await(vfio_get(&dev, 0, KFILE_DONE, 8) == n + 1))
		return -ETIMEDOUT;
	return vfio_get(&dev, 0, KFILE_ERROR, 8);
}

static int bind_file(const char *text)
{
	return sysfs_write(text, MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid);
}

/* A user without capabilities */
static int become_nobody(void)
{
	return setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	       setresuid(NOBODY, NOBODY, NOBODY) ? -errno : 0;
}

static void live_binder(void)
{
	child_ready(become_nobody() ?: bind_file(bind_text));
}

/* The administrator lets NOBODY choose the file, which binds @text. */
static int bind_as_nobody(const char *text)
{
	char attr[128];

	snprintf(attr, sizeof(attr), MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid);
	ASSERT_EQ(chown(attr, NOBODY, NOBODY), 0);
	bind_text = text;
	child_start(&child, live_binder);
	child_kill(&child);
	return child.said;
}

static void make_file(uid_t owner, mode_t mode, off_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ASSERT(fd >= 0);
	EXPECT_EQ(ftruncate(fd, size), 0);
	EXPECT_EQ(fchown(fd, owner, owner), 0);
	EXPECT_EQ(fchmod(fd, mode), 0);
	close(fd);
}

static mode_t mode_of_file(void)
{
	struct stat st;

	ASSERT_EQ(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void open_device(void)
{
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

static void before(void)
{
	ASSERT(mkdtemp(strcpy(dir, "/tmp/kst_identity.XXXXXX")));
	ASSERT_EQ(mount("kst", dir, "tmpfs", 0, "mode=0755"), 0);
	snprintf(path, sizeof(path), "%s/disk", dir);
	dev_mdev = mdev_uuid(0xf3);
	ASSERT_EQ(mdev_create(&dev_mdev, "kfile-1"), 0);
}

static void after(void)
{
	fuse_end();
	child_kill(&child);
	dev_close();
	snprintf(path, sizeof(path), "%s/fs", dir);
	umount2(path, 0);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	if (exists(CGROUPS "/" USER)) {
		EXPECT_EQ(cgroup_enter(""), 0);
		cgroup_remove(USER);
		cgroup_remove(BINDER);
	}
}

static void setup(void)
{
	dev_load(KFILE);
}

const struct mtap_suite mtap_suite = {
	.setup = setup, .before = before, .after = after, .teardown = dev_unload,
};

/*
 * A file system clears the set-user-ID bit of a file that is written by somebody without
 * CAP_FSETID. The kernel's thread that writes has all capabilities, and so has the user here.
 */
MTAP_TEST(binder_has_no_capabilities)
{
	make_file(NOBODY, 04600, 4096);
	ASSERT_EQ(bind_as_nobody(path), 0);
	open_device();
	EXPECT_EQ(request(READ, STATE, 0, 8), 0);
	EXPECT_EQ(mode_of_file(), 04600);
	EXPECT_EQ(request(WRITE, STATE, 0, 8), 0);
	EXPECT_EQ(mode_of_file(), 0600);
}

/* Who binds needs the permissions, whatever the user of the device may do. */
MTAP_TEST(binder_needs_permissions)
{
	char text[72];

	make_file(0, 0644, 4096);
	EXPECT_EQ(bind_as_nobody(path), -EACCES);
	EXPECT_HAS(why_refused(), "opening failed with -EACCES");
	snprintf(text, sizeof(text), "ro:%s", path);
	EXPECT_EQ(bind_as_nobody(text), 0);
}

static void live_user(void)
{
	int ret = become_nobody();

	ret = ret ?: access(path, R_OK) == 0 ? -EEXIST : 0;
	ret = ret ?: request(READ, STATE, 0, 8);
	child_ready(ret ?: request(WRITE, STATE, 0, 8));
}

/* The other way round: a user who cannot access the file itself, nor open the device. */
MTAP_TEST(user_has_no_permissions)
{
	make_file(0, 04600, 4096);
	ASSERT_EQ(bind_file(path), 0);
	open_device();
	child_start(&child, live_user);
	EXPECT_EQ(child.said, 0);
	EXPECT_EQ(mode_of_file(), 04600);
}

/* Of holes, fill a piece after the other: how many of them. */
static unsigned int fill(__u64 size)
{
	unsigned int n = 0;
	__u64 offset;
	int ret = 0;

	open_device();
	for (offset = 0; !ret && offset < size; offset += MIB / 4) {
		ret = request(WRITE, MEM(0), offset, MIB / 4);
		n += !ret;
	}
	EXPECT_EQ(ret, -ENOSPC);
	vfio_close(&dev);
	return n;
}

/* The last blocks of a file system are for those with CAP_SYS_RESOURCE, as the kernel's threads. */
MTAP_TEST(reserved_blocks)
{
	const __u64 size = 16 * MIB;
	unsigned int others, root;
	char text[128];

	if (system("modprobe -q loop; modprobe -q ext4; command -v mkfs.ext4 >/dev/null"))
		mtap_skip("no mkfs.ext4");
	snprintf(text, sizeof(text), "cd %s && mkdir fs && mkfs.ext4 -q -m 40 image 16M", dir);
	ASSERT_EQ(system(text), 0);
	snprintf(text, sizeof(text), "cd %s && mount -o loop image fs", dir);
	ASSERT_EQ(system(text), 0);
	snprintf(path, sizeof(path), "%s/fs/disk", dir);
	make_file(NOBODY, 0600, size);
	ASSERT_EQ(bind_as_nobody(path), 0);
	others = fill(size);
	ASSERT_EQ(bind_file(path), 0);
	root = fill(size);
	EXPECT(others > 0);
	EXPECT(root >= others + 6 * MIB / (MIB / 4));
}

static void live_elsewhere(void)
{
	int fd, ret = 0;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("kst", dir, "tmpfs", 0, "mode=0755"))
		child_ready(-errno);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, "elsewhere", 9, 0) != 9 || ftruncate(fd, 4096))
		ret = -errno;
	child_ready(ret ?: bind_file(path));
}

/* The path is looked up where the binder is. The file stays when he, and his mounts, are gone. */
MTAP_TEST(path_is_of_the_binder)
{
	__u64 val;

	make_file(0, 0600, 8192);
	child_start(&child, live_elsewhere);
	ASSERT_EQ(child.said, 0);
	child_kill(&child);
	open_device();
	EXPECT_EQ(dev_get(0, KFILE_SIZE, 8), 4096);
	EXPECT_EQ(request(READ, STATE, 0, 8), 0);
	val = dev_get(0, KFILE_DATA, 8);
	EXPECT(!memcmp(&val, "elsewher", 8));
}

static void live_in_binder(void)
{
	child_ready(cgroup_enter(BINDER) ?: bind_file(bind_text));
}

static __u64 stat_of(const char *group, const char *name)
{
	long long n = cgroup_counter(group, "memory.stat", name);

	ASSERT(n >= 0);
	return n;
}

/* Somebody in BINDER binds @text, and this process opens the device in USER, which it leaves. */
static void open_in_group(const char *text)
{
	if (cgroup_mount("memory"))
		mtap_skip("no memory controller of cgroup2: CONFIG_MEMCG");
	ASSERT_EQ(cgroup_make(BINDER), 0);
	ASSERT_EQ(cgroup_make(USER), 0);
	bind_text = text;
	child_start(&child, live_in_binder);
	ASSERT_EQ(child.said, 0);
	ASSERT_EQ(cgroup_enter(USER), 0);
	open_device();
	ASSERT_EQ(cgroup_enter(""), 0);
}

/* Writing to holes takes pages, which are the file itself in this file system. */
MTAP_TEST(user_pays_for_the_page_cache)
{
	const __u64 size = 16 * MIB;
	__u64 offset, user, binder;

	make_file(0, 0600, size);
	open_in_group(path);
	user = stat_of(USER, "file");
	binder = stat_of(BINDER, "file");
	for (offset = 0; offset < size; offset += MIB)
		EXPECT_EQ(request(WRITE, MEM(0), offset, MIB), 0);
	EXPECT(mtap_await(stat_of(USER, "file") >= user + size));
	EXPECT(stat_of(BINDER, "file") < binder + SLACK);
}

/* All channels have a request that waits for a file system, each of them with a buffer. */
MTAP_TEST(user_pays_for_buffers)
{
	const __u64 size = (__u64)MDEV_BPF_MAX_CHANNELS * FUSE_FILE_SIZE;
	char text[64];
	__u64 kernel;
	unsigned int i;

	snprintf(text, sizeof(text), "ro:/proc/self/fd/%d", fuse_begin());
	open_in_group(text);
	kernel = stat_of(USER, "kernel");
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++) {
		dev_set(0, KFILE_CHANNEL, 8, i);
		ASSERT_EQ(start(READ, MEM(i * FUSE_FILE_SIZE), 0, FUSE_FILE_SIZE), 0);
	}
	EXPECT(mtap_await(stat_of(USER, "kernel") >= kernel + size));
	EXPECT(stat_of(BINDER, "kernel") < size / 2);
	fuse_end();
	EXPECT(mtap_await(dev_get(0, KFILE_DONE, 8) == MDEV_BPF_MAX_CHANNELS));
}
