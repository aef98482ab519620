/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_SYSFS_H
#define USER_SYSFS_H

#include <linux/mdev_bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define UUID_LEN	37	/* as text, with the final NUL */
#define CDEV_LEN	16	/* "vfio" and a number, with the final NUL */

/* A program that is attached, or whose devices still exist. */
struct program {
	char name[MDEV_BPF_NAME_LEN];
	bool attached;
	__u32 link_id;
	__u32 state_size;
	__u32 state_version;
	__u32 devices;
};

/* An mdev type of a program. */
struct type {
	char id[2 * MDEV_BPF_NAME_LEN];
	char program[MDEV_BPF_NAME_LEN];
	char name[MDEV_BPF_PRETTY_LEN];
	char description[MDEV_BPF_DESC_LEN];
	char device_api[MDEV_BPF_API_LEN];
	__u32 available;
};

struct device {
	char uuid[UUID_LEN];
	char type[2 * MDEV_BPF_NAME_LEN];
	char program[MDEV_BPF_NAME_LEN];
	bool attached;
	bool failed;
	bool open;
	bool leaving;	/* being removed, waiting for its user */
	__u32 instance;
	int group;	/* IOMMU group, -1 if it has none */
};

/*
 * A walk calls the visitor for each item. A visitor stops it by returning nonzero, which the walk
 * then returns.
 */
typedef int (*program_fn)(const struct program *prog, void *ctx);
typedef int (*type_fn)(const struct type *type, void *ctx);
typedef int (*device_fn)(const struct device *dev, void *ctx);
typedef int (*param_fn)(const char *name, const char *value, void *ctx);

int walk_programs(program_fn fn, void *ctx);
int walk_types(const char *program, type_fn fn, void *ctx);
int walk_devices(const char *program, device_fn fn, void *ctx);
/* The parameters of a device */
int walk_params(const char *uuid, param_fn fn, void *ctx);

bool program_find(const char *name, struct program *prog);
bool type_find(const char *id, struct type *type);
bool device_find(const char *uuid, struct device *dev);

const char *device_state(const struct device *dev);

int type_create(const struct type *type, const char *uuid);
int param_write(const char *uuid, const char *name, const char *value);
int device_remove(const struct device *dev);
bool device_cdev(const struct device *dev, char *name);
int device_read(const struct device *dev, const char *attr, char *buf, size_t size);

/* Read a file without its last newline; an empty string, and false, if that is not possible. */
bool read_attr(char *buf, size_t size, const char *fmt, ...)
	__attribute__((__format__(printf, 3, 4)));
/* Return 0 or a negative errno. */
int write_attr(const char *path, const char *val);

bool module_loaded(void);
int need_module(void);
int kernel_abi(void);
__u32 module_number(const char *attr);
int module_write(const char *attr, const char *val);
void read_refusal(const char *program, char *buf, size_t size);

#endif
