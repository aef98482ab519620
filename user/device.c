// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf create and remove. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "cmd.h"
#include "device.h"
#include "output.h"
#include "param.h"

static int parse_uuid(const char *text, char *uuid)
{
	uuid_t bytes;

	if (uuid_parse(text, bytes))
		return p_usage("'%s' is not a UUID", text);
	uuid_unparse_lower(bytes, uuid);
	return 0;
}

void make_uuid(char *uuid)
{
	uuid_t bytes;

	uuid_generate_random(bytes);
	uuid_unparse_lower(bytes, uuid);
}

void device_identity(const struct device *dev, bool program, struct json_object *obj)
{
	add_str(obj, "uuid", dev->uuid);
	add_str(obj, "type", *dev->type ? dev->type : NULL);
	if (program)
		add_str(obj, "program", dev->program);
	add_str(obj, "state", device_state(dev));
	add_bool(obj, "open", dev->open);
}

/* Find the device that a command names, or print an error. */
int device_arg(const char *text, struct device *dev)
{
	char uuid[UUID_LEN];
	int ret = parse_uuid(text, uuid);

	if (ret)
		return ret;
	if (device_find(uuid, dev))
		return 0;
	if (need_module())
		return -1;
	return p_err("no device %s of a BPF program, see mdev-bpf show", uuid);
}

static int create_failed(const struct type *type, const char *uuid, int err)
{
	struct program prog;
	char text[512];

	switch (err) {
	case EEXIST:
		return p_err("a device %s exists already", uuid);
	case EUSERS:
	case ENOSPC:
		return p_err("no %s is available: all of the program's instances are in use (%s)",
			     type->id, strerror(err));
	}
	if (program_find(type->program, &prog) && !prog.attached)
		return p_err("'%s' is detached: load a program for it first",
			     prog.name);
	read_refusal(type->program, text, sizeof(text));
	if (strstr(text, uuid))
		return p_err("cannot create a %s: %s", type->id, text);
	return p_err("cannot create a %s: %s", type->id, err_hint(err));
}

int device_create(const struct opts *opts, const struct type *type, const char *uuid)
{
	struct device dev;
	int ret = type_create(type, uuid);

	if (ret)
		return create_failed(type, uuid, -ret);
	ret = param_set(opts, type, uuid);
	/* Like mdevctl: a device without its parameters is of no use */
	if (ret && device_find(uuid, &dev))
		device_remove(&dev);
	return ret;
}

int do_create(const struct opts *opts, int argc, char **argv)
{
	struct json_object *obj;
	char uuid[UUID_LEN];
	struct type type;
	int ret = 0;

	if (opts->uuid)
		ret = parse_uuid(opts->uuid, uuid);
	else
		make_uuid(uuid);
	ret = ret ?: param_check(opts);
	if (ret)
		return ret;
	if (need_module())
		return -1;
	if (!type_find(argv[0], &type))
		return p_err("no program provides type '%s', see mdev-bpf types", argv[0]);
	ret = device_create(opts, &type, uuid);
	if (ret)
		return ret;

	obj = json_object_new_object();
	add_str(obj, "uuid", uuid);
	add_str(obj, "type", type.id);
	return out_text(obj, uuid);
}

/* The files by which a device can be in use; empty if it has none */
struct vfio_files {
	char group[32];
	char cdev[40];
};

static bool is_one_of(const struct vfio_files *files, const char *path)
{
	return *path && (!strcmp(path, files->group) || !strcmp(path, files->cdev));
}

static bool has_open(const char *pid, const struct vfio_files *files)
{
	char name[PATH_MAX], target[PATH_MAX];
	bool found = false;
	struct dirent *de;
	ssize_t len;
	DIR *dir;

	snprintf(name, sizeof(name), "/proc/%s/fd", pid);
	dir = opendir(name);
	while (dir && !found && (de = readdir(dir))) {
		len = readlinkat(dirfd(dir), de->d_name, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		found = is_one_of(files, target);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Find the process that has the device's VFIO file open; 0 if that is not visible. */
static int find_user(const struct device *dev)
{
	struct vfio_files files = {};
	DIR *proc = opendir("/proc");
	char cdev[CDEV_LEN];
	struct dirent *de;
	int pid = 0;

	if (dev->group >= 0)
		snprintf(files.group, sizeof(files.group), "/dev/vfio/%d", dev->group);
	if (device_cdev(dev, cdev))
		snprintf(files.cdev, sizeof(files.cdev), "/dev/vfio/devices/%s", cdev);
	while (proc && !pid && (de = readdir(proc)))
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9' && has_open(de->d_name, &files))
			pid = atoi(de->d_name);
	if (proc)
		closedir(proc);
	return pid;
}

static void user_text(const struct device *dev, char *buf, size_t size)
{
	int pid = find_user(dev);

	*buf = '\0';
	if (pid)
		snprintf(buf, size, " by process %d", pid);
}

static void say_wait(const struct device *dev)
{
	char by[32];

	user_text(dev, by, sizeof(by));
	p_info("%s is in use%s: waiting until it is closed (no signal ends the wait)", dev->uuid,
	       by);
}

/*
 * Removing an open device waits in the kernel until its user closes it, and no signal ends the
 * wait. Therefore only --force does that.
 */
static int refuse_open(const struct device *dev)
{
	char by[32];

	user_text(dev, by, sizeof(by));
	if (dev->leaving)
		return p_err("%s is already being removed, but is in use%s: close its user",
			     dev->uuid, by);
	return p_err("%s is in use%s: close its user first, or use --force to wait for that (no signal ends the wait)",
		     dev->uuid, by);
}

int do_remove(const struct opts *opts, int argc, char **argv)
{
	struct device dev;
	int ret = device_arg(argv[0], &dev);

	if (ret)
		return ret;
	if (dev.leaving || (dev.open && !opts->force))
		return refuse_open(&dev);
	if (dev.open)
		say_wait(&dev);
	ret = device_remove(&dev);
	if (ret == -EAGAIN)
		return p_err("%s is being created or removed: try again", dev.uuid);
	if (ret)
		return p_err("cannot remove %s: %s", dev.uuid, err_hint(-ret));
	return out_nothing();
}
