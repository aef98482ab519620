// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk for tests of who uses it: it stores nothing, completes each request, and does wrong what
 * its parameter says.
 */
#include <linux/types.h>
#include <linux/virtio_blk.h>

#define VIRTIO_QUEUES		1
#define VIRTIO_QUEUE_SIZE	64
#define VIRTIO_DEPTH		16
#define VIRTIO_CONFIG		struct virtio_blk_config
#define VIRTIO_OWN		struct kvirtio_request
#define VIRTIO_DUMP
#define VIRTIO_READ
#define VIRTIO_WORK

#define KVIRTIO_STEPS	6
#define KVIRTIO_STATUS	KVIRTIO_STEPS
#define KVIRTIO_PERIOD	200000	/* nanoseconds, the shortest that there is */

struct kvirtio_request {
	__u8 bytes[64];
	__u32 step;
	__u8 status;
	__u8 reserved[3];
};

#include "mdev_virtio.bpf.h"
#include "kvirtio.h"

struct kvirtio_state {
	struct virtio v;
	__u64 last;		/* where a buffer was that the driver has back */
	__s32 errors[KVIRTIO_STEPS];
};

static __u64 wrong(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_param(dev, 0);
}

static __u64 virtio_offer(struct mdev_bpf_dev *dev)
{
	/* All that a disk can have, if it is about numbers */
	if (wrong(dev) == KVIRTIO_CONFIG)
		return 0xffffff;
	return VIRTIO_FEATURE(VIRTIO_BLK_F_SEG_MAX) | VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH);
}

static void virtio_configure(struct mdev_bpf_dev *dev, struct virtio *v)
{
	if (wrong(dev) == KVIRTIO_CONFIG) {
		__builtin_memset(&v->config, 0xff, sizeof(v->config));
		v->config.blk_size = 512;
		return;
	}
	v->config.capacity = 2048;
	v->config.seg_max = 8;
}

static void finish(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c, __u64 n)
{
	struct mdev_bpf_sg *last;
	__u64 i = c->count - 1;

	barrier_var(i);
	if (i >= VIRTIO_QUEUE_SIZE)
		return;
	last = &c->pieces[i];
	c->own.step = KVIRTIO_STATUS;
	c->own.status = VIRTIO_BLK_S_OK;
	c->request.op = MDEV_BPF_DMA_WRITE;
	c->request.iova = last->iova + last->size - 1;
	c->request.where = virtio_in_chain(n, own.status);
	c->request.size = 1;
	virtio_submit(dev, v, c, n);
}

/* What the program was not given: each of this must fail. */
static void reach(struct mdev_bpf_dev *dev, struct kvirtio_state *s, struct virtio_chain *c,
		  __u64 n)
{
	__u64 first = c->out, last = c->count - 1;

	barrier_var(first);
	barrier_var(last);
	if (first >= VIRTIO_QUEUE_SIZE || last >= VIRTIO_QUEUE_SIZE)
		return;
	c->request.op = c->own.step ? MDEV_BPF_DMA_READ : MDEV_BPF_DMA_WRITE;
	c->request.where = virtio_in_chain(n, own.bytes);
	c->request.iova = c->pieces[first].iova;
	c->request.size = 1;
	switch (c->own.step) {
	case 0: /* write what is to be read */
		break;
	case 1: /* read what is to be written */
		c->request.iova = c->pieces[last].iova;
		break;
	case 2: /* what comes after a buffer */
		c->request.size = c->pieces[first].size + 1;
		if (c->request.size > sizeof(c->own.bytes))
			c->request.size = sizeof(c->own.bytes);
		break;
	case 3:
		c->request.iova = 0;
		break;
	case 4: /* where x86 has all memory */
		c->request.iova = 0xffff888000001000;
		break;
	case 5: /* what it was given before */
		c->request.iova = s->last;
		break;
	}
	virtio_submit(dev, &s->v, c, n);
}

/* Spoil the areas that the device has no reason to write to. */
static void spoil(struct mdev_bpf_dev *dev)
{
	__u64 *word;
	int i;

	mdev_bpf_for(i, dev, 0, VIRTIO_QUEUE_SIZE * 2) {
		word = virtio_area(dev, 0, VIRTIO_DESC, i * 8, __u64);
		if (word)
			*word = -1;
	}
	word = virtio_area(dev, 0, VIRTIO_DRIVER, 8, __u64);
	if (word)
		*word = -1;
}

static void virtio_begin(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			 struct virtio_chain *c, __u64 n)
{
	struct kvirtio_state *s = mdev_bpf_state(dev, struct kvirtio_state);

	c->own.step = 0;
	c->request.flags = 0;
	c->request.count = 0;
	switch (wrong(dev)) {
	case KVIRTIO_SILENT:
		return;
	case KVIRTIO_STORM:
		mdev_bpf_timer_arm(dev, 1, KVIRTIO_PERIOD, KVIRTIO_PERIOD);
		break;
	case KVIRTIO_NEEDS_RESET:
		virtio_fail(dev, v, 0, VIRTIO_WRONG_REQUEST);
		return;
	case KVIRTIO_NO_RESET:
		/* A request that does not exist, and so is never over */
		v->requests |= 1 << 20;
		break;
	case KVIRTIO_RING:
		spoil(dev);
		break;
	case KVIRTIO_REACH:
		if (s)
			reach(dev, s, c, n);
		return;
	}
	finish(dev, v, c, n);
}

/* Return a chain in a way that is wrong. */
static void end_wrong(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
		      struct virtio_chain *c, __u64 n)
{
	struct virtio_queue *q = virtio_queue(v, 0);
	__u32 length = 1;
	__u16 *index;

	if (wrong(dev) == KVIRTIO_RANGE)
		c->id = 0xfff0;
	if (wrong(dev) == KVIRTIO_TWICE && q)
		virtio_split_push(dev, q, 0, c);
	if (wrong(dev) == KVIRTIO_LENGTH)
		length = -1;
	virtio_end(ctx, n, length);
	index = virtio_area(dev, 0, VIRTIO_USED, VIRTIO_RING_INDEX, __u16);
	if (wrong(dev) == KVIRTIO_MANY && index)
		*index += 1000;
}

static void virtio_continue(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			    struct virtio_chain *c, __u64 n, int error)
{
	struct kvirtio_state *s = mdev_bpf_state(dev, struct kvirtio_state);
	__u64 step = c->own.step;

	barrier_var(step);
	if (step < KVIRTIO_STEPS && s) {
		s->errors[step] = error;
		c->own.step++;
		if (c->own.step < KVIRTIO_STEPS)
			reach(dev, s, c, n);
		else
			finish(dev, v, c, n);
		return;
	}
	if (s)
		s->last = c->request.iova;
	end_wrong(ctx, dev, v, c, n);
}

static void virtio_dump_more(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct kvirtio_state *s = mdev_bpf_state(dev, struct kvirtio_state);

	for (__u32 i = 0; s && i < KVIRTIO_STEPS; i++)
		mdev_bpf_dump_printf(out, "reached %u: %d\n", i, s->errors[i]);
}

/* Interrupts that nothing asks for */
static void virtio_timer_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id)
{
	for (int i = 0; i < 16; i++) {
		mdev_bpf_irq_trigger(dev, 0);
		mdev_bpf_irq_trigger(dev, 1);
	}
}

static void virtio_work_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id)
{
}

static void virtio_read_more(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct virtio *v = mdev_bpf_state(dev, struct virtio);

	if (v && access->offset != VIRTIO_ISR && wrong(dev) == KVIRTIO_GENERATION)
		v->common.generation++;
}

MDEV_BPF_DEVICE(kst_virtio,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct kvirtio_state),
		.params = { { .name = "wrong", .max = KVIRTIO_REACH } },
		.regions = { VIRTIO_REGION },
		.registers = {
			VIRTIO_REGISTERS,
			MDEV_BPF_REG("CAPACITY", VIRTIO_BAR,
				     VIRTIO_DEVICE + offsetof(VIRTIO_CONFIG, capacity),
				     struct virtio, config.capacity,
				     .flags = MDEV_BPF_REGISTER_READ_CALL),
			VIRTIO_CONFIG_REG("SIZE_MAX", size_max),
			VIRTIO_CONFIG_REG("SEG_MAX", seg_max),
			VIRTIO_CONFIG_REG("BLK_SIZE", blk_size),
			VIRTIO_CONFIG_REG("CONFIG_QUEUES", num_queues),
			VIRTIO_CONFIG_REG("DISCARD_MAX", max_discard_sectors),
			VIRTIO_CONFIG_REG("DISCARD_SEG", max_discard_seg),
			VIRTIO_CONFIG_REG("DISCARD_ALIGN", discard_sector_alignment),
			VIRTIO_CONFIG_REG("ZEROES_MAX", max_write_zeroes_sectors),
		},
		VIRTIO_MEMBERS(VIRTIO_ID_BLOCK, 0x010000));

char _license[] SEC("license") = "GPL";
