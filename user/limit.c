// SPDX-License-Identifier: GPL-2.0-only
/*
 * A limit for the time that the verifier takes. It follows each round of a plain loop, which can
 * take minutes, and a process in the verifier only reacts to signals that end it. Other signals
 * make libbpf begin again. Therefore another thread keeps the time.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "limit.h"
#include "output.h"

#define FIRST_NOTE	5	/* seconds; each later one after twice the time */

static struct {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct timespec start;
	unsigned long seconds;
	bool is_over;
} limit = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Wait until the verifier is done, or has run for this long. Returns whether it is done. */
static bool wait_until(unsigned long seconds)
{
	struct timespec when = limit.start;
	int err = 0;

	when.tv_sec += seconds;
	while (!limit.is_over && !err)
		err = pthread_cond_timedwait(&limit.ended, &limit.lock, &when);
	return limit.is_over;
}

static void give_up(void)
{
	p_err("the verifier was not done after %lu seconds (--limit): look for a loop with many rounds, and use mdev_bpf_for() for it",
	      limit.seconds);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static void *keep_time(void *arg)
{
	unsigned long note = FIRST_NOTE, next;

	pthread_mutex_lock(&limit.lock);
	for (;;) {
		next = limit.seconds && limit.seconds < note ? limit.seconds : note;
		if (wait_until(next))
			break;
		if (next == limit.seconds)
			give_up();
		p_info("the verifier has been at work for %lu seconds", note);
		note *= 2;
	}
	pthread_mutex_unlock(&limit.lock);
	return NULL;
}

int limit_start(unsigned long seconds)
{
	pthread_condattr_t attr;
	int err;

	limit.seconds = seconds;
	limit.is_over = false;
	clock_gettime(CLOCK_MONOTONIC, &limit.start);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&limit.ended, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&limit.thread, NULL, keep_time, NULL);
	return err ? p_err("cannot start a thread: %s", strerror(err)) : 0;
}

void limit_end(void)
{
	pthread_mutex_lock(&limit.lock);
	limit.is_over = true;
	pthread_cond_signal(&limit.ended);
	pthread_mutex_unlock(&limit.lock);
	pthread_join(limit.thread, NULL);
	pthread_cond_destroy(&limit.ended);
}
