// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs request: the checks before a request is queued. They are made again for requests
 * that arrive in a migration stream.
 */
#include <linux/overflow.h>
#include <linux/string.h>

#include "device/device.h"
#include "dma/file.h"
#include "dma/guest.h"
#include "dma/queue.h"
#include "dma/request.h"
#include "gate/gate.h"
#include "param/param.h"
#include "pci/config.h"

/* Programs of later versions may pass a longer struct, but not arbitrarily long */
#define REQUEST_MAX	4096

static bool range_ok(u64 iova, u64 size)
{
	u64 last;

	return size && size <= MDEV_BPF_MAX_DMA_SIZE && !check_add_overflow(iova, size - 1, &last);
}

/* Guest memory: one range, or a list of them, whose entries are checked when they are read. */
static bool memory_ok(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg, u32 state)
{
	if (!(arg->flags & MDEV_BPF_DMA_LIST))
		return !arg->count && range_ok(arg->iova, arg->size);
	return range_ok(0, arg->size) && arg->count && arg->count <= MDEV_BPF_MAX_SG &&
	       mdev_bpf_guest_where_ok(bdev, arg->iova, arg->count * sizeof(struct mdev_bpf_sg),
				       state);
}

static bool copy_ok(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg, u32 state)
{
	return !(arg->flags & ~MDEV_BPF_DMA_LIST) && memory_ok(bdev, arg, state) &&
	       mdev_bpf_guest_where_ok(bdev, arg->where, arg->size, state);
}

static bool pin_ok(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg)
{
	return !(arg->flags & ~MDEV_BPF_DMA_AGAIN) && !arg->count && !arg->where &&
	       arg->id < bdev->dma.windows && range_ok(arg->iova, arg->size);
}

/* Whether the file has these bytes is checked when the request is carried out. */
static bool file_ok(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg)
{
	return mdev_bpf_param_file(bdev, arg->file) && arg->size <= S64_MAX &&
	       arg->offset <= S64_MAX - arg->size;
}

/* Between a file and either guest memory or the device */
static bool file_copy_ok(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg,
			 u32 state)
{
	if (!file_ok(bdev, arg) || arg->flags & ~MDEV_BPF_DMA_LIST)
		return false;
	if (!arg->where)
		return memory_ok(bdev, arg, state);
	return !arg->flags && !arg->count && !arg->iova && range_ok(0, arg->size) &&
	       mdev_bpf_guest_where_ok(bdev, arg->where, arg->size, state);
}

static bool file_alone_ok(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg)
{
	return file_ok(bdev, arg) && !arg->flags && !arg->count && !arg->iova && !arg->where;
}

/**
 * mdev_bpf_request_check() - check a request
 * @bdev: the device
 * @arg: the request; MDEV_BPF_DMA_AGAIN is valid here
 * @state: size of the state to which the request may refer, in bytes
 *
 * Context: What protects the state held: the gate, or the lane of the queue.
 *
 * Return: 0; -EINVAL if a member is out of range.
 */
int mdev_bpf_request_check(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg,
			   u32 state)
{
	bool ok = false;

	if (arg->channel >= MDEV_BPF_MAX_CHANNELS ||
	    (!mdev_bpf_dma_file_is(arg) && (arg->file || arg->offset)))
		return -EINVAL;
	switch (arg->op) {
	case MDEV_BPF_DMA_READ:
	case MDEV_BPF_DMA_WRITE:
		ok = copy_ok(bdev, arg, state);
		break;
	case MDEV_BPF_DMA_PIN:
		ok = pin_ok(bdev, arg);
		break;
	case MDEV_BPF_FILE_READ:
	case MDEV_BPF_FILE_WRITE:
		ok = file_copy_ok(bdev, arg, state);
		break;
	case MDEV_BPF_FILE_FLUSH:
		ok = file_alone_ok(bdev, arg) && !arg->size && !arg->offset;
		break;
	case MDEV_BPF_FILE_DISCARD:
	case MDEV_BPF_FILE_ZERO:
		ok = file_alone_ok(bdev, arg) && arg->size && arg->size <= MDEV_BPF_MAX_DISCARD;
		break;
	}
	return ok ? 0 : -EINVAL;
}

/**
 * mdev_bpf_request_read() - copy a request of the program, and check it
 * @bdev: the device
 * @arg: set to the request
 * @data: struct mdev_bpf_request as the program knows it, which may be a later version
 * @size: size of @data in bytes
 * @state: as for mdev_bpf_request_check()
 *
 * Context: As for mdev_bpf_request_check().
 *
 * Return: 0; -EINVAL if @data is too short or a member is out of range; -E2BIG if members are set
 * that this version does not have.
 */
int mdev_bpf_request_read(struct mdev_bpf_device *bdev, struct mdev_bpf_request *arg,
			  const void *data, size_t size, u32 state)
{
	if (size < sizeof(*arg))
		return -EINVAL;
	if (size > REQUEST_MAX || memchr_inv(data + sizeof(*arg), 0, size - sizeof(*arg)))
		return -E2BIG;
	/* A copy, because @data may be in a map, where others can write */
	memcpy(arg, data, sizeof(*arg));
	if (arg->flags & MDEV_BPF_DMA_AGAIN)
		return -EINVAL;
	return mdev_bpf_request_check(bdev, arg, state);
}

/**
 * mdev_bpf_request_make() - queue a request of the program
 * @bdev: the device
 * @data: as for mdev_bpf_request_read()
 * @size: size of @data in bytes
 *
 * Context: Process context, the gate held.
 *
 * Return: 0; as mdev_bpf_request_read(); -ENXIO if no user with memory has the device open; -EBUSY
 * if the queue is full.
 */
int mdev_bpf_request_make(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	struct mdev_bpf_request arg;
	int ret;

	mdev_bpf_gate_assert_held(bdev);
	ret = mdev_bpf_request_read(bdev, &arg, data, size, bdev->state.cur.size);
	return ret ?: mdev_bpf_dma_queue_add(bdev, &arg);
}

/**
 * mdev_bpf_request_result() - describe a request that is over
 * @req: the request
 *
 * Return: the argument for dma_done or queue_done.
 */
struct mdev_bpf_dma mdev_bpf_request_result(const struct mdev_bpf_dma_request *req)
{
	return (struct mdev_bpf_dma) {
		.id = req->arg.id,
		.op = req->arg.op,
		.channel = req->arg.channel,
		.flags = req->arg.flags,
		.iova = req->arg.iova,
		.where = req->arg.where,
		.size = req->arg.size,
		.done = req->error ? req->done : req->arg.size,
		.offset = req->arg.offset,
		.file = req->arg.file,
		.count = req->arg.count,
		.error = req->error,
	};
}

/**
 * mdev_bpf_request_may_run() - does bus mastering allow a request?
 * @bdev: the device
 * @arg: the request
 *
 * Return: true if it does; only what accesses guest memory needs it.
 */
bool mdev_bpf_request_may_run(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg)
{
	return !mdev_bpf_guest_is_used(arg) || mdev_bpf_pci_config_is_master(bdev);
}
