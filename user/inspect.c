// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf inspect: what an object file declares. Needs no kernel and no privilege. */
#include <linux/mdev_bpf.h>
#include <string.h>

#include "cmd.h"
#include "describe.h"
#include "globals.h"
#include "object.h"
#include "output.h"

static struct json_object *describe_ops(const struct ops *ops)
{
	struct json_object *rows = json_object_new_array();

	for (int i = 0; i < ops_members(ops); i++) {
		struct json_object *row;
		struct bpf_program *prog;

		if (!member_is_op(ops, i))
			continue;
		prog = op_program(ops, i);
		if (!prog)
			continue;
		row = json_object_new_object();
		add_str(row, "op", member_name(ops, i));
		add_str(row, "program", bpf_program__name(prog));
		if (strstr(bpf_program__section_name(prog), "struct_ops.s"))
			p_info("program '%s' cannot be loaded: ops must not sleep, use SEC(\"struct_ops\")",
			       bpf_program__name(prog));
		json_object_array_add(rows, row);
	}
	return rows;
}

static struct json_object *describe_map(struct bpf_object *bpf, const struct bpf_map *map)
{
	struct json_object *obj = json_object_new_object();
	char name[MDEV_BPF_NAME_LEN];
	struct ops ops;

	map_ops(bpf, map, &ops);
	ops_text(&ops, "name", name, sizeof(name));
	add_str(obj, "name", name);
	add_str(obj, "map", bpf_map__name(map));
	describe_program(&ops, obj);
	json_object_object_add(obj, "ops", describe_ops(&ops));
	json_object_object_add(obj, "globals", globals_describe(bpf));
	return obj;
}

int do_inspect(const struct opts *opts, int argc, char **argv)
{
	struct json_object *rows;
	struct bpf_map *map;
	struct object o;

	if (object_open(&o, argv[0]))
		return -1;
	rows = json_object_new_array();
	bpf_object__for_each_map(map, o.obj)
		if (map_is_device(o.obj, map))
			json_object_array_add(rows, describe_map(o.obj, map));
	object_close(&o);
	if (!json_object_array_length(rows)) {
		json_object_put(rows);
		return p_err("%s has no struct mdev_bpf_ops in SEC(\".struct_ops.link\")", argv[0]);
	}
	return out_details(rows);
}
