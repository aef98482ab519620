// SPDX-License-Identifier: GPL-2.0-only
/* Implements core.h. */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core.h"

/* Everything that a lost device, or half of one, would change */
struct state {
	int devices, bound, available[2];
	int core_users, test_users;
	char refs[2][64];
};

static struct state at_load, at_start;
static bool leaves_devices;

bool core_is_ours(void)
{
	return !!strchr(sysfs_str("/sys/module/mdev/taint"), 'O');
}

void core_only_ours(const char *rule)
{
	if (!core_is_ours())
		mtap_skip("the kernel's own core: %s", rule);
}

void core_leaves_devices(void)
{
	leaves_devices = true;
}

static struct state state_now(void)
{
	struct state s = {
		.devices = entries(MDEV_DEVICES),
		.bound = core_get("nr_bound"),
		.available = { core_available(P0), core_available(P1) },
		.core_users = sysfs_int("/sys/module/mdev/refcnt"),
		.test_users = sysfs_int("/sys/module/mdev_test/refcnt"),
	};
	int i;

	for (i = 0; i < 2; i++)
		strcpy(s.refs[i], sysfs_str(PARENT "/refs", i));
	return s;
}

static bool state_is(const struct state *want)
{
	struct state now = state_now();

	return !memcmp(&now, want, sizeof(now));
}

static void state_print(const char *when, const struct state *s)
{
	mtap_diag("%s: %d devices, %d bound, %d and %d available, %d and %d module users, references %s; %s",
		  when, s->devices, s->bound, s->available[0], s->available[1], s->core_users,
		  s->test_users, s->refs[0], s->refs[1]);
}

/* References may be dropped a little later, by RCU or a work item. */
static bool state_comes_back(const struct state *want, const char *when)
{
	struct state now;

	if (wait_for_ms(5000, state_is(want)))
		return true;
	now = state_now();
	state_print(when, want);
	state_print("now", &now);
	return false;
}

bool core_is_clean(void)
{
	return state_comes_back(&at_start, "at the start");
}

/* The module beside this program */
static int open_module(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 32);
	int fd;

	while (len > 0 && path[len - 1] != '/')
		len--;
	strcpy(path + len, "kmod/mdev_test.ko");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		mtap_diag("cannot open %s: %s", path, strerror(errno));
	return fd;
}

/* The directory of bare devices comes with the first of them, and stays. */
static void make_bare_directory(void)
{
	struct mdev m = mdev_uuid(0xba);

	EXPECT_EQ(sysfs_write(m.uuid, PARENT "/create_bare", P0), 0);
	EXPECT_EQ(sysfs_write("1", PARENT "/%s/remove", P0, m.uuid), 0);
}

void core_load(void)
{
	int fd = open_module(), ret;

	ASSERT(fd >= 0);
	if (!exists("/sys/module/mdev") && system("modprobe mdev"))
		mtap_diag("cannot load mdev");
	if (exists("/sys/module/mdev_test"))
		syscall(SYS_delete_module, "mdev_test", O_NONBLOCK);
	ret = syscall(SYS_finit_module, fd, "", 0);
	if (ret)
		mtap_diag("cannot load mdev_test: %s", strerror(errno));
	close(fd);
	ASSERT_EQ(ret, 0);
	make_bare_directory();
	at_load = state_now();
}

void core_unload(void)
{
	if (!exists("/sys/module/mdev_test"))
		return;
	if (syscall(SYS_delete_module, "mdev_test", O_NONBLOCK))
		mtap_diag("cannot unload mdev_test: %s", strerror(errno));
}

void core_before(void)
{
	leaves_devices = false;
	core_set("max_instances", 1000);
	core_set("probe_errno", 0);
	core_block(BLOCK_NONE);
	ASSERT_EQ(core_register(P0, "1"), 0);
	ASSERT_EQ(core_register(P1, "1"), 0);
	at_start = state_now();
}

static void remove_ours(void)
{
	unsigned int n;

	for (n = 0; n < 256; n++) {
		struct mdev m = mdev_uuid(n);

		sysfs_write("1", DEVICE "/remove", m.uuid);
	}
}

void core_after(void)
{
	core_set("probe_errno", 0);
	core_set("keep", 0);
	core_block(BLOCK_NONE);
	job_end_all();
	if (exists(TYPES, P0) && exists(TYPES, P1) && !leaves_devices) {
		if (!state_is(&at_start))
			remove_ours();
		EXPECT(core_is_clean());
	}
	EXPECT_EQ(core_unregister(P0), 0);
	EXPECT_EQ(core_unregister(P1), 0);
	EXPECT(state_comes_back(&at_load, "after loading"));
	EXPECT_EQ(core_get("nr_blocked"), 0);
}

void core_set(const char *knob, unsigned int val)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", val);
	if (sysfs_write(text, KNOBS "/%s", knob))
		mtap_fail(__FILE__, __LINE__, "cannot set %s to %u", knob, val);
}

int core_get(const char *knob)
{
	return sysfs_int(KNOBS "/%s", knob);
}

bool core_wait(const char *counter, int val)
{
	return wait_for(core_get(counter) == val);
}

int core_register(int parent, const char *how)
{
	return sysfs_write(how, PARENT "/registered", parent);
}

int core_unregister(int parent)
{
	return core_register(parent, "0");
}

int core_create(int parent, const char *type, const struct mdev *m)
{
	return sysfs_write(m->uuid, TYPES "/mdevt-%s/create", parent, type);
}

int core_available(int parent)
{
	return sysfs_int(TYPES "/mdevt-a/available_instances", parent);
}

struct job *core_create_job(int parent, const char *type, const struct mdev *m)
{
	return job_write(m->uuid, TYPES "/mdevt-%s/create", parent, type);
}

struct job *core_remove_job(const struct mdev *m)
{
	return job_write("1", DEVICE "/remove", m->uuid);
}

int core_open(const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = sysfs_vopen(O_WRONLY, fmt, ap);
	va_end(ap);
	return fd;
}

int core_write(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}
