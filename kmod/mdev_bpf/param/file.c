// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that the administrator binds to a device: the value of a parameter of kind FILE is a path.
 * It is opened when it is written, with the credentials, the root directory and the mount namespace
 * of the writer, who has to have the permissions. The file stays open until another value is
 * written, or the device is removed.
 *
 * All accesses are made with the credentials of the writer, and within the size that the file has
 * at that time, so that a device never makes a file longer.
 */
#include <linux/bvec.h>
#include <linux/cred.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/mm.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "param/file.h"
#include "param/param.h"

/* An option before the path, "OPTION[,OPTION]:PATH" */
static u32 take_option(const char **text)
{
	static const struct {
		const char *name;
		u32 flag;
	} options[] = {
		{ "ro", MDEV_BPF_FILE_RDONLY },
		{ "direct", MDEV_BPF_FILE_DIRECT },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		size_t len = str_has_prefix(*text, options[i].name);

		if (!len || !strchr(",:", (*text)[len]) || !(*text)[len])
			continue;
		*text += len;
		return options[i].flag;
	}
	return 0;
}

/* Parse a value. Return: the path; NULL if there is none. @flags: set to its options. */
static const char *parse(const char *text, u32 *flags)
{
	u32 flag;

	*flags = 0;
	while (text[0] != '/') {
		flag = take_option(&text);
		if (!flag)
			return NULL;
		*flags |= flag;
		if (*text++ == ':')
			break;
	}
	return text[0] == '/' ? text : NULL;
}

static bool type_ok(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	return S_ISREG(mode) || S_ISBLK(mode);
}

/**
 * mdev_bpf_file_bind() - open the file that a value names
 * @value: the value, whose text is set; its file and number are set by this
 *
 * Context: Process context of the writer, no lock held.
 *
 * Return: 0; -EINVAL if the text is no path; -ENOTSUPP if it is neither a regular file nor a block
 * device; an errno of open(2).
 */
int mdev_bpf_file_bind(struct mdev_bpf_param_value *value)
{
	struct file *file;
	const char *path;
	u32 flags;
	int mode;

	value->number = 0;
	value->file = NULL;
	if (!value->text[0])
		return 0;
	path = parse(value->text, &flags);
	if (!path)
		return -EINVAL;
	/* O_NONBLOCK: do not wait for the other end of a FIFO, or for a lease to end */
	mode = O_LARGEFILE | O_NONBLOCK | (flags & MDEV_BPF_FILE_RDONLY ? O_RDONLY : O_RDWR) |
	       (flags & MDEV_BPF_FILE_DIRECT ? O_DIRECT : 0);
	file = filp_open(path, mode, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (!type_ok(file)) {
		fput(file);
		return -ENOTSUPP;
	}
	value->file = file;
	value->number = flags | MDEV_BPF_FILE_BOUND;
	return 0;
}

/**
 * mdev_bpf_file_path() - the path in a value
 * @value: the value
 *
 * Return: the path, without options; an empty text if no file is bound.
 */
const char *mdev_bpf_file_path(const struct mdev_bpf_param_value *value)
{
	u32 flags;

	return parse(value->text, &flags) ?: "";
}

/**
 * mdev_bpf_file_bytes() - the size of a file
 * @value: the value
 *
 * Context: Any.
 *
 * Return: the current number of bytes; -ENODEV if no file is bound.
 */
s64 mdev_bpf_file_bytes(const struct mdev_bpf_param_value *value)
{
	/* Of a block device, the mapping has the inode with the size */
	return value->file ? i_size_read(value->file->f_mapping->host) : -ENODEV;
}

/* Return: 0 if the file has these bytes now, and can be written if that is what is wanted. */
static int check(const struct mdev_bpf_param_value *value, u64 offset, u64 size, bool write)
{
	s64 bytes = mdev_bpf_file_bytes(value);

	if (bytes < 0)
		return bytes;
	if (write && value->number & MDEV_BPF_FILE_RDONLY)
		return -EROFS;
	return offset > bytes || size > bytes - offset ? -ERANGE : 0;
}

/*
 * A write to a file system that is frozen would wait where no signal interrupts. If it freezes
 * right after this, the write waits until it is thawed.
 */
static bool is_frozen(struct file *file)
{
	if (!file_start_write_trylock(file))
		return true;
	file_end_write(file);
	return false;
}

/* Read or write until the end of @all. */
static int rw_all(struct file *file, loff_t pos, const struct iov_iter *all)
{
	size_t sum = 0;
	ssize_t done;

	for (; sum < iov_iter_count(all); sum += done) {
		struct iov_iter iter = *all;

		iov_iter_advance(&iter, sum);
		done = iov_iter_rw(&iter) == WRITE ? vfs_iter_write(file, &iter, &pos, 0) :
						     vfs_iter_read(file, &iter, &pos, 0);
		if (done < 0)
			return done;
		/* The file has become shorter */
		if (!done)
			return -ERANGE;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static int rw_cached(struct file *file, loff_t pos, void *data, size_t size, bool write)
{
	struct kvec vec = { .iov_base = data, .iov_len = size };
	struct iov_iter iter;

	iov_iter_kvec(&iter, write ? ITER_SOURCE : ITER_DEST, &vec, 1, size);
	return rw_all(file, pos, &iter);
}

/* The same without the page cache. Network file systems only take pages then. */
static int rw_direct(struct file *file, loff_t pos, void *data, size_t size, bool write)
{
	unsigned int i, nr = DIV_ROUND_UP(size, PAGE_SIZE);
	struct bio_vec *vecs;
	struct iov_iter iter;
	int ret;

	vecs = kmalloc_array(nr, sizeof(*vecs), GFP_KERNEL_ACCOUNT);
	if (!vecs)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		bvec_set_page(&vecs[i], vmalloc_to_page(data + i * PAGE_SIZE),
			      min(size - i * PAGE_SIZE, PAGE_SIZE), 0);
	iov_iter_bvec(&iter, write ? ITER_SOURCE : ITER_DEST, vecs, nr, size);
	ret = rw_all(file, pos, &iter);
	kfree(vecs);
	return ret;
}

/**
 * mdev_bpf_file_rw() - read or write a file
 * @value: the value; it does not change meanwhile
 * @offset: first byte in the file
 * @data: kernel memory; with MDEV_BPF_FILE_DIRECT, from vmalloc()
 * @size: number of bytes
 * @write: true to write
 *
 * Context: Process context, no lock held. May wait for as long as the file system does; a fatal
 * signal interrupts that if the file system permits it.
 *
 * Return: 0; -ENODEV if no file is bound; -EROFS if it was bound for reading; -ERANGE if it does
 * not have the bytes; MDEV_BPF_FILE_FROZEN; -EINTR; -ENOMEM; an errno of read(2) or write(2).
 * After an error some bytes may have been transferred.
 */
int mdev_bpf_file_rw(struct mdev_bpf_param_value *value, u64 offset, void *data, u64 size,
		     bool write)
{
	const struct cred *old;
	int ret;

	ret = check(value, offset, size, write);
	if (ret)
		return ret;
	if (write && is_frozen(value->file))
		return MDEV_BPF_FILE_FROZEN;
	old = override_creds(value->file->f_cred);
	ret = value->number & MDEV_BPF_FILE_DIRECT ?
	      rw_direct(value->file, offset, data, size, write) :
	      rw_cached(value->file, offset, data, size, write);
	revert_creds(old);
	return ret;
}

/**
 * mdev_bpf_file_has_pages() - can mdev_bpf_file_read_pages() read a file?
 * @value: the value; it does not change meanwhile
 *
 * Return: true if a file is bound that has pages in the page cache.
 */
bool mdev_bpf_file_has_pages(const struct mdev_bpf_param_value *value)
{
	return value->file && value->file->f_op->splice_read &&
	       !(value->number & MDEV_BPF_FILE_DIRECT);
}

/**
 * struct page_reader - who gets what is read
 * @copy: called for each piece
 * @arg: its argument
 * @error: what it has returned
 */
struct page_reader {
	int (*copy)(void *arg, void *data, size_t size);
	void *arg;
	int error;
};

/* A piece within a page. Kernels that have BPF trampolines have no high memory. */
static int read_piece(struct pipe_inode_info *pipe, struct pipe_buffer *buf,
		      struct splice_desc *desc)
{
	struct page_reader *reader = desc->u.data;

	reader->error = reader->copy(reader->arg, page_address(buf->page) + buf->offset,
				     desc->len);
	return reader->error ?: desc->len;
}

static int read_pipe(struct pipe_inode_info *pipe, struct splice_desc *desc)
{
	return __splice_from_pipe(pipe, desc, read_piece);
}

/* Read the next bytes, at least one of them. */
static ssize_t read_some(struct file *file, loff_t pos, size_t size, struct page_reader *reader)
{
	struct splice_desc desc = { .total_len = size, .pos = pos, .u.data = reader };
	ssize_t done = splice_direct_to_actor(file, &desc, read_pipe);

	if (reader->error)
		return reader->error;
	if (fatal_signal_pending(current))
		return -EINTR;
	/* The file has become shorter */
	return done ?: -ERANGE;
}

static int read_pages(struct file *file, loff_t pos, size_t size, struct page_reader *reader)
{
	size_t sum;
	ssize_t done = rw_verify_area(READ, file, &pos, size);

	for (sum = 0; done >= 0 && sum < size; sum += done)
		done = read_some(file, pos + sum, size - sum, reader);
	fsnotify_access(file);
	return min(done, 0);
}

/**
 * mdev_bpf_file_read_pages() - read a file, and copy the bytes out of the page cache
 * @value: the value, for which mdev_bpf_file_has_pages() is true; it does not change meanwhile
 * @offset: first byte in the file
 * @size: number of bytes
 * @copy: called for each piece, in their order, with an address in the page cache, which it must
 *	not write; returns 0, or a negative errno, which ends this
 * @arg: argument for @copy
 *
 * While @copy is called, no lock of the file system is held. The pages have references, so they
 * stay as they are if the file is truncated then.
 *
 * Context: As mdev_bpf_file_rw(). The task keeps a pipe for this until it ends.
 *
 * Return: as mdev_bpf_file_rw() for reading; or what @copy has returned.
 */
int mdev_bpf_file_read_pages(struct mdev_bpf_param_value *value, u64 offset, u64 size,
			     int (*copy)(void *arg, void *data, size_t size), void *arg)
{
	struct page_reader reader = { .copy = copy, .arg = arg };
	const struct cred *old;
	int ret;

	ret = check(value, offset, size, false);
	if (ret)
		return ret;
	old = override_creds(value->file->f_cred);
	ret = read_pages(value->file, offset, size, &reader);
	revert_creds(old);
	return ret;
}

static int sync(struct mdev_bpf_param_value *value)
{
	const struct cred *old;
	int ret;

	if (!value->file)
		return -ENODEV;
	if (value->number & MDEV_BPF_FILE_RDONLY)
		return 0;
	old = override_creds(value->file->f_cred);
	ret = vfs_fsync(value->file, 1);
	revert_creds(old);
	return ret;
}

/**
 * mdev_bpf_file_flush() - bring what was written to stable storage, for the program
 * @value: the value; it does not change meanwhile
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; -ENODEV if no file is bound; an errno of fdatasync(2), also one that
 * mdev_bpf_file_sync() has kept.
 */
int mdev_bpf_file_flush(struct mdev_bpf_param_value *value)
{
	int ret = sync(value);

	return xchg(&value->lost, 0) ?: ret;
}

/**
 * mdev_bpf_file_sync() - bring what was written to stable storage, for the core
 * @value: the value, whose file is not accessed meanwhile
 *
 * The kernel reports only once that data was lost, and the guest has to learn of it. So the error
 * is kept until mdev_bpf_file_flush() returns it.
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; -ENODEV if no file is bound; an errno of fdatasync(2), also one that was kept.
 */
int mdev_bpf_file_sync(struct mdev_bpf_param_value *value)
{
	int ret = sync(value);

	if (ret < 0 && ret != -ENODEV && ret != -EINTR && ret != -ERESTARTSYS)
		WRITE_ONCE(value->lost, ret);
	return READ_ONCE(value->lost) ?: ret;
}

static int allocate(struct mdev_bpf_param_value *value, int mode, u64 offset, u64 size)
{
	const struct cred *old;
	int ret;

	ret = check(value, offset, size, true);
	if (ret)
		return ret;
	if (is_frozen(value->file))
		return MDEV_BPF_FILE_FROZEN;
	old = override_creds(value->file->f_cred);
	ret = vfs_fallocate(value->file, mode | FALLOC_FL_KEEP_SIZE, offset, size);
	revert_creds(old);
	return ret;
}

/**
 * mdev_bpf_file_discard() - free bytes of a file, which read as zeros then
 * @value: the value; it does not change meanwhile
 * @offset: first byte in the file
 * @size: number of bytes
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; -ENODEV if no file is bound; -EROFS if it was bound for reading; -ERANGE if it does
 * not have the bytes; MDEV_BPF_FILE_FROZEN; -EOPNOTSUPP if the file system cannot do it; an errno
 * of fallocate(2).
 */
int mdev_bpf_file_discard(struct mdev_bpf_param_value *value, u64 offset, u64 size)
{
	return allocate(value, FALLOC_FL_PUNCH_HOLE, offset, size);
}

/**
 * mdev_bpf_file_zero() - have the file system write zeros to a file, without freeing the bytes
 * @value: the value; it does not change meanwhile
 * @offset: first byte in the file
 * @size: number of bytes
 *
 * Context: Process context, no lock held.
 *
 * Return: as mdev_bpf_file_discard().
 */
int mdev_bpf_file_zero(struct mdev_bpf_param_value *value, u64 offset, u64 size)
{
	return allocate(value, FALLOC_FL_ZERO_RANGE, offset, size);
}
