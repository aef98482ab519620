// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-blk: a disk with four queues (virtio 1.2, 5.2), in a file of the host or in memory of the
 * device. Documentation/devices/virtio.rst describes it.
 */
#include <linux/types.h>
#include <linux/virtio_blk.h>

#define VIRTIO_QUEUES		4
#define VIRTIO_QUEUE_SIZE	128
#define VIRTIO_DEPTH		16
#define VIRTIO_CONFIG		struct virtio_blk_config
#define VIRTIO_OWN		struct blk_request

#define BLK_SECTOR		512
#define BLK_DIRECT		4096		/* multiple that a file with "direct:" takes */
#define BLK_MEMORY		9		/* the disk, if there is no file */
#define BLK_ZERO_PIECE		(1 << 20)	/* of memory, by one call */
#define BLK_ZERO_PIECES		4

/* A request of the driver, and what it has come to: the step is that of the request in progress. */
enum blk_step {
	BLK_HEADER, BLK_RANGE, BLK_DATA, BLK_FLUSH, BLK_FREE, BLK_FILL, BLK_ID, BLK_STATUS
};

struct blk_request {
	struct virtio_blk_outhdr header;
	struct virtio_blk_discard_write_zeroes range;
	__u64 position;		/* bytes: where on the disk, and how many are left */
	__u64 left;
	__u32 step;
	__u32 written;		/* bytes in the driver's buffers, without the status */
	char id[VIRTIO_BLK_ID_BYTES];
	__u8 status;
	__u8 reserved[3];
};

#include "mdev_virtio.bpf.h"

struct blk_state {
	struct virtio v;
};

enum { DISK, MEMORY, READ_ONLY, SERIAL, PACKED };	/* parameters */

static bool has_file(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_param(dev, DISK) & MDEV_BPF_FILE_BOUND;
}

static bool is_read_only(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_param(dev, READ_ONLY) || mdev_bpf_param(dev, DISK) & MDEV_BPF_FILE_RDONLY;
}

static __u64 virtio_offer(struct mdev_bpf_dev *dev)
{
	__u64 changes = VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD) |
			VIRTIO_FEATURE(VIRTIO_BLK_F_WRITE_ZEROES);

	return VIRTIO_FEATURE(VIRTIO_BLK_F_SEG_MAX) | VIRTIO_FEATURE(VIRTIO_BLK_F_BLK_SIZE) |
	       VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH) | VIRTIO_FEATURE(VIRTIO_BLK_F_MQ) |
	       (mdev_bpf_param(dev, PACKED) ? VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) : 0) |
	       (is_read_only(dev) ? VIRTIO_FEATURE(VIRTIO_BLK_F_RO) : changes);
}

static void virtio_configure(struct mdev_bpf_dev *dev, struct virtio *v)
{
	bool direct = mdev_bpf_param(dev, DISK) & MDEV_BPF_FILE_DIRECT;
	__s64 size = has_file(dev) ? mdev_bpf_file_size(dev, DISK) : mdev_bpf_param(dev, MEMORY);
	__u32 most = has_file(dev) ? MDEV_BPF_MAX_DISCARD / BLK_SECTOR :
				     BLK_ZERO_PIECES * BLK_ZERO_PIECE / BLK_SECTOR;

	v->config.blk_size = direct ? BLK_DIRECT : BLK_SECTOR;
	if (direct)
		size &= -BLK_DIRECT;
	v->config.capacity = size > 0 ? size / BLK_SECTOR : 0;
	v->config.seg_max = VIRTIO_QUEUE_SIZE - 2;
	v->config.num_queues = VIRTIO_QUEUES;
	v->config.max_discard_sectors = most;
	v->config.max_discard_seg = 1;
	v->config.discard_sector_alignment = v->config.blk_size / BLK_SECTOR;
	v->config.max_write_zeroes_sectors = most;
	v->config.max_write_zeroes_seg = 1;
	v->config.write_zeroes_may_unmap = 1;
}

/* The request is over: write its status, the last byte that the driver has for the device. */
static int finish(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c, __u64 n,
		  __u8 status)
{
	struct mdev_bpf_sg *last;
	__u64 i = c->count - 1;

	barrier_var(i);
	if (i >= VIRTIO_QUEUE_SIZE)
		return -EIO;
	last = &c->pieces[i];
	c->own.status = status;
	c->own.step = BLK_STATUS;
	c->request.op = MDEV_BPF_DMA_WRITE;
	c->request.flags = 0;
	c->request.count = 0;
	c->request.file = 0;
	c->request.offset = 0;
	c->request.iova = last->iova + last->size - 1;
	c->request.where = virtio_in_chain(n, own.status);
	c->request.size = 1;
	return virtio_submit(dev, v, c, n);
}

/* A request about the file, or about memory that is the disk */
static int transfer(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c, __u64 n,
		    bool write)
{
	__u64 size = c->own.left < MDEV_BPF_MAX_DMA_SIZE ? c->own.left : MDEV_BPF_MAX_DMA_SIZE;

	c->own.step = BLK_DATA;
	if (has_file(dev)) {
		c->request.offset = c->own.position;
		return virtio_copy(dev, v, c, n,
				   write ? MDEV_BPF_FILE_WRITE : MDEV_BPF_FILE_READ, 0, size);
	}
	return virtio_copy(dev, v, c, n, write ? MDEV_BPF_DMA_READ : MDEV_BPF_DMA_WRITE,
			   MDEV_BPF_MEMORY(BLK_MEMORY, c->own.position), size);
}

/* A request about the file that no guest memory is involved in */
static int file_request(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c,
			__u64 n, enum blk_step step)
{
	struct mdev_bpf_request *req = &c->request;

	c->own.step = step;
	req->flags = 0;
	req->iova = 0;
	req->count = 0;
	req->where = 0;
	req->op = step == BLK_FLUSH ? MDEV_BPF_FILE_FLUSH :
		  step == BLK_FREE ? MDEV_BPF_FILE_DISCARD : MDEV_BPF_FILE_ZERO;
	req->offset = step == BLK_FLUSH ? 0 : c->own.position;
	req->size = step == BLK_FLUSH ? 0 : c->own.left;
	return virtio_submit(dev, v, c, n);
}

/* Is this on the disk? */
static bool fits(const struct virtio *v, __u64 sector, __u64 size)
{
	return !(size % BLK_SECTOR) && sector <= v->config.capacity &&
	       size / BLK_SECTOR <= v->config.capacity - sector;
}

static __u8 begin_data(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c, __u64 n,
		       bool write)
{
	__u64 size = write ? c->out_size - sizeof(c->own.header) : c->in_size - 1;

	if (!fits(v, c->own.header.sector, size) || (write && is_read_only(dev)))
		return VIRTIO_BLK_S_IOERR;
	c->own.position = c->own.header.sector * BLK_SECTOR;
	c->own.left = size;
	return transfer(dev, v, c, n, write) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static __u8 begin_range(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c,
			__u64 n)
{
	if (is_read_only(dev))
		return VIRTIO_BLK_S_IOERR;
	if (c->out_size != sizeof(c->own.header) + sizeof(c->own.range))
		return VIRTIO_BLK_S_UNSUPP;
	c->own.step = BLK_RANGE;
	return virtio_copy(dev, v, c, n, MDEV_BPF_DMA_READ, virtio_in_chain(n, own.range),
			   sizeof(c->own.range)) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static __u8 begin_id(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c, __u64 n)
{
	__u64 size = c->in_size - 1 < VIRTIO_BLK_ID_BYTES ? c->in_size - 1 : VIRTIO_BLK_ID_BYTES;
	char text[VIRTIO_BLK_ID_BYTES + 1] = {};

	/* The name of the device, which is its UUID, if the administrator has set no other one */
	if (mdev_bpf_param_text(dev, SERIAL, text, sizeof(text)) > 0)
		__builtin_memcpy(c->own.id, text, VIRTIO_BLK_ID_BYTES);
	else
		__builtin_memcpy(c->own.id, dev->name, VIRTIO_BLK_ID_BYTES);
	if (!size)
		return VIRTIO_BLK_S_IOERR;
	c->own.step = BLK_ID;
	c->own.written = size;
	return virtio_copy(dev, v, c, n, MDEV_BPF_DMA_WRITE, virtio_in_chain(n, own.id), size) ?
	       VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

/* Begin with what the header asks for. Returns another status than OK if that cannot be done. */
int MDEV_BPF_FUNC(blk_dispatch, dev, __u64, n)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;

	if (!c)
		return VIRTIO_BLK_S_IOERR;
	switch (c->own.header.type) {
	case VIRTIO_BLK_T_IN:
		return begin_data(dev, v, c, n, false);
	case VIRTIO_BLK_T_OUT:
		return begin_data(dev, v, c, n, true);
	case VIRTIO_BLK_T_FLUSH:
		if (!has_file(dev))
			return finish(dev, v, c, n, VIRTIO_BLK_S_OK);
		return file_request(dev, v, c, n, BLK_FLUSH) ? VIRTIO_BLK_S_IOERR : 0;
	case VIRTIO_BLK_T_GET_ID:
		return begin_id(dev, v, c, n);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return begin_range(dev, v, c, n);
	}
	return VIRTIO_BLK_S_UNSUPP;
}

static __u8 zero_memory(struct mdev_bpf_dev *dev, const struct blk_request *own)
{
	int i;

	mdev_bpf_for(i, dev, 0, BLK_ZERO_PIECES) {
		__u64 done = (__u64)i * BLK_ZERO_PIECE;
		__u64 left = own->left - done;

		if (own->left <= done)
			break;
		if (mdev_bpf_memory_zero(dev, BLK_MEMORY, own->position + done,
					 left < BLK_ZERO_PIECE ? left : BLK_ZERO_PIECE))
			return VIRTIO_BLK_S_IOERR;
	}
	return VIRTIO_BLK_S_OK;
}

/* The range of a discard, or of writing zeros, has arrived. Only the latter has a flag. */
int MDEV_BPF_FUNC(blk_range, dev, __u64, n)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;
	bool discard, keep;
	__u32 flags;

	if (!c)
		return VIRTIO_BLK_S_IOERR;
	discard = c->own.header.type == VIRTIO_BLK_T_DISCARD;
	flags = c->own.range.flags;
	keep = !discard && !(flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP);
	if (flags & ~(discard ? 0 : VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP))
		return VIRTIO_BLK_S_UNSUPP;
	c->own.left = (__u64)c->own.range.num_sectors * BLK_SECTOR;
	if (!fits(v, c->own.range.sector, c->own.left) ||
	    c->own.range.num_sectors > v->config.max_discard_sectors)
		return VIRTIO_BLK_S_IOERR;
	c->own.position = c->own.range.sector * BLK_SECTOR;
	if (!c->own.left)
		return finish(dev, v, c, n, VIRTIO_BLK_S_OK);
	if (has_file(dev))
		return file_request(dev, v, c, n, keep ? BLK_FILL : BLK_FREE) ?
		       VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
	return finish(dev, v, c, n, zero_memory(dev, &c->own));
}

/* A write is over. Without FLUSH, it is stable when it ends. */
static int end_write(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c, __u64 n)
{
	if (!virtio_has(v, VIRTIO_BLK_F_FLUSH) && has_file(dev))
		return file_request(dev, v, c, n, BLK_FLUSH);
	return finish(dev, v, c, n, VIRTIO_BLK_S_OK);
}

/* More of the data, or what comes after it */
static int more_data(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
		     struct virtio_chain *c, __u64 n)
{
	bool write = c->own.header.type != VIRTIO_BLK_T_IN;
	__u64 size = c->request.size;

	c->own.position += size;
	c->own.left -= size;
	if (!write)
		c->own.written += size;
	if (c->own.left) {
		virtio_skip(ctx, n, !write, size);
		return transfer(dev, v, c, n, write);
	}
	return write ? end_write(dev, v, c, n) : finish(dev, v, c, n, VIRTIO_BLK_S_OK);
}

/* A step has ended well: the next one. Returns another status than OK if there is none. */
int MDEV_BPF_FUNC(blk_next, dev, __u64, n)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;

	if (!c)
		return VIRTIO_BLK_S_IOERR;
	switch (c->own.step) {
	case BLK_HEADER:
		virtio_skip(ctx, n, 0, sizeof(c->own.header));
		return blk_dispatch(ctx, n);
	case BLK_RANGE:
		return blk_range(ctx, n);
	case BLK_DATA:
	case BLK_FILL:
		return more_data(ctx, dev, v, c, n) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
	case BLK_FREE:
		if (c->own.header.type != VIRTIO_BLK_T_WRITE_ZEROES)
			break;
		return end_write(dev, v, c, n) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
	}
	return finish(dev, v, c, n, VIRTIO_BLK_S_OK) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

/* End a request; if its status cannot be written, the driver must not take it for a good one. */
static void end_with(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c, __u64 n,
		     __u8 status)
{
	if (finish(dev, v, c, n, status))
		virtio_fail(dev, v, c->queue, VIRTIO_WRONG_REQUEST);
}

static void virtio_continue(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			    struct virtio_chain *c, __u64 n, int error)
{
	__u8 status = VIRTIO_BLK_S_IOERR;

	if (c->own.step == BLK_STATUS) {
		if (error)
			virtio_fail(dev, v, c->queue, VIRTIO_WRONG_REQUEST);
		else
			virtio_end(ctx, n, c->own.written + 1);
		return;
	}
	/* A file system that cannot free blocks can still write zeros. */
	if (error == -EOPNOTSUPP && c->own.step == BLK_FREE) {
		if (c->own.header.type == VIRTIO_BLK_T_WRITE_ZEROES &&
		    !file_request(dev, v, c, n, BLK_FILL))
			return;
		status = VIRTIO_BLK_S_UNSUPP;
	}
	if (!error)
		status = blk_next(ctx, n);
	if (status)
		end_with(dev, v, c, n, status);
}

static void virtio_begin(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			 struct virtio_chain *c, __u64 n)
{
	if (!c->in_size) {
		virtio_fail(dev, v, c->queue, VIRTIO_WRONG_REQUEST);
		return;
	}
	c->own.step = BLK_HEADER;
	c->own.written = 0;
	if (c->out_size >= sizeof(c->own.header) &&
	    !virtio_copy(dev, v, c, n, MDEV_BPF_DMA_READ, virtio_in_chain(n, own.header),
			 sizeof(c->own.header)))
		return;
	end_with(dev, v, c, n, VIRTIO_BLK_S_IOERR);
}

MDEV_BPF_DEVICE(virtio_blk,
		.description = "A disk in a file or in memory, with four queues",
		.types = { { .name = "1", .pretty_name = "virtio-blk" } },
		.state_size = sizeof(struct blk_state),
		.params = {
			[DISK] = { .name = "disk", .kind = MDEV_BPF_PARAM_FILE },
			[MEMORY] = { .name = "memory", .min = 1 << 20, .max = 1ULL << 36,
				     .preset = 64 << 20 },
			[READ_ONLY] = { .name = "read_only", .kind = MDEV_BPF_PARAM_BOOL },
			[SERIAL] = { .name = "serial", .kind = MDEV_BPF_PARAM_TEXT,
				     .max = VIRTIO_BLK_ID_BYTES },
			[PACKED] = { .name = "packed", .kind = MDEV_BPF_PARAM_BOOL },
		},
		.regions = {
			VIRTIO_REGION,
			{ .index = BLK_MEMORY, .size = 1 << 20, .size_param = MEMORY,
			  .flags = MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_KEEP |
				   MDEV_BPF_REGION_SIZE_PARAM },
		},
		.registers = {
			VIRTIO_REGISTERS,
			VIRTIO_CONFIG_REG("CAPACITY", capacity),
			VIRTIO_CONFIG_REG("SEG_MAX", seg_max),
			VIRTIO_CONFIG_REG("BLK_SIZE", blk_size),
			VIRTIO_CONFIG_REG("CONFIG_QUEUES", num_queues),
			VIRTIO_CONFIG_REG("DISCARD_MAX", max_discard_sectors),
			VIRTIO_CONFIG_REG("DISCARD_SEG", max_discard_seg),
			VIRTIO_CONFIG_REG("DISCARD_ALIGN", discard_sector_alignment),
			VIRTIO_CONFIG_REG("ZEROES_MAX", max_write_zeroes_sectors),
			VIRTIO_CONFIG_REG("ZEROES_SEG", max_write_zeroes_seg),
			VIRTIO_CONFIG_REG("ZEROES_UNMAP", write_zeroes_may_unmap),
		},
		VIRTIO_MEMBERS(VIRTIO_ID_BLOCK, 0x010000));

char _license[] SEC("license") = "GPL";
