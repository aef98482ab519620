// SPDX-License-Identifier: GPL-2.0-only
/* Ops that take too long: what ends them, who is told, and what becomes of the device. */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dev.h"
#include "klog.h"
#include "mig.h"
#include "progs/khang.h"
#include "progs/kslow.h"
#include "progs/kstall.h"
#include "slowness.h"

#define KHANG	"progs/khang.bpf.o"
#define LIMIT	"/sys/module/mdev_bpf/parameters/op_limit_ms"
#define ERR	VFIO_PCI_ERR_IRQ_INDEX
#define NONE	0	/* of the ops hangs */

static unsigned long long mark;
static int error;

static void load(void)
{
	dev_load(KHANG);
	EXPECT_STR(sysfs_str(LIMIT), "100");
}

static void open_device(void)
{
	error = event_new();
	dev_open("khang-1");
	ASSERT_EQ(vfio_irq_fd(&dev, ERR, VFIO_IRQ_SET_ACTION_TRIGGER, error), 0);
	mark = klog_mark();
}

/* Nothing hangs any more, whatever the test point has left. */
static void close_device(void)
{
	sysfs_write("100", LIMIT);
	vfio_reset(&dev);
	vfio_set(&dev, 0, KHANG_IN, 4, NONE);
	dev_close();
	close(error);
	prog_close(&dev_prog);
	ASSERT_EQ(prog_up(&dev_prog, KHANG), 0);
}

/* The device is out of service because of @op, and the reason says so. */
static void expect_out(const char *op)
{
	char line[160];

	snprintf(line, sizeof(line), "op=%s\ncode=-62\nprogram=khang\n", op);
	ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), line);
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "text=the op ran longer than 100 ms");
	EXPECT_STR(device_attr(&dev_mdev, "state"), "failed");
}

static void hang_in(unsigned int ops)
{
	dev_set(0, KHANG_IN, 4, ops);
}

MTAP_TEST(write_ends)
{
	hang_in(1 << KHANG_WRITE);
	/* The value that is written counts, but nothing does from then on */
	vfio_set(&dev, 0, KHANG_VALUE, 4, 1);
	EXPECT_EQ(vfio_set(&dev, 0, KHANG_VALUE, 4, 1), -EIO);
	EXPECT_EQ(vfio_get(&dev, 0, KHANG_VALUE, 4), -EIO);
	expect_out("region_write");
	/* The log is rate limited, so only the first can be sure of its line */
	EXPECT(mtap_await(klog_has(mark, "region_write of khang (link ")));
	EXPECT(klog_has(mark, "ms so far, more than op_limit_ms"));
	EXPECT_EQ(event_wait(error), 1);
}

static atomic_bool hanging;

static void *write_hangs(void *unused)
{
	vfio_set(&dev, 0, 0, 4, 1);
	hanging = false;
	return unused;
}

/* No loop of ours is in that op, so it takes its time; the log tells of it meanwhile. */
MTAP_TEST(seen_while_it_runs)
{
	pthread_t thread;
	bool before;

	dev_close();
	ASSERT_EQ(prog_up(&dev_prog2, "progs/klong.bpf.o"), 0);
	dev_open("klong-1");
	ASSERT_EQ(sysfs_write("10", LIMIT), 0);
	hanging = true;
	ASSERT_EQ(pthread_create(&thread, NULL, write_hangs, NULL), 0);
	ASSERT(mtap_await(klog_has(mark, "region_write of klong (link ")));
	before = hanging;
	pthread_join(thread, NULL);
	EXPECT(before);
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -EIO);
	ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "text=the op ran longer than 10 ms");
}

/*
 * What the verifier and our count of instructions let through, though nothing of ours ends it. The
 * time is for the documentation; no machine is too slow for it.
 */
MTAP_TEST(longest_that_loads)
{
	double began;

	dev_close();
	ASSERT_EQ(prog_up(&dev_prog2, "progs/kworst.bpf.o"), 0);
	dev_open("kworst-1");
	began = mtap_now();
	vfio_set(&dev, 0, 0, 4, 1);
	mtap_diag("400000 look-ups with the longest key, 2 million instructions: %.0f ms",
		  (mtap_now() - began) * 1000);
	EXPECT(mtap_now() - began < 120);
}

static void open_slow(void)
{
	dev_close();
	ASSERT_EQ(prog_up(&dev_prog2, "progs/kslow.bpf.o"), 0);
	dev_open("kslow-1");
	ASSERT_EQ(sysfs_write("10", LIMIT), 0);
}

/* An op has called a function again and again: of these calls, the last ones have done nothing. */
static void expect_late(const char *op)
{
	char line[64];

	snprintf(line, sizeof(line), "op=%s\ncode=-62\n", op);
	ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), line);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT(dev_get(0, KSLOW_LATE, 4) > 0);
	EXPECT(dev_get(0, KSLOW_LATE, 4) < KSLOW_CALLS);
}

/* In plain loops, functions that take long must notice it themselves. */
MTAP_TEST(formatting_ends)
{
	open_slow();
	vfio_set(&dev, 0, KSLOW_CONTROL, 4, KSLOW_FORMAT);
	expect_late("region_write");
}

MTAP_TEST(allocating_ends)
{
	open_slow();
	vfio_get(&dev, 0, KSLOW_PAGES, 4);
	expect_late("region_read");
}

MTAP_TEST(copying_a_stream_ends)
{
	static char stream[1 << 17];
	ssize_t len;

	open_slow();
	dev_set(0, KSLOW_CONTROL, 4, KSLOW_RESTORE);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	EXPECT_EQ(mig_load(&dev, stream, len), -EIO);
	expect_late("restore");
}

/* Each of these calls would wake somebody up. */
MTAP_TEST(nobody_is_woken_after_the_limit)
{
	open_slow();
	vfio_set(&dev, 0, KSLOW_CONTROL, 4, KSLOW_AFTER);
	ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(0, KSLOW_LATE, 4), KSLOW_WAKES);
}

/*
 * Again and again, the processor stands still in the middle of an op, each time for more than half
 * of the limit. The op does not run meanwhile, and hardly any time in between.
 */
MTAP_TEST(time_that_is_taken_from_the_processor)
{
	unsigned int limit = 100 * (slowness() < 10 ? slowness() : 10);
	struct prog staller;
	struct kstall *kstall;
	char ms[16];

	open_slow();
	snprintf(ms, sizeof(ms), "%u", limit);
	ASSERT_EQ(sysfs_write(ms, LIMIT), 0);
	/* It has no device program */
	ASSERT_EQ(prog_open(&staller, "progs/kstall.bpf.o", NULL), -ENOENT);
	ASSERT_EQ(bpf_object__load(staller.obj), 0);
	kstall = prog_globals(&staller);
	ASSERT(kstall);
	kstall->ns = limit * 600000ULL;
	kstall->pid = getpid();
	staller.link = bpf_program__attach(bpf_object__next_program(staller.obj, NULL));
	ASSERT(staller.link);
	EXPECT_EQ(vfio_set(&dev, 0, KSLOW_CONTROL, 4, KSLOW_ARM), 0);
	EXPECT_EQ(kstall->stalls, KSLOW_ARMS);
	prog_close(&staller);
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
}

#define EPOLLS	20
#define DUPS	200

/* An eventfd for which so many wait that it takes long to signal it */
struct crowd {
	int event;
	int copies[DUPS];
	int epolls[EPOLLS];
};

static void gather(struct crowd *crowd)
{
	struct epoll_event wanted = { .events = EPOLLIN };
	int i, k;

	crowd->event = event_new();
	for (i = 0; i < DUPS; i++)
		crowd->copies[i] = dup(crowd->event);
	for (k = 0; k < EPOLLS; k++) {
		crowd->epolls[k] = epoll_create1(0);
		for (i = 0; i < DUPS; i++)
			ASSERT_EQ(epoll_ctl(crowd->epolls[k], EPOLL_CTL_ADD, crowd->copies[i],
					    &wanted), 0);
	}
}

static void disperse(struct crowd *crowd)
{
	int i;

	for (i = 0; i < EPOLLS; i++)
		close(crowd->epolls[i]);
	for (i = 0; i < DUPS; i++)
		close(crowd->copies[i]);
	close(crowd->event);
}

static atomic_bool signalling;
static atomic_uint signalled;

static void *signal_on(void *unused)
{
	while (signalling) {
		vfio_irq_none(&dev, VFIO_PCI_MSI_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
			      KSLOW_VECTORS);
		signalled++;
	}
	return unused;
}

/*
 * The user decides how long a signal takes, and signals as often as it likes. An op that asks what
 * interrupts there are does not wait for that.
 */
MTAP_TEST(asking_for_interrupts_does_not_wait)
{
	int events[KSLOW_VECTORS], i;
	unsigned int before;
	struct crowd crowd;
	pthread_t thread;

	open_slow();
	ASSERT_EQ(sysfs_write("20", LIMIT), 0);
	gather(&crowd);
	for (i = 0; i < KSLOW_VECTORS; i++)
		events[i] = crowd.event;
	ASSERT_EQ(vfio_irq_fds(&dev, VFIO_PCI_MSI_IRQ_INDEX, 0, KSLOW_VECTORS, events), 0);
	signalling = true;
	ASSERT_EQ(pthread_create(&thread, NULL, signal_on, NULL), 0);
	EXPECT(mtap_await(signalled));
	before = signalled;
	EXPECT_EQ(vfio_get(&dev, 0, KSLOW_IRQS, 4), 0);
	mtap_diag("%u signals while the op ran", signalled - before);
	signalling = false;
	pthread_join(thread, NULL);
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
	disperse(&crowd);
}

MTAP_TEST(read_ends)
{
	hang_in(1 << KHANG_READ);
	vfio_get(&dev, 0, KHANG_VALUE, 4);
	EXPECT_EQ(vfio_get(&dev, 0, KHANG_VALUE, 4), -EIO);
	expect_out("region_read");
}

MTAP_TEST(ioctl_ends)
{
	hang_in(1 << KHANG_IOCTL_OP);
	vfio_ioctl(&dev, KHANG_IOCTL, NULL);
	expect_out("ioctl");
}

MTAP_TEST(work_ends)
{
	hang_in(1 << KHANG_WORK_OP);
	dev_set(0, KHANG_WORK, 4, 1);
	EXPECT_EQ(event_wait(error), 1);
	expect_out("work");
}

MTAP_TEST(dump_ends)
{
	hang_in(1 << KHANG_DUMP);
	/* What is formatted after that is lost; the core's part is there. */
	EXPECT_HAS(device_attr(&dev_mdev, "dump"), "state: ");
	expect_out("dump");
}

MTAP_TEST(init_ends)
{
	struct mdev m = mdev_uuid(0xd1);

	hang_in(1 << KHANG_INIT);
	EXPECT_EQ(mdev_create(&m, "khang-1"), -EIO);
	EXPECT_HAS(why_refused(), "the op ran longer than 100 ms (code -62)");
	/* That was another device */
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
}

MTAP_TEST(reset_ends)
{
	hang_in(1 << KHANG_RESET);
	EXPECT_EQ(vfio_reset(&dev), -EIO);
	expect_out("reset");
}

/* A reset makes it work again, until it does the same again. */
MTAP_TEST(reset_recovers)
{
	hang_in(1 << KHANG_WRITE);
	vfio_set(&dev, 0, KHANG_VALUE, 4, 1);
	expect_out("region_write");
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
	EXPECT_EQ(dev_get(0, KHANG_VALUE, 4), 0);
	vfio_set(&dev, 0, KHANG_VALUE, 4, 1);
	expect_out("region_write");
}

MTAP_TEST(program_recovers)
{
	struct prog p;

	hang_in(1 << KHANG_WRITE);
	vfio_set(&dev, 0, KHANG_VALUE, 4, 1);
	expect_out("region_write");
	ASSERT_EQ(prog_open(&p, KHANG, NULL), 0);
	ASSERT_EQ(prog_load(&p), 0);
	EXPECT_EQ(prog_update(&dev_prog, &p), 0);
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
	EXPECT_EQ(vfio_set(&dev, 0, KHANG_VALUE, 4, 7), 0);
	EXPECT_EQ(dev_get(0, KHANG_VALUE, 4), 7);
	prog_close(&p);
}

static void *write_once(void *unused)
{
	vfio_set(&dev, 0, KHANG_VALUE, 4, 1);
	hanging = false;
	return unused;
}

/* Who detaches waits for one op, and so does everybody else who has struct_ops. */
MTAP_TEST(detach_waits_for_one_op)
{
	double began;
	pthread_t thread;

	hang_in(1 << KHANG_WRITE);
	hanging = true;
	ASSERT_EQ(pthread_create(&thread, NULL, write_once, NULL), 0);
	began = mtap_now();
	prog_detach(&dev_prog);
	EXPECT(mtap_now() - began < 5 * slowness());
	pthread_join(thread, NULL);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "detached");
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

MTAP_TEST(loops_go_round)
{
	dev_set(0, KHANG_LOOPS, 4, 1000);
	EXPECT_EQ(dev_get(0, KHANG_ROUNDS, 4), 1000);
	dev_set(0, KHANG_LOOPS, 4, 0);
	EXPECT_EQ(dev_get(0, KHANG_ROUNDS, 4), 0);
	dev_set(0, KHANG_SHORT, 4, 64);
	EXPECT_EQ(dev_get(0, KHANG_ROUNDS, 4), 100);
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
}

MTAP_TEST(loops_with_bad_bounds)
{
	dev_set(0, KHANG_BOUNDS, 4, KHANG_BACKWARDS);
	EXPECT_EQ((__s32)dev_get(0, KHANG_ROUNDS, 4), -EINVAL);
	dev_set(0, KHANG_BOUNDS, 4, KHANG_FAR);
	EXPECT_EQ((__s32)dev_get(0, KHANG_ROUNDS, 4), -E2BIG);
}

#define WRITES	30

static void run_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* Rounds of a loop that take 30 ms at least; the time of one op of so many goes to @op. */
static unsigned int long_loop(double *op)
{
	unsigned int rounds = 1 << 12;
	double began;

	do {
		rounds *= 2;
		began = mtap_now();
		dev_set(0, KHANG_LOOPS, 4, rounds);
		*op = mtap_now() - began;
	} while (*op < 0.03 && rounds < 1 << 22);
	return rounds;
}

static atomic_bool runs, over;

/* A task on the worker's processor that wants to run all the time */
static void *keep_running(void *unused)
{
	run_on(0);
	runs = true;
	while (!over)
		;
	return unused;
}

/* The worker of the only device that this process has open: its thread id */
static int worker_tid(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/task");
	int tid = 0;

	ASSERT(dir);
	while ((entry = readdir(dir)))
		if (!strcmp(sysfs_str("/proc/self/task/%s/comm", entry->d_name), "mdev_bpf"))
			tid = atoi(entry->d_name);
	closedir(dir);
	return tid;
}

/* How often has a thread been made to give up its processor? */
static unsigned int given_way(int tid)
{
	const char *key = "nonvoluntary_ctxt_switches:";
	const char *at = strstr(sysfs_str("/proc/self/task/%d/status", tid), key);

	ASSERT(at);
	return atoi(at + strlen(key));
}

/*
 * The worker has many ops to call, none of which takes too long. Another task on its processor gets
 * its turn in between, and not when the worker has called them all.
 */
MTAP_TEST(others_get_their_turn)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = 4, .fd = event_new(), .offset = KHANG_LOOPS,
	};
	unsigned int i, before;
	pthread_t thread;
	__u64 one = 1;
	double op;
	int tid;

	ASSERT_EQ(sysfs_write("10000", LIMIT), 0);
	vfio_close(&dev);
	/* The worker is where its creator is */
	run_on(0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	run_on(1);
	tid = worker_tid();
	ASSERT(tid);
	arg.data = long_loop(&op);
	for (i = 0; i < WRITES; i++, arg.data++)
		ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg), 0);
	runs = false;
	over = false;
	ASSERT_EQ(pthread_create(&thread, NULL, keep_running, NULL), 0);
	ASSERT(mtap_await(runs));
	dev_set(0, KHANG_VALUE, 4, 0);
	before = given_way(tid);
	EXPECT_EQ(write(arg.fd, &one, sizeof(one)), sizeof(one));
	EXPECT(mtap_await(dev_get(0, KHANG_VALUE, 4) == WRITES));
	i = given_way(tid) - before;
	over = true;
	pthread_join(thread, NULL);
	mtap_diag("%u ops of %.0f ms, given way %u times", WRITES, op * 1e3, i);
	/* It was made to give way before each op at most, and without that never */
	EXPECT(i >= WRITES / 10);
	close(arg.fd);
}

MTAP_TEST(limit_of_the_limit)
{
	EXPECT_EQ(sysfs_write("9", LIMIT), -EINVAL);
	EXPECT_EQ(sysfs_write("10001", LIMIT), -EINVAL);
	EXPECT_EQ(sysfs_write("never", LIMIT), -EINVAL);
	EXPECT_STR(sysfs_str(LIMIT), "100");
	EXPECT_EQ(sysfs_write("10000", LIMIT), 0);
	EXPECT_STR(sysfs_str(LIMIT), "10000");
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = close_device, .teardown = dev_unload,
};
