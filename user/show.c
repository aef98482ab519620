// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev-bpf show: a program or a device in detail. Regions and interrupts come from the attached
 * program's declaration, so the device is not opened and its user is not disturbed.
 */
#include <bpf/bpf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "cmd.h"
#include "describe.h"
#include "device.h"
#include "failure.h"
#include "kernel.h"
#include "link.h"
#include "output.h"
#include "param.h"
#include "sysfs.h"

/* Name of a loaded BPF program; the kernel keeps 15 characters. */
static struct json_object *program_name(__u32 id)
{
	int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int err;

	if (fd < 0)
		return NULL;
	err = bpf_prog_get_info_by_fd(fd, &info, &size);
	close(fd);
	return err ? NULL : json_object_new_string(info.name);
}

static struct json_object *describe_ops(const struct ops *ops)
{
	struct json_object *rows = json_object_new_array();

	for (int i = 0; i < ops_members(ops); i++) {
		struct json_object *row;
		unsigned long id;

		if (!member_is_op(ops, i))
			continue;
		memcpy(&id, member_data(ops, i), sizeof(id));
		if (!id)
			continue;
		row = json_object_new_object();
		add_str(row, "op", member_name(ops, i));
		add_u64(row, "prog_id", id);
		json_object_object_add(row, "program", program_name(id));
		json_object_array_add(rows, row);
	}
	return rows;
}

static int add_device_row(const struct device *dev, void *rows)
{
	struct json_object *row = json_object_new_object();

	device_identity(dev, false, row);
	json_object_array_add(rows, row);
	return 0;
}

static struct json_object *describe(const struct program *prog, const struct kernel *k)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	char path[PATH_MAX];
	struct ops ops;

	add_str(obj, "name", prog->name);
	add_str(obj, "state", prog->attached ? "attached" : "detached");
	if (prog->attached) {
		add_id(obj, "link_id", prog->link_id);
		add_id(obj, "map_id", link_map_id(prog->link_id));
		add_str(obj, "pin", link_find_pin(prog->link_id, path, sizeof(path)) ? path : NULL);
	}
	if (kernel_ops(k, prog->link_id, &ops)) {
		describe_program(&ops, obj);
		json_object_object_add(obj, "ops", describe_ops(&ops));
		kernel_ops_free(k, &ops);
	} else {
		add_u64(obj, "state_size", prog->state_size);
		add_u64(obj, "state_version", prog->state_version);
	}
	walk_devices(prog->name, add_device_row, devices);
	json_object_object_add(obj, "devices", devices);
	return obj;
}

static struct json_object *device(const struct device *dev, const struct kernel *k,
				  bool registers)
{
	struct json_object *obj = json_object_new_object(), *params = param_show(dev->uuid);
	struct program prog;
	bool attached;
	struct ops ops;
	char path[40], cdev[CDEV_LEN];

	device_identity(dev, true, obj);
	if (!dev->leaving)
		add_u64(obj, "instance", dev->instance);
	if (dev->group >= 0) {
		snprintf(path, sizeof(path), "/dev/vfio/%d", dev->group);
		add_u64(obj, "iommu_group", dev->group);
		add_str(obj, "vfio", path);
	}
	if (device_cdev(dev, cdev)) {
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", cdev);
		add_str(obj, "vfio_cdev", path);
	}
	if (params)
		json_object_object_add(obj, "params", params);
	attached = program_find(dev->program, &prog) && kernel_ops(k, prog.link_id, &ops);
	json_object_object_add(obj, "failure", describe_failure(dev, attached ? &ops : NULL));
	json_object_object_add(obj, "slow_ops", describe_slow(dev));
	if (attached) {
		describe_device(&ops, dev->type, registers, obj);
		kernel_ops_free(k, &ops);
	}
	return obj;
}

struct show {
	const struct kernel *kernel;
	bool registers;
	struct json_object *rows;
};

static int add_device(const struct device *dev, void *ctx)
{
	struct show *show = ctx;

	json_object_array_add(show->rows, device(dev, show->kernel, show->registers));
	return 0;
}

static int show_all(const struct kernel *k, bool registers)
{
	struct show show = { .kernel = k, .registers = registers };

	if (need_module())
		return -1;
	show.rows = json_object_new_array();
	walk_devices(NULL, add_device, &show);
	if (!json_object_array_length(show.rows))
		p_info("there is no device: mdev-bpf create TYPE");
	return out_details(show.rows);
}

/* Takes a UUID, the name of a program, or the id of a type. */
static int show_one(const char *what, const struct kernel *k, bool registers)
{
	struct program prog;
	struct device dev;
	struct type type;
	char uuid[UUID_LEN];
	uuid_t bytes;

	if (!uuid_parse(what, bytes)) {
		uuid_unparse_lower(bytes, uuid);
		if (device_find(uuid, &dev))
			return out_details(device(&dev, k, registers));
		if (need_module())
			return -1;
		return p_err("no device %s, see mdev-bpf show", uuid);
	}
	if (type_find(what, &type))
		what = type.program;
	if (program_find(what, &prog))
		return out_details(describe(&prog, k));
	if (need_module())
		return -1;
	return p_err("no program or type '%s', see mdev-bpf list and types", what);
}

int do_show(const struct opts *opts, int argc, char **argv)
{
	struct kernel k;
	int ret;

	kernel_open(&k);
	ret = argc ? show_one(argv[0], &k, opts->registers) : show_all(&k, opts->registers);
	kernel_close(&k);
	return ret;
}
