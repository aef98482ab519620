// SPDX-License-Identifier: GPL-2.0-only
/* Failure of a device, and its slow ops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "failure.h"
#include "output.h"

#define NSEC_PER_SEC	1000000000ULL

static void add_seconds(struct json_object *obj, const char *key, unsigned long long ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu.%06llu", ns / NSEC_PER_SEC,
		 ns % NSEC_PER_SEC / 1000);
	json_object_object_add(obj, key, json_object_new_double_s(strtod(text, NULL), text));
}

static void add_time(struct json_object *obj, const char *key, long long seconds)
{
	time_t t = seconds;
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%FT%TZ", &tm);
	add_str(obj, key, text);
}

/* Add the BPF program of the op that failed, if the program is still attached. */
static void add_prog_id(struct json_object *obj, const char *op, const struct ops *ops)
{
	unsigned long id = 0;
	size_t size;
	void *data = ops ? ops_find(ops, op, &size) : NULL;

	if (data && size == sizeof(id))
		memcpy(&id, data, sizeof(id));
	add_id(obj, "prog_id", id);
}

static void add_line(struct json_object *obj, const char *key, const char *val,
		     const struct ops *ops)
{
	if (!strcmp(key, "boot_ns")) {
		add_seconds(obj, "boot_time", strtoull(val, NULL, 10));
	} else if (!strcmp(key, "time")) {
		add_time(obj, key, strtoll(val, NULL, 10));
	} else if (!strcmp(key, "code")) {
		json_object_object_add(obj, key, json_object_new_int(atoi(val)));
	} else if (!strcmp(key, "link_id") || !strcmp(key, "map_id")) {
		add_id(obj, key, strtoul(val, NULL, 10));
	} else {
		add_str(obj, key, val);
		if (!strcmp(key, "op"))
			add_prog_id(obj, val, ops);
	}
}

struct json_object *describe_failure(const struct device *dev, const struct ops *ops)
{
	char text[8192], *line, *rest, *val;
	struct json_object *obj;

	if (device_read(dev, "failure", text, sizeof(text)) || !*text)
		return NULL;
	obj = json_object_new_object();
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		val = strchr(line, '=');
		if (!val)
			continue;
		*val++ = '\0';
		add_line(obj, line, val, ops);
	}
	return obj;
}

/* The value of a line "key=value", up to its end */
static void find_line(const char *text, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key);

	*buf = '\0';
	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, key, len) && text[len] == '=') {
			text += len + 1;
			snprintf(buf, size, "%.*s", (int)strcspn(text, "\n"), text);
			return;
		}
	}
}

bool failure_text(const struct device *dev, char *buf, size_t size)
{
	char text[8192], op[32], code[16], reason[MDEV_BPF_MAX_REASON];

	if (device_read(dev, "failure", text, sizeof(text)) || !*text)
		return false;
	find_line(text, "op", op, sizeof(op));
	find_line(text, "code", code, sizeof(code));
	find_line(text, "text", reason, sizeof(reason));
	snprintf(buf, size, "in op %s, code %s: %s", op, code, reason);
	return true;
}

struct json_object *describe_slow(const struct device *dev)
{
	struct json_object *rows = json_object_new_array();
	char text[256], *line, *rest;

	if (device_read(dev, "slow_op", text, sizeof(text)))
		return rows;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long ns, boot_ns;
		struct json_object *row;
		char which[16], op[32];

		if (sscanf(line, "%15s %31s %llu %llu", which, op, &ns, &boot_ns) != 4)
			continue;
		row = json_object_new_object();
		add_str(row, "which", which);
		add_str(row, "op", op);
		add_u64(row, "ns", ns);
		add_seconds(row, "boot_time", boot_ns);
		json_object_array_add(rows, row);
	}
	return rows;
}
