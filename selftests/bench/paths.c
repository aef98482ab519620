// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the paths cost that bench/guard does not hold against a baseline, and what the same costs
 * where a peer in C has it (kmod/mdev_null.c): lines "# cost: PATH N" for bench/all.sh, in guest
 * instructions. As a test, this tells when a benchmark no longer works.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bell.h"
#include "cost.h"
#include "floor.h"
#include "guest.h"
#include "kupgrade.h"
#include "mdev_null.h"
#include "median.h"
#include "progs/kirq.h"

#define NULL_MODULE	"bench/kmod/mdev_null.ko"
#define UPGRADES	500
#define LOADS		3
#define OTHERS		300

static int event = -1;
static __u64 read_floor, write_floor;

/* May be less than nothing: /dev/zero, the floor, does more than a device that does nothing. */
static void report(const char *path, long long n)
{
	EXPECT(n > -1000);
	mtap_diag("cost: %s %lld", path, n);
}

/* The register of BAR0 that is accessed, and the value that is written to it */
static unsigned int reg;

static void read_reg(void)
{
	char byte;

	ASSERT_EQ(pread(dev.device, &byte, 1, dev.region[0].offset + reg), 1);
}

static void write_reg(void)
{
	ASSERT_EQ(pwrite(dev.device, "\x5a", 1, dev.region[0].offset + reg), 1);
}

static void take_event(void)
{
	__u64 n;

	ASSERT_EQ(read(event, &n, sizeof(n)), sizeof(n));
}

/* A device in C: the same accesses, an interrupt, and DMA */

static __u64 dma_size;

static void open_null(void)
{
	ASSERT_EQ(system("insmod " NULL_MODULE), 0);
	dev_open("mdev_null-1");
}

static void null_dma(void)
{
	dev_set(0, NULL_DMA, 8, dma_size);
}

MTAP_TEST(device_in_c)
{
	open_null();
	reg = 0;
	report("null_read", cost(read_reg) - read_floor);
	report("null_write", cost(write_reg) - write_floor);
	event = eventfd(0, 0);
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 1, &event), 0);
	reg = NULL_IRQ;
	report("null_message", cost(write_reg) - write_floor);
	close(event);
}

static const unsigned int dma_sizes[] = { 64, 4096, 131072, 1 << 20 };

static void report_dma(const char *what, __u64 n)
{
	char path[32];

	snprintf(path, sizeof(path), "%s_%llu", what, dma_size);
	report(path, n);
}

MTAP_TEST(dma_in_c)
{
	unsigned int i;
	__u64 base;

	open_null();
	ASSERT_EQ(guest_map(NULL_IOVA, guest_alloc(1 << 20, 1), 1 << 20, PROT_RW), 0);
	dma_size = 0;
	base = cost(null_dma);
	for (i = 0; i < 4; i++) {
		dma_size = dma_sizes[i];
		report_dma("null_dma", cost(null_dma) - base);
	}
}

static void plain_register(void)
{
	kdma_set(KDMA_VALUE, 0);
}

static void request(void)
{
	kdma_set(KDMA_GO, MDEV_BPF_DMA_READ);
}

/* The worker copies what is too large for an access. */
static void request_and_wait(void)
{
	request();
	take_event();
}

MTAP_TEST(dma)
{
	unsigned int i;
	__u64 base;

	guest_load();
	guest_open();
	ASSERT_EQ(guest_map(NULL_IOVA, guest_alloc(1 << 20, 1), 1 << 20, PROT_RW), 0);
	event = eventfd(0, 0);
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 1, &event), 0);
	base = cost(plain_register);
	for (i = 0; i < 4; i++) {
		bool waits = i == 3;

		dma_size = dma_sizes[i];
		kdma_set(KDMA_QUIET, !waits);
		kdma_prepare(NULL_IOVA, MDEV_BPF_MEMORY(KDMA_MEM, 0), dma_size);
		report_dma("dma_request", cost(waits ? request_and_wait : request) - base);
	}
	close(event);
	guest_close();
}

/* From the write of a doorbell, or of its ioeventfd, until the op's interrupt was read */

static void ring(void)
{
	dev_set(KBELL_BAR, KBELL_A, 4, 1);
	take_event();
}

static void kick_it(void)
{
	const __u64 one = 1;

	ASSERT_EQ(write(kick, &one, sizeof(one)), sizeof(one));
	take_event();
}

static void signal_and_take(void)
{
	const __u64 one = 1;

	ASSERT_EQ(write(event, &one, sizeof(one)), sizeof(one));
	take_event();
}

MTAP_TEST(doorbells)
{
	struct vfio_device_ioeventfd arg = { .argsz = sizeof(arg), .flags = 4 };

	bell_load();
	bell_open();
	event = eventfd(0, 0);
	report("eventfd_write_and_read", cost(signal_and_take));
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, KBELL_A_WORK, 1, &event), 0);
	report("doorbell_until_read", cost(ring));
	arg.fd = kick;
	arg.offset = dev.region[KBELL_BAR].offset + KBELL_A;
	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg), 0);
	report("ioeventfd_until_read", cost(kick_it));
	close(event);
	bell_close();
}

static void raise_line(void)
{
	dev_set(0, KIRQ_LEVEL, 4, 1);
}

static void lower_line(void)
{
	dev_set(0, KIRQ_LEVEL, 4, 0);
}

static void unmask_line(void)
{
	ASSERT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
}

static void acknowledge(void)
{
	lower_line();
	unmask_line();
}

MTAP_TEST(line_interrupt)
{
	ASSERT_EQ(prog_open(&dev_prog, "progs/kirq.bpf.o", "kirq"), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	dev_open("kirq-1");
	event = event_new();
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event), 0);
	report("write_and_intx", cost_after(acknowledge, raise_line) - write_floor);
	EXPECT(event_take(event) > 0);
	close(event);
}

/* What an access costs does not depend on how many devices there are, nor on the vector. */

MTAP_TEST(many_devices)
{
	unsigned int i;

	dev_load("progs/kempty.bpf.o");
	for (i = 0; i < OTHERS; i++) {
		struct mdev m = mdev_uuid(0x1000 + i);

		ASSERT_EQ(mdev_create(&m, "kempty-1"), 0);
	}
	dev_open("kempty-1");
	reg = 0;
	report("called_read_of_many", cost(read_reg) - read_floor);
}

static unsigned int vector;

static void send_vector(void)
{
	dev_set(0, KIRQ_VECTOR, 4, vector);
}

MTAP_TEST(many_vectors)
{
	static int events[MDEV_BPF_MAX_MSIX];
	unsigned int i;

	ASSERT_EQ(prog_open(&dev_prog, "progs/kirq.bpf.o", "kmsix"), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	dev_open("kmsix-1");
	event = event_new();
	for (i = 0; i < MDEV_BPF_MAX_MSIX; i++)
		events[i] = event;
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, 1, events), 0);
	vector = 0;
	report("message_of_one", cost(send_vector) - write_floor);
	ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, MDEV_BPF_MAX_MSIX, events), 0);
	vector = MDEV_BPF_MAX_MSIX - 1;
	report("message_of_2048", cost(send_vector) - write_floor);
	close(event);
}

/* From the file to a program that devices can be created of: open, verify, attach */
static void load_some(const char *path, const char *object)
{
	__u64 took[LOADS], start;
	int i;

	for (i = 0; i < LOADS; i++) {
		start = __rdtsc();
		dev_load(object);
		took[i] = __rdtsc() - start;
		dev_unload();
	}
	report(path, median(took, LOADS));
}

MTAP_TEST(load_and_attach)
{
	load_some("load_empty", "progs/kempty.bpf.o");
	load_some("load_mtty", MTTY);
}

#define PREEMPT	"/sys/kernel/debug/sched/preempt"

/* Where the kernel may be preempted: its name for that, and what it was before */
static char preempt_was[16];

static void preempt(const char *how)
{
	if (sysfs_write(how, PREEMPT))
		mtap_diag("cannot have the kernel preempted: %s", how);
}

/* The thread that makes accesses shall run at any time, not only where the kernel waits. */
static void preempt_fully(void)
{
	const char *modes = strchr(sysfs_str(PREEMPT), '(');

	if (modes && sscanf(modes, "(%15[a-z])", preempt_was) == 1)
		preempt("full");
}

static void after(void)
{
	dev_close_unload();
	if (exists("/sys/module/mdev_null"))
		EXPECT_EQ(system("rmmod mdev_null"), 0);
	if (preempt_was[0])
		preempt(preempt_was);
	preempt_was[0] = 0;
}

/*
 * Accesses while something happens, by a thread that comes first: the longest one, and the longest
 * time from when one was due until it was over. The latter has in it what the kernel does where it
 * cannot be preempted, which may be what an access on another processor has to wait for. An access
 * that the scheduler's tick has interrupted does not count: it takes three times as long whatever
 * else happens.
 */
static atomic_bool stop;
static atomic_ulong longest, latest;

static void raise_to(atomic_ulong *most, __u64 n)
{
	if (n > *most)
		*most = n;
}

/* The tick is what advances this clock. */
static __u64 last_tick(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void timed_access(void)
{
	__u64 tick = last_tick(), start = __rdtsc(), took;

	vfio_get(&dev, 0, KUP_VALUE, 4);
	took = __rdtsc() - start;
	if (last_tick() == tick)
		raise_to(&longest, took);
}

static void *access_often(void *arg)
{
	unsigned int seed = 1;

	(void)arg;
	while (!stop) {
		__u64 due = mtap_now_ns() + 20000 + rand_r(&seed) % 50000;
		struct timespec at = { due / 1000000000, due % 1000000000 };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		timed_access();
		raise_to(&latest, mtap_now_ns() - due);
	}
	return NULL;
}

static void start_accesses(pthread_t *thread)
{
	struct sched_param first = { .sched_priority = 1 };
	pthread_attr_t attr;

	stop = false;
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &first);
	ASSERT_EQ(pthread_create(thread, &attr, access_often, NULL), 0);
}

static void nothing_for(__u64 tsc)
{
	__u64 start = __rdtsc();

	while (__rdtsc() - start < tsc)
		getppid();
}

static void read_value(void)
{
	dev_get(0, KUP_VALUE, 4);
}

static void report_accesses(const char *when)
{
	char path[32];

	snprintf(path, sizeof(path), "%s_longest_access", when);
	report(path, longest);
	snprintf(path, sizeof(path), "%s_latest_access", when);
	report(path, latest);
	longest = 0;
	latest = 0;
}

MTAP_TEST(upgrade_pause)
{
	__u64 start, took = 0;
	pthread_t thread;
	int i;

	preempt_fully();
	kupgrade_load();
	dev_open("kupgrade-1");
	report("usual_access", cost(read_value));
	start_accesses(&thread);
	for (i = 0; i < UPGRADES; i++) {
		start = __rdtsc();
		EXPECT_EQ(i % 2 ? to_v1() : to_v2(), 0);
		took += __rdtsc() - start;
	}
	report("upgrade", took / UPGRADES);
	report_accesses("upgrade");
	nothing_for(took);
	report_accesses("otherwise");
	stop = true;
	pthread_join(thread, NULL);
	kupgrade_unload();
}

static void setup(void)
{
	dev_need_module();
	floor_open();
	read_floor = cost(floor_read);
	write_floor = cost(floor_write);
}

const struct mtap_suite mtap_suite = { .setup = setup, .after = after };
