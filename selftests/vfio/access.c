// SPDX-License-Identifier: GPL-2.0-only
/*
 * Region accesses: what a read or write of any size and place becomes for the program, which logs
 * it, and for the caller.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dev.h"

static void load(void)
{
	dev_load(KDEV);
}

static void open_a(void)
{
	dev_open("kdev-a");
}

static struct kdev_entry log_entry(unsigned int i)
{
	struct kdev_entry e;

	ASSERT_EQ(vfio_pread(&dev, KDEV_LOG, i * sizeof(e), &e, sizeof(e)), sizeof(e));
	return e;
}

/* The log as text, such as "r4@0 w1@4=5a": direction, size, offset, value written. */
static const char *take_log(void)
{
	static char text[2048];
	unsigned int i, nr = dev_ctl(KDEV_CTL_NR_LOG);
	size_t len = 0;

	text[0] = 0;
	for (i = 0; i < nr && len < sizeof(text) - 64; i++) {
		struct kdev_entry e = log_entry(i);

		len += sprintf(text + len, "%s%c%u@%u", i ? " " : "", e.write ? 'w' : 'r', e.size,
			       e.offset);
		if (e.write)
			len += sprintf(text + len, "=%llx", e.val);
	}
	dev_ctl_set(KDEV_CTL_NR_LOG, 0);
	return text;
}

static const char *log_of_read(unsigned int region, __u64 off, size_t size)
{
	unsigned char buf[KDEV_BAR_SIZE];

	EXPECT_EQ(vfio_pread(&dev, region, off, buf, size), size);
	return take_log();
}

static const char *log_of_write(unsigned int region, __u64 off, size_t size)
{
	static const unsigned char buf[] = {
		0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
		0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
	};

	EXPECT_EQ(vfio_pwrite(&dev, region, off, buf, size), size);
	return take_log();
}

MTAP_TEST(split_reads)
{
	EXPECT_STR(log_of_read(0, 0, 1), "r1@0");
	EXPECT_STR(log_of_read(0, 0, 2), "r2@0");
	EXPECT_STR(log_of_read(0, 4, 4), "r4@4");
	EXPECT_STR(log_of_read(0, 0, 3), "r2@0 r1@2");
	EXPECT_STR(log_of_read(0, 1, 2), "r1@1 r1@2");
	EXPECT_STR(log_of_read(0, 1, 7), "r1@1 r2@2 r4@4");
	EXPECT_STR(log_of_read(0, 2, 4), "r2@2 r2@4");
	EXPECT_STR(log_of_read(0, 8, 8), "r4@8 r4@12");
	EXPECT_STR(log_of_read(0, 3, 11), "r1@3 r4@4 r4@8 r2@12");
	EXPECT_STR(log_of_read(2, 8, 8), "r8@8");
	EXPECT_STR(log_of_read(2, 4, 16), "r4@4 r8@8 r4@16");
	EXPECT_STR(log_of_read(3, 4, 4), "r1@4 r1@5 r1@6 r1@7");
}

MTAP_TEST(split_writes)
{
	EXPECT_STR(log_of_write(0, 0, 1), "w1@0=10");
	EXPECT_STR(log_of_write(0, 4, 4), "w4@4=13121110");
	EXPECT_STR(log_of_write(0, 1, 7), "w1@1=10 w2@2=1211 w4@4=16151413");
	EXPECT_STR(log_of_write(0, 0, 8), "w4@0=13121110 w4@4=17161514");
	EXPECT_STR(log_of_write(2, 0, 8), "w8@0=1716151413121110");
	EXPECT_STR(log_of_write(2, 6, 5), "w2@6=1110 w2@8=1312 w1@10=14");
	EXPECT_STR(log_of_write(3, 0, 3), "w1@0=10 w1@1=11 w1@2=12");
}

/* Little endian, whatever the width it was written with */
MTAP_TEST(bytes_in_order)
{
	unsigned char buf[8];

	dev_set(0, 0, 4, 0x04030201);
	dev_set(0, 4, 2, 0x0605);
	dev_set(0, 6, 1, 7);
	dev_set(0, 7, 1, 8);
	ASSERT_EQ(vfio_pread(&dev, 0, 0, buf, 8), 8);
	EXPECT(!memcmp(buf, "\1\2\3\4\5\6\7\10", 8));
	/* Regions do not affect each other. */
	EXPECT_EQ(dev_get(2, 0, 8), 0);
	EXPECT_EQ(dev_get(3, 0, 4), 0);
}

/* The program answers 32 bits; a byte read takes the lowest. */
MTAP_TEST(value_is_cut)
{
	unsigned char buf[4] = { 0xaa, 0xaa, 0xaa, 0xaa };

	EXPECT_EQ(dev_ctl(KDEV_CTL_ARG), 0x1234);
	ASSERT_EQ(vfio_pread(&dev, KDEV_CTL, KDEV_CTL_ARG, buf, 1), 1);
	EXPECT_EQ(buf[0], 0x34);
	EXPECT_EQ(buf[1], 0xaa);
}

MTAP_TEST(region_end)
{
	unsigned char buf[64], pattern[64];

	memset(pattern, 0xee, sizeof(pattern));
	memcpy(buf, pattern, sizeof(buf));
	EXPECT_EQ(vfio_pread(&dev, 0, KDEV_BAR_SIZE - 3, buf, 16), 3);
	EXPECT(!memcmp(buf + 3, pattern, sizeof(buf) - 3));
	EXPECT_STR(take_log(), "r1@61 r2@62");
	EXPECT_EQ(vfio_pwrite(&dev, 0, KDEV_BAR_SIZE - 1, pattern, 2), 1);
	EXPECT_STR(take_log(), "w1@63=ee");
	EXPECT_EQ(vfio_pread(&dev, 0, KDEV_BAR_SIZE, buf, 1), -EINVAL);
	EXPECT_EQ(vfio_pwrite(&dev, 0, KDEV_BAR_SIZE, buf, 1), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, 0, 1ULL << 32, buf, 1), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, 0, (1ULL << MDEV_BPF_OFFSET_SHIFT) - 1, buf, 1), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, 0, 0, buf, 0), 0);
	EXPECT_EQ(vfio_pread(&dev, 0, 0, buf, 1 << 20), KDEV_BAR_SIZE);
	dev_ctl_set(KDEV_CTL_NR_LOG, 0);
}

/* A region of more than 4 GiB; offsets keep all their bits */
MTAP_TEST(large_offsets)
{
	unsigned char byte;

	dev_get(0, 0, 1);
	EXPECT(dev_get(KDEV_LOG, 0, 8));
	EXPECT_EQ(dev_get(KDEV_LOG, 1ULL << 32, 8), 0);
	EXPECT_EQ(vfio_pread(&dev, KDEV_LOG, KDEV_LOG_BAR_SIZE - 1, &byte, 1), 1);
	EXPECT_EQ(vfio_pread(&dev, KDEV_LOG, KDEV_LOG_BAR_SIZE, &byte, 1), -EINVAL);
}

static __s64 pread_at(__u64 pos)
{
	unsigned char byte;

	return pread(dev.device, &byte, 1, pos) < 0 ? -errno : 0;
}

MTAP_TEST(positions)
{
	unsigned int index;

	for (index = VFIO_PCI_NUM_REGIONS; index < 40; index++)
		EXPECT_EQ(pread_at((__u64)index << MDEV_BPF_OFFSET_SHIFT), -EINVAL);
	EXPECT_EQ(pread_at(INT64_MAX), -EINVAL);
	EXPECT_EQ(pread_at(1ULL << 62), -EINVAL);
	EXPECT_EQ(pread_at(-1ULL), -EINVAL);
	EXPECT_EQ(pread_at(1ULL << 63), -EINVAL);
	EXPECT_EQ(pread_at(0), 0);
}

MTAP_TEST(no_region)
{
	static const unsigned int none[] = {
		VFIO_PCI_BAR5_REGION_INDEX, VFIO_PCI_ROM_REGION_INDEX, VFIO_PCI_VGA_REGION_INDEX,
	};
	__u32 val = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		EXPECT_EQ(vfio_pread(&dev, none[i], 0, &val, 4), -EINVAL);
		EXPECT_EQ(vfio_pwrite(&dev, none[i], 0, &val, 4), -EINVAL);
	}
	EXPECT_EQ(vfio_pwrite(&dev, KDEV_LOG, 0, &val, 4), -EINVAL);
	dev_close();
	dev_open("kdev-b");
	EXPECT_EQ(vfio_pread(&dev, 3, 0, &val, 4), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, 2, 0, &val, 4), 4);
}

static void fail_at(__u32 off, int with)
{
	dev_ctl_set(KDEV_CTL_FAIL_AT, off);
	dev_ctl_set(KDEV_CTL_FAIL_WITH, with);
}

/* After an error in a later access, the caller gets the number of bytes done before it. */
MTAP_TEST(partial)
{
	unsigned char buf[16] = { 0 };

	fail_at(8, -EPERM);
	EXPECT_EQ(vfio_pread(&dev, 0, 0, buf, 16), 8);
	EXPECT_EQ(vfio_pread(&dev, 0, 8, buf, 8), -EPERM);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 4, buf, 12), 4);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 12, buf, 4), -EPERM);
	EXPECT_STR(take_log(), "r4@0 r4@4 r4@8 r4@8 w4@4=0 w4@8=0 w4@12=0");
}

MTAP_TEST(strange_results)
{
	fail_at(0, -511);
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -511);
	fail_at(0, -512);	/* ERESTARTSYS: would make the kernel repeat the call */
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -EIO);
	fail_at(0, -4096);
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -EIO);
	fail_at(0, 1);
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -EIO);
	fail_at(0, 4);
	EXPECT_EQ(vfio_set(&dev, 0, 0, 4, 0), -EIO);
	fail_at(0, 0x7fffffff);
	EXPECT_EQ(vfio_set(&dev, 0, 0, 4, 0), -EIO);
	fail_at(0, -2147483647 - 1);
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -EIO);
}

MTAP_TEST(bad_buffers)
{
	size_t len = sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, 2 * len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ASSERT(page != MAP_FAILED);
	ASSERT_EQ(mprotect(page + len, len, PROT_NONE), 0);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 0, NULL, 4), -EFAULT);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 0, page + len, 4), -EFAULT);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 0, (void *)-4096, 4), -EFAULT);
	EXPECT_STR(take_log(), "");
	EXPECT_EQ(vfio_pwrite(&dev, 0, 0, page + len - 4, 8), 4);
	EXPECT_STR(take_log(), "w4@0=0");
	EXPECT_EQ(vfio_pread(&dev, 0, 0, NULL, 4), -EFAULT);
	EXPECT_EQ(vfio_pread(&dev, 0, 0, page + len - 4, 8), 4);
	EXPECT_EQ(vfio_pread(&dev, 0, 0, page + len - 2, 4), -EFAULT);
	munmap(page, 2 * len);
}

/* read(2) and write(2) use the file position, which advances by the number of bytes done. */
MTAP_TEST(file_position)
{
	__u32 val = 0x55667788;

	EXPECT_EQ(write(dev.device, &val, 4), 4);
	EXPECT_EQ(write(dev.device, &val, 4), 4);
	EXPECT_STR(take_log(), "w4@0=55667788 w4@4=55667788");
	EXPECT_EQ(read(dev.device, &val, 4), 4);
	EXPECT_EQ(read(dev.device, &val, 2), 2);
	EXPECT_STR(take_log(), "r4@8 r2@12");
}

MTAP_TEST(context)
{
	char text[UUID_LEN + 1], *at = text;
	unsigned char uuid[16];
	int i;

	ASSERT_EQ(vfio_pread(&dev, KDEV_CTL, KDEV_CTL_UUID, uuid, 16), 16);
	for (i = 0; i < 16; i++) {
		at += sprintf(at, "%02x", uuid[i]);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			*at++ = '-';
	}
	EXPECT_STR(text, dev_mdev.uuid);
	EXPECT_EQ(dev_ctl(KDEV_CTL_TYPE), 0);
	EXPECT_EQ(dev_ctl(KDEV_CTL_ARG), 0x1234);
	EXPECT_EQ(dev_ctl(KDEV_CTL_INSTANCE), 0);
	dev_close();
	dev_open("kdev-b");
	EXPECT_EQ(dev_ctl(KDEV_CTL_TYPE), 1);
	EXPECT_EQ(dev_ctl(KDEV_CTL_ARG), 0x5678);
}

/* Two devices of one program have separate states. */
MTAP_TEST(devices_apart)
{
	struct mdev m = mdev_uuid(2);
	struct vfio other;
	int ret;

	dev_set(0, 0, 4, 0x1111);
	ASSERT_EQ(mdev_create(&m, "kdev-a"), 0);
	ret = vfio_open(&other, &m);
	if (!ret) {
		EXPECT_EQ(vfio_get(&other, 0, 0, 4), 0);
		EXPECT_EQ(vfio_get(&other, KDEV_CTL, KDEV_CTL_INSTANCE, 4), 1);
		EXPECT_EQ(vfio_set(&other, 0, 0, 4, 0x2222), 0);
	}
	vfio_close(&other);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(dev_get(0, 0, 4), 0x1111);
}

static void *hammer(void *arg)
{
	int i;

	for (i = 0; i < 300; i++) {
		if (vfio_get(&dev, KDEV_CTL, KDEV_CTL_OVERLAP, 4))
			*(bool *)arg = true;
	}
	return NULL;
}

MTAP_TEST(serialised)
{
	pthread_t thread[4];
	bool bad = false;
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, hammer, &bad), 0);
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	EXPECT(!bad);
	EXPECT_EQ(dev_ctl(KDEV_CTL_OVERLAP), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_a, .after = dev_close, .teardown = dev_unload,
};
