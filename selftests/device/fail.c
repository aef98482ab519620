// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that their program has failed: what still works, what does not, how it is told, and
 * what ends it.
 */
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"
#include "klog.h"
#include "progs/kfail.h"
#include "slowness.h"

#define KFAIL	"progs/kfail.bpf.o"
#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define MSI	VFIO_PCI_MSI_IRQ_INDEX
#define ERR	VFIO_PCI_ERR_IRQ_INDEX
#define MS	1000u	/* microseconds */
#define NONE	0	/* of the ops fails */

/* What makes printing slow, how long a message takes with it, and how often that is tried */
#define CONSOLE	"device/kmod/mdev_bpf_slow_console.ko"
#define SLOW_MS	800
#define TRIES	4
#define STR(x)	STR_(x)
#define STR_(x)	#x

static int event[2], error;

static void load(void)
{
	dev_load(KFAIL);
}

static void open_device(void)
{
	event[0] = event_new();
	event[1] = event_new();
	error = event_new();
	dev_open("kfail-1");
	ASSERT_EQ(vfio_irq_fd(&dev, ERR, VFIO_IRQ_SET_ACTION_TRIGGER, error), 0);
}

static void close_device(void)
{
	vfio_reset(&dev);
	vfio_set(&dev, 0, KFAIL_IN, 4, NONE);
	dev_close();
	close(event[0]);
	close(event[1]);
	close(error);
	prog_close(&dev_prog);
	ASSERT_EQ(prog_up(&dev_prog, KFAIL), 0);
}

static void fail_with(int code)
{
	dev_set(0, KFAIL_NOW, 4, code);
}

/* The value of @key in the "failure" file; "" if it has none. Valid until the next call. */
static const char *failure(const char *key)
{
	static char value[256];
	const char *line = device_attr(&dev_mdev, "failure");
	size_t len = strlen(key);

	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, key, len) || line[len] != '=')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + len + 1, "\n"),
			 line + len + 1);
		return value;
	}
	return "";
}

static void expect_state(const char *state)
{
	EXPECT_STR(device_attr(&dev_mdev, "state"), state);
}

static __u64 calls(int op)
{
	return dev_count(&dev_prog, op);
}

static void await_message(unsigned long long mark, int code)
{
	char text[64];

	snprintf(text, sizeof(text), ", code %d: reason %d", code, code);
	ASSERT(mtap_await(klog_has(mark, text)));
}

/*
 * These two come first, because messages are rate limited.
 *
 * The console takes long for a message. Failing the device does not wait for that, nor does
 * detaching its program: both have the gate. Now and then one has to share a processor with the
 * console, so what counts is the average.
 */
MTAP_TEST(console_is_slow)
{
	double write = 0, detach = 0, began, between;
	unsigned long long mark;
	int i;

	ASSERT_EQ(system("insmod " CONSOLE " driver=kfail delay_ms=" STR(SLOW_MS)), 0);
	for (i = 1; i <= TRIES; i++) {
		mark = klog_mark();
		began = mtap_now();
		fail_with(-i);
		between = mtap_now();
		write += between - began;
		prog_detach(&dev_prog);
		detach += mtap_now() - between;
		await_message(mark, -i);
		ASSERT_EQ(prog_attach(&dev_prog), 0);
	}
	mtap_diag("on average: write %.0f ms, detach %.0f ms", write / TRIES * 1000,
		  detach / TRIES * 1000);
	EXPECT(write / TRIES < SLOW_MS / 2000.0);
	EXPECT(detach / TRIES < SLOW_MS / 2000.0);
}

/* Each message is printed once, in order, even if the device was reset long before. */
MTAP_TEST(messages_in_order)
{
	unsigned long long mark = klog_mark(), behind = mark, found;
	char text[64];
	int i;

	ASSERT_EQ(system("insmod " CONSOLE " driver=kfail delay_ms=50"), 0);
	for (i = 1; i <= TRIES; i++) {
		fail_with(-100 - i);
		ASSERT_EQ(vfio_reset(&dev), 0);
	}
	await_message(mark, -100 - TRIES);
	for (i = 1; i <= TRIES; i++) {
		snprintf(text, sizeof(text), ", code %d: ", -100 - i);
		found = klog_find(mark, text);
		EXPECT(found > behind);
		EXPECT_EQ(klog_find(found, text), 0);
		behind = found;
	}
}

MTAP_TEST(record)
{
	expect_state("attached");
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
	fail_with(-5);
	expect_state("failed");
	EXPECT_STR(failure("op"), "region_write");
	EXPECT_STR(failure("code"), "-5");
	EXPECT_HAS(failure("program"), "_kfail_write");
	EXPECT_STR(failure("link_id"), parent_attr("kfail", "link_id"));
	EXPECT_STR(failure("text"), "reason -5");
	EXPECT(strtoull(failure("boot_ns"), NULL, 10) > 0);
	EXPECT(llabs(strtoll(failure("time"), NULL, 10) - time(NULL)) < 100);
	EXPECT_EQ(dev_count(&dev_prog, KFAIL_WRITE), 1);
}

MTAP_TEST(first_reason_wins)
{
	dev_set(0, KFAIL_TWICE, 4, 7);
	EXPECT_STR(failure("text"), "first");
	EXPECT_STR(failure("code"), "7");
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	expect_state("attached");
	EXPECT_EQ((int)dev_get(0, KFAIL_RESULT, 4), -EALREADY);
	fail_with(-1);
	EXPECT_STR(failure("text"), "reason -1");
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	EXPECT_EQ(dev_get(0, KFAIL_RESULT, 4), 0);
}

MTAP_TEST(what_still_works)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };
	__u64 before = calls(KFAIL_READ) + calls(KFAIL_WRITE) + calls(KFAIL_IOCTL_OP);

	EXPECT_EQ(vfio_ioctl(&dev, KFAIL_IOCTL, NULL), 7);
	fail_with(-5);
	before += 2;
	EXPECT_EQ(vfio_get(&dev, 0, KFAIL_VALUE, 4), -EIO);
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_VALUE, 4, 1), -EIO);
	EXPECT_EQ(vfio_ioctl(&dev, KFAIL_IOCTL, NULL), -EIO);
	EXPECT_EQ(vfio_get(&dev, 0, 64, 4), -EINVAL);
	EXPECT_EQ(calls(KFAIL_READ) + calls(KFAIL_WRITE) + calls(KFAIL_IOCTL_OP), before);
	EXPECT_EQ(dev_get(VFIO_PCI_CONFIG_REGION_INDEX, 0, 2), 0x1234);
	dev_set(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 3);
	EXPECT_EQ(dev_get(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2), 3);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &region), 0);
	EXPECT_EQ(region.size, 64);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &irq), 0);
	EXPECT_EQ(irq.count, 1);
	EXPECT_EQ(vfio_irq_fd(&dev, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, event[0]), 0);
}

MTAP_TEST(error_interrupt_once)
{
	EXPECT_EQ(event_take(error), 0);
	dev_set(0, KFAIL_TWICE, 4, 1);
	vfio_get(&dev, 0, KFAIL_VALUE, 4);
	EXPECT_EQ(event_take(error), 1);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(event_take(error), 0);
	fail_with(1);
	EXPECT_EQ(event_take(error), 1);
}

MTAP_TEST(reset_recovers)
{
	__u64 resets = calls(KFAIL_RESET);

	dev_set(0, KFAIL_VALUE, 4, 42);
	fail_with(-5);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(calls(KFAIL_RESET), resets + 1);
	expect_state("attached");
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
	EXPECT_EQ(dev_get(0, KFAIL_VALUE, 4), 0);
	EXPECT_EQ(vfio_ioctl(&dev, KFAIL_IOCTL, NULL), 7);
}

MTAP_TEST(update_recovers)
{
	dev_set(0, KFAIL_VALUE, 4, 42);
	fail_with(-5);
	ASSERT_EQ(prog_open(&dev_prog2, KFAIL, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	expect_state("attached");
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
	EXPECT_EQ(dev_get(0, KFAIL_VALUE, 4), 42);
	EXPECT_EQ(event_take(error), 1);
}

MTAP_TEST(attaching_recovers)
{
	dev_set(0, KFAIL_VALUE, 4, 42);
	fail_with(-5);
	prog_detach(&dev_prog);
	expect_state("detached");
	EXPECT_STR(failure("text"), "reason -5");
	EXPECT_EQ(vfio_get(&dev, 0, KFAIL_VALUE, 4), -ENODEV);
	EXPECT_EQ(vfio_reset(&dev), -ENODEV);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	expect_state("attached");
	EXPECT_EQ(dev_get(0, KFAIL_VALUE, 4), 42);
}

/* The next user finds the device failed, and can reset it. */
MTAP_TEST(stays_over_close)
{
	fail_with(-5);
	vfio_close(&dev);
	expect_state("failed");
	EXPECT_EQ(calls(KFAIL_CLOSE), 1);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(calls(KFAIL_OPEN), 2);
	EXPECT_EQ(vfio_get(&dev, 0, KFAIL_VALUE, 4), -EIO);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(0, KFAIL_VALUE, 4), 0);
}

static void fail_in(int op)
{
	dev_set(0, KFAIL_IN, 4, 1 << op);
}

static void expect_failed_in(const char *op, int nr)
{
	expect_state("failed");
	EXPECT_STR(failure("op"), op);
	EXPECT_EQ(atoi(failure("code")), -100 - nr);
	EXPECT_EQ(event_take(error), 1);
}

/* An access returns what the program returns, even the access that fails the device. */
MTAP_TEST(in_access)
{
	dev_set(0, KFAIL_VALUE, 4, 42);
	fail_in(KFAIL_READ);
	EXPECT_EQ(dev_get(0, KFAIL_VALUE, 4), 42);
	expect_failed_in("region_read", KFAIL_READ);
	ASSERT_EQ(vfio_reset(&dev), 0);
	fail_in(KFAIL_WRITE);
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_VALUE, 4, 42), 0);
	expect_failed_in("region_write", KFAIL_WRITE);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_IN, 4, NONE), 0);
	expect_failed_in("region_write", KFAIL_WRITE);
}

MTAP_TEST(in_ioctl)
{
	fail_in(KFAIL_IOCTL_OP);
	EXPECT_EQ(vfio_ioctl(&dev, KFAIL_IOCTL, NULL), 7);
	expect_failed_in("ioctl", KFAIL_IOCTL_OP);
}

/* The program is shown the ioctl first, and fails; the core's reset then recovers. */
MTAP_TEST(in_ioctl_of_reset)
{
	fail_in(KFAIL_IOCTL_OP);
	EXPECT_EQ(vfio_reset(&dev), 0);
	expect_state("attached");
	EXPECT_EQ(event_take(error), 1);
}

MTAP_TEST(in_timer)
{
	fail_in(KFAIL_TIMER);
	dev_set(0, KFAIL_ARM, 4, MS);
	EXPECT_EQ(event_wait(error), 1);
	EXPECT_STR(failure("op"), "timer");
	EXPECT_EQ(vfio_get(&dev, 0, KFAIL_VALUE, 4), -EIO);
}

/* Work that is due after the op that fails waits until the device recovers. */
MTAP_TEST(in_work)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 2, event), 0);
	fail_in(KFAIL_WORK_OP);
	dev_set(0, KFAIL_WORK, 4, 0);
	EXPECT_EQ(event_wait(error), 1);
	EXPECT_STR(failure("op"), "work");
	EXPECT_EQ(calls(KFAIL_WORK_OP), 1);
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_WORK, 4, 1), -EIO);
}

MTAP_TEST(in_reset)
{
	fail_in(KFAIL_RESET);
	EXPECT_EQ(vfio_reset(&dev), -EIO);
	expect_failed_in("reset", KFAIL_RESET);
	EXPECT_EQ(vfio_reset(&dev), -EIO);
	expect_failed_in("reset", KFAIL_RESET);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	dev_set(0, KFAIL_IN, 4, NONE);
	EXPECT_EQ(vfio_reset(&dev), 0);
	expect_state("attached");
}

MTAP_TEST(in_init)
{
	struct mdev m = mdev_uuid(0xd1);

	fail_in(KFAIL_INIT);
	EXPECT_EQ(mdev_create(&m, "kfail-1"), -EIO);
	EXPECT_HAS(why_refused(), "init of device");
	EXPECT_HAS(why_refused(), "told to fail in 0 (code -100)");
	EXPECT(!exists(MDEV_DEVICES "/%s", m.uuid));
	expect_state("attached");
}

/* The open that fails the device fails; the next one succeeds, so that the user can reset it. */
MTAP_TEST(in_open)
{
	fail_in(KFAIL_OPEN);
	vfio_close(&dev);
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -EIO);
	vfio_close(&dev);
	expect_state("failed");
	EXPECT_STR(failure("op"), "open");
	EXPECT_STR(device_attr(&dev_mdev, "open"), "0");
	EXPECT_EQ(calls(KFAIL_CLOSE), 1);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(0, KFAIL_VALUE, 4), 0);
}

MTAP_TEST(in_close_and_exit)
{
	dev_set(0, KFAIL_IN, 4, 1 << KFAIL_CLOSE | 1 << KFAIL_EXIT);
	vfio_close(&dev);
	expect_state("failed");
	EXPECT_STR(failure("op"), "close");
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT_EQ(calls(KFAIL_EXIT), 1);
}

MTAP_TEST(in_dump)
{
	fail_in(KFAIL_DUMP);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "state: attached");
	expect_failed_in("dump", KFAIL_DUMP);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "state: failed");
}

/* The reason is one printable line of limited length, whatever the program passes. */
MTAP_TEST(texts)
{
	const char *c;

	dev_set(0, KFAIL_TEXT, 4, KFAIL_TEXT_EMPTY);
	EXPECT_STR(failure("code"), "0");
	EXPECT_STR(failure("text"), "");
	ASSERT_EQ(vfio_reset(&dev), 0);
	dev_set(0, KFAIL_TEXT, 4, KFAIL_TEXT_LONG);
	EXPECT_EQ(strlen(failure("text")), MDEV_BPF_MAX_REASON - 1);
	EXPECT_EQ(strspn(failure("text"), "x"), MDEV_BPF_MAX_REASON - 1);
	ASSERT_EQ(vfio_reset(&dev), 0);
	dev_set(0, KFAIL_TEXT, 4, KFAIL_TEXT_BINARY);
	EXPECT_HAS(failure("text"), "!\"#$%&'()");
	for (c = failure("text"); *c; c++)
		EXPECT(*c >= ' ' && *c <= '~');
	EXPECT_EQ(c - failure("text"), MDEV_BPF_MAX_REASON - 1);
}

/* Timers stop while the device has failed, and go on with another program. */
MTAP_TEST(timer_is_frozen)
{
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 2, event), 0);
	dev_set(0, KFAIL_ARM, 4, 500 * MS);
	fail_with(-5);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "timers: armed 0 due none");
	mtap_wait_us(700 * MS);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "timers: armed 0 due none");
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(calls(KFAIL_TIMER), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT_EQ(calls(KFAIL_TIMER), 1);
}

MTAP_TEST(reset_cancels_timer)
{
	dev_set(0, KFAIL_ARM, 4, 500 * MS);
	fail_with(-5);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "timers: armed none");
}

MTAP_TEST(line_is_held)
{
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, event[0]), 0);
	dev_set(0, KFAIL_LEVEL, 4, 1);
	EXPECT_EQ(event_take(event[0]), 1);
	fail_with(-5);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	fail_with(-5);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	prog_detach(&dev_prog);
	EXPECT_EQ(event_take(event[0]), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(event_take(event[0]), 1);
	fail_with(-5);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[0]), 0);
	dev_set(0, KFAIL_LEVEL, 4, 1);
	EXPECT_EQ(event_take(event[0]), 1);
}

/* Wait for a uevent of the device with this @state. */
static bool told(int sock, const char *state)
{
	struct pollfd poll_fd = { .fd = sock, .events = POLLIN };
	char buf[4096], want[64];

	snprintf(want, sizeof(want), "MDEV_BPF_STATE=%s", state);
	while (poll(&poll_fd, 1, 20000 * slowness()) == 1) {
		ssize_t len = recv(sock, buf, sizeof(buf) - 1, MSG_DONTWAIT);
		const char *s;

		if (len <= 0 || strncmp(buf, "change@", 7))
			continue;
		buf[len] = 0;
		for (s = buf; strstr(buf, dev_mdev.uuid) && s < buf + len; s += strlen(s) + 1)
			if (!strcmp(s, want))
				return true;
	}
	return false;
}

MTAP_TEST(uevents)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	ASSERT(sock >= 0);
	ASSERT_EQ(bind(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	fail_with(-5);
	EXPECT(told(sock, "failed"));
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT(told(sock, "attached"));
	close(sock);
}

/* How many uevents of the device come within @us microseconds */
static unsigned int uevents_in(int sock, unsigned int us)
{
	double end = mtap_now() + us / 1e6;
	unsigned int nr = 0;
	char buf[4096];

	while (mtap_now() < end) {
		ssize_t len;

		fail_with(-5);
		EXPECT_EQ(vfio_reset(&dev), 0);
		while ((len = recv(sock, buf, sizeof(buf) - 1, MSG_DONTWAIT)) > 0) {
			buf[len] = 0;
			nr += !strncmp(buf, "change@", 7) && strstr(buf, dev_mdev.uuid);
		}
	}
	return nr;
}

/* The user lets its device fail again and again: whoever handles uevents has not more to do. */
MTAP_TEST(uevents_are_limited)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	unsigned int nr;

	ASSERT(sock >= 0);
	ASSERT_EQ(bind(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	nr = uevents_in(sock, 1000 * MS);
	mtap_diag("%u uevents in a second", nr);
	EXPECT(nr > 0);
	EXPECT(nr <= 12);
	/* The last state is told, in any case */
	fail_with(-5);
	EXPECT(told(sock, "failed"));
	close(sock);
}

/* Three threads: one fails the device, one resets it, one takes the program away. */
static atomic_bool stop;
static atomic_uint failures, odd;

static void *keep_failing(void *unused)
{
	while (!stop) {
		int ret = vfio_set(&dev, 0, KFAIL_NOW, 4, 1);

		failures += !ret;
		odd += ret && ret != -EIO && ret != -ENODEV;
	}
	return unused;
}

static void *keep_resetting(void *unused)
{
	while (!stop) {
		int ret = vfio_reset(&dev);

		odd += ret && ret != -ENODEV;
		device_attr(&dev_mdev, "failure");
		device_attr(&dev_mdev, "dump");
	}
	return unused;
}

MTAP_TEST(races)
{
	void *(*const run[])(void *) = { keep_failing, keep_resetting };
	pthread_t thread[ARRAY_SIZE(run)];
	unsigned int i;

	stop = false;
	failures = 0;
	odd = 0;
	for (i = 0; i < ARRAY_SIZE(run); i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, run[i], NULL), 0);
	for (i = 0; i < 100; i++) {
		unsigned int before = failures;

		EXPECT(mtap_await(failures > before));
		prog_detach(&dev_prog);
		EXPECT_EQ(prog_attach(&dev_prog), 0);
	}
	stop = true;
	for (i = 0; i < ARRAY_SIZE(run); i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(odd, 0);
	EXPECT(event_take(error) >= failures);
	ASSERT_EQ(vfio_reset(&dev), 0);
	expect_state("attached");
	dev_set(0, KFAIL_VALUE, 4, 42);
	EXPECT_EQ(dev_get(0, KFAIL_VALUE, 4), 42);
}

/* The device is removed while its uevent is about to be sent. */
MTAP_TEST(removed_at_once)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		fail_with(-5);
		vfio_close(&dev);
		EXPECT_EQ(mdev_remove(&dev_mdev), 0);
		dev_open("kfail-1");
	}
}

static const char *dump(void)
{
	return device_attr(&dev_mdev, "dump");
}

MTAP_TEST(dumped)
{
	struct stat st;
	char path[200];

	dev_set(0, KFAIL_VALUE, 4, 0x1234);
	dev_set(0, KFAIL_LEVEL, 4, 1);
	EXPECT_HAS(dump(), "state: attached\nopen: 1\ninterrupts: off, line up\n");
	EXPECT_HAS(dump(), "value 1234?");
	fail_with(-5);
	EXPECT_HAS(dump(), "failure: region_write, code -5: reason -5\n");
	EXPECT_HAS(dump(), "value 1234?");
	prog_detach(&dev_prog);
	EXPECT_HAS(dump(), "state: detached");
	EXPECT(!strstr(dump(), "value 1234"));
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	snprintf(path, sizeof(path), MDEV_DEVICES "/%s/mdev_bpf/dump", dev_mdev.uuid);
	ASSERT_EQ(stat(path, &st), 0);
	EXPECT_EQ(st.st_mode & 0777, 0400);
}

/* A dump has as much as there is room for, and a mark where it was cut. */
MTAP_TEST(dump_is_cut)
{
	const char *text;

	dev_set(0, KFAIL_LINES, 4, 3);
	EXPECT_HAS(dump(), "line 2 of this program\nvalue 0?");
	EXPECT_EQ(dev_get(0, KFAIL_RESULT, 4), 0);
	dev_set(0, KFAIL_LINES, 4, 200);
	text = dump();
	EXPECT_HAS(text, "line 100 of this program\n");
	EXPECT(!strstr(text, "line 199"));
	EXPECT(!strstr(text, "value"));
	EXPECT(strlen(text) > 4096 - 16);
	EXPECT_STR(text + strlen(text) - 6, "\n[cut]");
	EXPECT(strstr(text, "[cut]") == text + strlen(text) - 5);
	EXPECT_EQ((int)dev_get(0, KFAIL_RESULT, 4), -ENOSPC);
	dev_set(0, KFAIL_LINES, 4, 0);
}

static void after(void)
{
	if (exists("/sys/module/mdev_bpf_slow_console"))
		EXPECT_EQ(system("rmmod mdev_bpf_slow_console"), 0);
	close_device();
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = after, .teardown = dev_unload,
};
