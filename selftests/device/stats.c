// SPDX-License-Identifier: GPL-2.0-only
/* What can be seen of devices from outside: counters of ops, slow ops, trace events. */
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "progs/kfail.h"
#include "progs/ktrace.h"

#define KFAIL	"progs/kfail.bpf.o"
#define KTRACE	"progs/ktrace.bpf.o"
#define MODULE	"/sys/kernel/mdev_bpf"
#define SLOW	50000	/* loops that take longer than SLOW_US on any machine */
#define SLOW_US	"100"

static struct prog tracer;
static struct bpf_link *trace_link[8];
static int event[2];

static void stats(const char *on)
{
	ASSERT_EQ(sysfs_write(on, MODULE "/stats"), 0);
}

static void slow_op_us(const char *us)
{
	ASSERT_EQ(sysfs_write(us, MODULE "/slow_op_us"), 0);
}

static void load(void)
{
	dev_load(KFAIL);
	EXPECT_STR(sysfs_str(MODULE "/stats"), "0");
	EXPECT_STR(sysfs_str(MODULE "/slow_op_us"), "0");
}

static void open_device(void)
{
	event[0] = event_new();
	event[1] = event_new();
	dev_open("kfail-1");
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 2, event), 0);
}

static void close_device(void)
{
	size_t i;

	sysfs_write("0", MODULE "/stats");
	sysfs_write("0", MODULE "/slow_op_us");
	for (i = 0; i < ARRAY_SIZE(trace_link); i++) {
		bpf_link__destroy(trace_link[i]);
		trace_link[i] = NULL;
	}
	prog_close(&tracer);
	dev_close();
	close(event[0]);
	close(event[1]);
}

struct op_stats {
	unsigned long long calls, errors, total_ns, max_ns;
};

/* What the "stats" file has of an op, all zero if nothing. */
static struct op_stats of(const char *op)
{
	const char *line = device_attr(&dev_mdev, "stats");
	struct op_stats s = { 0 };
	size_t len = strlen(op);
	int n;

	EXPECT_HAS(line, "op calls errors total_ns max_ns");
	while ((line = strchr(line, '\n'))) {
		if (strncmp(++line, op, len) || line[len] != ' ')
			continue;
		n = sscanf(line + len, "%llu %llu %llu %llu", &s.calls, &s.errors, &s.total_ns,
			   &s.max_ns);
		EXPECT_EQ(n, 4);
	}
	return s;
}

MTAP_TEST(nothing_while_off)
{
	dev_set(0, KFAIL_VALUE, 4, 1);
	dev_get(0, KFAIL_VALUE, 4);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_STR(device_attr(&dev_mdev, "stats"), "op calls errors total_ns max_ns");
	stats("1");
	dev_get(0, KFAIL_VALUE, 4);
	stats("0");
	dev_get(0, KFAIL_VALUE, 4);
	EXPECT_EQ(of("region_read").calls, 1);
}

MTAP_TEST(counts_accesses)
{
	struct op_stats s;
	int i;

	stats("1");
	for (i = 0; i < 1000; i++)
		dev_get(0, KFAIL_VALUE, 4);
	for (i = 0; i < 10; i++)
		dev_set(0, KFAIL_VALUE, 4, 1);
	s = of("region_read");
	EXPECT_EQ(s.calls, 1000);
	EXPECT_EQ(s.errors, 0);
	EXPECT(s.max_ns > 0 && s.total_ns >= s.max_ns && s.total_ns < 1000 * s.max_ns + 1);
	EXPECT_EQ(of("region_write").calls, 10);
	EXPECT_EQ(of("ioctl").calls, 0);
}

/* An errno counts as an error, and so does a value that no op may return. */
MTAP_TEST(counts_errors)
{
	stats("1");
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_RETURN, 4, -EDOM), -EDOM);
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_RETURN, 4, 5), -EIO);
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_RETURN, 4, -4000), -EIO);
	EXPECT_EQ(vfio_set(&dev, 0, KFAIL_RETURN, 4, 0), 0);
	EXPECT_EQ(of("region_write").calls, 4);
	EXPECT_EQ(of("region_write").errors, 3);
	/* DONE is no error */
	EXPECT_EQ(vfio_ioctl(&dev, KFAIL_IOCTL, NULL), 7);
	EXPECT_EQ(of("ioctl").calls, 1);
	EXPECT_EQ(of("ioctl").errors, 0);
}

MTAP_TEST(counts_each_op)
{
	stats("1");
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 2, event), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	dev_set(0, KFAIL_ARM, 4, 1);
	EXPECT_EQ(event_wait(event[1]), 1);
	dev_set(0, KFAIL_WORK, 4, 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	device_attr(&dev_mdev, "dump");
	/* An op has not ended when its interrupt is here */
	EXPECT(mtap_await(of("timer").calls && of("work").calls));
	EXPECT_EQ(of("close").calls, 1);
	EXPECT_EQ(of("open").calls, 1);
	EXPECT_EQ(of("reset").calls, 1);
	EXPECT_EQ(of("init").calls, 0);
	EXPECT_EQ(of("timer").calls, 1);
	EXPECT_EQ(of("work").calls, 1);
	EXPECT_EQ(of("dump").calls, 1);
	/* SET_IRQS, RESET, and what vfio_open() asks */
	EXPECT(of("ioctl").calls >= 2);
}

static void *read_often(void *unused)
{
	int i;

	for (i = 0; i < 5000; i++)
		vfio_get(&dev, 0, KFAIL_VALUE, 4);
	return unused;
}

MTAP_TEST(none_is_lost)
{
	pthread_t thread[4];
	size_t i;

	stats("1");
	for (i = 0; i < ARRAY_SIZE(thread); i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, read_often, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(thread); i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(of("region_read").calls, ARRAY_SIZE(thread) * 5000);
}

/*
 * On and off while ops run: no call counts that was not seen from its beginning. All on one CPU:
 * an emulated one (QEMU's TCG) that executes what another is just patching can take a breakpoint
 * that is gone already, and the kernel dies of it.
 */
MTAP_TEST(switched_in_the_middle)
{
	cpu_set_t all, one;
	pthread_t thread;
	unsigned int i;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
	ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, read_often, NULL), 0);
	for (i = 0; i < 50; i++) {
		stats("1");
		stats("0");
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
	EXPECT(of("region_read").calls <= 5000);
	EXPECT(of("region_read").max_ns < 10000000000ull);
}

static atomic_bool inside;

static void *write_slowly(void *rounds)
{
	vfio_set(&dev, 0, KFAIL_SLOW, 4, (unsigned long)rounds);
	inside = false;
	return NULL;
}

/* Begin a write that takes long; it is in the op on return. */
static pthread_t begin_slow_write(unsigned long rounds)
{
	__u64 before = dev_count(&dev_prog, KFAIL_WRITE);
	pthread_t thread;

	inside = true;
	ASSERT_EQ(pthread_create(&thread, NULL, write_slowly, (void *)rounds), 0);
	ASSERT(mtap_await(dev_count(&dev_prog, KFAIL_WRITE) != before));
	return thread;
}

/* Rounds of a write that takes half a second or longer. */
static unsigned long long_enough(void)
{
	unsigned long rounds = 1 << 12;
	double began;

	do {
		rounds *= 2;
		began = mtap_now();
		dev_set(0, KFAIL_SLOW, 4, rounds);
	} while (mtap_now() - began < 0.5 && rounds < MDEV_BPF_MAX_LOOPS);
	return rounds;
}

/* Off in the middle of one op and on in that of the next: what the first left is not its start. */
MTAP_TEST(no_start_is_left_over)
{
	unsigned long rounds;
	pthread_t thread;

	dev_op_limit(10000);
	rounds = long_enough();
	stats("1");
	thread = begin_slow_write(rounds);
	stats("0");
	EXPECT(inside);
	pthread_join(thread, NULL);
	thread = begin_slow_write(rounds);
	stats("1");
	EXPECT(inside);
	pthread_join(thread, NULL);
	EXPECT_EQ(of("region_write").calls, 0);
}

MTAP_TEST(counters_of_devices_are_their_own)
{
	struct mdev first = dev_mdev, second = mdev_uuid(0xd1);

	stats("1");
	dev_get(0, KFAIL_VALUE, 4);
	ASSERT_EQ(mdev_create(&second, "kfail-1"), 0);
	dev_mdev = second;
	EXPECT_EQ(of("init").calls, 1);
	EXPECT_EQ(of("region_read").calls, 0);
	dev_mdev = first;
	EXPECT_EQ(of("init").calls, 0);
	EXPECT_EQ(of("region_read").calls, 1);
}

MTAP_TEST(nonsense_to_the_switches)
{
	EXPECT_EQ(sysfs_write("maybe", MODULE "/stats"), -EINVAL);
	EXPECT_EQ(sysfs_write("fast", MODULE "/slow_op_us"), -EINVAL);
	EXPECT_EQ(sysfs_write("-1", MODULE "/slow_op_us"), -EINVAL);
	EXPECT_EQ(sysfs_write("99999999999", MODULE "/slow_op_us"), -ERANGE);
	EXPECT_STR(sysfs_str(MODULE "/stats"), "0");
	EXPECT_STR(sysfs_str(MODULE "/slow_op_us"), "0");
}

/* Nanoseconds of the slow op that the file has as @which, with its op in @op. */
static unsigned long long slow(const char *which, char *op)
{
	const char *text = strstr(device_attr(&dev_mdev, "slow_op"), which);
	unsigned long long ns = 0;

	*op = 0;
	if (text)
		EXPECT_EQ(sscanf(text + strlen(which), " %31s %llu", op, &ns), 2);
	return ns;
}

MTAP_TEST(slow_ops)
{
	unsigned long long worst;
	char op[32];

	dev_set(0, KFAIL_SLOW, 4, SLOW);
	EXPECT_STR(device_attr(&dev_mdev, "slow_op"), "");
	slow_op_us(SLOW_US);
	dev_set(0, KFAIL_SLOW, 4, SLOW);
	worst = slow("worst", op);
	EXPECT_STR(op, "region_write");
	EXPECT(worst > 100000);
	EXPECT_EQ(slow("last", op), worst);
	dev_set(0, KFAIL_TIMER_SLOW, 4, SLOW);
	dev_set(0, KFAIL_ARM, 4, 1);
	EXPECT_EQ(event_wait(event[1]), 1);
	/* Any op may be slow on a loaded machine, and the last one before the timer's */
	ASSERT(mtap_await(slow("last", op) && !strcmp(op, "timer")));
	EXPECT(slow("worst", op) >= worst);
	/* Counting is something else */
	EXPECT_EQ(of("region_write").calls, 0);
}

static void trace(void)
{
	struct bpf_program *p;
	size_t i = 0;

	/* It has no device program, but all else is as well */
	ASSERT_EQ(prog_open(&tracer, KTRACE, NULL), -ENOENT);
	ASSERT_EQ(bpf_object__load(tracer.obj), 0);
	bpf_object__for_each_program(p, tracer.obj) {
		trace_link[i] = bpf_program__attach(p);
		ASSERT(trace_link[i++]);
	}
}

static struct ktrace seen(void)
{
	struct ktrace seen = { 0 };

	ASSERT_EQ(prog_global(&tracer, &seen, 0, sizeof(seen)), 0);
	return seen;
}

MTAP_TEST(traced_life)
{
	struct mdev m = mdev_uuid(0xd1);
	struct vfio v;

	trace();
	ASSERT_EQ(mdev_create(&m, "kfail-1"), 0);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_CREATE], 1);
	ASSERT_EQ(vfio_open(&v, &m), 0);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_OPEN], 1);
	EXPECT_EQ(vfio_reset(&v), 0);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_RESET], 1);
	vfio_close(&v);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_CLOSE], 1);
	EXPECT_EQ(mdev_remove(&m), 0);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_REMOVE], 1);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_UPGRADE], 1);
	prog_detach(&dev_prog);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_DETACH], 1);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(seen().events[MDEV_BPF_EVENT_ATTACH], 1);
}

MTAP_TEST(traced_failure)
{
	trace();
	dev_set(0, KFAIL_NOW, 4, -7);
	EXPECT_EQ(seen().code, -7);
	EXPECT_STR(seen().op, "region_write");
	EXPECT_STR(seen().text, "reason -7");
}

MTAP_TEST(traced_slow_op)
{
	trace();
	slow_op_us(SLOW_US);
	dev_set(0, KFAIL_SLOW, 4, SLOW);
	EXPECT_STR(seen().slow_op, "region_write");
	EXPECT(seen().slow_ns > 100000);
}

MTAP_TEST(traced_irqs)
{
	trace();
	dev_set(0, KFAIL_WORK, 4, 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	/* The event is traced after the interrupt is here */
	EXPECT(mtap_await(seen().irqs));
	EXPECT_EQ(seen().irqs, 1);
	EXPECT_EQ(seen().irq_index, MSI);
	EXPECT_EQ(seen().irq_vector, 0);
	EXPECT_EQ(seen().irq_taken, 1);
	dev_set(0, KFAIL_ARM, 4, 1);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT(mtap_await(seen().irqs != 1));
	EXPECT_EQ(seen().irqs, 2);
	EXPECT_EQ(seen().irq_vector, 1);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = close_device, .teardown = dev_unload,
};
