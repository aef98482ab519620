// SPDX-License-Identifier: GPL-2.0-only
/* Implements job.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mdev.h"
#include "job.h"
#include "slowness.h"

#define NR_JOBS	16

struct job {
	pthread_t thread;
	bool used;
	int fd, cpu, tid, done, ret;
	const char *text;
};

/* Not on a stack: a failed ASSERT leaves the function that started the job. */
static struct job jobs[NR_JOBS];

void job_tick(void)
{
	static const struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

int job_cpu = -1;

static void go_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *job_main(void *arg)
{
	struct job *j = arg;
	int ret;

	if (j->cpu >= 0)
		go_to(j->cpu);
	__atomic_store_n(&j->tid, gettid(), __ATOMIC_RELEASE);
	ret = j->fd < 0 ? j->fd : write(j->fd, j->text, strlen(j->text)) < 0 ? -errno : 0;
	if (j->fd >= 0)
		close(j->fd);
	j->ret = ret;
	__atomic_store_n(&j->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

struct job *job_write_fd(int fd, const char *text)
{
	struct job *j = jobs;

	while (j->used)
		j++;
	memset(j, 0, sizeof(*j));
	j->used = true;
	j->fd = fd;
	j->cpu = job_cpu;
	j->text = text;
	if (j >= jobs + NR_JOBS - 1 || pthread_create(&j->thread, NULL, job_main, j))
		abort();
	return j;
}

struct job *job_write(const char *text, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = sysfs_vopen(O_WRONLY, fmt, ap);
	va_end(ap);
	return job_write_fd(fd, text);
}

bool job_is_done(struct job *j)
{
	return __atomic_load_n(&j->done, __ATOMIC_ACQUIRE);
}

char job_state(struct job *j)
{
	char path[64], stat[256] = "", *end;
	int tid = __atomic_load_n(&j->tid, __ATOMIC_ACQUIRE), fd;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	end = strrchr(stat, ')');
	return end ? end[2] : 0;
}

static bool asleep(struct job *j)
{
	char state = job_state(j);

	return state == 'D' || state == 'S';
}

bool job_sleeps(struct job *j)
{
	return wait_for(asleep(j) || job_is_done(j)) && !job_is_done(j);
}

void job_signal(struct job *j, int sig)
{
	if (!job_is_done(j))
		pthread_kill(j->thread, sig);
}

int job_end(struct job *j)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += JOB_TIMEOUT_MS / 1000 * slowness();
	if (pthread_timedjoin_np(j->thread, NULL, &limit))
		return -ETIME;
	j->used = false;
	return j->ret;
}

void job_end_all(void)
{
	struct job *j;

	for (j = jobs; j < jobs + NR_JOBS; j++) {
		if (j->used)
			job_end(j);
	}
}
