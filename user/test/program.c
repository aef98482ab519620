// SPDX-License-Identifier: GPL-2.0-only
/* The program that is tested: loaded twice, attached once, never pinned. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "log.h"
#include "output.h"
#include "test/test.h"

/* Its own name, so that a loaded program of the object's name and its devices are not touched */
static int choose_name(struct test *t)
{
	struct program prog;

	if (t->opts->type)
		snprintf(t->name, sizeof(t->name), "%s", t->opts->type);
	else
		snprintf(t->name, sizeof(t->name), "test%d", getpid());
	if (!program_find(t->name, &prog))
		return 0;
	return p_err("a program '%s' is loaded: choose another name with --type", t->name);
}

static int load_one(struct test *t, struct object *o, const char *path)
{
	int ret = object_open(o, path);

	if (!ret)
		ret = object_pick(o, t->opts->map);
	if (!ret)
		ops_text(&o->ops, "name", t->own_name, sizeof(t->own_name));
	if (!ret)
		ret = object_rename(o, t->opts->type ?: t->name);
	if (!ret)
		ret = kernel_check(&t->kernel, &o->ops);
	if (!ret)
		ret = attach_verify(o, &t->kernel, t->opts->limit);
	return ret ?: attach_fill(o, &t->kernel, t->name);
}

int program_load(struct test *t, const char *path)
{
	int ret = attach_kernel(&t->kernel) ?: choose_name(t);

	for (int i = 0; !ret && i < 2; i++)
		ret = load_one(t, &t->object[i], path);
	return ret ?: program_attach(t);
}

int program_attach(struct test *t)
{
	t->link = attach_link(&t->object[t->current], t->name);
	return t->link < 0 ? -1 : 0;
}

int program_replace(struct test *t)
{
	t->current = !t->current;
	return attach_replace(&t->object[t->current], t->link, t->name);
}

int program_detach(struct test *t)
{
	int err = bpf_link_detach(t->link) ? errno : 0;

	close(t->link);
	t->link = -1;
	return err ? p_err("cannot detach '%s': %s", t->name, strerror(err)) : 0;
}

void program_unload(struct test *t)
{
	if (t->link >= 0)
		program_detach(t);
	for (int i = 0; i < 2; i++) {
		if (t->object[i].obj)
			log_release(t->object[i].obj);
		object_close(&t->object[i]);
	}
	kernel_close(&t->kernel);
}
