/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_REGISTER_H
#define USER_REGISTER_H

#include <json-c/json.h>
#include <linux/mdev_bpf.h>
#include <stdbool.h>

#include "ops.h"

/* Registers of all types, for register_describe() */
#define REGISTER_ANY_TYPE -1

/* Describe the registers of devices of a type, an index in mdev_bpf_ops::types. */
struct json_object *register_describe(const struct ops *ops, int type);

/* Find a register by "NAME" or "NAME[INDEX]"; *reg is that one alone. */
bool register_find(const struct ops *ops, int type, const char *name,
		   struct mdev_bpf_register *reg);

#endif
