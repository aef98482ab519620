// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker of a device is a thread of the process that opened it: its CPU time is charged and
 * limited there, and it goes with the process, not with the device.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "dev.h"
#include "progs/ktimer.h"

#define KTIMER	"progs/ktimer.bpf.o"
#define GROUP	"mdev_bpf_worker"
#define TIME_US	1000000

static pid_t child;
static int pidfd = -1;

static void load(void)
{
	dev_load(KTIMER);
}

static void create(void)
{
	dev_mdev = mdev_uuid(0xd0);
	ASSERT_EQ(mdev_create(&dev_mdev, "ktimer-1"), 0);
	vfio_init(&dev);
}

static void kill_child(void)
{
	if (!child)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = 0;
}

static void after(void)
{
	kill_child();
	if (pidfd >= 0)
		close(pidfd);
	pidfd = -1;
	dev_close();
	cgroup_remove(GROUP);
}

static unsigned int calls(void)
{
	unsigned int id, nr = 0;

	for (id = 0; id < MDEV_BPF_MAX_TIMERS; id++)
		nr += dev_get(0, KTIMER_TIMERS + 4 * id, 4);
	return nr;
}

static void arm_all(void)
{
	unsigned int id;

	dev_set(0, KTIMER_PERIOD, 4, MDEV_BPF_MIN_PERIOD);
	for (id = 0; id < MDEV_BPF_MAX_TIMERS; id++)
		dev_set(0, KTIMER_ARM, 4, id);
}

/* A process, in a group or not, that has the device open, and does nothing but to wait. */
static void start_child(const char *group)
{
	int tell[2];
	char byte;

	ASSERT_EQ(pipe(tell), 0);
	child = fork();
	if (!child) {
		if ((group && cgroup_enter(group)) || vfio_open(&dev, &dev_mdev))
			_exit(1);
		if (write(tell[1], &dev, sizeof(dev)) == sizeof(dev))
			for (;;)
				pause();
		_exit(1);
	}
	close(tell[1]);
	ASSERT_EQ(read(tell[0], &dev, sizeof(dev)), sizeof(dev));
	EXPECT_EQ(read(tell[0], &byte, 0), 0);
	close(tell[0]);
	/* Its files are not ours, but the device can be */
	pidfd = syscall(SYS_pidfd_open, child, 0);
	dev.container = -1;
	dev.group = -1;
	dev.device = syscall(SYS_pidfd_getfd, pidfd, dev.device, 0);
	ASSERT(dev.device >= 0);
}

static unsigned long long usage_us(void)
{
	unsigned long long us = 0;
	char line[64];
	FILE *f = fopen(CGROUPS "/" GROUP "/cpu.stat", "r");

	ASSERT(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "usage_usec %llu", &us) == 1)
			break;
	fclose(f);
	return us;
}

/* How often timers are called in a while; the CPU time of the group goes to @us. */
static unsigned int run(unsigned long long *us)
{
	unsigned int before;

	*us = usage_us();
	before = calls();
	mtap_wait_us(TIME_US);
	before = calls() - before;
	*us = usage_us() - *us;
	return before;
}

static void start_in_group(void)
{
	if (cgroup_mount("cpu"))
		mtap_skip("no cgroup with cpu");
	ASSERT_EQ(cgroup_make(GROUP), 0);
	start_child(GROUP);
	arm_all();
}

MTAP_TEST(cpu_time_is_the_users)
{
	unsigned long long us;
	unsigned int n;

	start_in_group();
	n = run(&us);
	mtap_diag("%u calls, %llu us", n, us);
	EXPECT(n > 100);
	EXPECT(us >= n);
}

/* Eight timers of the shortest period get no more of a processor than the user may have. */
MTAP_TEST(quota_holds)
{
	unsigned long long us, free_us;
	unsigned int n, free_n;

	start_in_group();
	free_n = run(&free_us);
	ASSERT_EQ(cgroup_put(GROUP, "cpu.max", "2000 100000"), 0);
	run(&us);
	n = run(&us);
	mtap_diag("%u calls, %llu us; with 2%%: %u calls, %llu us", free_n, free_us, n, us);
	/* Two in a hundred, and a tick more each time */
	EXPECT(us < free_us / 2);
	EXPECT(n < free_n / 2);
}

/* What is due waits for the next process that enters the device, and is then done by that. */
MTAP_TEST(opener_dies)
{
	unsigned int n;

	start_child(NULL);
	arm_all();
	ASSERT(mtap_await(calls() > 10));
	kill_child();
	n = calls();
	ASSERT(mtap_await(calls() > n + 10));
}

/* A process that has been stopped does not hold up the closing of the device by another. */
MTAP_TEST(opener_is_stopped)
{
	int status;

	start_child(NULL);
	arm_all();
	ASSERT(mtap_await(calls() > 10));
	EXPECT_EQ(kill(child, SIGSTOP), 0);
	EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
	EXPECT(WIFSTOPPED(status));
	vfio_close(&dev);
	/* That process still has the device open, so the device is closed when it dies */
	kill_child();
	ASSERT(mtap_await(!vfio_open(&dev, &dev_mdev) || (vfio_close(&dev), false)));
	arm_all();
	EXPECT(mtap_await(calls() > 10));
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = create, .after = after, .teardown = dev_unload,
};
