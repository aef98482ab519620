// SPDX-License-Identifier: GPL-2.0-only
/* Implements mdev.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mdev.h"

/* Results live in one of a few buffers of the thread, so that it may compare two of them. */
static char *next_buffer(void)
{
	static __thread char bufs[4][4096];
	static __thread unsigned int turn;
	char *buf = bufs[turn++ % 4];

	buf[0] = 0;
	return buf;
}

int sysfs_vopen(int flags, const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	int fd;

	vsnprintf(path, sizeof(path), fmt, ap);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

const char *sysfs_str(const char *fmt, ...)
{
	char *buf = next_buffer();
	va_list ap;
	ssize_t len;
	int fd;

	va_start(ap, fmt);
	fd = sysfs_vopen(O_RDONLY, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return buf;
	len = read(fd, buf, 4095);
	close(fd);
	buf[len > 0 ? len : 0] = 0;
	if (len > 0 && buf[len - 1] == '\n')
		buf[len - 1] = 0;
	return buf;
}

int sysfs_int(const char *fmt, ...)
{
	char path[PATH_MAX], *end;
	va_list ap;
	const char *text;
	long val;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	text = sysfs_str("%s", path);
	val = strtol(text, &end, 0);
	return *text && !*end ? val : -1;
}

int sysfs_write(const char *text, const char *fmt, ...)
{
	va_list ap;
	int fd, ret = 0;

	va_start(ap, fmt);
	fd = sysfs_vopen(O_WRONLY, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return !access(path, F_OK);
}

const char *link_name(const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX], *buf = next_buffer(), *slash;
	va_list ap;
	ssize_t len;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return buf;
	target[len] = 0;
	slash = strrchr(target, '/');
	snprintf(buf, 4096, "%s", slash ? slash + 1 : target);
	return buf;
}

int entries(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	struct dirent *e;
	int nr = 0;
	DIR *dir;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((e = readdir(dir)))
		nr += e->d_name[0] != '.';
	closedir(dir);
	return nr;
}

/* The devices to remove at the end: ours have numbers, so remembering is a bit each. */
static unsigned char created[4096];

static unsigned int number_of(const struct mdev *m)
{
	return strtoul(m->uuid + UUID_LEN - 12, NULL, 16) % sizeof(created);
}

struct mdev mdev_uuid(unsigned int n)
{
	struct mdev m;

	snprintf(m.uuid, sizeof(m.uuid), UUID_PREFIX "0000-4000-8000-%012x", n);
	return m;
}

void mdev_remove_all(void)
{
	unsigned int n;

	for (n = 0; n < sizeof(created); n++) {
		struct mdev m = mdev_uuid(n);

		if (created[n])
			mdev_remove(&m);
	}
}

int mdev_create_text(const char *text, const char *type)
{
	return sysfs_write(text, "%s/create", type_path(type));
}

int mdev_create(const struct mdev *m, const char *type)
{
	static int registered;
	int ret = mdev_create_text(m->uuid, type);

	if (!registered++)
		atexit(mdev_remove_all);
	if (!ret)
		created[number_of(m)] = 1;
	return ret;
}

int mdev_remove(const struct mdev *m)
{
	created[number_of(m)] = 0;
	return sysfs_write("1", MDEV_DEVICES "/%s/remove", m->uuid);
}

const char *type_path(const char *type)
{
	const char *dash = strrchr(type, '-');
	char *buf = next_buffer();

	snprintf(buf, 4096, MDEV_PARENTS "/%.*s/mdev_supported_types/%s",
		 (int)(dash ? dash - type : 0), type, type);
	return buf;
}

int type_available(const char *type)
{
	return sysfs_int("%s/available_instances", type_path(type));
}

const char *parent_attr(const char *name, const char *attr)
{
	return sysfs_str("/sys/devices/virtual/%s/%s/mdev_bpf/%s", name, name, attr);
}

const char *device_attr(const struct mdev *m, const char *attr)
{
	return sysfs_str(MDEV_DEVICES "/%s/mdev_bpf/%s", m->uuid, attr);
}

const char *why_refused(void)
{
	return sysfs_str("/sys/kernel/mdev_bpf/last_error");
}
