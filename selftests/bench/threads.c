// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads: whether accesses of several threads get in each other's way. Lines "# wall: PATH N" for
 * bench/wall.sh: nanoseconds of an access, with one thread, with two on one device, and with two on
 * a device each; the median of rounds in which these take turns, and the middle half's spread in
 * percent. For a machine with two processors that have nothing else to do.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "median.h"

#define ROUNDS		41
#define ACCESSES	2000
#define SCR		7

enum { ONE, TWO_ON_ONE, TWO_ON_TWO, NR_WAYS };

static const char * const ways[NR_WAYS] = { "one", "two_on_one", "two_on_two" };

static struct vfio second;
static off_t at[2];
static int device[2];
static pthread_barrier_t start;

/* Thread @arg, on a processor of its own: notes nothing but its failures. */
static void *accesses(void *arg)
{
	long n = (long)arg, bad = 0, i;
	cpu_set_t cpu;
	char byte;

	CPU_ZERO(&cpu);
	CPU_SET(n, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	pthread_barrier_wait(&start);
	for (i = 0; i < ACCESSES; i++)
		bad += pread(device[n], &byte, 1, at[n]) != 1;
	return (void *)bad;
}

/* How long an access takes, in picoseconds */
static __u64 round_of(unsigned int threads)
{
	pthread_t id[2];
	unsigned long i;
	void *bad;
	__u64 ns;

	pthread_barrier_init(&start, NULL, threads + 1);
	for (i = 0; i < threads; i++)
		ASSERT_EQ(pthread_create(&id[i], NULL, accesses, (void *)i), 0);
	pthread_barrier_wait(&start);
	ns = mtap_now_ns();
	for (i = 0; i < threads; i++) {
		pthread_join(id[i], &bad);
		EXPECT(!bad);
	}
	ns = mtap_now_ns() - ns;
	pthread_barrier_destroy(&start);
	return ns * 1000 / ACCESSES;
}

static __u64 round_in(unsigned int way)
{
	const struct vfio *other = way == TWO_ON_TWO ? &second : &dev;

	device[0] = dev.device;
	device[1] = other->device;
	at[0] = dev.region[0].offset + SCR;
	at[1] = other->region[0].offset + SCR;
	return round_of(way == ONE ? 1 : 2);
}

static void open_second(const char *type)
{
	struct mdev m = mdev_uuid(0xd1);

	ASSERT_EQ(mdev_create(&m, type), 0);
	ASSERT_EQ(vfio_open(&second, &m), 0);
}

static void compare(const char *what, const char *object, const char *type)
{
	static __u64 took[NR_WAYS][ROUNDS];
	unsigned int i, way;
	__u64 middle;

	dev_load(object);
	dev_open(type);
	open_second(type);
	for (i = 0; i < ROUNDS; i++) {
		for (way = 0; way < NR_WAYS; way++)
			took[way][i] = round_in(way);
	}
	for (way = 0; way < NR_WAYS; way++) {
		middle = median(took[way], ROUNDS);
		mtap_diag("wall: %s_%s %llu", what, ways[way], middle / 1000);
		mtap_diag("wall: %s_%s_spread %llu", what, ways[way],
			  (took[way][ROUNDS * 3 / 4] - took[way][ROUNDS / 4]) * 100 / middle);
	}
	vfio_close(&second);
}

MTAP_TEST(declared_registers)
{
	compare("declared", MTTY, "mtty-1");
}

MTAP_TEST(called_program)
{
	compare("called", "progs/kempty.bpf.o", "kempty-1");
}

static void setup(void)
{
	dev_need_module();
	vfio_init(&second);
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		mtap_skip("one processor");
}

static void after(void)
{
	vfio_close(&second);
	dev_close_unload();
}

const struct mtap_suite mtap_suite = { .setup = setup, .after = after };
