// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf list, types and devices: one line for each program, type or device. */
#include <limits.h>

#include "cmd.h"
#include "device.h"
#include "link.h"
#include "output.h"
#include "sysfs.h"

/* An empty list is nothing as text: say that it is not an error. */
static int out_rows(struct json_object *rows, const char *if_empty)
{
	if (!json_object_array_length(rows))
		p_info("%s", if_empty);
	return out_list(rows);
}

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
	struct json_object *rows;

	if (need_module())
		return -1;
	rows = json_object_new_array();
	walk_programs(add_program, rows);
	return out_rows(rows, "no program is loaded: mdev-bpf load OBJECT");
}

static int add_type(const struct type *type, void *rows)
{
	struct json_object *row = json_object_new_object();

	add_str(row, "type", type->id);
	add_str(row, "program", type->program);
	add_str(row, "device_api", type->device_api);
	add_u64(row, "available_instances", type->available);
	add_str(row, "name", type->name);
	add_str(row, "description", *type->description ? type->description : NULL);
	json_object_array_add(rows, row);
	return 0;
}

int do_types(const struct opts *opts, int argc, char **argv)
{
	struct json_object *rows;

	if (need_module())
		return -1;
	rows = json_object_new_array();
	walk_types(NULL, add_type, rows);
	return out_rows(rows, "no program is loaded: mdev-bpf load OBJECT");
}

static int add_device(const struct device *dev, void *rows)
{
	struct json_object *row = json_object_new_object();
	char cdev[CDEV_LEN];

	device_identity(dev, true, row);
	if (dev->group >= 0)
		add_u64(row, "iommu_group", dev->group);
	else
		add_str(row, "iommu_group", NULL);
	add_str(row, "vfio_cdev", device_cdev(dev, cdev) ? cdev : NULL);
	json_object_array_add(rows, row);
	return 0;
}

int do_devices(const struct opts *opts, int argc, char **argv)
{
	const char *program = argc ? argv[0] : NULL;
	struct json_object *rows;
	struct program prog;

	if (need_module())
		return -1;
	if (program && !program_find(program, &prog))
		return p_err("no program '%s', see mdev-bpf list", program);
	rows = json_object_new_array();
	walk_devices(program, add_device, rows);
	return out_rows(rows, "there is no device: mdev-bpf create TYPE");
}
