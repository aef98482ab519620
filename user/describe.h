/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_DESCRIBE_H
#define USER_DESCRIBE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ops.h"

void describe_program(const struct ops *ops, struct json_object *obj);
void describe_device(const struct ops *ops, const char *type_id, bool registers,
		     struct json_object *obj);
/* Index of a type in mdev_bpf_ops::types; -1 if there is none of this id. */
int describe_type_index(const struct ops *ops, const char *type_id);

const char *region_name(unsigned int index);
const char *irq_name(unsigned int index);
bool region_index(const char *name, unsigned int *index);

#endif
