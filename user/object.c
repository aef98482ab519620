// SPDX-License-Identifier: GPL-2.0-only
/* Object files: open one and pick its device program. */
#include <ctype.h>
#include <errno.h>
#include <linux/mdev_bpf.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "object.h"
#include "output.h"

bool map_is_device(const struct bpf_object *obj, const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_type *t;

	if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
		return false;
	t = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
	return !strcmp(btf__name_by_offset(btf, t->name_off), "mdev_bpf_ops");
}

void map_ops(const struct bpf_object *obj, const struct bpf_map *map, struct ops *ops)
{
	ops->btf = bpf_object__btf(obj);
	ops->type_id = bpf_map__btf_value_type_id(map);
	ops->data = bpf_map__initial_value(map, NULL);
}

/* libbpf stores a pointer to the program in the op's place. */
struct bpf_program *op_program(const struct ops *ops, int idx)
{
	struct bpf_program *prog;

	memcpy(&prog, member_data(ops, idx), sizeof(prog));
	return prog;
}

int object_open(struct object *o, const char *path)
{
	memset(o, 0, sizeof(*o));
	if (access(path, R_OK))
		return p_err("cannot open %s: %s", path, strerror(errno));
	o->obj = bpf_object__open_file(path, NULL);
	if (!o->obj)
		return p_err("%s is not a BPF object: %s", path, log_reason(errno));
	return 0;
}

/* Add a name to a list; false if there is no room for it. */
static bool add_name(char *list, size_t size, const char *name)
{
	size_t len = strlen(list);

	if (len + strlen(name) + sizeof(", ") > size)
		return false;
	sprintf(list + len, "%s%s", len ? ", " : "", name);
	return true;
}

static struct bpf_map *only_map(struct object *o)
{
	struct bpf_map *map, *found = NULL;
	char names[256] = "", more[48] = "";
	int n = 0, left = 0;

	bpf_object__for_each_map(map, o->obj) {
		if (!map_is_device(o->obj, map))
			continue;
		found = map;
		n++;
		left += left || !add_name(names, sizeof(names), bpf_map__name(map));
	}
	if (left)
		snprintf(more, sizeof(more), " and %d more, see mdev-bpf inspect", left);
	if (!n)
		p_err("%s has no struct mdev_bpf_ops in SEC(\".struct_ops.link\")",
		      bpf_object__name(o->obj));
	if (n > 1)
		p_err("several programs in this object: choose one with --map (%s%s)", names, more);
	return n == 1 ? found : NULL;
}

static struct bpf_map *named_map(struct object *o, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(o->obj, name);

	if (map && map_is_device(o->obj, map))
		return map;
	p_err("there is no struct mdev_bpf_ops '%s' in this object, see mdev-bpf inspect", name);
	return NULL;
}

/* Choose the program to load; the others are left out. */
int object_pick(struct object *o, const char *map_name)
{
	struct bpf_map *map;

	o->map = map_name ? named_map(o, map_name) : only_map(o);
	if (!o->map)
		return -1;
	if (!(bpf_map__map_flags(o->map) & BPF_F_LINK))
		return p_err("'%s' must be in SEC(\".struct_ops.link\")", bpf_map__name(o->map));

	bpf_object__for_each_map(map, o->obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			bpf_map__set_autocreate(map, map == o->map);
	map_ops(o->obj, o->map, &o->ops);
	return 0;
}

static bool name_is_valid(const char *name)
{
	const char *c = name;

	if (!isalnum((unsigned char)*c))
		return false;
	while (isalnum((unsigned char)*c) || *c == '_' || *c == '-')
		c++;
	return !*c && c - name < MDEV_BPF_NAME_LEN;
}

/* Rename the program, unless name is NULL. */
int object_rename(struct object *o, const char *name)
{
	size_t size = 0;
	char *member = ops_find(&o->ops, "name", &size);

	if (!member || size < MDEV_BPF_NAME_LEN)
		return p_err("struct mdev_bpf_ops of this object has no name");
	if (!name) {
		if (!memchr(member, '\0', size) || !name_is_valid(member))
			return p_err("the program has no valid name (1 to 15 of A-Z a-z 0-9 _ -, no _ or - first): give it one with --type");
		return 0;
	}
	if (!name_is_valid(name))
		return p_usage("--type %s: a name is 1 to 15 of A-Z a-z 0-9 _ -, no _ or - first",
			       name);
	memset(member, 0, size);
	memcpy(member, name, strlen(name));
	return 0;
}

void object_close(struct object *o)
{
	bpf_object__close(o->obj);
}
