// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creation and registration that fail, at each step in turn: in the driver's probe, and in every
 * call the core makes into the kernel, by mdev_test.ko's fault injection. Whatever fails, nothing
 * may stay behind: the next creator gets the same UUID, and the counts are what they were.
 */
#include <stdio.h>
#include <string.h>

#include "core.h"

#define MOST_STEPS	100

/* Fail the n-th call of @symbol with @ret; returns whether it can be done on this kernel. */
static bool inject(const char *symbol, int ret)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", ret);
	if (!exists(KNOBS "/inject_nth"))
		mtap_skip("no fault injection: CONFIG_KPROBES");
	EXPECT_EQ(sysfs_write(text, KNOBS "/inject_ret"), 0);
	return !sysfs_write(symbol, KNOBS "/inject_symbol");
}

static void inject_nth(int nth)
{
	core_set("inject_nth", nth);
}

static bool was_injected(void)
{
	return sysfs_str(KNOBS "/inject_nth")[0] == '0';
}

static void inject_none(void)
{
	core_set("inject_nth", 0);
	sysfs_write("\n", KNOBS "/inject_symbol");
}

static void after(void)
{
	inject_none();
	core_after();
}

static void expect_nothing_of(const struct mdev *m)
{
	EXPECT(!exists(DEVICE, m->uuid));
	EXPECT(!exists(PARENT "/%s", P0, m->uuid));
	EXPECT_EQ(entries(TYPES "/mdevt-a/devices", P0), 0);
	EXPECT_EQ(core_available(P0), 1000);
}

MTAP_TEST(probe_fails)
{
	static const int errnos[] = {
		EPERM, ENOENT, EIO, ENXIO, EAGAIN, ENOMEM, EBUSY, EEXIST, ENODEV, EINVAL, ENOSPC,
		EUSERS, EOPNOTSUPP, ETIMEDOUT,
	};
	struct mdev m = mdev_uuid(1);
	int removes = core_get("nr_removes");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errnos); i++) {
		core_set("probe_errno", errnos[i]);
		EXPECT_EQ(core_create(P0, "a", &m), -errnos[i]);
		expect_nothing_of(&m);
	}
	/* EPROBE_DEFER has no meaning in user space, and there is nobody to try again. */
	core_set("probe_errno", 517);
	EXPECT_EQ(core_create(P0, "a", &m), -EAGAIN);
	expect_nothing_of(&m);
	EXPECT_EQ(core_get("nr_removes"), removes);
	core_set("probe_errno", 0);
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
}

/* A hundred failures in a row with three instances: one that leaks would be missed. */
MTAP_TEST(no_instance_lost)
{
	struct mdev m = mdev_uuid(1);
	int i;

	ASSERT_EQ(core_unregister(P0), 0);
	core_set("max_instances", 3);
	ASSERT_EQ(core_register(P0, "1"), 0);
	core_set("max_instances", 1000);
	core_set("probe_errno", EIO);
	for (i = 0; i < 100; i++) {
		m = mdev_uuid(i);
		EXPECT_EQ(core_create(P0, "a", &m), -EIO);
	}
	EXPECT_EQ(core_available(P0), 3);
	core_set("probe_errno", 0);
	for (i = 0; i < 4; i++) {
		m = mdev_uuid(i);
		EXPECT_EQ(core_create(P0, "a", &m), i < 3 ? 0 : -EUSERS);
	}
	for (i = 0; i < 100; i++)
		EXPECT_EQ(core_create(P0, "a", &m), -EUSERS);
	EXPECT_EQ(core_available(P0), 0);
	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT_EQ(core_register(P0, "1"), 0);
}

/* Create until no call fails any more; returns how many steps there were. */
static int sweep_create(const char *symbol, int with, bool may_succeed)
{
	struct mdev m = mdev_uuid(1);
	int nth, ret, failed = 0;

	ASSERT(inject(symbol, with));
	for (nth = 1; nth < MOST_STEPS; nth++) {
		inject_nth(nth);
		ret = core_create(P0, "a", &m);
		if (!was_injected())
			break;
		if (ret)
			failed++;
		else if (!may_succeed)
			mtap_fail(__FILE__, __LINE__, "call %d of %s fails, create does not", nth,
				  symbol);
		inject_nth(0);
		if (!ret)
			EXPECT_EQ(mdev_remove(&m), 0);
		expect_nothing_of(&m);
	}
	inject_none();
	EXPECT(nth < MOST_STEPS);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(mdev_remove(&m), 0);
	mtap_diag("%s: %d calls, %d of them fatal", symbol, nth - 1, failed);
	return failed;
}

/* Each file, directory and link of a device; the ones of the driver core, too */
MTAP_TEST(create_without_sysfs)
{
	/* Directory, uevent, subsystem, remove, the bus's, mdev_type, the type's; driver, ... */
	EXPECT(sweep_create("kernfs_new_node", 0, true) >= 8);
	EXPECT(core_is_clean());
}

MTAP_TEST(create_without_links)
{
	EXPECT(sweep_create("sysfs_create_link", -ENOMEM, false) >= 2);
	EXPECT(core_is_clean());
}

MTAP_TEST(create_without_memory)
{
	core_only_ours("a device that cannot be allocated costs an instance for good");
	EXPECT(sweep_create("__kmalloc_cache_noprof", 0, true) >= 2);
	EXPECT(core_is_clean());
}

MTAP_TEST(create_without_name)
{
	EXPECT(sweep_create("kobject_set_name_vargs", -ENOMEM, true) >= 1);
	EXPECT(core_is_clean());
}

MTAP_TEST(create_without_device)
{
	EXPECT_EQ(sweep_create("device_add", -ENODEV, false), 1);
	EXPECT_EQ(sweep_create("bus_add_device", -ENOMEM, false), 1);
	EXPECT_EQ(sweep_create("device_driver_attach", -EBUSY, false), 1);
	EXPECT(core_is_clean());
}

static void sweep_register(const char *symbol, int with, bool may_succeed, int at_least)
{
	int nth, ret, failed = 0;

	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT(inject(symbol, with));
	for (nth = 1; nth < MOST_STEPS; nth++) {
		inject_nth(nth);
		ret = core_register(P0, "1");
		if (!was_injected())
			break;
		failed += !!ret;
		inject_nth(0);
		if (ret) {
			EXPECT(!exists(TYPES, P0));
			EXPECT(!exists(MDEV_PARENTS "/p0"));
		} else if (!may_succeed) {
			mtap_fail(__FILE__, __LINE__, "call %d of %s fails, registration does not",
				  nth, symbol);
		} else {
			EXPECT_EQ(core_unregister(P0), 0);
		}
		if (ret && ret != -ENOMEM && ret != with)
			mtap_fail(__FILE__, __LINE__, "call %d of %s gives %d", nth, symbol, ret);
	}
	inject_none();
	EXPECT(nth < MOST_STEPS);
	EXPECT_EQ(ret, 0);
	EXPECT(failed >= at_least);
	mtap_diag("%s: %d calls, %d of them fatal", symbol, nth - 1, failed);
}

/*
 * For each of two types five files. There are five directories, too; a compiler that makes the
 * function part of the one for directories keeps the failure from these.
 */
MTAP_TEST(register_without_sysfs)
{
	sweep_register("kernfs_new_node", 0, true, 10);
	EXPECT(core_is_clean());
}

MTAP_TEST(register_without_objects)
{
	sweep_register("kobject_create_and_add", 0, false, 2);
	sweep_register("kset_create_and_add", 0, false, 1);
	EXPECT(core_is_clean());
}

/* The link in the class is a convenience: no reason to fail, nor to lose track of it. */
MTAP_TEST(register_without_class_link)
{
	struct mdev m = mdev_uuid(1);

	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT(inject("class_compat_create_link", -ENOMEM));
	inject_nth(1);
	EXPECT_EQ(core_register(P0, "1"), 0);
	EXPECT(was_injected());
	inject_none();
	EXPECT(!exists(MDEV_PARENTS "/p0"));
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_EQ(core_unregister(P0), 0);
	EXPECT_EQ(core_register(P0, "1"), 0);
	EXPECT(exists(MDEV_PARENTS "/p0"));
}

const struct mtap_suite mtap_suite = {
	.setup = core_load, .before = core_before, .after = after, .teardown = core_unload,
};
