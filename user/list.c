// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf list and types: one line for each program or type. */
#include <limits.h>

#include "cmd.h"
#include "link.h"
#include "output.h"
#include "sysfs.h"

static int add_program(const struct program *prog, void *rows)
{
	struct json_object *row = json_object_new_object();
	char path[PATH_MAX];

	add_str(row, "name", prog->name);
	add_str(row, "state", prog->attached ? "attached" : "detached");
	add_id(row, "link_id", prog->link_id);
	add_id(row, "map_id", link_map_id(prog->link_id));
	add_u64(row, "devices", prog->devices);
	add_str(row, "pin", link_find_pin(prog->link_id, path, sizeof(path)) ? path : NULL);
	json_object_array_add(rows, row);
	return 0;
}

int do_list(const struct opts *opts, int argc, char **argv)
{
	struct json_object *rows = json_object_new_array();

	walk_programs(add_program, rows);
	return out_list(rows);
}

static int add_type(const struct type *type, void *rows)
{
	struct json_object *row = json_object_new_object();

	add_str(row, "type", type->id);
	add_str(row, "program", type->program);
	add_str(row, "device_api", type->device_api);
	add_u64(row, "available_instances", type->available);
	add_str(row, "name", type->name);
	add_str(row, "description", type->description);
	json_object_array_add(rows, row);
	return 0;
}

int do_types(const struct opts *opts, int argc, char **argv)
{
	struct json_object *rows = json_object_new_array();

	walk_types(NULL, add_type, rows);
	return out_list(rows);
}
