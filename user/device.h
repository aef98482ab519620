/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_DEVICE_H
#define USER_DEVICE_H

#include "cmd.h"
#include "sysfs.h"

struct json_object;

/* The first columns of a device, without @program where it is known */
void device_identity(const struct device *dev, bool program, struct json_object *obj);
int device_arg(const char *text, struct device *dev);
/* @uuid has UUID_LEN bytes. */
void make_uuid(char *uuid);
/* Create a device, with its parameters; -1 after a message. */
int device_create(const struct opts *opts, const struct type *type, const char *uuid);

#endif
