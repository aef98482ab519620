// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names that somebody has already. The runner also fails each of these if the kernel warns, as the
 * driver core does when it is not asked first.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "dev.h"

static void load(void)
{
	dev_load(KDEV);
}

static int attach_as(const char *name)
{
	int ret;

	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	snprintf(prog_ops(&dev_prog2)->name, MDEV_BPF_NAME_LEN, "%s", name);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ret = prog_attach(&dev_prog2);
	return ret;
}

static void expect_taken(const char *name, const char *by)
{
	char head[64];

	EXPECT_EQ(attach_as(name), -EEXIST);
	snprintf(head, sizeof(head), "%s: %s of this name exists already", name, by);
	EXPECT_HAS(why_refused(), head);
	EXPECT(!exists("/sys/bus/mdev/drivers/%s", name));
	EXPECT(!exists(MDEV_PARENTS "/%s", name));
}

MTAP_TEST(two_loads)
{
	dev_open("kdev-a");
	dev_set(0, 0, 4, 17);
	EXPECT_EQ(attach_as("kdev"), -EEXIST);
	EXPECT_STR(why_refused(), "kdev: a program of this name is loaded already");
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	EXPECT_EQ(dev_get(0, 0, 4), 17);
	/* Closing the second object must remove nothing of the first. */
	prog_close(&dev_prog2);
	EXPECT_EQ(dev_get(0, 0, 4), 17);
	EXPECT_EQ(attach_as("kdev3"), 0);
	EXPECT_EQ(type_available("kdev3-a"), 8);
}

MTAP_TEST(class)
{
	expect_taken("mem", "a device class");
	expect_taken("net", "a device class");
	expect_taken("block", "a device class");
	expect_taken("mdev_bus", "a device class");
	EXPECT(exists("/sys/class/mem/null"));
	EXPECT(exists("/sys/class/net/lo"));
}

MTAP_TEST(virtual_directory)
{
	ASSERT(exists("/sys/devices/virtual/workqueue"));
	ASSERT(!exists("/sys/class/workqueue"));
	expect_taken("workqueue", "a virtual device directory");
	EXPECT(exists("/sys/devices/virtual/workqueue"));
}

/* A program whose name was refused can be attached later. */
MTAP_TEST(another_name)
{
	EXPECT_EQ(attach_as("mem"), -EEXIST);
	EXPECT_EQ(attach_as("mem2"), 0);
	dev_open("mem2-a");
	EXPECT_EQ(dev_ctl(KDEV_CTL_ARG), 0x1234);
}

/* The same name again, as soon as it is free */
MTAP_TEST(again)
{
	int i;

	for (i = 0; i < 10; i++) {
		EXPECT_EQ(attach_as("kdev4"), 0);
		EXPECT_EQ(type_available("kdev4-a"), 8);
	}
}

/* A UUID is unique on the machine, not only for a program. */
MTAP_TEST(one_uuid_two_programs)
{
	struct mdev m = mdev_uuid(1);

	ASSERT_EQ(attach_as("kdev5"), 0);
	ASSERT_EQ(mdev_create(&m, "kdev-a"), 0);
	EXPECT_EQ(mdev_create_text(m.uuid, "kdev5-a"), -EEXIST);
	EXPECT_EQ(type_available("kdev5-a"), 8);
	EXPECT_STR(link_name(MDEV_DEVICES "/%s/driver", m.uuid), "kdev");
}

static void *attach(void *link)
{
	*(struct bpf_link **)link = bpf_map__attach_struct_ops(dev_prog2.map);
	return NULL;
}

/* Of several at the same time exactly one wins. */
MTAP_TEST(race)
{
	struct bpf_link *link[4];
	pthread_t thread[4];
	int i, j, winners;

	ASSERT_EQ(attach_as("kdev6"), 0);
	prog_detach(&dev_prog2);
	for (i = 0; i < 20; i++) {
		for (j = 0; j < 4; j++)
			ASSERT_EQ(pthread_create(&thread[j], NULL, attach, &link[j]), 0);
		for (j = 0, winners = 0; j < 4; j++) {
			pthread_join(thread[j], NULL);
			winners += !!link[j];
		}
		EXPECT_EQ(winners, 1);
		EXPECT_EQ(type_available("kdev6-a"), 8);
		for (j = 0; j < 4; j++)
			bpf_link__destroy(link[j]);
		EXPECT(mtap_await(!exists("/sys/class/kdev6")));
	}
}

const struct mtap_suite mtap_suite = {
	.setup = load, .after = dev_close, .teardown = dev_unload,
};
