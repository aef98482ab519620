// SPDX-License-Identifier: GPL-2.0-only
/*
 * The uevents of parents and devices, byte for byte, and what sysfs shows at the moment an ADD
 * event is sent. That is the moment at which udev's rules and mdevctl look.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"
#include "slowness.h"

#define PREEMPT	"/sys/kernel/debug/sched/preempt"
#define PARENT_DEVPATH	"/devices/virtual/mdevt/p0"
#define U1	"5e1f7e57-0000-4000-8000-000000000001"
#define DEVPATH	PARENT_DEVPATH "/" U1

static int events = -1;

static void listen_to_events(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int size = 8 << 20;

	events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	ASSERT(events >= 0);
	setsockopt(events, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	ASSERT_EQ(bind(events, (struct sockaddr *)&addr, sizeof(addr)), 0);
}

static void before(void)
{
	core_before();
	listen_to_events();
}

static void after(void)
{
	close(events);
	core_after();
}

/* The next event of our parents and devices, its strings separated by '|', SEQNUM left out */
static const char *next_event(void)
{
	struct pollfd p = { .fd = events, .events = POLLIN };
	static char text[8192];
	char msg[8192];
	ssize_t len;
	char *s;

	do {
		if (poll(&p, 1, 10000 * slowness()) <= 0)
			return "no event came";
		len = recv(events, msg, sizeof(msg) - 1, 0);
		if (len <= 0)
			return "events were lost";
		msg[len] = 0;
	} while (!strstr(msg, "/mdevt"));
	text[0] = 0;
	for (s = msg; s < msg + len; s += strlen(s) + 1) {
		if (!strncmp(s, "SEQNUM=", 7))
			continue;
		strcat(text, s);
		strcat(text, "|");
	}
	return text;
}

static void expect_quiet(void)
{
	struct pollfd p = { .fd = events, .events = POLLIN };
	char msg[8192];
	ssize_t len;

	while (poll(&p, 1, 0) > 0) {
		len = recv(events, msg, sizeof(msg) - 1, 0);
		msg[len > 0 ? len : 0] = 0;
		if (strstr(msg, "/mdevt"))
			mtap_fail(__FILE__, __LINE__, "one event too many: %s", msg);
	}
}

#define EVENT(action, path, rest) \
	action "@" path "|ACTION=" action "|DEVPATH=" path "|" rest

MTAP_TEST(device_events)
{
	struct mdev m = mdev_uuid(1);

	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_STR(next_event(), EVENT("add", DEVPATH, "SUBSYSTEM=mdev|"));
	EXPECT_STR(next_event(), EVENT("bind", DEVPATH, "SUBSYSTEM=mdev|DRIVER=mdevt|"));
	expect_quiet();
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_STR(next_event(), EVENT("unbind", DEVPATH, "SUBSYSTEM=mdev|"));
	EXPECT_STR(next_event(), EVENT("remove", DEVPATH, "SUBSYSTEM=mdev|"));
	expect_quiet();
}

/* What "udevadm trigger" asks for */
MTAP_TEST(asked_for_events)
{
	struct mdev m = mdev_uuid(1);

	EXPECT_EQ(core_create(P0, "a", &m), 0);
	EXPECT_STR(next_event(), EVENT("add", DEVPATH, "SUBSYSTEM=mdev|"));
	EXPECT_STR(next_event(), EVENT("bind", DEVPATH, "SUBSYSTEM=mdev|DRIVER=mdevt|"));
	EXPECT_EQ(sysfs_write("add", DEVICE "/uevent", m.uuid), 0);
	EXPECT_STR(next_event(), EVENT("add", DEVPATH,
				       "SUBSYSTEM=mdev|SYNTH_UUID=0|DRIVER=mdevt|"));
	EXPECT_EQ(mdev_remove(&m), 0);
}

MTAP_TEST(failing_probe_events)
{
	struct mdev m = mdev_uuid(1);

	core_set("probe_errno", EIO);
	EXPECT_EQ(core_create(P0, "a", &m), -EIO);
	EXPECT_STR(next_event(), EVENT("add", DEVPATH, "SUBSYSTEM=mdev|"));
	EXPECT_STR(next_event(), EVENT("remove", DEVPATH, "SUBSYSTEM=mdev|"));
	expect_quiet();
}

/* A create that is refused before there is a device is nobody's business. */
MTAP_TEST(refused_events)
{
	struct mdev m = mdev_uuid(1);

	EXPECT_EQ(core_create(P0, "a", &m), 0);
	next_event();
	next_event();
	EXPECT_EQ(core_create(P0, "a", &m), -EEXIST);
	EXPECT_EQ(sysfs_write("not a uuid", TYPES "/mdevt-a/create", P0), -EINVAL);
	expect_quiet();
	EXPECT_EQ(mdev_remove(&m), 0);
}

/* mdevctl's udev rule starts its devices at "registered". */
MTAP_TEST(parent_events)
{
	struct mdev m = mdev_uuid(1);

	EXPECT_EQ(core_create(P0, "a", &m), 0);
	next_event();
	next_event();
	EXPECT_EQ(core_unregister(P0), 0);
	EXPECT_STR(next_event(), EVENT("unbind", DEVPATH, "SUBSYSTEM=mdev|"));
	EXPECT_STR(next_event(), EVENT("remove", DEVPATH, "SUBSYSTEM=mdev|"));
	EXPECT_STR(next_event(), EVENT("change", PARENT_DEVPATH,
				       "SUBSYSTEM=mdevt|MDEV_STATE=unregistered|"));
	expect_quiet();
	EXPECT_EQ(core_register(P0, "1"), 0);
	EXPECT_STR(next_event(), EVENT("change", PARENT_DEVPATH,
				       "SUBSYSTEM=mdevt|MDEV_STATE=registered|"));
	expect_quiet();
}

/*
 * At an event. The kernel is made preemptible, and the listener is a real-time task on the
 * processor of who causes the event: it runs as soon as that is in its socket, with the sender
 * still inside of kobject_uevent(). So what it sees is what had been there before.
 */
struct seen {
	bool came, remove, type, device_of_type, driver;
};

static void *look_at_add(void *arg)
{
	struct seen *seen = arg;

	while (!strstr(next_event(), "add@" DEVPATH))
		;
	seen->came = true;
	seen->remove = exists(DEVICE "/remove", U1);
	seen->type = exists(DEVICE "/mdev_type/create", U1);
	seen->device_of_type = exists(TYPES "/mdevt-a/devices/" U1 "/remove", P0);
	seen->driver = exists(DEVICE "/driver", U1);
	return NULL;
}

/* mdevctl's udev rule starts what is defined for the parent. */
static void *look_at_registered(void *arg)
{
	struct seen *seen = arg;

	while (!strstr(next_event(), "MDEV_STATE=registered"))
		;
	seen->came = true;
	seen->type = exists(MDEV_PARENTS "/p0/mdev_supported_types/mdevt-b/devices");
	return NULL;
}

static void run_here(pthread_attr_t *attr)
{
	struct sched_param prio = { .sched_priority = 50 };
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	pthread_attr_init(attr);
	pthread_attr_setaffinity_np(attr, sizeof(cpu), &cpu);
	pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(attr, SCHED_FIFO);
	pthread_attr_setschedparam(attr, &prio);
	ASSERT_EQ(sched_setaffinity(0, sizeof(cpu), &cpu), 0);
}

/* The mode in parentheses is the one in force. */
static void get_preempt(char *mode, size_t size)
{
	const char *text = strchr(sysfs_str(PREEMPT), '(');

	snprintf(mode, size, "%.*s", text ? (int)strcspn(text + 1, ")") : 0, text ? text + 1 : "");
}

/* Have @look wait for an event and look, while @cause causes it. */
static void see(void *(*look)(void *), struct seen *seen, int (*cause)(void))
{
	pthread_attr_t attr;
	char mode[16];
	cpu_set_t all;
	pthread_t t;

	get_preempt(mode, sizeof(mode));
	if (!*mode)
		mtap_skip("preemption cannot be switched on: CONFIG_PREEMPT_DYNAMIC");
	EXPECT_EQ(sysfs_write("full", PREEMPT), 0);
	sched_getaffinity(0, sizeof(all), &all);
	run_here(&attr);
	ASSERT_EQ(pthread_create(&t, &attr, look, seen), 0);
	EXPECT_EQ(cause(), 0);
	pthread_join(t, NULL);
	sched_setaffinity(0, sizeof(all), &all);
	EXPECT_EQ(sysfs_write(mode, PREEMPT), 0);
	EXPECT(seen->came);
}

static int create_first(void)
{
	struct mdev m = mdev_uuid(1);

	return core_create(P0, "a", &m);
}

MTAP_TEST(at_add)
{
	struct seen seen = { 0 };
	struct mdev m = mdev_uuid(1);

	see(look_at_add, &seen, create_first);
	EXPECT(seen.remove);
	/* Or else it was too late for this test to mean anything. */
	EXPECT(!seen.driver);
	if (core_is_ours()) {
		EXPECT(seen.type);
		EXPECT(seen.device_of_type);
	}
	EXPECT_EQ(mdev_remove(&m), 0);
}

static int register_first(void)
{
	return core_register(P0, "1");
}

MTAP_TEST(at_registered)
{
	struct seen seen = { 0 };

	EXPECT_EQ(core_unregister(P0), 0);
	see(look_at_registered, &seen, register_first);
	EXPECT(seen.type);
}

/* The same, however late one looks: the driver is still busy with its probe. */
MTAP_TEST(at_add_links)
{
	struct mdev m = mdev_uuid(1);
	struct job *j;

	core_only_ours("the links come after the ADD event and the driver's probe");
	core_block(BLOCK_PROBE);
	j = core_create_job(P0, "a", &m);
	EXPECT_STR(next_event(), EVENT("add", DEVPATH, "SUBSYSTEM=mdev|"));
	EXPECT(exists(DEVICE "/remove", m.uuid));
	EXPECT_STR(link_name(DEVICE "/mdev_type", m.uuid), "mdevt-a");
	EXPECT_STR(link_name(TYPES "/mdevt-a/devices/%s", P0, m.uuid), m.uuid);
	core_block(BLOCK_NONE);
	EXPECT_EQ(job_end(j), 0);
	EXPECT_EQ(mdev_remove(&m), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = core_load, .before = before, .after = after, .teardown = core_unload,
};
