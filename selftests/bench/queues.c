// SPDX-License-Identifier: GPL-2.0-only
/*
 * queues: what queues gain. A number of commands in one queue of a device, and in two at the same
 * time, half of them each. A command is a ring of a doorbell, a calculation in the op of the queue,
 * and its interrupt. Lines "# wall: NAME N" for bench/wall.sh: nanoseconds of a command either way,
 * the median of rounds in which these take turns; how many times as fast it is, in percent, the
 * median of the rounds' own ratios; and the middle half's spread of each, in percent. For a machine
 * with two processors that have nothing else to do.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "median.h"
#include "queues.h"

#define ROUNDS		21
#define COMMANDS	64
#define CALCULATION	30000

static void commands(unsigned int q, unsigned int nr)
{
	while (nr--) {
		queue_ring(q, nr);
		ASSERT(event_wait(queue_event[q]));
	}
}

static void *half(void *arg)
{
	commands((unsigned long)arg, COMMANDS / 2);
	return NULL;
}

/* Nanoseconds of all commands */
static __u64 in_one(void)
{
	__u64 start = mtap_now_ns();

	commands(0, COMMANDS);
	return mtap_now_ns() - start;
}

static __u64 in_two(void)
{
	__u64 start = mtap_now_ns();
	pthread_t other;

	ASSERT_EQ(pthread_create(&other, NULL, half, (void *)1), 0);
	half((void *)0);
	pthread_join(other, NULL);
	return mtap_now_ns() - start;
}

/* @values are of as many rounds, and are sorted. */
static void print(const char *name, __u64 *values, unsigned int divisor)
{
	__u64 middle = median(values, ROUNDS);

	mtap_diag("wall: %s %llu", name, middle / divisor);
	mtap_diag("wall: %s_spread %llu", name,
		  (values[ROUNDS * 3 / 4] - values[ROUNDS / 4]) * 100 / middle);
}

static void load_and_open(void)
{
	queues_load("kqueue");
	queues_open();
}

MTAP_TEST(two_queues)
{
	__u64 one[ROUNDS], two[ROUNDS], gain[ROUNDS];
	unsigned int i;

	for (i = 0; i < 2; i++)
		queue_global->mode[i] = KQ_COMPUTE;
	queue_global->rounds = CALCULATION;
	/* The first of each is slow: threads, translations of an emulated processor */
	in_one();
	in_two();
	for (i = 0; i < ROUNDS; i++) {
		one[i] = in_one();
		two[i] = in_two();
		gain[i] = one[i] * 100 / two[i];
	}
	print("one_queue", one, COMMANDS);
	print("two_queues", two, COMMANDS);
	print("two_queues_percent", gain, 1);
}

static void setup(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		mtap_skip("one processor");
}

const struct mtap_suite mtap_suite = {
	.setup = setup, .before = load_and_open, .after = queues_close,
};
