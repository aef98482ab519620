/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_DESCRIBE_H
#define USER_DESCRIBE_H

#include <json-c/json.h>

#include "ops.h"

void describe_program(const struct ops *ops, struct json_object *obj);
void describe_device(const struct ops *ops, const char *type_id, struct json_object *obj);

const char *region_name(unsigned int index);
bool region_index(const char *name, unsigned int *index);

#endif
