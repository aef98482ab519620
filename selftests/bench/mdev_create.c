// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_create at N...: cost of the N-th device, bare and mediated. With N - 1 of each there,
 * create one more and remove the oldest, in turns; means of the single writes without the quarters
 * that took least and most, and the same of what a mediated device takes more than the bare one.
 * mdev_create parallel K: creates per second of one and of two tasks that make K each.
 *
 * Needs mdev_test.ko. Under "vm run --icount" the time stamp counter counts instructions.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define PARENTS	"/sys/devices/virtual/mdevt"
#define SAMPLES	400
#define PARALLEL_BASE	0x100000

struct kind {
	const char *name, *create, *devices;
};

enum { BARE, MDEV, NR_KINDS };

static const struct kind kinds[NR_KINDS] = {
	{ "bare", PARENTS "/p1/create_bare", "/sys/bus/mdevt_bare/devices" },
	{ "mdev", PARENTS "/p0/mdev_supported_types/mdevt-a/create", "/sys/bus/mdev/devices" },
};

struct cost {
	unsigned long long tsc, ns;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int open_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static struct cost timed_write(int fd, const char *text)
{
	size_t len = strlen(text);
	unsigned long long ns = now_ns(), tsc = __rdtsc();
	ssize_t ret = pwrite(fd, text, len, 0);
	struct cost c = { .tsc = __rdtsc() - tsc };

	c.ns = now_ns() - ns;
	if (ret != (ssize_t)len)
		die(text);
	return c;
}

/* Spread over the digits, as random ones are. */
static const char *uuid_of(unsigned int n, char *text)
{
	sprintf(text, "%08x-%04x-4000-8000-5e1f7e57%04x", n * 2654435761u, n >> 16, n & 0xffff);
	return text;
}

static struct cost create(int fd, unsigned int n)
{
	char text[64];

	return timed_write(fd, uuid_of(n, text));
}

static struct cost remove_one(const struct kind *k, unsigned int n)
{
	char path[160], text[64];
	struct cost c;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/remove", k->devices, uuid_of(n, text));
	fd = open_write(path);
	c = timed_write(fd, "1");
	close(fd);
	return c;
}

static int by_value(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

/* The mean of the middle half: neither ticks and refills count, nor on which side a value falls. */
static double middle(long long *val)
{
	double sum = 0;
	int i;

	qsort(val, SAMPLES, sizeof(*val), by_value);
	for (i = SAMPLES / 4; i < SAMPLES * 3 / 4; i++)
		sum += val[i];
	return sum / (SAMPLES / 2);
}

/* What one operation cost, SAMPLES times, of both kinds */
struct series {
	long long tsc[NR_KINDS][SAMPLES], ns[NR_KINDS][SAMPLES], more[SAMPLES];
};

static void add(struct series *s, int kind, int i, struct cost c)
{
	s->tsc[kind][i] = c.tsc;
	s->ns[kind][i] = c.ns;
	if (kind == MDEV)
		s->more[i] = s->tsc[MDEV][i] - s->tsc[BARE][i];
}

static void print(const char *what, unsigned int size, struct series *s)
{
	printf("%6u %s %7.0f bare %7.0f net %6.0f (%.1f us, bare %.1f us)\n", size, what,
	       middle(s->tsc[MDEV]), middle(s->tsc[BARE]), middle(s->more),
	       middle(s->ns[MDEV]) / 1000, middle(s->ns[BARE]) / 1000);
}

static void churn(const int *fds, unsigned int first, unsigned int size)
{
	static struct series creates, removes;
	int i, kind;

	for (i = 0; i < SAMPLES; i++) {
		for (kind = 0; kind < NR_KINDS; kind++)
			add(&creates, kind, i, create(fds[kind], first + size + i));
		for (kind = 0; kind < NR_KINDS; kind++)
			add(&removes, kind, i, remove_one(&kinds[kind], first + i));
	}
	print("create", size + 1, &creates);
	print("remove", size + 1, &removes);
}

static void measure(int argc, char **argv)
{
	int i, kind, fds[NR_KINDS] = { open_write(kinds[0].create), open_write(kinds[1].create) };
	unsigned int first = 0, end = 0;

	for (i = 0; i < argc; i++) {
		unsigned int size = strtoul(argv[i], NULL, 0) - 1;

		for (; end - first < size; end++) {
			for (kind = 0; kind < NR_KINDS; kind++)
				create(fds[kind], end);
		}
		churn(fds, first, size);
		first += SAMPLES;
		end += SAMPLES;
	}
	for (; first < end; first++) {
		for (kind = 0; kind < NR_KINDS; kind++)
			remove_one(&kinds[kind], first);
	}
}

struct worker {
	pthread_t thread;
	const struct kind *kind;
	unsigned int first, nr;
	int cpu;
};

static pthread_barrier_t start;

static void *work(void *arg)
{
	struct worker *w = arg;
	int fd = open_write(w->kind->create);
	unsigned int i;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(w->cpu, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	pthread_barrier_wait(&start);
	for (i = 0; i < w->nr; i++)
		create(fd, w->first + i);
	close(fd);
	return NULL;
}

static void parallel(const struct kind *k, unsigned int tasks, unsigned int nr)
{
	struct worker w[2];
	unsigned long long ns;
	unsigned int i;

	pthread_barrier_init(&start, NULL, tasks + 1);
	for (i = 0; i < tasks; i++) {
		w[i] = (struct worker){ .kind = k, .first = PARALLEL_BASE * (i + 1), .nr = nr,
					.cpu = i };
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			die("pthread_create");
	}
	pthread_barrier_wait(&start);
	ns = now_ns();
	for (i = 0; i < tasks; i++)
		pthread_join(w[i].thread, NULL);
	ns = now_ns() - ns;
	printf("%s parallel %u tasks %llu creates/s\n", k->name, tasks,
	       tasks * nr * 1000000000ULL / ns);
	for (i = 0; i < tasks * nr; i++)
		remove_one(k, w[i / nr].first + i % nr);
}

int main(int argc, char **argv)
{
	unsigned int i, tasks;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && !strcmp(argv[1], "at"))
		measure(argc - 2, argv + 2);
	for (i = 0; i < NR_KINDS && argc > 2 && !strcmp(argv[1], "parallel"); i++) {
		for (tasks = 1; tasks <= 2; tasks++)
			parallel(&kinds[i], tasks, strtoul(argv[2], NULL, 0));
	}
	if (argc <= 2)
		fprintf(stderr, "Usage: mdev_create at N... | parallel K\n");
	return argc > 2 ? 0 : 2;
}
