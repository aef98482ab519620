// SPDX-License-Identifier: GPL-2.0-only
/* BPF links and their pins in the bpf file system. */
#include <bpf/bpf.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "link.h"
#include "output.h"

/*
 * Tell whether a descriptor is a link. bpf_obj_get() opens a pinned map or program as well, and
 * struct bpf_map_info and bpf_prog_info begin with a type and an id like bpf_link_info. Only the
 * name of the descriptor's file differs; newer kernels write it with an underscore.
 */
static bool is_link(int fd)
{
	char path[32], target[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return !strcmp(target, "anon_inode:bpf-link") || !strcmp(target, "anon_inode:bpf_link");
}

static bool link_info(int fd, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, size);
	return is_link(fd) && !bpf_link_get_info_by_fd(fd, info, &size) &&
	       info->type == BPF_LINK_TYPE_STRUCT_OPS;
}

__u32 link_id(int fd)
{
	struct bpf_link_info info;

	return link_info(fd, &info) ? info.id : 0;
}

/* Id of the map that a link has attached; 0 if the link is detached. */
__u32 link_map_id(__u32 id)
{
	int fd = bpf_link_get_fd_by_id(id);
	struct bpf_link_info info;
	__u32 map_id = 0;

	if (fd < 0)
		return 0;
	if (link_info(fd, &info))
		map_id = info.struct_ops.map_id;
	close(fd);
	return map_id;
}

bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* Remove the last "made" directories of a path, unless somebody uses them meanwhile. */
void pin_undo(const char *dir, int made)
{
	char path[PATH_MAX];

	for (snprintf(path, sizeof(path), "%s", dir); made > 0; made--) {
		if (rmdir(path))
			return;
		*strrchr(path, '/') = '\0';
	}
}

/* Make a directory in the bpf file system, with its parents. Counts those that were not there. */
static int make_dir(const char *dir, int *made)
{
	char path[PATH_MAX];
	int err;

	if (!access(dir, F_OK))
		return is_bpffs(dir) ? 0 : -EXDEV;
	snprintf(path, sizeof(path), "%s", dir);
	if (!strrchr(path, '/'))
		return -EXDEV;
	*strrchr(path, '/') = '\0';
	err = make_dir(path, made);
	if (err)
		return err;
	if (!mkdir(dir, 0700))
		++*made;
	else if (errno != EEXIST)
		err = -errno;
	if (err)
		pin_undo(path, *made);
	return err;
}

static int make_failed(const char *dir, int err)
{
	if (err == -EXDEV)
		return p_err("%s is not in a bpf file system: choose a directory below " BPFFS_DIR,
			     dir);
	/* The bpf file system answers EPERM for a name with a dot, even to root. */
	if (err == -EPERM && !geteuid() && strchr(dir, '.'))
		return p_err("cannot create %s: names in the bpf file system have no dots", dir);
	return p_err("cannot create %s: %s", dir, err_hint(-err));
}

/* Mount the bpf file system and make the directory, as needed. */
int pin_prepare(const char *dir, int *made)
{
	int err;

	*made = 0;

	if (!strncmp(dir, BPFFS_DIR, strlen(BPFFS_DIR)) && !is_bpffs(BPFFS_DIR) &&
	    mount("bpf", BPFFS_DIR, "bpf", 0, "mode=0700"))
		return p_err("cannot mount the bpf file system at " BPFFS_DIR ": %s",
			     err_hint(errno));
	err = make_dir(dir, made);
	return err ? make_failed(dir, err) : 0;
}

static bool is_dead(const char *path)
{
	int fd = bpf_obj_get(path);
	struct bpf_link_info info;
	bool dead;

	if (fd < 0)
		return false;
	dead = link_info(fd, &info) && !info.struct_ops.map_id;
	close(fd);
	return dead;
}

/* Pin a link. Replaces the pin of a link that is detached. */
int link_pin(int fd, const char *path)
{
	if (is_dead(path))
		unlink(path);
	if (!bpf_obj_pin(fd, path))
		return 0;
	if (errno == EEXIST)
		return p_err("%s is taken: remove it, or choose another directory with --pin",
			     path);
	return p_err("cannot pin the program at %s: %s", path, err_hint(errno));
}

/* nftw() passes no context to its callback. */
static struct {
	__u32 id;
	char *path;
	size_t size;
} wanted;

static int match_pin(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	int fd = type == FTW_F ? bpf_obj_get(path) : -1;
	bool match;

	if (fd < 0)
		return 0;
	match = link_id(fd) == wanted.id;
	close(fd);
	if (match)
		snprintf(wanted.path, wanted.size, "%s", path);
	return match;
}

/* Find the pin of a link below the usual mount point. */
bool link_find_pin(__u32 id, char *path, size_t size)
{
	wanted.id = id;
	wanted.path = path;
	wanted.size = size;
	return id && nftw(BPFFS_DIR, match_pin, 16, FTW_PHYS | FTW_MOUNT) == 1;
}
