// SPDX-License-Identifier: GPL-2.0-only
/* Parameters: their files, what they accept, and what a program sees. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "mig.h"
#include "progs/kparam.h"

#define KPARAM	"progs/kparam.bpf.o"
#define CONFIG	VFIO_PCI_CONFIG_REGION_INDEX

static struct mdev mdev_b;
static struct vfio target = { .container = -1, .group = -1, .device = -1 };
static char stream[1 << 16];

static int set_of(const struct mdev *m, const char *name, const char *text)
{
	return sysfs_write(text, MDEV_DEVICES "/%s/params/%s", m->uuid, name);
}

static int set(const char *name, const char *text)
{
	return set_of(&dev_mdev, name, text);
}

static const char *get(const char *name)
{
	return sysfs_str(MDEV_DEVICES "/%s/params/%s", dev_mdev.uuid, name);
}

static void create(const char *type)
{
	dev_mdev = mdev_uuid(0xa0);
	ASSERT_EQ(mdev_create(&dev_mdev, type), 0);
}

static void open_device(void)
{
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

static __u64 value(unsigned int n)
{
	return dev_get(0, KPARAM_VALUE + 8 * n, 8);
}

static void before(void)
{
	dev_load(KPARAM);
	create("kparam-a");
}

static void after(void)
{
	vfio_close(&target);
	vfio_close(&dev);
	mdev_remove_all();
	prog_close(&dev_prog2);
	dev_unload();
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = after,
};

MTAP_TEST(presets)
{
	EXPECT_EQ(entries(MDEV_DEVICES "/%s/params", dev_mdev.uuid), 6);
	EXPECT_STR(get("capacity"), "1048576");
	EXPECT_STR(get("cache"), "1");
	EXPECT_STR(get("serial"), "");
	EXPECT_STR(get("host"), "0");
	EXPECT_STR(get("queues"), "1");
	open_device();
	EXPECT_EQ(value(KPARAM_CAPACITY), KPARAM_CAPACITY_PRESET);
	EXPECT_EQ(value(KPARAM_CACHE), 1);
	EXPECT_EQ(value(KPARAM_SERIAL), 0);
	EXPECT_EQ(value(KPARAM_QUEUES), 1);
	EXPECT_EQ(value(KPARAM_QUEUES_B), 0);
	EXPECT_EQ(value(KPARAM_ROOM + 1), 0);
	EXPECT_EQ(dev_get(0, KPARAM_LENGTH, 8), 0);
	EXPECT_EQ((int)dev_get(0, KPARAM_WRONG, 8), -EINVAL);
}

/* The size of a BAR and of another region is a parameter. */
MTAP_TEST(sizes)
{
	open_device();
	EXPECT_EQ(dev.region[KPARAM_BAR].size, 2 * KPARAM_ROOM_MIN);
	dev_set(KPARAM_MEM, 8, 8, 77);
	vfio_close(&dev);
	EXPECT_EQ(set("room", "256k"), 0);
	open_device();
	EXPECT_EQ(dev.region[KPARAM_BAR].size, 256 << 10);
	EXPECT_EQ(dev.region[KPARAM_MEM].size, 256 << 10);
	/* It is new memory */
	EXPECT_EQ(dev_get(KPARAM_MEM, 8, 8), 0);
	dev_set(KPARAM_MEM, (256 << 10) - 8, 8, 78);
	EXPECT_EQ(dev_get(KPARAM_MEM, (256 << 10) - 8, 8), 78);
	EXPECT_EQ(vfio_get(&dev, KPARAM_MEM, 256 << 10, 8), -EINVAL);
	/* A guest that sizes the BAR */
	ASSERT_EQ(vfio_set(&dev, CONFIG, 0x18, 4, 0xffffffff), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, 0x18, 4), 0xfffc0004);
	ASSERT_EQ(vfio_set(&dev, CONFIG, 0x1c, 4, 1), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, 0x1c, 4), 1);
	vfio_close(&dev);
	EXPECT_EQ(set("room", "12k"), -EINVAL);
	EXPECT_HAS(why_refused(), "12288 is the size of a BAR, but no power of two");
	EXPECT_EQ(set("room", "4k"), -ERANGE);
	EXPECT_EQ(set("room", "2M"), -ERANGE);
	EXPECT_EQ(set("room", "8k"), 0);
	open_device();
	EXPECT_EQ(dev.region[KPARAM_BAR].size, KPARAM_ROOM_MIN);
	/* It has lost its whole address */
	EXPECT_EQ(vfio_get(&dev, CONFIG, 0x18, 4), 4);
	EXPECT_EQ(vfio_get(&dev, CONFIG, 0x1c, 4), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, 0x18, 4, 0xffffffff), 0);
	EXPECT_EQ(vfio_get(&dev, CONFIG, 0x18, 4), 0xffffe004);
}

/* The memory is replaced while a work item frees pages of it. */
MTAP_TEST(size_while_trimming)
{
	static char full[KPARAM_ROOM_MAX];
	int i;

	memset(full, 7, sizeof(full));
	ASSERT_EQ(set("room", "1M"), 0);
	for (i = 0; i < 50; i++) {
		open_device();
		ASSERT_EQ(vfio_pwrite(&dev, KPARAM_MEM, 0, full, sizeof(full)), sizeof(full));
		vfio_close(&dev);
		ASSERT_EQ(set("room", "1M"), 0);
	}
	open_device();
	EXPECT_EQ(dev_get(KPARAM_MEM, 8, 8), 0);
}

/* A name may have another preset in another type. */
MTAP_TEST(types)
{
	mdev_remove_all();
	create("kparam-b");
	EXPECT_STR(get("queues"), "4");
	EXPECT_EQ(set("queues", "7"), 0);
	open_device();
	EXPECT_EQ(value(KPARAM_QUEUES), 0);
	EXPECT_EQ(value(KPARAM_QUEUES_B), 7);
}

MTAP_TEST(values)
{
	char text[32];

	EXPECT_EQ(set("serial", "  äb 7\n"), 0);
	EXPECT_EQ(set("cache", "off"), 0);
	EXPECT_EQ(set("host", "0xffffffffffffffff\n"), 0);
	EXPECT_EQ(set("capacity", "64k"), 0);
	EXPECT_STR(get("capacity"), "65536");
	EXPECT_STR(get("cache"), "0");
	EXPECT_STR(get("serial"), "  äb 7");
	EXPECT_STR(get("host"), "18446744073709551615");
	open_device();
	EXPECT_EQ(value(KPARAM_CAPACITY), 65536);
	EXPECT_EQ(value(KPARAM_CACHE), 0);
	EXPECT_EQ(value(KPARAM_HOST), ~0ULL);
	EXPECT_EQ(dev_get(0, KPARAM_INIT, 8), KPARAM_CAPACITY_PRESET);
	EXPECT_EQ(dev_get(0, KPARAM_OPEN, 8), 65536);
	EXPECT_EQ(dev_get(0, KPARAM_LENGTH, 8), 7);
	EXPECT_EQ((int)dev_get(0, KPARAM_SHORT, 8), -E2BIG);
	ASSERT_EQ(vfio_pread(&dev, 0, KPARAM_TEXT, text, sizeof(text)), sizeof(text));
	EXPECT_STR(text, "  äb 7");
}

static const struct {
	const char *name, *text;
	int err;
	const char *why;
} wrong[] = {
	{ "capacity", "4095", -ERANGE, "4095 is not from 4096 to 1099511627776" },
	{ "capacity", "1025G", -ERANGE, "1100585369600 is not from 4096 to 1099511627776" },
	{ "capacity", "0", -ERANGE, "0 is not from 4096" },
	{ "capacity", "\n", -EINVAL, "\"\" is no number below 2^64" },
	{ "capacity", "k", -EINVAL, "\"k\" is no number" },
	{ "capacity", "-1", -EINVAL, "\"-1\" is no number" },
	{ "capacity", "+5000", -EINVAL, "\"+5000\" is no number" },
	{ "capacity", "8192 ", -EINVAL, "\"8192 \" is no number" },
	{ "capacity", "8192K", -EINVAL, "\"8192K\" is no number" },
	{ "capacity", "0x10000000000000000", -EINVAL, "is no number below 2^64" },
	{ "capacity", "16777216T", -EINVAL, "\"16777216T\" is no number below 2^64" },
	{ "cache", "2", -EINVAL, "\"2\" is neither 0 nor 1" },
	{ "cache", "\n", -EINVAL, "\"\" is neither 0 nor 1" },
	{ "serial", "x", -ERANGE, "1 bytes are not from 2 to 20" },
	{ "serial", "123456789012345678901", -ERANGE, "21 bytes are not from 2 to 20" },
	{ "serial", "ab\tc", -EINVAL, "byte 2 is a control character" },
	{ "serial", "ab\n\n", -EINVAL, "byte 2 is a control character" },
	{ "serial", "\x7fxy", -EINVAL, "byte 0 is a control character" },
};

MTAP_TEST(wrong_values)
{
	char head[128], longest[300] = "";
	unsigned int i;

	ASSERT_EQ(set("serial", "first"), 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(head, sizeof(head), "kparam: parameter %s of device %s: ", wrong[i].name,
			 dev_mdev.uuid);
		EXPECT_EQ(set(wrong[i].name, wrong[i].text), wrong[i].err);
		EXPECT_HAS(why_refused(), head);
		EXPECT_HAS(why_refused(), wrong[i].why);
	}
	memset(longest, 'x', MDEV_BPF_MAX_PARAM_TEXT);
	EXPECT_EQ(set("serial", longest), -E2BIG);
	EXPECT_HAS(why_refused(), "a value has at most 255 bytes");
	longest[MDEV_BPF_MAX_PARAM_TEXT - 1] = '\n';
	EXPECT_EQ(set("serial", longest), -ERANGE);
	EXPECT_STR(get("serial"), "first");
	EXPECT_STR(get("capacity"), "1048576");
	EXPECT_STR(get("cache"), "1");
}

MTAP_TEST(only_while_closed)
{
	open_device();
	EXPECT_EQ(set("cache", "0"), -EBUSY);
	EXPECT_HAS(why_refused(), "the device is open, close its user first");
	EXPECT_STR(get("cache"), "1");
	vfio_close(&dev);
	EXPECT_EQ(set("cache", "0"), 0);
	open_device();
	EXPECT_EQ(value(KPARAM_CACHE), 0);
	/* A reset does not change parameters */
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(value(KPARAM_CACHE), 0);
}

static int update(const char *map)
{
	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, KPARAM, map), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	return prog_update(&dev_prog, &dev_prog2);
}

MTAP_TEST(other_programs)
{
	ASSERT_EQ(set("capacity", "8k"), 0);
	EXPECT_EQ(update("other"), -EINVAL);
	EXPECT_STR(why_refused(), "kparam: params[] differ from those in use");
	EXPECT_EQ(update("kparam"), 0);
	EXPECT_STR(get("capacity"), "8192");
	open_device();
	EXPECT_EQ(value(KPARAM_CAPACITY), 8192);
	vfio_close(&dev);
	prog_close(&dev_prog2);
	dev_unload();
	/* Detached: the parameters belong to the device */
	EXPECT_EQ(set("capacity", "16k"), 0);
	EXPECT_EQ(set("capacity", "1"), -ERANGE);
	dev_load(KPARAM);
	open_device();
	EXPECT_EQ(value(KPARAM_CAPACITY), 16384);
}

/* Save the first device, and load the stream into another one, whose parameters are @set. */
static int migrate(const char *name, const char *text)
{
	ssize_t len;
	int ret;

	mdev_b = mdev_uuid(0xa1);
	ASSERT_EQ(mdev_create(&mdev_b, "kparam-a"), 0);
	EXPECT_EQ(set_of(&mdev_b, "capacity", "1M"), 0);
	EXPECT_EQ(set_of(&mdev_b, "serial", "S-1"), 0);
	EXPECT_EQ(set_of(&mdev_b, name, text), 0);
	ASSERT_EQ(vfio_open(&target, &mdev_b), 0);
	open_device();
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	ret = mig_load(&target, stream, len);
	vfio_close(&target);
	vfio_close(&dev);
	ASSERT_EQ(mdev_remove(&mdev_b), 0);
	return ret;
}

MTAP_TEST(migration)
{
	char begin[64];

	ASSERT_EQ(set("serial", "S-1"), 0);
	ASSERT_EQ(set("host", "1"), 0);
	EXPECT_EQ(migrate("cache", "1"), 0);
	EXPECT_EQ(migrate("host", "2"), 0);
	EXPECT_EQ(migrate("capacity", "8192"), -EINVAL);
	EXPECT_HAS(why_refused(), "parameter capacity is 1048576 in the state, 8192 in the device");
	/* Whoever can write a stream can write this, so it is told from others */
	snprintf(begin, sizeof(begin), "kparam: %s: ", mdev_b.uuid);
	EXPECT(!strncmp(why_refused(), begin, strlen(begin)));
	EXPECT_EQ(migrate("cache", "0"), -EINVAL);
	EXPECT_HAS(why_refused(), "parameter cache is 1 in the state, 0 in the device");
	EXPECT_EQ(migrate("serial", "S-2"), -EINVAL);
	EXPECT_HAS(why_refused(),
		   "parameter serial is \"S-1\" in the state, \"S-2\" in the device");
}

/* What is reserved in the stream can get a meaning later. */
MTAP_TEST(bad_stream)
{
	struct mig_section *s;
	__u32 *reserved;
	ssize_t len;

	open_device();
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	s = mig_find(stream, len, MIG_PARAMS);
	ASSERT(s);
	reserved = (__u32 *)(s + 1) + MDEV_BPF_NAME_LEN / 4 + 1;
	EXPECT_EQ(*reserved, 0);
	EXPECT_EQ(mig_load(&dev, stream, len), 0);
	*reserved = 1;
	mig_seal(stream, len);
	EXPECT_EQ(mig_load(&dev, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), "section params makes no sense");
}

static atomic_bool ending;

static void *setter(void *end)
{
	unsigned int i = 0;
	char text[16];

	while (!atomic_load((atomic_bool *)end)) {
		snprintf(text, sizeof(text), "%u", ++i);
		set("host", text);
	}
	return NULL;
}

/* While a device is open, its parameters do not change. */
MTAP_TEST(race_with_open)
{
	pthread_t thread;
	__u64 seen[3];
	int i;

	atomic_store(&ending, false);
	ASSERT_EQ(pthread_create(&thread, NULL, setter, &ending), 0);
	for (i = 0; i < 100 && !vfio_open(&dev, &dev_mdev); i++) {
		seen[0] = value(KPARAM_HOST);
		seen[1] = value(KPARAM_HOST);
		seen[2] = value(KPARAM_HOST);
		if (seen[0] != seen[1] || seen[1] != seen[2])
			mtap_fail(__FILE__, __LINE__, "%llu, %llu, %llu", seen[0], seen[1],
				  seen[2]);
		vfio_close(&dev);
	}
	atomic_store(&ending, true);
	pthread_join(thread, NULL);
	EXPECT_EQ(i, 100);
}
