// SPDX-License-Identifier: GPL-2.0-only
/* Types and devices as sysfs shows them: what mdevctl and libvirt see. */
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev.h"
#include "slowness.h"

#define PARENT	"/sys/devices/virtual/mtty/mtty"
#define TYPES	PARENT "/mdev_supported_types"

static void load(void)
{
	dev_load(MTTY);
}

static const char *type_attr(const char *type, const char *attr)
{
	return sysfs_str(TYPES "/%s/%s", type, attr);
}

MTAP_TEST(parent)
{
	EXPECT_STR(link_name(MDEV_PARENTS "/mtty"), "mtty");
	EXPECT_STR(link_name(PARENT "/subsystem"), "mtty");
	EXPECT_EQ(entries(TYPES), 2);
	EXPECT(exists("/sys/bus/mdev/drivers/mtty"));
	EXPECT_STR(parent_attr("mtty", "state"), "attached");
	EXPECT_STR(parent_attr("mtty", "devices"), "0");
	EXPECT(sysfs_int(PARENT "/mdev_bpf/link_id") > 0);
	EXPECT(sysfs_int(PARENT "/mdev_bpf/state_size") > 0);
	EXPECT(sysfs_int(PARENT "/mdev_bpf/state_version") >= 0);
	EXPECT_EQ(sysfs_int("/sys/kernel/mdev_bpf/abi"), MDEV_BPF_ABI);
}

MTAP_TEST(type_attributes)
{
	EXPECT_STR(type_attr("mtty-1", "name"), "Single port serial");
	EXPECT_STR(type_attr("mtty-2", "name"), "Dual port serial");
	EXPECT_STR(type_attr("mtty-1", "device_api"), VFIO_DEVICE_API_PCI_STRING);
	EXPECT_STR(type_attr("mtty-2", "device_api"), VFIO_DEVICE_API_PCI_STRING);
	EXPECT(!exists(TYPES "/mtty-1/description"));
	EXPECT_EQ(entries(TYPES "/mtty-1/devices"), 0);
	EXPECT_EQ(sysfs_write("x", TYPES "/mtty-1/available_instances"), -EACCES);
}

/* A type without pretty_name, units, description as declared */
MTAP_TEST(declared_attributes)
{
	if (prog_up(&dev_prog2, KDEV))
		mtap_fail(__FILE__, __LINE__, "%s%s", prog_log(), why_refused());
	EXPECT_STR(sysfs_str("%s/name", type_path("kdev-a")), "Selftest A");
	EXPECT_STR(sysfs_str("%s/name", type_path("kdev-b")), "b");
	EXPECT_STR(sysfs_str("%s/description", type_path("kdev-b")), "selftest device");
	EXPECT_EQ(type_available("kdev-a"), 8);
	EXPECT_EQ(type_available("kdev-b"), 2);
	EXPECT_EQ(sysfs_int("/sys/devices/virtual/kdev/kdev/mdev_bpf/state_version"),
		  KDEV_STATE_VERSION);
	EXPECT_EQ(sysfs_int("/sys/devices/virtual/kdev/kdev/mdev_bpf/state_size"),
		  sizeof(struct kdev_state));
	prog_close(&dev_prog2);
	EXPECT(mtap_await(!exists("/sys/devices/virtual/kdev")));
	EXPECT(mtap_await(!exists("/sys/class/kdev")));
	EXPECT(mtap_await(!exists("/sys/bus/mdev/drivers/kdev")));
}

MTAP_TEST(create_remove)
{
	struct mdev m = mdev_uuid(1);

	ASSERT_EQ(mdev_create(&m, "mtty-2"), 0);
	EXPECT_STR(link_name(MDEV_DEVICES "/%s", m.uuid), m.uuid);
	EXPECT_STR(link_name(PARENT "/%s/mdev_type", m.uuid), "mtty-2");
	EXPECT_STR(link_name(PARENT "/%s/driver", m.uuid), "mtty");
	EXPECT_STR(link_name(TYPES "/mtty-2/devices/%s", m.uuid), m.uuid);
	EXPECT(!exists(TYPES "/mtty-1/devices/%s", m.uuid));
	EXPECT(*link_name(PARENT "/%s/iommu_group", m.uuid));
	EXPECT_STR(device_attr(&m, "state"), "attached");
	EXPECT_STR(device_attr(&m, "open"), "0");
	EXPECT_STR(device_attr(&m, "instance"), "0");
	EXPECT_STR(parent_attr("mtty", "devices"), "1");

	EXPECT_EQ(sysfs_write("0", PARENT "/%s/remove", m.uuid), 0);
	EXPECT(exists(PARENT "/%s", m.uuid));
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT(!exists(PARENT "/%s", m.uuid));
	EXPECT(!exists(TYPES "/mtty-2/devices/%s", m.uuid));
	EXPECT_STR(parent_attr("mtty", "devices"), "0");
}

MTAP_TEST(bad_uuids)
{
	static const char * const bad[] = {
		"x", "5e1f7e57-0000-4000-8000-00000000000", "5e1f7e57-0000-4000-8000-00000000000g",
		"5e1f7e57-0000-4000-8000-00000000000111", "5e1f7e5700004000800000000000001",
		"../../../5e1f7e57-0000-4000-8000-0000",
	};
	char longest[4097];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		int ret = mdev_create_text(bad[i], "mtty-1");

		if (ret != -EINVAL)
			mtap_fail(__FILE__, __LINE__, "\"%s\" gives %d", bad[i], ret);
	}
	memset(longest, 'a', 4096);
	longest[4096] = 0;
	EXPECT_EQ(mdev_create_text(longest, "mtty-1"), -EINVAL);
	EXPECT_EQ(entries(TYPES "/mtty-1/devices"), 0);
	EXPECT_EQ(type_available("mtty-1"), 24);
}

MTAP_TEST(duplicate)
{
	struct mdev m = mdev_uuid(1);
	char upper[] = "5E1F7E57-0000-4000-8000-000000000001";

	ASSERT_EQ(mdev_create(&m, "mtty-1"), 0);
	EXPECT_EQ(mdev_create_text(m.uuid, "mtty-1"), -EEXIST);
	EXPECT_EQ(mdev_create_text(m.uuid, "mtty-2"), -EEXIST);
	EXPECT_EQ(mdev_create_text(upper, "mtty-1"), -EEXIST);
	EXPECT_EQ(type_available("mtty-1"), 23);
	ASSERT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(mdev_create(&m, "mtty-2"), 0);
}

static void expect_pool(int one, int two)
{
	EXPECT_EQ(type_available("mtty-1"), one);
	EXPECT_EQ(type_available("mtty-2"), two);
}

/* 24 ports, shared by both types */
MTAP_TEST(pool)
{
	struct mdev a = mdev_uuid(1), b = mdev_uuid(2), c = mdev_uuid(3);

	expect_pool(24, 12);
	ASSERT_EQ(mdev_create(&a, "mtty-1"), 0);
	expect_pool(23, 11);
	ASSERT_EQ(mdev_create(&b, "mtty-2"), 0);
	expect_pool(21, 10);
	ASSERT_EQ(mdev_create(&c, "mtty-1"), 0);
	expect_pool(20, 10);
	EXPECT_EQ(mdev_remove(&b), 0);
	expect_pool(22, 11);
	EXPECT_EQ(mdev_remove(&a), 0);
	EXPECT_EQ(mdev_remove(&c), 0);
	expect_pool(24, 12);
}

MTAP_TEST(exhausted)
{
	struct mdev last, over = mdev_uuid(100);
	unsigned int i;

	for (i = 0; i < 11; i++) {
		last = mdev_uuid(i + 1);
		ASSERT_EQ(mdev_create(&last, "mtty-2"), 0);
	}
	last = mdev_uuid(12);
	ASSERT_EQ(mdev_create(&last, "mtty-1"), 0);
	expect_pool(1, 0);
	EXPECT_EQ(mdev_create(&over, "mtty-2"), -ENOSPC);
	expect_pool(1, 0);
	EXPECT(!exists(MDEV_DEVICES "/%s", over.uuid));
	ASSERT_EQ(mdev_create(&over, "mtty-1"), 0);
	expect_pool(0, 0);
	last = mdev_uuid(101);
	EXPECT_EQ(mdev_create(&last, "mtty-1"), -ENOSPC);
	EXPECT_EQ(mdev_remove(&over), 0);
	EXPECT_EQ(mdev_create(&last, "mtty-1"), 0);
}

/* The lowest free number is taken, so numbers stay small over any history. */
MTAP_TEST(instances)
{
	struct mdev a = mdev_uuid(1), b = mdev_uuid(2), c = mdev_uuid(3);

	ASSERT_EQ(mdev_create(&a, "mtty-1"), 0);
	ASSERT_EQ(mdev_create(&b, "mtty-2"), 0);
	EXPECT_STR(device_attr(&b, "instance"), "1");
	EXPECT_EQ(mdev_remove(&a), 0);
	ASSERT_EQ(mdev_create(&c, "mtty-1"), 0);
	EXPECT_STR(device_attr(&c, "instance"), "0");
}

static int uevent_socket(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	ASSERT(fd >= 0);
	ASSERT_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* A uevent is strings: "add@PATH", then VAR=value each. */
static bool uevent_is(const char *msg, size_t len, const char *head, const char *var)
{
	const char *s;

	if (strcmp(msg, head))
		return false;
	for (s = msg; s < msg + len; s += strlen(s) + 1) {
		if (!strcmp(s, var))
			return true;
	}
	return false;
}

static bool uevent_came(int fd, const char *head, const char *var)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char msg[8192];
	ssize_t len;

	while (poll(&p, 1, 5000 * slowness()) > 0) {
		len = recv(fd, msg, sizeof(msg) - 1, 0);
		if (len < 0)
			continue;
		msg[len] = 0;
		if (uevent_is(msg, len, head, var))
			return true;
	}
	return false;
}

/* What mdevctl's udev rule waits for, and what it reads when it comes */
MTAP_TEST(uevents)
{
	static const char parent[] = "/devices/virtual/kdev/kdev";
	int fd = uevent_socket();
	struct mdev m = mdev_uuid(1);
	char head[128];

	EXPECT_EQ(prog_up(&dev_prog2, KDEV), 0);
	snprintf(head, sizeof(head), "change@%s", parent);
	EXPECT(uevent_came(fd, head, "MDEV_STATE=registered"));

	EXPECT_EQ(mdev_create(&m, "kdev-a"), 0);
	snprintf(head, sizeof(head), "add@%s/%s", parent, m.uuid);
	EXPECT(uevent_came(fd, head, "SUBSYSTEM=mdev"));
	EXPECT_EQ(mdev_remove(&m), 0);
	snprintf(head, sizeof(head), "remove@%s/%s", parent, m.uuid);
	EXPECT(uevent_came(fd, head, "SUBSYSTEM=mdev"));

	prog_close(&dev_prog2);
	snprintf(head, sizeof(head), "change@%s", parent);
	EXPECT(uevent_came(fd, head, "MDEV_STATE=unregistered"));
	close(fd);
}

/* init is the first op and exit the last; if init fails, create fails, and nothing leaks */
MTAP_TEST(init_exit)
{
	struct mdev m = mdev_uuid(1);
	int i;

	ASSERT_EQ(prog_up(&dev_prog2, KDEV), 0);
	EXPECT_EQ(mdev_create(&m, "kdev-a"), 0);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_INIT), 1);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_EXIT), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_EXIT), 1);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(mdev_create(&m, "kdev-noinit"), -EDOM);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_EXIT), 1);
	EXPECT_EQ(type_available("kdev-noinit"), 8);
	EXPECT(!exists(MDEV_DEVICES "/%s", m.uuid));
	prog_close(&dev_prog2);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .after = dev_close, .teardown = dev_unload,
};
