/* SPDX-License-Identifier: GPL-2.0-only */
/* Mediated devices through sysfs. What a test creates is removed when it ends. */
#ifndef MDEV_H
#define MDEV_H

#include <stdarg.h>
#include <stddef.h>

#include "compiler.h"

#define UUID_LEN	36
/* UUIDs of selftest devices begin with this; run.sh removes those that a killed test left. */
#define UUID_PREFIX	"5e1f7e57-"

#define MDEV_DEVICES	"/sys/bus/mdev/devices"
#define MDEV_PARENTS	"/sys/class/mdev_bus"

struct mdev {
	char uuid[UUID_LEN + 1];
};

/* The selftests' UUID number @n */
struct mdev mdev_uuid(unsigned int n);

/* Create a device of a type like "mtty-2"; 0 or negative errno. */
int mdev_create(const struct mdev *m, const char *type);
int mdev_create_text(const char *text, const char *type);
int mdev_remove(const struct mdev *m);
void mdev_remove_all(void);

/* One line of sysfs without its newline; "" if it cannot be read. Valid until the next 4 calls. */
__printf(1, 2) const char *sysfs_str(const char *fmt, ...);
__printf(1, 2) int sysfs_int(const char *fmt, ...);
/* A file descriptor for the file that @fmt names, or negative errno. */
__printf(2, 0) int sysfs_vopen(int flags, const char *fmt, va_list ap);
__printf(2, 3) int sysfs_write(const char *text, const char *fmt, ...);
__printf(1, 2) int exists(const char *fmt, ...);
__printf(1, 2) const char *link_name(const char *fmt, ...);
/* Entries of a directory, negative if there is none. */
__printf(1, 2) int entries(const char *fmt, ...);

/* Directory of a type: MDEV_PARENTS/<name>/mdev_supported_types/<type>. */
const char *type_path(const char *type);
int type_available(const char *type);

/* The program's own directory, with attribute @attr in it. */
const char *parent_attr(const char *name, const char *attr);
const char *device_attr(const struct mdev *m, const char *attr);

/* The kernel's last refusal of a program, as a sentence */
const char *why_refused(void);

#endif /* MDEV_H */
