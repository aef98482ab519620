/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_FAILURE_H
#define USER_FAILURE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "ops.h"
#include "sysfs.h"

/* Why a device has failed; NULL if it has not. @ops: those of the attached program, or NULL. */
struct json_object *describe_failure(const struct device *dev, const struct ops *ops);
/* The same in one sentence; false if the device has not failed. */
bool failure_text(const struct device *dev, char *buf, size_t size);
/* The last and the worst slow op of a device. */
struct json_object *describe_slow(const struct device *dev);

#endif
