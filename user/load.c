// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf load: load a program from an object file, attach it and pin it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "attach.h"
#include "cmd.h"
#include "globals.h"
#include "link.h"
#include "log.h"
#include "output.h"

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

/* Attach by a new link, pinned so that it outlives this process. */
static int attach_new(const struct object *o, const char *name, const char *dir)
{
	int ret, fd = attach_link(o, name);
	char path[PATH_MAX];

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ret = link_pin(fd, path);
	close(fd);
	return ret;
}

static int attach_update(const struct object *o, const struct program *prog)
{
	int ret, fd = bpf_link_get_fd_by_id(prog->link_id);

	if (fd < 0)
		return p_err("cannot open link %u of '%s': %s", prog->link_id, prog->name,
			     err_hint(errno));
	ret = attach_replace(o, fd, prog->name);
	close(fd);
	return ret;
}

/* The verifier checks the code; the module, what is declared, when the map is filled. */
static int check(struct object *o, const struct kernel *k, unsigned long limit, const char *name)
{
	return attach_verify(o, k, limit) ?: attach_fill(o, k, name);
}

/* Without a program of the name to replace, and maybe with devices that one has left */
static void say_new(const char *name, unsigned int devices)
{
	if (devices)
		p_info("'%s' was detached: its devices (%u) go on with this program", name,
		       devices);
	else
		p_info("there was no '%s' to replace: it is new", name);
}

/* A new program gets a link with a pin. The pin's directory is made first, as it may be refused. */
static int load_new(struct object *o, const struct kernel *k, const struct opts *opts,
		    const char *name)
{
	const char *dir = opts->pin ?: PIN_DIR;
	int made, ret = pin_prepare(dir, &made);
	struct program left = {};

	if (ret)
		return ret;
	program_find(name, &left);
	ret = check(o, k, opts->limit, name) ?: attach_new(o, name, dir);
	if (ret)
		pin_undo(dir, made);
	else if (opts->replace)
		say_new(name, left.devices);
	return ret;
}

/* The link stays, and thereby its pin. */
static int load_again(struct object *o, const struct kernel *k, const struct opts *opts,
		      const struct program *prog)
{
	if (opts->pin)
		return p_usage("'%s' is attached, and --replace does not move its pin: omit --pin",
			       prog->name);
	return check(o, k, opts->limit, prog->name) ?: attach_update(o, prog);
}

static int add_type_id(const struct type *type, void *ids)
{
	json_object_array_add(ids, json_object_new_string(type->id));
	return 0;
}

static int report(const char *name, const struct opts *opts, bool replaced)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ids = json_object_new_array();
	struct program prog = {};
	char path[PATH_MAX];

	program_find(name, &prog);
	walk_types(name, add_type_id, ids);
	add_str(obj, "name", name);
	add_str(obj, "state", prog.attached ? "attached" : "detached");
	if (opts->replace)
		add_bool(obj, "replaced", replaced);
	add_id(obj, "link_id", prog.link_id);
	add_str(obj, "pin", link_find_pin(prog.link_id, path, sizeof(path)) ? path : NULL);
	json_object_object_add(obj, "types", ids);
	return out_details(obj);
}

static int report_dry_run(const char *name)
{
	struct json_object *obj = json_object_new_object();

	add_str(obj, "name", name);
	add_str(obj, "state", "verified");
	return out_details(obj);
}

static int load(struct object *o, struct kernel *k, const struct opts *opts, const char *path)
{
	char name[MDEV_BPF_NAME_LEN];
	struct program prog;
	bool replaces;
	int ret = open_program(o, opts, path);

	if (!ret)
		ret = attach_kernel(k);
	if (!ret)
		ret = kernel_check(k, &o->ops);
	if (ret)
		return ret;
	ops_text(&o->ops, "name", name, sizeof(name));
	if (opts->dry_run)
		return check(o, k, opts->limit, name) ?: report_dry_run(name);
	replaces = opts->replace && program_find(name, &prog) && prog.attached;
	if (replaces)
		ret = load_again(o, k, opts, &prog);
	else
		ret = load_new(o, k, opts, name);
	return ret ?: report(name, opts, replaces);
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
