// SPDX-License-Identifier: GPL-2.0-only
/*
 * queues: what queues gain. Prints how long a number of commands takes in one queue of a device,
 * and in two at the same time, half of them each: the median of several runs, and the ratio. A
 * command is a ring of a doorbell, a calculation in the op of the queue, and its interrupt.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "queues.h"

#define RUNS		9
#define COMMANDS	64
#define ROUNDS		30000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

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

static double in_one(void)
{
	double start = now();

	commands(0, COMMANDS);
	return now() - start;
}

static double in_two(void)
{
	double start = now();
	pthread_t other;

	ASSERT_EQ(pthread_create(&other, NULL, half, (void *)1), 0);
	half((void *)0);
	pthread_join(other, NULL);
	return now() - start;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double (*run)(void))
{
	double took[RUNS];
	int i;

	for (i = 0; i < RUNS; i++)
		took[i] = run();
	qsort(took, RUNS, sizeof(took[0]), compare);
	return took[RUNS / 2];
}

static void load_and_open(void)
{
	queues_load("kqueue");
	queues_open();
}

MTAP_TEST(two_queues)
{
	double one, two;
	unsigned int q;

	for (q = 0; q < 2; q++)
		queue_global->mode[q] = KQ_COMPUTE;
	queue_global->rounds = ROUNDS;
	one = median(in_one);
	two = median(in_two);
	mtap_diag("%u commands: %.1f ms in one queue, %.1f ms in two: %.2f times as fast", COMMANDS,
		  one * 1e3, two * 1e3, one / two);
}

const struct mtap_suite mtap_suite = {
	.before = load_and_open,
	.after = queues_close,
};
