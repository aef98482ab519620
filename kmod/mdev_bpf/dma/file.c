// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests for files that the administrator has bound to the device.
 *
 * The fault thread of the channel carries them out, because a file system may wait for any time.
 * Guest memory is never accessed by a file system, and the file system is never called with a lock
 * of VFIO held: what is read for the guest is copied from the page cache when the file system has
 * returned, and all else goes through a buffer. So there is no time limit for accessing the file:
 * only cancelling the request, a reset or closing the device interrupts that.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "device/device.h"
#include "dma/fault.h"
#include "dma/file.h"
#include "dma/guest.h"
#include "dma/queue.h"
#include "param/file.h"
#include "param/param.h"

/* Zeros are written in pieces of this size, so that this can be interrupted */
#define ZERO_PIECE SZ_1M
/* A buffer up to this size stays with the thread until that has been idle for a while */
#define BUFFER_KEPT SZ_128K

/*
 * Translate the result of changing or flushing a file. If the file system was interrupted, or is
 * frozen, the thread tries again. Any other error is final, because an error of storing what was
 * written before is reported only once: another attempt would succeed.
 */
static int changed(struct mdev_bpf_dma_channel *ch, int ret)
{
	switch (ret) {
	case MDEV_BPF_FILE_FROZEN:
		mdev_bpf_fault_retry(&ch->fault);
		return -EINTR;
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		return -EINTR;
	case -EINTR:
	case 0:
		return ret;
	default:
		mdev_bpf_fault_final(&ch->fault);
		return ret;
	}
}

/* Copy from the file to the device or to guest memory. */
static int read_file(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_param_value *file, void *buf)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	int ret = mdev_bpf_file_rw(file, req->arg.offset, buf, req->arg.size, false);

	return ret ?: mdev_bpf_guest_buffer(ch, buf, false);
}

static int write_file(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_param_value *file, void *buf)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	int ret = mdev_bpf_guest_buffer(ch, buf, true);

	if (ret)
		return ret;
	return changed(ch, mdev_bpf_file_rw(file, req->arg.offset, buf, req->arg.size, true));
}

/*
 * With O_DIRECT, the file system gets the pages of the buffer. So they have to be aligned, and must
 * not be those of the slab allocator, which the network does not take.
 */
static void *make_buffer(const struct mdev_bpf_param_value *file, u64 size)
{
	return file->number & MDEV_BPF_FILE_DIRECT ? __vmalloc(size, GFP_KERNEL_ACCOUNT) :
						     kvmalloc(size, GFP_KERNEL_ACCOUNT);
}

/*
 * A buffer for a transfer. One that the file system does not keep may be the thread's, because
 * memory that may have to be cleared takes as long to get as to fill. After an interrupted read
 * with O_DIRECT, the file system may still write to the buffer.
 */
static void *get_buffer(struct mdev_bpf_dma_channel *ch, const struct mdev_bpf_param_value *file,
			u64 size)
{
	struct mdev_bpf_fault *fault = &ch->fault;

	if (file->number & MDEV_BPF_FILE_DIRECT || size > BUFFER_KEPT)
		return make_buffer(file, size);
	if (size > fault->buffer_size) {
		mdev_bpf_fault_drop_buffer(fault);
		size = max(roundup_pow_of_two(size), PAGE_SIZE);
		fault->buffer = kvmalloc(size, GFP_KERNEL_ACCOUNT);
		fault->buffer_size = fault->buffer ? size : 0;
	}
	return fault->buffer;
}

static void put_buffer(struct mdev_bpf_dma_channel *ch, void *buf)
{
	if (buf != ch->fault.buffer)
		kvfree(buf);
}

static int copy_piece(void *run, void *data, size_t size)
{
	return mdev_bpf_guest_copy(run, data, size);
}

/* Copy what the page cache has to guest memory. */
static int read_to_guest(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_param_value *file)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	struct mdev_bpf_guest_run run;
	int ret = mdev_bpf_guest_begin(&run, ch, true, false);

	ret = ret ?: mdev_bpf_file_read_pages(file, req->arg.offset, req->arg.size, copy_piece,
					      &run);
	req->done = run.done;
	return ret;
}

static int transfer(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_param_value *file)
{
	const struct mdev_bpf_request *arg = &mdev_bpf_dma_channel_head(ch)->arg;
	bool read = arg->op == MDEV_BPF_FILE_READ;
	void *buf;
	int ret;

	if (read && !arg->where && mdev_bpf_file_has_pages(file))
		return read_to_guest(ch, file);
	buf = get_buffer(ch, file, arg->size);
	if (!buf)
		return -ENOMEM;
	ret = read ? read_file(ch, file, buf) : write_file(ch, file, buf);
	put_buffer(ch, buf);
	return ret;
}

/*
 * Zeros are written by the file system, or the storage, if they have a way for that. Not all have,
 * and a block device has one for whole blocks only.
 */
static int zero_piece(struct mdev_bpf_param_value *file, u64 offset, u64 size)
{
	int ret = mdev_bpf_file_zero(file, offset, size);
	void *buf;

	if (ret != -EOPNOTSUPP && ret != -EINVAL)
		return ret;
	buf = make_buffer(file, size);
	if (!buf)
		return -ENOMEM;
	memset(buf, 0, size);
	ret = mdev_bpf_file_rw(file, offset, buf, size, true);
	kvfree(buf);
	return ret;
}

/* Another attempt goes on where this one was interrupted. */
static int zero(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_param_value *file)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	u64 size;
	int ret;

	while (req->done < req->arg.size) {
		if (fatal_signal_pending(current))
			return -EINTR;
		size = min_t(u64, req->arg.size - req->done, ZERO_PIECE);
		ret = changed(ch, zero_piece(file, req->arg.offset + req->done, size));
		if (ret)
			return ret;
		req->done += size;
		cond_resched();
	}
	return 0;
}

static int run(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_param_value *file)
{
	const struct mdev_bpf_request *arg = &mdev_bpf_dma_channel_head(ch)->arg;

	switch (arg->op) {
	case MDEV_BPF_FILE_FLUSH:
		return changed(ch, mdev_bpf_file_flush(file));
	case MDEV_BPF_FILE_DISCARD:
		return changed(ch, mdev_bpf_file_discard(file, arg->offset, arg->size));
	case MDEV_BPF_FILE_ZERO:
		return zero(ch, file);
	default:
		return transfer(ch, file);
	}
}

/**
 * mdev_bpf_dma_file() - carry out the first request of a channel, which is for a file
 * @ch: the channel, busy with the caller
 *
 * Context: Process context, the fault thread, no lock held.
 *
 * Return: 0; -ENODEV if no file is bound; -EROFS, -ERANGE or an errno of the file system, see
 * mdev_bpf_file_rw(); as mdev_bpf_guest_transfer().
 */
int mdev_bpf_dma_file(struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	struct mdev_bpf_param_value *file = mdev_bpf_param_file(ch->bdev, req->arg.file);
	int ret;

	if (!file)
		return -ENODEV;
	if (req->arg.op != MDEV_BPF_FILE_ZERO)
		req->done = 0;
	ret = run(ch, file);
	/* Errnos that are internal to the kernel */
	return ret < -MDEV_BPF_MAX_ERRNO ? -EIO : ret;
}
