/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_PARAM_H
#define USER_PARAM_H

#include <json-c/json.h>

#include "cmd.h"
#include "sysfs.h"

/* Check the options --set of create. */
int param_check(const struct opts *opts);
/* Set the parameters of a new device as the options say. After an error, none or some are set. */
int param_set(const struct opts *opts, const struct type *type, const char *uuid);
/* The parameters of a device with their values; NULL if it has none */
struct json_object *param_show(const char *uuid);

#endif
