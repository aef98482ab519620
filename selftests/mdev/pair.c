// SPDX-License-Identifier: GPL-2.0-only
/* Implements race.h. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mtap.h"
#include "race.h"

/* One goes up to so many turns of a loop later than the other: that of a system call or two. */
#define MOST_SKEW	20000

struct side {
	int (*fn)(void);
	pthread_t thread;
	int cpu, skew, ret;
	unsigned int round;	/* the last one that this side has finished */
};

static struct side sides[2];
static unsigned int go;		/* the round that both are to run */
static bool running, stop;
static __thread struct side *me;

struct outcome {
	int a, b, nr;
};

static struct outcome outcomes[32];

#define load(var)	__atomic_load_n(&(var), __ATOMIC_ACQUIRE)
#define store(var, val)	__atomic_store_n(&(var), val, __ATOMIC_RELEASE)

/* With a yield: there may be one processor only, or a loaded one. */
static void relax(unsigned int *turns)
{
	if (++*turns % 1024 == 0)
		sched_yield();
}

static void *side_main(void *arg)
{
	int skew;
	cpu_set_t cpu;

	me = arg;
	CPU_ZERO(&cpu);
	CPU_SET(me->cpu, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	while (!load(stop)) {
		unsigned int turns = 0;

		while (load(go) == me->round && !load(stop))
			relax(&turns);
		if (load(stop))
			break;
		for (skew = me->skew; skew > 0; skew--)
			__asm__ volatile("");
		me->ret = me->fn();
		store(me->round, load(go));
	}
	return NULL;
}

bool race_other_is_done(void)
{
	return load(sides[me == sides].round) == load(go);
}

void race_start(int (*a)(void), int (*b)(void))
{
	int i, cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(outcomes, 0, sizeof(outcomes));
	memset(sides, 0, sizeof(sides));
	go = 0;
	stop = false;
	running = true;
	sides[0].fn = a;
	sides[1].fn = b;
	for (i = 0; i < 2; i++) {
		sides[i].cpu = i % cpus;
		ASSERT_EQ(pthread_create(&sides[i].thread, NULL, side_main, &sides[i]), 0);
	}
}

static void count_outcome(int a, int b)
{
	struct outcome *o = outcomes;

	while (o->nr && (o->a != a || o->b != b) && o < outcomes + ARRAY_SIZE(outcomes) - 1)
		o++;
	o->a = a;
	o->b = b;
	o->nr++;
}

void race_round(int *a, int *b)
{
	int skew = rand() % (2 * MOST_SKEW) - MOST_SKEW, i;

	sides[0].skew = skew > 0 ? skew : 0;
	sides[1].skew = skew < 0 ? -skew : 0;
	store(go, go + 1);
	for (i = 0; i < 2; i++) {
		while (load(sides[i].round) != go)
			usleep(50);
	}
	*a = sides[0].ret;
	*b = sides[1].ret;
	count_outcome(*a, *b);
}

void race_end(void)
{
	struct outcome *o;
	char text[1024] = "";
	size_t len = 0;
	int i;

	if (!running)
		return;
	running = false;
	store(stop, true);
	for (i = 0; i < 2; i++)
		pthread_join(sides[i].thread, NULL);
	for (o = outcomes; o < outcomes + ARRAY_SIZE(outcomes) && o->nr; o++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s/%s %d", len ? ", " : "",
				o->a ? strerrorname_np(-o->a) : "ok",
				o->b ? strerrorname_np(-o->b) : "ok", o->nr);
	mtap_diag("%u rounds: %s", go, text);
}
