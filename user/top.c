// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev-bpf top: what the ops of devices have done in each interval. Turns counting on, and off
 * again at the end if it was off.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "end.h"
#include "output.h"
#include "stats.h"
#include "sysfs.h"

#define INTERVAL	2	/* seconds */
#define CLEAR		"\033[H\033[2J\033[3J"

static __u64 number(struct json_object *row, const char *key)
{
	return json_object_get_uint64(json_object_object_get(row, key));
}

static const char *text(struct json_object *row, const char *key)
{
	return json_object_get_string(json_object_object_get(row, key)) ?: "";
}

/*
 * The same op of the same device in another sample, or NULL. Samples have the same order, so it
 * usually is where the last one was found, or next to it.
 */
static struct json_object *find(struct json_object *rows, struct json_object *row)
{
	size_t n = json_object_array_length(rows);
	static size_t last;

	for (size_t i = 0; i < n; i++) {
		struct json_object *other = json_object_array_get_idx(rows, (last + i) % n);

		if (strcmp(text(other, "uuid"), text(row, "uuid")) ||
		    strcmp(text(other, "op"), text(row, "op")))
			continue;
		last = (last + i) % n;
		return other;
	}
	return NULL;
}

/* What has come in @ns nanoseconds; the counters of a device begin at 0 when it is created. */
static void add_row(struct json_object *rows, struct json_object *row, struct json_object *before,
		    __u64 ns)
{
	struct json_object *old = find(before, row), *obj;
	__u64 calls = number(row, "calls") - number(old, "calls");
	__u64 busy = number(row, "total_ns") - number(old, "total_ns");
	double seconds = ns / 1e9;

	if (!calls)
		return;
	obj = json_object_new_object();
	add_str(obj, "uuid", text(row, "uuid"));
	add_str(obj, "type", text(row, "type"));
	add_str(obj, "op", text(row, "op"));
	add_u64(obj, "calls_per_second", calls / seconds);
	add_u64(obj, "errors_per_second",
		(number(row, "errors") - number(old, "errors")) / seconds);
	add_u64(obj, "average_ns", busy / calls);
	add_u64(obj, "busy_percent", 100 * busy / ns);
	json_object_array_add(rows, obj);
}

static int by_busy(const void *a, const void *b)
{
	struct json_object *const *x = a, *const *y = b;
	__u64 p = number(*x, "busy_percent"), q = number(*y, "busy_percent");

	if (p == q) {
		p = number(*x, "calls_per_second");
		q = number(*y, "calls_per_second");
	}
	return p < q ? 1 : p > q ? -1 : strcmp(text(*x, "uuid"), text(*y, "uuid"));
}

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* One interval. Takes the sample at its beginning, and replaces it by that at its end. */
static int show_interval(const char *what, struct json_object **sample, __u64 *when)
{
	struct json_object *rows, *next = NULL;
	__u64 then = *when;
	int ret;

	sleep(INTERVAL);
	if (end_came())
		return 0;
	ret = stats_rows(what, &next);
	if (ret)
		return ret;
	*when = now();
	rows = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(next); i++)
		add_row(rows, json_object_array_get_idx(next, i), *sample, *when - then);
	json_object_array_sort(rows, by_busy);
	if (!json_output && isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	if (!json_output && !json_object_array_length(rows))
		puts("no op was called");
	out_list(rows);
	json_object_put(*sample);
	*sample = next;
	return fflush(stdout) ? -1 : 0;
}

static int show(const char *what)
{
	struct json_object *sample = NULL;
	__u64 when = now();
	int ret = stats_rows(what, &sample);

	while (!ret && !end_came())
		ret = show_interval(what, &sample, &when);
	json_object_put(sample);
	return ret;
}

int do_top(const struct opts *opts, int argc, char **argv)
{
	bool was_on;
	int ret, err;

	if (need_module())
		return -1;
	end_catch(false);
	was_on = module_number("stats");
	err = was_on ? 0 : module_write("stats", "on");
	if (err)
		return p_err("cannot turn counting on: %s", err_hint(-err));
	ret = show(argc ? argv[0] : NULL);
	if (!was_on)
		module_write("stats", "off");
	return ret;
}
