// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every pair of operations at the same moment, on two processors, for MDEV_STRESS_ROUNDS rounds
 * each. A pair has outcomes that are right; after each round nothing may be left, and after all
 * of them every count and reference is what it was.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "core.h"
#include "race.h"

#define DEFAULT_ROUNDS	100

static struct mdev m, n;
static int fds[2];
static int removes;

static void expect_one_wins(int a, int b, int loser)
{
	if ((a == 0 && b == loser) || (b == 0 && a == loser))
		return;
	mtap_fail(__FILE__, __LINE__, "results %d and %d, expected 0 and %d", a, b, loser);
}

static bool is_gone(int ret)
{
	return ret == -ENOENT || ret == -ENODEV;
}

/* A remove that came too early, too late, or second */
static bool is_refused(int ret)
{
	return ret == -EAGAIN || is_gone(ret);
}

static int create_m(void) { return core_create(P0, "a", &m); }
static int create_m_as_b(void) { return core_create(P0, "b", &m); }
static int create_m_on_p1(void) { return core_create(P1, "a", &m); }
static int create_n(void) { return core_create(P0, "a", &n); }
static int write_fd0(void) { return core_write(fds[0], "1"); }
static int write_fd1(void) { return core_write(fds[1], "1"); }
static int unregister_p0(void) { return core_unregister(P0); }
static int unregister_p1(void) { return core_unregister(P1); }
static int register_p0(void) { return core_register(P0, "1"); }

/* Wait for the file, and be as quick as one can. */
static int remove_m_at_once(void)
{
	int fd, ret;

	do {
		fd = core_open(DEVICE "/remove", m.uuid);
	} while (fd == -ENOENT && !race_other_is_done());
	if (fd < 0)
		return fd;
	ret = core_write(fd, "1");
	close(fd);
	return ret;
}

static int create_m_at_once(void)
{
	int ret;

	do {
		ret = create_m();
	} while (ret == -ENOENT && !race_other_is_done());
	return ret;
}

static int create_m_when_free(void)
{
	bool last;
	int ret;

	do {
		last = race_other_is_done();
		ret = create_m_on_p1();
	} while (ret == -EEXIST && !last);
	return ret;
}

static int ask_for_event(void)
{
	return core_write(fds[0], "add");
}

static int unbind_m(void)
{
	return sysfs_write(m.uuid, "/sys/bus/mdev/drivers/mdevt/unbind");
}

static int read_types(void)
{
	int i;

	for (i = 0; i < 4; i++) {
		sysfs_str(TYPES "/mdevt-a/available_instances", P0);
		sysfs_str(TYPES "/mdevt-b/description", P0);
		entries(TYPES "/mdevt-a/devices", P0);
	}
	return 0;
}

static void with_m(void)
{
	ASSERT_EQ(create_m(), 0);
	removes = core_get("nr_removes");
	fds[0] = core_open(DEVICE "/remove", m.uuid);
	fds[1] = core_open(DEVICE "/remove", m.uuid);
	ASSERT(fds[0] >= 0 && fds[1] >= 0);
}

static void with_m_and_n(void)
{
	with_m();
	ASSERT_EQ(core_create(P1, "b", &n), 0);
}

static void with_m_and_uevent(void)
{
	with_m();
	close(fds[0]);
	fds[0] = core_open(DEVICE "/uevent", m.uuid);
}

static void without_p0(void)
{
	ASSERT_EQ(core_unregister(P0), 0);
}

static void one_wins(int a, int b) { expect_one_wins(a, b, -EEXIST); }
static void one_gets_it(int a, int b) { expect_one_wins(a, b, -EUSERS); }

static void created_then_removed(int a, int b)
{
	EXPECT_EQ(a, 0);
	EXPECT(b == 0 || is_refused(b));
	EXPECT_EQ(exists(DEVICE, m.uuid), b != 0);
}

static void never_created(int a, int b)
{
	EXPECT_EQ(a, -EIO);
	EXPECT(is_refused(b));
}

static void none_created(int a, int b)
{
	EXPECT(a == -EIO || a == -EEXIST);
	EXPECT(b == -EIO || b == -EEXIST);
	EXPECT(a == -EIO || b == -EIO);
}

static void removed_once(int a, int b)
{
	/* The kernel's own core tells the loser that he has removed it. */
	if (core_is_ours())
		EXPECT((a == 0 && is_refused(b)) || (b == 0 && is_refused(a)));
	EXPECT(!exists(DEVICE, m.uuid));
	EXPECT_EQ(core_get("nr_removes"), removes + 1);
}

static void removed_and_created(int a, int b)
{
	EXPECT_EQ(a, 0);
	EXPECT_EQ(b, 0);
	EXPECT(exists(PARENT "/%s", P1, m.uuid));
}

static void all_gone(int a, int b)
{
	EXPECT(a == 0 || is_refused(a));
	EXPECT_EQ(b, 0);
	EXPECT(!exists(DEVICE, m.uuid));
	EXPECT_EQ(core_get("nr_bound"), 0);
}

static void removed_once_and_gone(int a, int b)
{
	all_gone(a, b);
	EXPECT_EQ(core_get("nr_removes"), removes + 1);
}

static void both_gone(int a, int b)
{
	all_gone(a, b);
	EXPECT(!exists(DEVICE, n.uuid));
	EXPECT_EQ(core_get("nr_removes"), removes + 2);
}

static void created_or_not_yet(int a, int b)
{
	EXPECT(a == 0 || is_gone(a));
	EXPECT_EQ(b, 0);
	EXPECT_EQ(exists(DEVICE, m.uuid), a == 0);
}

static void close_fds(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* What the round has left goes, and then nothing may be there. */
static void finish_round(void)
{
	close_fds();
	mdev_remove(&m);
	mdev_remove(&n);
	/* The kernel's own core takes the "remove" file away from who is too early. */
	if (!core_is_ours() && exists(DEVICE, m.uuid))
		EXPECT_EQ(core_unregister(P0), 0);
	if (!exists(TYPES, P0))
		ASSERT_EQ(core_register(P0, "1"), 0);
	if (!exists(TYPES, P1))
		ASSERT_EQ(core_register(P1, "1"), 0);
	EXPECT_EQ(entries(MDEV_DEVICES), 0);
	EXPECT_EQ(core_get("nr_bound"), 0);
	EXPECT_EQ(core_available(P1), 1000);
}

static int rounds(void)
{
	const char *text = getenv("MDEV_STRESS_ROUNDS");

	return text && atoi(text) > 0 ? atoi(text) : DEFAULT_ROUNDS;
}

static void race(void (*prepare)(void), int (*one)(void), int (*other)(void),
		 void (*check)(int a, int b))
{
	int i, a, b, todo = rounds();

	m = mdev_uuid(1);
	n = mdev_uuid(2);
	fds[0] = -1;
	fds[1] = -1;
	race_start(one, other);
	for (i = 0; i < todo; i++) {
		if (prepare)
			prepare();
		race_round(&a, &b);
		check(a, b);
		finish_round();
	}
	race_end();
}

MTAP_TEST(create_create)
{
	race(NULL, create_m, create_m_as_b, one_wins);
}

MTAP_TEST(create_create_on_two)
{
	race(NULL, create_m, create_m_on_p1, one_wins);
}

MTAP_TEST(create_remove)
{
	race(NULL, create_m, remove_m_at_once, created_then_removed);
}

MTAP_TEST(remove_remove)
{
	race(with_m, write_fd0, write_fd1, removed_once);
}

MTAP_TEST(remove_create)
{
	race(with_m, write_fd0, create_m_when_free, removed_and_created);
}

MTAP_TEST(create_unregister)
{
	race(NULL, create_m, unregister_p0, all_gone);
}

MTAP_TEST(remove_unregister)
{
	race(with_m, write_fd0, unregister_p0, removed_once_and_gone);
}

MTAP_TEST(unregister_unregister)
{
	race(with_m_and_n, unregister_p0, unregister_p1, both_gone);
}

MTAP_TEST(unbind_remove)
{
	race(with_m, unbind_m, write_fd0, removed_once_and_gone);
}

MTAP_TEST(unbind_unregister)
{
	race(with_m, unbind_m, unregister_p0, removed_once_and_gone);
}

MTAP_TEST(uevent_remove)
{
	race(with_m_and_uevent, ask_for_event, write_fd1, removed_once_and_gone);
}

MTAP_TEST(read_unregister)
{
	race(with_m, read_types, unregister_p0, removed_once_and_gone);
}

MTAP_TEST(last_instance)
{
	ASSERT_EQ(core_unregister(P0), 0);
	core_set("max_instances", 1);
	ASSERT_EQ(core_register(P0, "1"), 0);
	core_set("max_instances", 1000);
	race(NULL, create_m, create_n, one_gets_it);
	EXPECT_EQ(core_available(P0), 1);
	ASSERT_EQ(core_unregister(P0), 0);
	ASSERT_EQ(core_register(P0, "1"), 0);
}

MTAP_TEST(failing_create_remove)
{
	core_set("probe_errno", EIO);
	race(NULL, create_m, remove_m_at_once, never_created);
}

MTAP_TEST(failing_creates)
{
	core_set("probe_errno", EIO);
	race(NULL, create_m, create_m_as_b, none_created);
}

MTAP_TEST(create_register)
{
	core_only_ours("types can be used before their registration is done");
	race(without_p0, create_m_at_once, register_p0, created_or_not_yet);
}

/* All at once: four tasks that create and remove the same few devices, one that registers. */
#define TASKS	4
#define UUIDS	6

static int left;

static void *any_task(void *arg)
{
	unsigned int seed = (long)arg;

	while (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) > 0) {
		struct mdev x = mdev_uuid(rand_r(&seed) % UUIDS);
		int kind = rand_r(&seed) % 8;

		if (kind < 4)
			core_create(kind & 1, kind & 2 ? "a" : "b", &x);
		else
			sysfs_write("1", DEVICE "/remove", x.uuid);
	}
	return NULL;
}

MTAP_TEST(all_kinds_at_once)
{
	pthread_t t[TASKS];
	bool ours = core_is_ours();
	int i, registrations = 0;

	left = 20 * rounds();
	for (i = 0; i < TASKS; i++)
		ASSERT_EQ(pthread_create(&t[i], NULL, any_task, (void *)(long)(i + 1)), 0);
	while (ours && __atomic_load_n(&left, __ATOMIC_RELAXED) > 0) {
		EXPECT_EQ(core_unregister(registrations & 1), 0);
		EXPECT_EQ(core_register(registrations & 1, "1"), 0);
		registrations++;
	}
	for (i = 0; i < TASKS; i++)
		pthread_join(t[i], NULL);
	mtap_diag("%d operations, %d registrations", 20 * rounds(), registrations);
	if (!ours)
		core_leaves_devices();
	for (i = 0; i < UUIDS; i++) {
		struct mdev x = mdev_uuid(i);

		sysfs_write("1", DEVICE "/remove", x.uuid);
		if (ours)
			EXPECT(!exists(DEVICE, x.uuid));
	}
}

/* Thousands of registrations and failures, each with its message: not to a slow console. */
static void load(void)
{
	core_load();
	klogctl(8, NULL, 5);
}

static void unload(void)
{
	klogctl(8, NULL, 7);
	core_unload();
}

static void after(void)
{
	close_fds();
	race_end();
	core_after();
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = core_before, .after = after, .teardown = unload,
};
