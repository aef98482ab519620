// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of devices. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "param.h"

int param_check(const struct opts *opts)
{
	for (int i = 0; i < opts->nr_set; i++) {
		size_t len = strcspn(opts->set[i], "=");

		if (!opts->set[i][len])
			return p_usage("--set takes NAME=VALUE, not '%s'", opts->set[i]);
		if (!len || len >= MDEV_BPF_NAME_LEN || memchr(opts->set[i], '/', len))
			return p_usage("--set %s: '%.*s' is not the name of a parameter",
				       opts->set[i], (int)len, opts->set[i]);
	}
	return 0;
}

static int set_one(const struct type *type, const char *uuid, const char *set)
{
	const char *value = strchr(set, '=') + 1;
	char name[MDEV_BPF_NAME_LEN], text[512];
	int err;

	snprintf(name, sizeof(name), "%.*s", (int)(value - set) - 1, set);
	/* A file in sysfs is not called to write nothing */
	err = param_write(uuid, name, *value ? value : "\n");
	if (!err)
		return 0;
	if (err == -ENOENT)
		return p_err("--set %s: a %s has no such parameter, see mdev-bpf show %s", set,
			     type->id, type->program);
	read_refusal(type->program, text, sizeof(text));
	if (strstr(text, uuid))
		return p_err("--set %s: %s", set, text);
	return p_err("--set %s: %s", set, err_hint(-err));
}

int param_set(const struct opts *opts, const struct type *type, const char *uuid)
{
	int ret = 0;

	for (int i = 0; !ret && i < opts->nr_set; i++)
		ret = set_one(type, uuid, opts->set[i]);
	return ret;
}

static int add(const char *name, const char *value, void *obj)
{
	add_str(obj, name, value);
	return 0;
}

struct json_object *param_show(const char *uuid)
{
	struct json_object *obj = json_object_new_object();

	walk_params(uuid, add, obj);
	if (json_object_object_length(obj))
		return obj;
	json_object_put(obj);
	return NULL;
}
