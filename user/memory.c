// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf memory: copy a region of a device to or from a file. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "describe.h"
#include "device.h"
#include "output.h"
#include "vfio.h"

#define CHUNK	65536

struct copy {
	const char *region;
	const char *path;
	int from;
	int to;
	__u64 from_at;
	__u64 to_at;
	bool load;
};

static int copy_failed(const struct copy *c, bool reading, int err)
{
	bool device = reading != c->load;

	if (device && err == ENODEV)
		return p_err("the device is detached: load its program again");
	return p_err("cannot %s %s at 0x%llx: %s", reading ? "read" : "write",
		     device ? c->region : c->path, reading ? c->from_at : c->to_at, strerror(err));
}

static int put(struct copy *c, const char *buf, size_t len)
{
	ssize_t n;

	for (; len; len -= n, buf += n) {
		n = pwrite(c->to, buf, len, c->to_at);
		if (n <= 0)
			return copy_failed(c, false, n ? errno : ENOSPC);
		c->to_at += n;
	}
	return 0;
}

static int copy(struct copy *c, __u64 size)
{
	static char buf[CHUNK];
	ssize_t n;

	for (; size; size -= n) {
		n = pread(c->from, buf, size < CHUNK ? size : CHUNK, c->from_at);
		if (n <= 0)
			return copy_failed(c, true, n ? errno : EIO);
		if (put(c, buf, n))
			return -1;
		c->from_at += n;
	}
	return 0;
}

/* How many bytes to load: the whole file, which has to fit the region. */
static int file_size(const struct copy *c, int fd, __u64 room, __u64 *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return p_err("cannot read %s: %s", c->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return p_err("%s is not a regular file", c->path);
	*size = st.st_size;
	if (*size > room)
		return p_err("%s has %llu bytes, more than region %s, which has %llu", c->path,
			     *size, c->region, room);
	return 0;
}

static int transfer(struct copy *c, int device, int fd, const struct vfio_region_info *info)
{
	__u64 size = info->size;

	c->from = c->load ? fd : device;
	c->to = c->load ? device : fd;
	if (c->load)
		c->to_at = info->offset;
	else
		c->from_at = info->offset;
	if (c->load && file_size(c, fd, info->size, &size))
		return -1;
	return copy(c, size);
}

/* Only the owner can read what is saved, also if the file exists. */
static int open_file(const struct copy *c)
{
	struct stat st;
	int fd;

	/* O_NONBLOCK: do not wait for the other end of a FIFO */
	if (c->load)
		return open(c->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fd = open(c->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || (!fstat(fd, &st) && (!S_ISREG(st.st_mode) || !fchmod(fd, 0600))))
		return fd;
	close(fd);
	return -1;
}

static int copy_region(const struct vfio *v, unsigned int index, struct copy *c)
{
	struct vfio_region_info info;
	int fd, ret;

	if (vfio_region_for(v, index, c->region, c->load, &info))
		return -1;
	fd = open_file(c);
	if (fd < 0)
		return p_err("cannot open %s: %s", c->path, err_hint(errno));
	ret = transfer(c, v->device, fd, &info);
	/* What was written may only fail now */
	if (close(fd) && !ret && !c->load)
		return copy_failed(c, false, errno);
	return ret;
}

int do_memory(const struct opts *opts, int argc, char **argv)
{
	struct copy c = { .region = argv[1], .path = argv[3], .load = !strcmp(argv[2], "load") };
	unsigned int index;
	struct device dev;
	struct vfio v;
	int ret;

	if (!c.load && strcmp(argv[2], "save"))
		return p_usage("'%s' is neither load nor save", argv[2]);
	if (!region_index(argv[1], &index))
		return p_usage("'%s' is not a region: bar0 to bar5, rom, config, or a number",
			       argv[1]);
	ret = device_arg(argv[0], &dev);
	if (!ret)
		ret = vfio_open(&v, &dev);
	if (ret)
		return ret;
	ret = copy_region(&v, index, &c);
	vfio_close(&v);
	return ret ?: out_nothing();
}
