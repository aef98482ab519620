// SPDX-License-Identifier: GPL-2.0-only
/* Programs, types and devices, as read from sysfs. mdev-bpf keeps no state of its own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "output.h"
#include "sysfs.h"

#define MODULE_DIR	"/sys/kernel/mdev_bpf"
#define PARENTS_DIR	"/sys/class/mdev_bus"
#define DEVICES_DIR	"/sys/bus/mdev/devices"

bool read_attr(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	ssize_t len;
	va_list ap;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);

	buf[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len < 0)
		return false;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return true;
}

static __u32 read_number(const char *dir, const char *attr)
{
	char buf[32];

	read_attr(buf, sizeof(buf), "%s/%s", dir, attr);
	return strtoul(buf, NULL, 0);
}

int write_attr(const char *path, const char *val)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, val, strlen(val)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Last component of the target of a symbolic link */
static void read_link(char *buf, size_t size, const char *dir, const char *name)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	snprintf(buf, size, "%s", len < 0 ? "" : basename(target));
}

static bool has_entry(const char *dir, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, F_OK);
}

static bool is_ours(const char *dir)
{
	return has_entry(dir, "mdev_bpf");
}

/* The state "failed" implies that a program is attached. */
static bool is_attached(const char *dir)
{
	char state[16];

	return read_attr(state, sizeof(state), "%s/mdev_bpf/state", dir) &&
	       strcmp(state, "detached");
}

static bool has_failed(const char *dir)
{
	char state[16];

	read_attr(state, sizeof(state), "%s/mdev_bpf/state", dir);
	return !strcmp(state, "failed");
}

typedef int (*entry_fn)(const char *path, const char *name, void *ctx);

/* Call fn for each entry of a directory, sorted by name. */
static int walk_dir(const char *dir, entry_fn fn, void *ctx)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, versionsort);
	char path[PATH_MAX];
	int ret = 0;

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		if (!ret && entries[i]->d_name[0] != '.')
			ret = fn(path, entries[i]->d_name, ctx);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ret;
}

struct walk {
	const char *program;	/* whose types or devices, NULL for all */
	program_fn program_fn;
	type_fn type_fn;
	device_fn device_fn;
	void *ctx;
};

static int visit_program(const char *path, const char *name, void *ctx)
{
	const struct walk *walk = ctx;
	struct program prog = {};

	if (!is_ours(path))
		return 0;
	snprintf(prog.name, sizeof(prog.name), "%s", name);
	prog.attached = is_attached(path);
	prog.link_id = read_number(path, "mdev_bpf/link_id");
	prog.state_size = read_number(path, "mdev_bpf/state_size");
	prog.state_version = read_number(path, "mdev_bpf/state_version");
	prog.devices = read_number(path, "mdev_bpf/devices");
	return walk->program_fn(&prog, walk->ctx);
}

int walk_programs(program_fn fn, void *ctx)
{
	struct walk walk = { .program_fn = fn, .ctx = ctx };

	return walk_dir(PARENTS_DIR, visit_program, &walk);
}

static int visit_type(const char *path, const char *name, void *ctx)
{
	const struct walk *walk = ctx;
	struct type type = {};

	snprintf(type.id, sizeof(type.id), "%s", name);
	snprintf(type.program, sizeof(type.program), "%s", walk->program);
	read_attr(type.name, sizeof(type.name), "%s/name", path);
	read_attr(type.description, sizeof(type.description), "%s/description", path);
	read_attr(type.device_api, sizeof(type.device_api), "%s/device_api", path);
	type.available = read_number(path, "available_instances");
	return walk->type_fn(&type, walk->ctx);
}

static int visit_types_of(const struct program *prog, void *ctx)
{
	struct walk walk = *(struct walk *)ctx;
	char path[PATH_MAX];

	if (walk.program && strcmp(walk.program, prog->name))
		return 0;
	walk.program = prog->name;
	snprintf(path, sizeof(path), PARENTS_DIR "/%s/mdev_supported_types", prog->name);
	return walk_dir(path, visit_type, &walk);
}

int walk_types(const char *program, type_fn fn, void *ctx)
{
	struct walk walk = { .program = program, .type_fn = fn, .ctx = ctx };

	return walk_programs(visit_types_of, &walk);
}

/*
 * Removing a device first takes away its driver and mdev_bpf/, then waits for the user. With the
 * kernel's own mdev.ko the device has left the bus by then. Creating a device adds the driver, then
 * mdev_bpf/.
 */
static int visit_device(const char *path, const char *name, void *ctx)
{
	const struct walk *walk = ctx;
	struct device dev = {};
	char group[16];
	uuid_t bytes;

	if (uuid_parse(name, bytes) || (!is_ours(path) && has_entry(path, "driver")))
		return 0;
	dev.leaving = !is_ours(path);
	snprintf(dev.program, sizeof(dev.program), "%s", walk->program);
	snprintf(dev.uuid, sizeof(dev.uuid), "%s", name);
	read_link(dev.type, sizeof(dev.type), path, "mdev_type");
	read_link(group, sizeof(group), path, "iommu_group");
	dev.group = *group ? atoi(group) : -1;
	dev.attached = is_attached(path);
	dev.failed = has_failed(path);
	dev.open = dev.leaving || read_number(path, "mdev_bpf/open");
	dev.instance = read_number(path, "mdev_bpf/instance");
	return walk->device_fn(&dev, walk->ctx);
}

static int visit_devices_of(const struct program *prog, void *ctx)
{
	struct walk walk = *(struct walk *)ctx;
	char path[PATH_MAX];

	if (walk.program && strcmp(walk.program, prog->name))
		return 0;
	walk.program = prog->name;
	snprintf(path, sizeof(path), PARENTS_DIR "/%s", prog->name);
	return walk_dir(path, visit_device, &walk);
}

int walk_devices(const char *program, device_fn fn, void *ctx)
{
	struct walk walk = { .program = program, .device_fn = fn, .ctx = ctx };

	return walk_programs(visit_devices_of, &walk);
}

struct params {
	param_fn fn;
	void *ctx;
};

static int visit_param(const char *path, const char *name, void *ctx)
{
	const struct params *params = ctx;
	char value[MDEV_BPF_MAX_PARAM_TEXT];

	read_attr(value, sizeof(value), "%s", path);
	return params->fn(name, value, params->ctx);
}

int walk_params(const char *uuid, param_fn fn, void *ctx)
{
	struct params params = { fn, ctx };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES_DIR "/%s/params", uuid);
	return walk_dir(path, visit_param, &params);
}

const char *device_state(const struct device *dev)
{
	if (dev->leaving)
		return "being removed";
	if (dev->failed)
		return "failed";
	return dev->attached ? "attached" : "detached";
}

static int copy_program(const struct program *prog, void *ctx)
{
	*(struct program *)ctx = *prog;
	return 1;
}

/* Look at one program, without a walk over all. */
static int visit_named(const char *name, struct walk *walk)
{
	char path[PATH_MAX];

	if (!*name || strchr(name, '/') || strlen(name) >= MDEV_BPF_NAME_LEN)
		return 0;
	snprintf(path, sizeof(path), PARENTS_DIR "/%s", name);
	return visit_program(path, name, walk);
}

bool program_find(const char *name, struct program *prog)
{
	struct walk walk = { .program_fn = copy_program, .ctx = prog };

	return visit_named(name, &walk);
}

static int copy_type(const struct type *type, void *ctx)
{
	*(struct type *)ctx = *type;
	return 1;
}

/* Does the program have this type? The type's id begins with the name of the program. */
static int find_type(const struct program *prog, void *ctx)
{
	struct type *type = ctx;
	struct walk walk = { .program = prog->name, .type_fn = copy_type, .ctx = type };
	char path[PATH_MAX], id[sizeof(type->id)];

	strcpy(id, type->id);
	snprintf(path, sizeof(path), PARENTS_DIR "/%s/mdev_supported_types/%s", prog->name, id);
	return access(path, F_OK) ? 0 : visit_type(path, id, &walk);
}

bool type_find(const char *id, struct type *type)
{
	if (!*id || strchr(id, '/') || strlen(id) >= sizeof(type->id))
		return false;
	strcpy(type->id, id);
	return walk_programs(find_type, type);
}

static int match_device(const struct device *dev, void *ctx)
{
	struct device *wanted = ctx;

	if (strcmp(dev->uuid, wanted->uuid))
		return 0;
	*wanted = *dev;
	return 1;
}

/* Look at a device where the bus has it: in the directory of its parent, which is the program's. */
static bool find_on_bus(const char *uuid, struct device *dev)
{
	struct walk walk = { .device_fn = match_device, .ctx = dev };
	char link[PATH_MAX], path[PATH_MAX], parent[PATH_MAX];

	snprintf(link, sizeof(link), DEVICES_DIR "/%s", uuid);
	if (!realpath(link, path))
		return false;
	strcpy(parent, path);
	dirname(parent);
	walk.program = basename(parent);
	return is_ours(parent) && visit_device(path, uuid, &walk);
}

/* One that is being removed may have left the bus, see visit_device(). */
bool device_find(const char *uuid, struct device *dev)
{
	if (strchr(uuid, '/') || strlen(uuid) >= sizeof(dev->uuid))
		return false;
	strcpy(dev->uuid, uuid);
	return find_on_bus(uuid, dev) || walk_devices(NULL, match_device, dev);
}

int type_create(const struct type *type, const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PARENTS_DIR "/%s/mdev_supported_types/%s/create",
		 type->program, type->id);
	return write_attr(path, uuid);
}

/* Set a parameter of a device. Returns 0 or a negative errno. */
int param_write(const char *uuid, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES_DIR "/%s/params/%s", uuid, name);
	return write_attr(path, value);
}

int device_remove(const struct device *dev)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES_DIR "/%s/remove", dev->uuid);
	return write_attr(path, "1");
}

/* Read a file of a device, without the last newline. Returns 0 or a negative errno. */
int device_read(const struct device *dev, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd, err;

	snprintf(path, sizeof(path), DEVICES_DIR "/%s/mdev_bpf/%s", dev->uuid, attr);
	buf[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return 0;
}

static int copy_name(const char *path, const char *name, void *ctx)
{
	snprintf(ctx, CDEV_LEN, "%s", name);
	return 1;
}

/*
 * Name of the device's file in /dev/vfio/devices. Without CONFIG_VFIO_DEVICE_CDEV there is none:
 * VFIO's device of this name then has no number.
 */
bool device_cdev(const struct device *dev, char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES_DIR "/%s/vfio-dev", dev->uuid);
	if (!walk_dir(path, copy_name, name))
		return false;
	snprintf(path, sizeof(path), DEVICES_DIR "/%s/vfio-dev/%s/dev", dev->uuid, name);
	return !access(path, F_OK);
}

bool module_loaded(void)
{
	return !access(MODULE_DIR, F_OK);
}

/* Print an error if the module is not loaded. */
int need_module(void)
{
	return module_loaded() ? 0 : p_err("mdev_bpf is not loaded: modprobe mdev_bpf");
}

/* ABI version of the module; 0 if it is not loaded. */
int kernel_abi(void)
{
	return read_number(MODULE_DIR, "abi");
}

__u32 module_number(const char *attr)
{
	return read_number(MODULE_DIR, attr);
}

int module_write(const char *attr, const char *val)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), MODULE_DIR "/%s", attr);
	return write_attr(path, val);
}

/* Read the module's last refusal, if it is about this program; else an empty string. */
void read_refusal(const char *program, char *buf, size_t size)
{
	size_t len = strlen(program);
	char text[512];

	read_attr(text, sizeof(text), MODULE_DIR "/last_error");
	if (strncmp(text, program, len) || strncmp(text + len, ": ", 2))
		*buf = '\0';
	else
		snprintf(buf, size, "%s", text + len + 2);
}
