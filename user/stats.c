// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf stats: calls, errors and time of the ops of devices. */
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "cmd.h"
#include "device.h"
#include "output.h"
#include "stats.h"
#include "sysfs.h"

/* Parse a line of the file: an op and four numbers. The first line has their names. */
static void add_op(const struct device *dev, const char *line, struct json_object *rows)
{
	unsigned long long calls, errors, total, max;
	struct json_object *row;
	char op[32];

	if (sscanf(line, "%31s %llu %llu %llu %llu", op, &calls, &errors, &total, &max) != 5 ||
	    !calls)
		return;
	row = json_object_new_object();
	add_str(row, "uuid", dev->uuid);
	add_str(row, "type", dev->type);
	add_str(row, "op", op);
	add_u64(row, "calls", calls);
	add_u64(row, "errors", errors);
	add_u64(row, "total_ns", total);
	add_u64(row, "average_ns", total / calls);
	add_u64(row, "max_ns", max);
	json_object_array_add(rows, row);
}

static int add_device(const struct device *dev, void *rows)
{
	char text[8192], *line, *rest;

	/* The device is gone, or being removed */
	if (device_read(dev, "stats", text, sizeof(text)))
		return 0;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		add_op(dev, line, rows);
	return 0;
}

struct of_type {
	const char *id;
	struct json_object *rows;
};

static int add_device_of_type(const struct device *dev, void *ctx)
{
	struct of_type *of = ctx;

	return strcmp(dev->type, of->id) ? 0 : add_device(dev, of->rows);
}

static int collect(const char *what, struct json_object *rows)
{
	struct of_type of = { what, rows };
	struct program prog;
	struct device dev;
	struct type type;
	uuid_t bytes;
	int ret;

	if (!uuid_parse(what, bytes)) {
		ret = device_arg(what, &dev);
		return ret ? ret : add_device(&dev, rows);
	}
	if (type_find(what, &type))
		return walk_devices(type.program, add_device_of_type, &of);
	if (program_find(what, &prog))
		return walk_devices(what, add_device, rows);
	return p_err("no program or type '%s', see mdev-bpf list and types", what);
}

static int turn(const char *on)
{
	int err = module_write("stats", on);

	return err ? p_err("cannot turn counting %s: %s", on, err_hint(-err)) : out_nothing();
}

/* The ops of a device, of those of a program or a type, or of all if @what is NULL */
int stats_rows(const char *what, struct json_object **rows)
{
	int ret = 0;

	*rows = json_object_new_array();
	if (what)
		ret = collect(what, *rows);
	else
		walk_devices(NULL, add_device, *rows);
	if (!ret)
		return 0;
	json_object_put(*rows);
	*rows = NULL;
	return ret;
}

int do_stats(const struct opts *opts, int argc, char **argv)
{
	struct json_object *rows;
	int ret;

	if (need_module())
		return -1;
	if (argc && (!strcmp(argv[0], "on") || !strcmp(argv[0], "off")))
		return turn(argv[0]);
	ret = stats_rows(argc ? argv[0] : NULL, &rows);
	if (ret)
		return ret;
	if (!module_number("stats"))
		p_info("counting is off: mdev-bpf stats on");
	return out_list(rows);
}
