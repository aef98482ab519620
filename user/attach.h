/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_ATTACH_H
#define USER_ATTACH_H

#include "kernel.h"
#include "object.h"
#include "sysfs.h"

/*
 * The way of a program from an object to its devices, in this order. Each returns 0, or prints why
 * it fails and returns -1; attach_link() returns a descriptor of the new link.
 */
int attach_kernel(struct kernel *k);
/* @limit: seconds, see limit.h */
int attach_verify(struct object *o, const struct kernel *k, unsigned long limit);
/* Write the ops to the kernel, as the value of their map, once for an object: it checks them. */
int attach_fill(const struct object *o, const struct kernel *k, const char *name);
int attach_link(const struct object *o, const char *name);
/* Replace the program of a link. Devices switch to the new one between two accesses. */
int attach_replace(const struct object *o, int link, const char *name);

#endif
