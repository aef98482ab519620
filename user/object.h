/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_OBJECT_H
#define USER_OBJECT_H

#include <bpf/libbpf.h>

#include "ops.h"

/* A device program's object file. */
struct object {
	struct bpf_object *obj;
	struct bpf_map *map;	/* the chosen program, see object_pick() */
	struct ops ops;		/* its struct mdev_bpf_ops, where an op is a bpf_program */
};

int object_open(struct object *o, const char *path);
int object_pick(struct object *o, const char *map_name);
int object_rename(struct object *o, const char *name);
void object_close(struct object *o);

bool map_is_device(const struct bpf_object *obj, const struct bpf_map *map);
void map_ops(const struct bpf_object *obj, const struct bpf_map *map, struct ops *ops);
struct bpf_program *op_program(const struct ops *ops, int idx);

#endif
