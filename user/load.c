// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf load: load a program from an object file, attach it and pin it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "globals.h"
#include "kernel.h"
#include "link.h"
#include "log.h"
#include "object.h"
#include "output.h"
#include "state.h"
#include "sysfs.h"

static int open_program(struct object *o, const struct opts *opts, const char *path)
{
	int ret = object_open(o, path);

	if (!ret)
		ret = object_pick(o, opts->map);
	if (!ret)
		ret = object_rename(o, opts->type);
	for (int i = 0; !ret && i < opts->nr_set; i++)
		ret = globals_set(o->obj, opts->set[i]);
	return ret;
}

static int find_kernel(struct kernel *k)
{
	if (need_module())
		return -1;
	if (kernel_open(k))
		return 0;
	return p_err("mdev_bpf has no BTF, so it cannot accept programs: build it with pahole");
}

static int verify(struct object *o, const struct kernel *k)
{
	int ret = log_prepare(o->obj);

	if (ret)
		return ret;
	if (bpf_object__load(o->obj))
		return log_report(o->obj, errno);
	return state_check(o, k);
}

static int attach_failed(const char *name, int err)
{
	const char *hint = "";
	struct program prog;
	char text[512];

	if (err == EPERM || err == EACCES)
		return p_err("cannot attach '%s': %s", name, err_hint(err));
	if (err == EEXIST && program_find(name, &prog) && prog.attached)
		hint = "; --replace puts this one in its place";
	read_refusal(name, text, sizeof(text));
	if (!*text || err == ENOMEM)
		return p_err("the kernel refused '%s': %s", name, strerror(err));
	return p_err("the kernel refused '%s': %s (%s)%s", name, text, strerror(err), hint);
}

/* Write the ops to the kernel as the value of their map. */
static int fill_map(const struct object *o, const struct kernel *k)
{
	void *value = kernel_value(k, &o->ops);
	__u32 zero = 0;
	int err;

	if (!value)
		return -ENOMEM;
	err = bpf_map_update_elem(bpf_map__fd(o->map), &zero, value, 0) ? -errno : 0;
	free(value);
	return err;
}

/* Attach by a new link, pinned so that it outlives this process. */
static int attach_new(const struct object *o, const char *name, const char *dir)
{
	char path[PATH_MAX];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = bpf_link_create(bpf_map__fd(o->map), 0, BPF_STRUCT_OPS, NULL);
	if (fd < 0)
		return attach_failed(name, errno);
	ret = link_pin(fd, path);
	close(fd);
	return ret;
}

/* Replace the program of a link. Devices switch to the new one between two accesses. */
static int attach_update(const struct object *o, const struct program *prog)
{
	int fd = bpf_link_get_fd_by_id(prog->link_id);
	int err;

	if (fd < 0)
		return p_err("cannot open link %u of '%s': %s", prog->link_id, prog->name,
			     err_hint(errno));
	err = bpf_link_update(fd, bpf_map__fd(o->map), NULL) ? errno : 0;
	close(fd);
	return err ? attach_failed(prog->name, err) : 0;
}

static int attach(const struct object *o, const struct kernel *k, const struct opts *opts,
		  const char *name)
{
	struct program prog;
	int err = fill_map(o, k);

	if (err)
		return attach_failed(name, -err);
	if (opts->replace && program_find(name, &prog) && prog.attached)
		return attach_update(o, &prog);
	return attach_new(o, name, opts->pin ?: PIN_DIR);
}

/* --replace keeps the existing link, and thereby its pin. */
static int check_pin(const struct opts *opts, const char *name)
{
	struct program prog;

	if (!opts->pin || !opts->replace || !program_find(name, &prog) || !prog.attached)
		return 0;
	return p_usage("'%s' is attached, and --replace does not move its pin: omit --pin",
		       name);
}

static int add_type_id(const struct type *type, void *ids)
{
	json_object_array_add(ids, json_object_new_string(type->id));
	return 0;
}

static int report(const char *name, bool attached)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ids = json_object_new_array();
	struct program prog = {};
	char path[PATH_MAX];

	add_str(obj, "name", name);
	if (!attached) {
		json_object_put(ids);
		add_str(obj, "state", "verified");
		return out_details(obj);
	}
	program_find(name, &prog);
	walk_types(name, add_type_id, ids);
	add_str(obj, "state", prog.attached ? "attached" : "detached");
	add_id(obj, "link_id", prog.link_id);
	add_str(obj, "pin", link_find_pin(prog.link_id, path, sizeof(path)) ? path : NULL);
	json_object_object_add(obj, "types", ids);
	return out_details(obj);
}

static int load(struct object *o, struct kernel *k, const struct opts *opts, const char *path)
{
	char name[MDEV_BPF_NAME_LEN];
	int ret = open_program(o, opts, path);

	if (!ret)
		ret = find_kernel(k);
	if (!ret)
		ret = kernel_check(k, &o->ops);
	if (ret)
		return ret;
	ops_text(&o->ops, "name", name, sizeof(name));
	ret = check_pin(opts, name);
	if (!ret && !opts->dry_run)
		ret = pin_prepare(opts->pin ?: PIN_DIR);
	if (!ret)
		ret = verify(o, k);
	if (ret)
		return ret;
	if (!opts->dry_run)
		ret = attach(o, k, opts, name);
	return ret ?: report(name, !opts->dry_run);
}

int do_load(const struct opts *opts, int argc, char **argv)
{
	struct kernel k = {};
	struct object o = {};
	int ret = load(&o, &k, opts, argv[0]);

	kernel_close(&k);
	if (o.obj)
		log_release(o.obj);
	object_close(&o);
	return ret;
}
