// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two or more tasks in the core, each held at a known place: what one of them does while another
 * is in the driver's probe or remove. No luck involved: everything waits for conditions.
 */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "core.h"

/* A create whose probe has been entered and does not return */
static struct job *create_stuck(int parent, const struct mdev *m)
{
	struct job *j;

	core_block(BLOCK_PROBE);
	j = core_create_job(parent, "a", m);
	ASSERT(core_wait("nr_blocked", 1));
	return j;
}

static struct job *remove_stuck(const struct mdev *m)
{
	struct job *j;

	core_block(BLOCK_REMOVE);
	j = core_remove_job(m);
	ASSERT(core_wait("nr_blocked", 1));
	return j;
}

/* mdev_unregister_parent() under way: everybody else finds the fence closed. */
static struct job *unregister_stuck(int parent)
{
	struct job *j = job_write("0", PARENT "/registered", parent);

	ASSERT(core_wait("nr_leaving", 1));
	ASSERT(job_sleeps(j));
	return j;
}

/* One that is not completely created cannot be removed yet, and can be later. */
MTAP_TEST(remove_during_create)
{
	struct mdev m = mdev_uuid(1);
	struct job *j = create_stuck(P0, &m);
	int removes = core_get("nr_removes");

	/* The kernel's own core gives up its "remove" file first, and looks afterwards. */
	if (!core_is_ours())
		core_leaves_devices();
	EXPECT(exists(DEVICE "/remove", m.uuid));
	EXPECT_EQ(mdev_remove(&m), -EAGAIN);
	if (core_is_ours()) {
		EXPECT_EQ(mdev_remove(&m), -EAGAIN);
		EXPECT(exists(DEVICE "/remove", m.uuid));
	}
	EXPECT_EQ(core_get("nr_removes"), removes);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(j), 0);
	EXPECT_EQ(core_get("nr_removes"), removes);
	EXPECT(exists(DEVICE "/driver", m.uuid));
	if (core_is_ours())
		EXPECT_EQ(mdev_remove(&m), 0);
}

/* The same with a probe that fails in the end */
MTAP_TEST(remove_during_failing_create)
{
	struct mdev m = mdev_uuid(1);
	struct job *j = create_stuck(P0, &m);

	EXPECT_EQ(mdev_remove(&m), -EAGAIN);
	core_set("probe_errno", ENOTTY);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(j), -ENOTTY);
	EXPECT(!exists(DEVICE, m.uuid));
}

/* The name is taken, though the device is not there yet. */
MTAP_TEST(duplicate_during_create)
{
	struct mdev m = mdev_uuid(1);
	struct job *j = create_stuck(P0, &m);

	EXPECT_EQ(core_create(P0, "a", &m), -EEXIST);
	EXPECT_EQ(core_create(P0, "b", &m), -EEXIST);
	EXPECT_EQ(core_create(P1, "a", &m), -EEXIST);
	EXPECT_EQ(core_available(P0), 999);
	core_set("probe_errno", ENOTTY);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(j), -ENOTTY);
	core_set("probe_errno", 0);
	EXPECT_EQ(core_create(P1, "a", &m), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
}

/* Creating and removing on one parent run in parallel: four probes at a time, and a remove. */
MTAP_TEST(parallel_creates)
{
	struct mdev m[4], other = mdev_uuid(9);
	struct job *j[4];
	int i;

	ASSERT_EQ(core_create(P0, "a", &other), 0);
	core_block(BLOCK_PROBE);
	for (i = 0; i < 4; i++) {
		m[i] = mdev_uuid(i);
		j[i] = core_create_job(P0, i & 1 ? "a" : "b", &m[i]);
	}
	EXPECT(core_wait("nr_blocked", 4));
	EXPECT_EQ(mdev_remove(&other), 0);
	EXPECT_EQ(core_available(P0), 996);
	core_block(BLOCK_NONE);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(job_end(j[i]), 0);

	core_block(BLOCK_REMOVE);
	for (i = 0; i < 4; i++)
		j[i] = core_remove_job(&m[i]);
	EXPECT(core_wait("nr_blocked", 4));
	EXPECT_EQ(core_create(P0, "a", &other), 0);
	core_block(BLOCK_NONE);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(job_end(j[i]), 0);
	EXPECT_EQ(mdev_remove(&other), 0);
}

/* Unregistration waits for the creator, keeps later ones out, and takes what he made. */
MTAP_TEST(unregister_during_create)
{
	struct mdev m = mdev_uuid(1), n = mdev_uuid(2);
	struct job *create = create_stuck(P0, &m);
	int fd = core_open(TYPES "/mdevt-a/create", P0);
	struct job *gone = unregister_stuck(P0);

	EXPECT_EQ(core_create(P0, "a", &n), -ENODEV);
	EXPECT_EQ(core_write(fd, n.uuid), -ENODEV);
	EXPECT(!exists(DEVICE, n.uuid));
	/* A UUID that was refused is free, and the other parent is not concerned. */
	EXPECT_EQ(job_is_done(gone), false);
	EXPECT_EQ(core_get("nr_blocked"), 1);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(create), 0);
	EXPECT_EQ(job_end(gone), 0);
	EXPECT(!exists(DEVICE, m.uuid));
	EXPECT(!exists(TYPES, P0));
	EXPECT_EQ(core_get("nr_bound"), 0);
	EXPECT_EQ(core_write(fd, n.uuid), -ENODEV);
	close(fd);
	EXPECT_EQ(core_create(P1, "a", &n), 0);
	EXPECT_EQ(core_create(P1, "a", &m), 0);
	EXPECT_EQ(mdev_remove(&n), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(core_register(P0, "1"), 0);
}

/* The same while unregistration is busy with the devices there are */
MTAP_TEST(create_during_unregister)
{
	struct mdev m = mdev_uuid(1), n = mdev_uuid(2);
	struct job *gone;
	int i;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	core_block(BLOCK_REMOVE);
	gone = unregister_stuck(P0);
	ASSERT(core_wait("nr_blocked", 1));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(core_create(P0, "a", &n), -ENODEV);
		EXPECT_EQ(core_create(P0, "b", &n), -ENODEV);
	}
	EXPECT_EQ(core_available(P0), 999);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(gone), 0);
	EXPECT_EQ(core_create(P1, "a", &n), 0);
	EXPECT_EQ(mdev_remove(&n), 0);
	EXPECT_EQ(core_register(P0, "1"), 0);
}

/* On the kernel's own core a device leaves the bus first, and then waits for its driver. */
static void expect_too_late(int ret)
{
	EXPECT(ret == -ENODEV || (ret == -ENOENT && !core_is_ours()));
}

MTAP_TEST(remove_during_unregister)
{
	struct mdev m = mdev_uuid(1), n = mdev_uuid(2);
	int removes = core_get("nr_removes");
	struct job *gone;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	ASSERT_EQ(core_create(P0, "a", &n), 0);
	core_block(BLOCK_REMOVE);
	gone = unregister_stuck(P0);
	ASSERT(core_wait("nr_blocked", 1));
	expect_too_late(mdev_remove(&m));
	expect_too_late(mdev_remove(&n));
	if (core_is_ours())
		EXPECT(exists(DEVICE "/remove", n.uuid));
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(gone), 0);
	EXPECT(!exists(DEVICE, m.uuid));
	EXPECT(!exists(DEVICE, n.uuid));
	EXPECT_EQ(core_get("nr_removes"), removes + 2);
	EXPECT_EQ(core_register(P0, "1"), 0);
}

/* A remove that is under way is waited for, and not done again. */
MTAP_TEST(unregister_during_remove)
{
	struct mdev m = mdev_uuid(1);
	int removes = core_get("nr_removes");
	struct job *remove, *gone;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	remove = remove_stuck(&m);
	gone = unregister_stuck(P0);
	EXPECT_EQ(core_get("nr_blocked"), 1);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(remove), 0);
	EXPECT_EQ(job_end(gone), 0);
	EXPECT_EQ(core_get("nr_removes"), removes + 1);
	EXPECT_EQ(core_register(P0, "1"), 0);
}

/* One remover does it, the others are sent away and do not wait. */
MTAP_TEST(remove_during_remove)
{
	struct mdev m = mdev_uuid(1);
	int removes = core_get("nr_removes"), fd, ret;
	struct job *j;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	fd = core_open(DEVICE "/remove", m.uuid);
	ASSERT(fd >= 0);
	j = remove_stuck(&m);
	EXPECT_EQ(core_write(fd, "1"), -ENODEV);
	ret = mdev_remove(&m);
	EXPECT(ret == -ENOENT || ret == -EAGAIN);
	EXPECT_EQ(core_get("nr_removes"), removes + 1);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(j), 0);
	EXPECT_EQ(core_get("nr_removes"), removes + 1);
	EXPECT_EQ(core_write(fd, "1"), -ENODEV);
	close(fd);
}

/* A device that is going keeps its name and its instance until it is gone. */
MTAP_TEST(create_during_remove)
{
	struct mdev m = mdev_uuid(1), n = mdev_uuid(2);
	struct job *j;

	ASSERT_EQ(core_create(P0, "a", &m), 0);
	j = remove_stuck(&m);
	EXPECT_EQ(core_create(P0, "a", &m), -EEXIST);
	EXPECT_EQ(core_create(P1, "a", &m), -EEXIST);
	EXPECT_EQ(core_available(P0), 999);
	EXPECT_EQ(core_create(P0, "a", &n), 0);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(j), 0);
	EXPECT_EQ(core_create(P0, "b", &m), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(mdev_remove(&n), 0);
}

/* Remove mirrors create: the driver lets go first, while all that it found is still there. */
MTAP_TEST(remove_order)
{
	struct mdev m = mdev_uuid(1);
	struct job *j;

	core_only_ours("the links go before the driver does");
	ASSERT_EQ(core_create(P0, "a", &m), 0);
	j = remove_stuck(&m);
	EXPECT(exists(DEVICE, m.uuid));
	EXPECT_STR(link_name(DEVICE "/mdev_type", m.uuid), "mdevt-a");
	EXPECT(exists(TYPES "/mdevt-a/devices/%s", P0, m.uuid));
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(j), 0);
}

/* Open files of a device that is gone: they hold nothing. */
MTAP_TEST(reuse_while_open)
{
	struct mdev m = mdev_uuid(1);
	int i, fd;

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(core_create(i & 1, "a", &m), 0);
		fd = core_open(DEVICE "/uevent", m.uuid);
		EXPECT(fd >= 0);
		ASSERT_EQ(mdev_remove(&m), 0);
		ASSERT_EQ(core_create(~i & 1, "b", &m), 0);
		EXPECT_EQ(core_write(fd, "add"), -ENODEV);
		close(fd);
		ASSERT_EQ(mdev_remove(&m), 0);
	}
}

/* A name and an instance are free when remove returns, whoever has a reference to the device. */
MTAP_TEST(reuse_while_kept)
{
	struct mdev m = mdev_uuid(1);

	core_only_ours("the UUID is taken until the last reference is dropped");
	core_set("keep", 1);
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(core_available(P0), 1000);
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(core_create(P1, "a", &m), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
	/* The type stays with the last of its devices, though its directory goes. */
	EXPECT_EQ(core_unregister(P0), 0);
	EXPECT(!exists(TYPES, P0));
	EXPECT_EQ(core_register(P0, "1"), -EBUSY);
	core_set("keep", 0);
	EXPECT(wait_for(core_register(P0, "1") == 0));
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

static cpu_set_t all_cpus;

/*
 * A write that stalls where the core calls the kernel function @symbol, on the other processor.
 * That gives nobody away while it lasts, so be on ours before it begins.
 */
static struct job *write_stalls(const char *symbol, const char *text, const char *path)
{
	struct job *j;

	sched_getaffinity(0, sizeof(all_cpus), &all_cpus);
	if (CPU_COUNT(&all_cpus) < 2 || !exists(KNOBS "/inject_stall"))
		mtap_skip("it takes two processors, and CONFIG_KPROBES");
	EXPECT_EQ(sysfs_write(symbol, KNOBS "/inject_symbol"), 0);
	core_set("inject_stall", 5000);
	core_set("inject_nth", 1);
	run_on(1);
	job_cpu = 0;
	j = job_write(text, "%s", path);
	job_cpu = -1;
	EXPECT(core_wait("inject_nth", 0));
	return j;
}

static int stall_end(struct job *j)
{
	int ret;

	EXPECT(!job_is_done(j));
	core_set("inject_stall", 0);
	ret = job_end(j);
	sysfs_write("\n", KNOBS "/inject_symbol");
	sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
	return ret;
}

/* A type's "create" is there before the type is complete: nobody gets past it. */
MTAP_TEST(create_during_register)
{
	struct mdev m = mdev_uuid(1);
	char path[PATH_MAX];
	struct job *j;

	core_only_ours("types can be used before their registration is done");
	ASSERT_EQ(core_unregister(P0), 0);
	/* Called for the directory "devices" of the first type, then for the second's */
	snprintf(path, sizeof(path), PARENT "/registered", P0);
	j = write_stalls("kobject_create_and_add", "1", path);
	EXPECT(exists(TYPES "/mdevt-a/create", P0));
	EXPECT(!exists(TYPES "/mdevt-a/devices", P0));
	EXPECT_EQ(core_create(P0, "a", &m), -ENODEV);
	EXPECT_EQ(stall_end(j), 0);
	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
}

/* Two removers inside "remove", the first one with the file still in place */
MTAP_TEST(remove_beside_remove)
{
	int removes = core_get("nr_removes");
	struct mdev m = mdev_uuid(1);
	char path[PATH_MAX];
	struct job *j;

	core_only_ours("the loser is told that he has removed it");
	ASSERT_EQ(core_create(P0, "a", &m), 0);
	snprintf(path, sizeof(path), DEVICE "/remove", m.uuid);
	j = write_stalls("device_remove_file_self", "1", path);
	EXPECT_EQ(mdev_remove(&m), -EAGAIN);
	EXPECT_EQ(mdev_remove(&m), -EAGAIN);
	EXPECT_EQ(core_get("nr_removes"), removes);
	EXPECT_EQ(stall_end(j), 0);
	EXPECT_EQ(core_get("nr_removes"), removes + 1);
}

const struct mtap_suite mtap_suite = {
	.setup = core_load, .before = core_before, .after = core_after,
	.teardown = core_unload,
};
