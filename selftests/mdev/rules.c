// SPDX-License-Identifier: GPL-2.0-only
/* The core's rules that one task after the other can test. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core.h"

static unsigned int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

/* What a parent and its types look like: the ABI, name by name */
MTAP_TEST(parent_files)
{
	char path[PATH_MAX];

	EXPECT_STR(link_name(MDEV_PARENTS "/p0"), "p0");
	EXPECT_EQ(entries(TYPES, P0), 2);
	EXPECT_EQ(entries(TYPES "/mdevt-a", P0), 6);
	EXPECT_STR(sysfs_str(TYPES "/mdevt-a/name", P0), "Type A");
	EXPECT_STR(sysfs_str(TYPES "/mdevt-b/name", P0), "b");
	EXPECT_STR(sysfs_str(TYPES "/mdevt-b/device_api", P0), "test");
	EXPECT_STR(sysfs_str(TYPES "/mdevt-b/description", P0), "made for tests, type b");
	EXPECT_STR(sysfs_str(TYPES "/mdevt-b/available_instances", P0), "1000");
	EXPECT_EQ(entries(TYPES "/mdevt-b/devices", P0), 0);

	snprintf(path, sizeof(path), TYPES "/mdevt-a/create", P0);
	EXPECT_EQ(mode_of(path), 0200);
	snprintf(path, sizeof(path), TYPES "/mdevt-a/available_instances", P0);
	EXPECT_EQ(mode_of(path), 0444);
	snprintf(path, sizeof(path), TYPES "/mdevt-a/devices", P0);
	EXPECT_EQ(mode_of(path), 0755);
}

/* ... and a device */
MTAP_TEST(device_files)
{
	struct mdev m = mdev_uuid(1);
	char path[PATH_MAX];

	ASSERT_EQ(core_create(P0, "b", &m), 0);
	EXPECT_STR(link_name(DEVICE, m.uuid), m.uuid);
	EXPECT(exists(PARENT "/%s", P0, m.uuid));
	EXPECT_STR(link_name(DEVICE "/mdev_type", m.uuid), "mdevt-b");
	EXPECT_STR(link_name(DEVICE "/driver", m.uuid), "mdevt");
	EXPECT_STR(link_name(DEVICE "/subsystem", m.uuid), "mdev");
	EXPECT_STR(link_name(TYPES "/mdevt-b/devices/%s", P0, m.uuid), m.uuid);
	EXPECT(!exists(TYPES "/mdevt-a/devices/%s", P0, m.uuid));
	snprintf(path, sizeof(path), DEVICE "/remove", m.uuid);
	EXPECT_EQ(mode_of(path), 0200);
	/* driver mdev_type remove subsystem uevent; with CONFIG_PM power, too */
	EXPECT_EQ(entries(DEVICE, m.uuid), 5 + exists(DEVICE "/power", m.uuid));
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT(!exists(DEVICE, m.uuid));
	EXPECT(!exists(TYPES "/mdevt-b/devices/%s", P0, m.uuid));
	EXPECT_EQ(mdev_remove(&m), -ENOENT);
}

MTAP_TEST(remove_values)
{
	static const char * const refused[] = { "x", "\n", " ", "0x", "1x", "-", "remove" };
	static const char * const ignored[] = { "0", "0\n", "00", "0x0" };
	static const char * const good[] = { "1", "1\n", "2", "0x10", "+1" };
	struct mdev m = mdev_uuid(1);
	size_t i;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_EQ(sysfs_write(refused[i], DEVICE "/remove", m.uuid), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		EXPECT_EQ(sysfs_write(ignored[i], DEVICE "/remove", m.uuid), 0);
	EXPECT_EQ(core_get("nr_removes"), core_get("nr_probes") - 1);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(sysfs_write(good[i], DEVICE "/remove", m.uuid), 0);
		EXPECT(!exists(DEVICE, m.uuid));
		EXPECT_EQ(core_create(P0, "a", &m), 0);
	}
	EXPECT_EQ(mdev_remove(&m), 0);
}

/* A UUID is one device's, whatever parent and type it is asked from. */
MTAP_TEST(duplicate)
{
	static const char upper[] = "5E1F7E57-0000-4000-8000-000000000001";
	struct mdev m = mdev_uuid(1);
	int probes;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	probes = core_get("nr_probes");
	EXPECT_EQ(core_create(P0, "a", &m), -EEXIST);
	EXPECT_EQ(core_create(P0, "b", &m), -EEXIST);
	EXPECT_EQ(core_create(P1, "a", &m), -EEXIST);
	EXPECT_EQ(core_create(P1, "b", &m), -EEXIST);
	EXPECT_EQ(sysfs_write(upper, TYPES "/mdevt-a/create", P1), -EEXIST);
	EXPECT_EQ(core_get("nr_probes"), probes);
	EXPECT_EQ(core_available(P0), 999);
	EXPECT_EQ(core_available(P1), 1000);
	ASSERT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(core_create(P1, "b", &m), 0);
	EXPECT_EQ(core_create(P0, "a", &m), -EEXIST);
	EXPECT_EQ(mdev_remove(&m), 0);
}

struct text {
	const char *text;
	size_t len;
	bool ours_only;
};

#define TEXT(s)		{ .text = s, .len = sizeof(s) - 1 }
/* The kernel's own core takes any 37th character. */
#define TEXT_OURS(s)	{ .text = s, .len = sizeof(s) - 1, .ours_only = true }

#define U	"5e1f7e57-0000-4000-8000-000000000001"

static const struct text bad_texts[] = {
	TEXT("x"), TEXT("\n"), TEXT("\0"), TEXT("{" U "}"), TEXT("{" U), TEXT(U "\n\n"),
	TEXT("5e1f7e57-0000-4000-8000-00000000000"), TEXT("5e1f7e57-0000-4000-8000-00000000000\n"),
	TEXT("5e1f7e57-0000-4000-8000-00000000000\0"), TEXT("5e1f7e57-0000-4000-8000-00000000000g"),
	TEXT("5e1f7e57-0000-4000-8000-00000000000 "),
	TEXT("5e1f7e57\00000-4000-8000-000000000001"),
	TEXT("5e1f7e57.0000.4000.8000.000000000001"), TEXT("5e1f7e57000040008000000000000001"),
	TEXT("5e1f7e570-000-4000-8000-000000000001"), TEXT("-5e1f7e5-0000-4000-8000-000000000001"),
	TEXT(" " U), TEXT("\n" U), TEXT("0x1f7e57-0000-4000-8000-000000000001"), TEXT(U U),
	TEXT("urn:uuid:" U), TEXT(U " trailing words"), TEXT("../../../../devices/virtual/mdevt"),
	TEXT_OURS(U " "), TEXT_OURS(U "\0"), TEXT_OURS(U "2"), TEXT_OURS(U "}"), TEXT_OURS(U "\r"),
};

static int create_raw(const struct text *t)
{
	int fd = core_open(TYPES "/mdevt-a/create", P0);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = write(fd, t->text, t->len);
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

MTAP_TEST(bad_uuids)
{
	char longest[4096];
	const struct text too_long = { .text = longest, .len = sizeof(longest) };
	bool ours = core_is_ours();
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(bad_texts); i++) {
		if (bad_texts[i].ours_only && !ours)
			continue;
		ret = create_raw(&bad_texts[i]);
		if (ret != -EINVAL)
			mtap_fail(__FILE__, __LINE__, "\"%s\" (%zu bytes) gives %d",
				  bad_texts[i].text, bad_texts[i].len, ret);
	}
	memset(longest, 'a', sizeof(longest));
	EXPECT_EQ(create_raw(&too_long), -EINVAL);
	EXPECT_EQ(entries(MDEV_DEVICES), 0);
}

MTAP_TEST(good_uuids)
{
	static const struct text good[] = {
		TEXT(U), TEXT(U "\n"), TEXT("5E1F7E57-0000-4000-8000-000000000001"),
		TEXT("5E1f7e57-0000-4000-8000-000000000001\n"),
	};
	struct mdev m = mdev_uuid(1);
	size_t i;

	ASSERT_STR(m.uuid, U);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(create_raw(&good[i]), good[i].len);
		EXPECT(exists(DEVICE, m.uuid));
		EXPECT_EQ(mdev_remove(&m), 0);
	}
}

/* max_instances is the parent's, not the type's; who comes late is told so, and costs nothing. */
MTAP_TEST(exhausted)
{
	struct mdev m[4] = { mdev_uuid(1), mdev_uuid(2), mdev_uuid(3), mdev_uuid(4) };
	int i;

	ASSERT_EQ(core_unregister(P0), 0);
	core_set("max_instances", 3);
	ASSERT_EQ(core_register(P0, "1"), 0);
	/* Read once, at registration */
	core_set("max_instances", 1000);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(core_create(P0, i & 1 ? "a" : "b", &m[i]), 0);
		EXPECT_EQ(core_available(P0), 2 - i);
		EXPECT_EQ(sysfs_int(TYPES "/mdevt-b/available_instances", P0), 2 - i);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(core_create(P0, "a", &m[3]), -EUSERS);
		EXPECT_EQ(core_create(P0, "b", &m[3]), -EUSERS);
		EXPECT_EQ(core_available(P0), 0);
	}
	EXPECT_EQ(core_create(P0, "b", &m[0]), -EEXIST);
	/* A refusal took nothing: not the UUID, and no other parent's instance */
	EXPECT_EQ(core_create(P1, "a", &m[3]), 0);
	EXPECT_EQ(mdev_remove(&m[3]), 0);
	EXPECT_EQ(mdev_remove(&m[1]), 0);
	EXPECT_EQ(core_available(P0), 1);
	EXPECT_EQ(core_create(P0, "a", &m[3]), 0);
	EXPECT_EQ(core_available(P0), 0);
	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT_EQ(core_register(P0, "1"), 0);
}

MTAP_TEST(most_instances)
{
	struct mdev m = mdev_uuid(1);

	ASSERT_EQ(core_unregister(P0), 0);
	core_set("max_instances", UINT_MAX);
	ASSERT_EQ(core_register(P0, "1"), 0);
	core_set("max_instances", 1000);
	EXPECT_STR(sysfs_str(TYPES "/mdevt-a/available_instances", P0), "4294967295");
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_STR(sysfs_str(TYPES "/mdevt-a/available_instances", P0), "4294967294");
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_STR(sysfs_str(TYPES "/mdevt-a/available_instances", P0), "4294967295");
	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT_EQ(core_register(P0, "1"), 0);
}

/* A driver that counts for itself is asked, and its max_instances is not looked at. */
MTAP_TEST(own_count)
{
	struct mdev m[3] = { mdev_uuid(1), mdev_uuid(2), mdev_uuid(3) };

	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT_EQ(core_register(P0, "count"), 0);
	core_set("max_instances", 2);
	EXPECT(!exists(TYPES "/mdevt_count-a", P0));
	EXPECT(!exists(TYPES "/mdevt-a/description", P0));
	EXPECT_EQ(core_available(P0), 2);
	EXPECT_EQ(core_create(P0, "a", &m[0]), 0);
	EXPECT_EQ(core_create(P0, "a", &m[1]), 0);
	EXPECT_EQ(core_available(P0), 0);
	EXPECT_EQ(core_create(P0, "a", &m[2]), -ENOSPC);
	EXPECT_EQ(mdev_remove(&m[0]), 0);
	EXPECT_EQ(core_available(P0), 1);
	EXPECT_EQ(core_create(P0, "a", &m[2]), 0);
	EXPECT_STR(link_name(DEVICE "/driver", m[2].uuid), "mdevt_count");
	ASSERT_EQ(core_unregister(P0), 0);
	EXPECT_EQ(entries(MDEV_DEVICES), 0);
	core_set("max_instances", 1000);
	ASSERT_EQ(core_register(P0, "1"), 0);
}

/* Neither probe nor remove nor a description: none of them is asked for. */
MTAP_TEST(no_callbacks)
{
	struct mdev m = mdev_uuid(1);

	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT_EQ(core_register(P0, "plain"), 0);
	EXPECT_EQ(core_available(P0), 2);
	EXPECT(!exists(TYPES "/mdevt-a/description", P0));
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_STR(link_name(DEVICE "/driver", m.uuid), "mdevt_plain");
	EXPECT_EQ(mdev_remove(&m), 0);
	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT_EQ(core_register(P0, "1"), 0);
}

/* Nothing but creation binds, and to the parent's driver: names and arrivals do not count. */
MTAP_TEST(explicit_bind)
{
	struct mdev m = mdev_uuid(1), n = mdev_uuid(2);
	int removes;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	removes = core_get("nr_removes");
	EXPECT_EQ(sysfs_write(m.uuid, "/sys/bus/mdev/drivers/mdevt/unbind"), 0);
	EXPECT_EQ(core_get("nr_removes"), removes + 1);
	EXPECT_EQ(core_get("nr_bound"), 0);
	EXPECT(exists(DEVICE, m.uuid));
	EXPECT(!exists(DEVICE "/driver", m.uuid));
	EXPECT_EQ(core_available(P0), 999);
	EXPECT_EQ(core_create(P0, "a", &m), -EEXIST);

	/* A driver that arrives finds an unbound device, and must leave it. */
	EXPECT_EQ(sysfs_write("1", KNOBS "/extra_driver"), 0);
	EXPECT(!exists(DEVICE "/driver", m.uuid));
	EXPECT_EQ(sysfs_write(m.uuid, "/sys/bus/mdev/drivers_probe"), 0);
	EXPECT(!exists(DEVICE "/driver", m.uuid));
	EXPECT_EQ(sysfs_write(m.uuid, "/sys/bus/mdev/drivers/mdevt_extra/bind"), -ENODEV);
	EXPECT_EQ(sysfs_write(m.uuid, "/sys/bus/mdev/drivers/mdevt/bind"), -ENODEV);
	EXPECT(!exists(DEVICE "/driver", m.uuid));
	EXPECT_EQ(core_create(P0, "a", &n), 0);
	EXPECT_STR(link_name(DEVICE "/driver", n.uuid), "mdevt");
	EXPECT_EQ(core_get("nr_extra_probes"), 0);
	EXPECT_EQ(sysfs_write("0", KNOBS "/extra_driver"), 0);

	EXPECT_EQ(mdev_remove(&n), 0);
	/* Remove of what is not bound */
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(core_get("nr_removes"), removes + 2);
}

MTAP_TEST(bad_drivers)
{
	EXPECT_EQ(sysfs_write("no-api", KNOBS "/extra_driver"), -EINVAL);
	EXPECT(!exists("/sys/bus/mdev/drivers/mdevt_no_api"));
	EXPECT_EQ(sysfs_write("twin", KNOBS "/extra_driver"), -EBUSY);
	EXPECT_STR(link_name("/sys/bus/mdev/drivers/mdevt/module"), "mdev_test");
}

MTAP_TEST(parent_twice)
{
	struct mdev m = mdev_uuid(1);

	core_only_ours("registering a device twice is answered with a stack trace");
	EXPECT_EQ(core_register(P0, "again"), -EEXIST);
	EXPECT_EQ(entries(TYPES, P0), 2);
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_EQ(core_register(P0, "again"), -EEXIST);
	EXPECT_EQ(mdev_remove(&m), 0);
}

MTAP_TEST(types_of_one_name)
{
	core_only_ours("two types of one name are answered with a stack trace");
	ASSERT_EQ(core_unregister(P0), 0);
	EXPECT_EQ(core_register(P0, "same-types"), -EEXIST);
	EXPECT(!exists(TYPES, P0));
	EXPECT(!exists(MDEV_PARENTS "/p0"));
	EXPECT_EQ(core_register(P0, "1"), 0);
}

/* The class has room for one of a name: the first keeps its link, the second has none. */
#define NAMESAKE_TYPE	"/sys/devices/platform/p0/mdev_supported_types/platform-a"

MTAP_TEST(parents_of_one_name)
{
	struct mdev m = mdev_uuid(1);

	core_only_ours("a second parent of a name is answered with a stack trace");
	EXPECT_EQ(sysfs_write("1", KNOBS "/namesake"), 0);
	EXPECT(exists(NAMESAKE_TYPE));
	EXPECT_EQ(sysfs_write(m.uuid, NAMESAKE_TYPE "/create"), 0);
	EXPECT(exists(MDEV_PARENTS "/p0/mdev_supported_types/mdevt-a"));
	EXPECT_EQ(sysfs_write("0", KNOBS "/namesake"), 0);
	EXPECT(!exists(DEVICE, m.uuid));
	EXPECT(exists(MDEV_PARENTS "/p0/mdev_supported_types/mdevt-a"));
}

/* Devices go with their parent, and nothing else does. */
MTAP_TEST(unregister_with_devices)
{
	int i, removes = core_get("nr_removes");
	struct mdev m;

	m = mdev_uuid(99);
	EXPECT_EQ(sysfs_write(m.uuid, PARENT "/create_bare", P0), 0);
	for (i = 0; i < 20; i++) {
		m = mdev_uuid(i);
		ASSERT_EQ(core_create(i % 2, i % 3 ? "a" : "b", &m), 0);
	}
	EXPECT_EQ(core_unregister(P0), 0);
	EXPECT_EQ(core_get("nr_removes"), removes + 10);
	EXPECT_EQ(entries(MDEV_DEVICES), 10);
	EXPECT(!exists(TYPES, P0));
	EXPECT(!exists(MDEV_PARENTS "/p0"));
	EXPECT_EQ(core_available(P1), 990);
	/* A child that is no mediated device */
	m = mdev_uuid(99);
	EXPECT_EQ(sysfs_write("1", PARENT "/%s/remove", P0, m.uuid), 0);
	ASSERT_EQ(core_register(P0, "1"), 0);
	EXPECT_EQ(core_available(P0), 1000);
	/* UUIDs are free again. */
	m = mdev_uuid(0);
	EXPECT_EQ(core_create(P1, "a", &m), 0);
	m = mdev_uuid(1);
	EXPECT_EQ(core_create(P0, "a", &m), -EEXIST);
	for (i = 0; i < 20; i++) {
		m = mdev_uuid(i);
		EXPECT_EQ(mdev_remove(&m), i % 2 || !i ? 0 : -ENOENT);
	}
}

/* A device holds no module: unloading the driver removes it. The core is held by its users. */
MTAP_TEST(unload_with_devices)
{
	struct mdev m = mdev_uuid(1);
	int users = sysfs_int("/sys/module/mdev/refcnt");

	ASSERT(users > 0);
	ASSERT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_EQ(sysfs_int("/sys/module/mdev/refcnt"), users);
	EXPECT_EQ(sysfs_int("/sys/module/mdev_test/refcnt"), 0);
	EXPECT(syscall(SYS_delete_module, "mdev", O_NONBLOCK) && errno == EWOULDBLOCK);
	core_unload();
	EXPECT(!exists("/sys/module/mdev_test"));
	EXPECT(!exists(DEVICE, m.uuid));
	EXPECT(!exists("/sys/bus/mdev/drivers/mdevt"));
	EXPECT(!exists(MDEV_PARENTS "/p0"));
	core_load();
	core_before();
}

const struct mtap_suite mtap_suite = {
	.setup = core_load, .before = core_before, .after = core_after,
	.teardown = core_unload,
};
