/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_DEVICE_H
#define USER_DEVICE_H

#include "cmd.h"
#include "sysfs.h"

int device_arg(const char *text, struct device *dev);
/* @uuid has UUID_LEN bytes. */
void make_uuid(char *uuid);
/* Create a device, with its parameters; -1 after a message. */
int device_create(const struct opts *opts, const struct type *type, const char *uuid);

#endif
