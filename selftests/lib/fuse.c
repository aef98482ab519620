// SPDX-License-Identifier: GPL-2.0-only
/* Implements fuse.h: as little of the protocol as open() and mmap() take. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fuse.h"
#include "mtap.h"

#define FILE_ID		2
#define SYNCS		64	/* that wait at most */

static struct {
	char dir[32];
	int dev, file;
	pthread_t thread;
	atomic_bool wanted, hold_sync;
	atomic_int sync_error, fallocate_error;
	atomic_uint syncs;
	/* Those that wait: from @answered to @held; both count on and on */
	struct fuse_in_header sync[SYNCS];
	atomic_uint held, answered;
} fuse = { .dev = -1 };

static void answer(const struct fuse_in_header *in, int error, const void *out, size_t size)
{
	struct fuse_out_header head = {
		.len = sizeof(head) + size, .error = error, .unique = in->unique,
	};
	struct iovec parts[] = {
		{ &head, sizeof(head) }, { (void *)out, size },
	};

	/* Fails if the caller was killed meanwhile. */
	(void)!writev(fuse.dev, parts, 2);
}

static struct fuse_attr attributes(__u64 id)
{
	return (struct fuse_attr){
		.ino = id, .size = FUSE_FILE_SIZE, .nlink = 1, .blksize = 4096,
		.mode = id == FILE_ID ? S_IFREG | 0644 : S_IFDIR | 0755,
	};
}

static void serve_sync(const struct fuse_in_header *in)
{
	fuse.syncs++;
	if (!fuse.hold_sync)
		return answer(in, atomic_exchange(&fuse.sync_error, 0), NULL, 0);
	fuse.sync[fuse.held % SYNCS] = *in;
	fuse.held++;
	fuse.wanted = true;
}

static void serve(const struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096,
	};
	struct fuse_entry_out entry = { .nodeid = FILE_ID, .attr = attributes(FILE_ID) };
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	struct fuse_open_out open = { .fh = 1 };
	struct fuse_write_out written = { .size = ((const struct fuse_write_in *)(in + 1))->size };

	switch (in->opcode) {
	case FUSE_INIT:
		return answer(in, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return answer(in, 0, &entry, sizeof(entry));
	case FUSE_GETATTR:
		return answer(in, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return answer(in, 0, &open, sizeof(open));
	case FUSE_READ:
		fuse.wanted = true;
		return;
	case FUSE_WRITE:
		return answer(in, 0, &written, sizeof(written));
	case FUSE_FALLOCATE:
		return answer(in, fuse.fallocate_error, NULL, 0);
	case FUSE_FSYNC:
		return serve_sync(in);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		return answer(in, -EOPNOTSUPP, NULL, 0);
	}
}

static void *serve_all(void *unused)
{
	static char request[FUSE_MIN_READ_BUFFER + 4096];

	for (;;) {
		ssize_t ret = read(fuse.dev, request, sizeof(request));

		if (ret >= (ssize_t)sizeof(struct fuse_in_header))
			serve((struct fuse_in_header *)request);
		else if (ret < 0 && errno == ENODEV)
			return unused;
	}
}

int fuse_begin(void)
{
	char options[64], path[64];

	fuse.dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse.dev < 0)
		mtap_skip("no /dev/fuse: CONFIG_FUSE_FS");
	fuse.wanted = false;
	fuse.hold_sync = false;
	fuse.sync_error = 0;
	fuse.fallocate_error = -EOPNOTSUPP;
	fuse.syncs = 0;
	fuse.held = 0;
	fuse.answered = 0;
	fuse.file = -1;
	strcpy(fuse.dir, "/tmp/kst_fuse.XXXXXX");
	ASSERT(mkdtemp(fuse.dir));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse.dev);
	ASSERT_EQ(mount("kst_fuse", fuse.dir, "fuse", MS_NOSUID | MS_NODEV, options), 0);
	ASSERT_EQ(pthread_create(&fuse.thread, NULL, serve_all, NULL), 0);
	snprintf(path, sizeof(path), "%s/file", fuse.dir);
	fuse.file = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT(fuse.file >= 0);
	return fuse.file;
}

bool fuse_wanted(void)
{
	return mtap_await(fuse.wanted);
}

void fuse_fail_sync(int error)
{
	fuse.sync_error = error;
}

void fuse_hold_sync(void)
{
	fuse.hold_sync = true;
}

static void answer_first(int error)
{
	answer(&fuse.sync[fuse.answered++ % SYNCS], error, NULL, 0);
}

void fuse_answer_sync(int error)
{
	fuse.hold_sync = false;
	while (fuse.answered != fuse.held)
		answer_first(error);
}

void fuse_pass_sync(void)
{
	ASSERT(mtap_await(fuse.answered != fuse.held));
	answer_first(0);
}

unsigned int fuse_syncs(void)
{
	return fuse.syncs;
}

void fuse_set_fallocate(int error)
{
	fuse.fallocate_error = error;
}

void fuse_end(void)
{
	if (fuse.dev < 0)
		return;
	/* The first ends all requests, and cannot unmount while the file is open. */
	umount2(fuse.dir, MNT_FORCE);
	umount2(fuse.dir, MNT_DETACH);
	pthread_join(fuse.thread, NULL);
	close(fuse.file);
	close(fuse.dev);
	fuse.dev = -1;
	rmdir(fuse.dir);
}
