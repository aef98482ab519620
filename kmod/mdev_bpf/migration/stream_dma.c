// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sections of the migration stream with DMA requests: dma, and queue-dma for those of queues.
 *
 * Requests are saved as they are, since none is in progress while the device is stopped. Pinned
 * windows only exist on this host. They are saved as requests to pin, before all other requests of
 * their channels, with MDEV_BPF_DMA_AGAIN. So dma_done is called at the target when they are pinned
 * again.
 */
#include <linux/list.h>

#include "device/device.h"
#include "dma/lane.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "dma/request.h"
#include "dma/runner.h"
#include "migration/stream.h"
#include "migration/stream_dma.h"
#include "queue/queue.h"

/* A window whose dma_done has not been called yet is saved as its request only. */
static bool request_is_pinned(struct mdev_bpf_dma_queue *q, const struct mdev_bpf_dma_request *req)
{
	return req->arg.op == MDEV_BPF_DMA_PIN && req->over && !req->error &&
	       q->pins[req->arg.id].state == MDEV_BPF_PIN_READY;
}

static bool pin_is_saved(struct mdev_bpf_dma_queue *q, unsigned int id)
{
	const struct mdev_bpf_dma_request *req;

	if (q->pins[id].state != MDEV_BPF_PIN_READY)
		return false;
	req = mdev_bpf_dma_channel_head(&q->channels[q->pins[id].channel]);
	return !req || req->arg.id != id || !request_is_pinned(q, req);
}

/**
 * mdev_bpf_stream_dma_size() - compute the size of section dma
 * @bdev: the device
 *
 * Context: The gate held.
 *
 * Return: the number of bytes.
 */
size_t mdev_bpf_stream_dma_size(struct mdev_bpf_device *bdev)
{
	unsigned int i, nr = bdev->dma.nr;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < bdev->dma.windows; i++)
		nr += pin_is_saved(&bdev->dma, i);
	return nr * sizeof(struct stream_dma);
}

static void request_save(struct stream_dma *s, const struct mdev_bpf_request *arg)
{
	s->iova = cpu_to_le64(arg->iova);
	s->where = cpu_to_le64(arg->where);
	s->size = cpu_to_le64(arg->size);
	s->offset = cpu_to_le64(arg->offset);
	s->id = cpu_to_le32(arg->id);
	s->op = cpu_to_le32(arg->op);
	s->channel = cpu_to_le32(arg->channel);
	s->flags = cpu_to_le32(arg->flags);
	s->file = cpu_to_le32(arg->file);
	s->count = cpu_to_le32(arg->count);
}

/* In section queue-dma, the member channel has the number of the queue, too. */
#define QUEUE_BITS			16
#define QUEUE_MASK			0xffff
#define QUEUE_CHANNEL(queue, channel)	((queue) | (channel) << QUEUE_BITS)

static void pin_save(struct stream_dma *s, const struct mdev_bpf_pin *pin, u32 id)
{
	const struct mdev_bpf_request arg = {
		.op = MDEV_BPF_DMA_PIN, .flags = MDEV_BPF_DMA_AGAIN,
		.id = id, .channel = pin->channel, .iova = pin->iova, .size = pin->size,
	};

	request_save(s, &arg);
}

static struct stream_dma *channel_save(struct stream_dma *s, const struct mdev_bpf_dma_channel *ch)
{
	struct mdev_bpf_dma_queue *q = &ch->bdev->dma;
	const struct mdev_bpf_dma_request *req;

	list_for_each_entry(req, &ch->requests, node) {
		request_save(s, &req->arg);
		if (ch->lane)
			s->channel = cpu_to_le32(QUEUE_CHANNEL(ch->lane->ctx.id, req->arg.channel));
		s->done = cpu_to_le64(req->done);
		/* The window has to be pinned at the target first */
		s->over = cpu_to_le32(req->over && !request_is_pinned(q, req));
		s->error = cpu_to_le32(req->error);
		s++;
	}
	return s;
}

/**
 * mdev_bpf_stream_dma_save() - write section dma
 * @bdev: the device, whose DMA is held
 * @data: buffer of mdev_bpf_stream_dma_size() bytes, zeroed
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_dma_save(struct mdev_bpf_device *bdev, void *data)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct stream_dma *s = data;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < q->windows; i++)
		if (pin_is_saved(q, i))
			pin_save(s++, &q->pins[i], i);
	for (i = 0; i < MDEV_BPF_MAX_CHANNELS; i++)
		s = channel_save(s, &q->channels[i]);
}

static void result_load(struct mdev_bpf_dma_request *req, const struct stream_dma *s)
{
	req->done = le64_to_cpu(s->done);
	req->over = le32_to_cpu(s->over);
	req->error = le32_to_cpu(s->error);
}

static struct mdev_bpf_request request_of(const struct stream_dma *s)
{
	return (struct mdev_bpf_request) {
		.iova = le64_to_cpu(s->iova),
		.where = le64_to_cpu(s->where),
		.size = le64_to_cpu(s->size),
		.offset = le64_to_cpu(s->offset),
		.id = le32_to_cpu(s->id),
		.op = le32_to_cpu(s->op),
		.channel = le32_to_cpu(s->channel),
		.flags = le32_to_cpu(s->flags),
		.file = le32_to_cpu(s->file),
		.count = le32_to_cpu(s->count),
	};
}

/* @arg: the request that is in @s. @state: size of the state to which it may refer */
static bool request_ok(struct mdev_bpf_device *bdev, const struct stream_dma *s,
		       const struct mdev_bpf_request *arg, u32 state)
{
	s32 error = le32_to_cpu(s->error);

	return !mdev_bpf_request_check(bdev, arg, state) && le32_to_cpu(s->over) <= 1 &&
	       le64_to_cpu(s->done) <= arg->size && error <= 0 && error >= -MAX_ERRNO;
}

/**
 * mdev_bpf_stream_dma_check() - check whether the device could have saved this section dma
 * @bdev: the device
 * @data: the section
 * @size: number of bytes, at most the section's maximum
 *
 * Context: The gate held.
 *
 * Return: true if it could.
 */
bool mdev_bpf_stream_dma_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_dma *s = data;
	size_t i;

	mdev_bpf_gate_assert_held(bdev);
	if (size % sizeof(*s) || size / sizeof(*s) > MDEV_BPF_MAX_DMA + bdev->dma.windows)
		return false;
	for (i = 0; i < size / sizeof(*s); i++) {
		const struct mdev_bpf_request arg = request_of(&s[i]);

		if (!request_ok(bdev, &s[i], &arg, bdev->state.cur.size))
			return false;
	}
	return true;
}

/**
 * mdev_bpf_stream_dma_load() - load section dma
 * @bdev: the device, whose DMA is held; its own requests are discarded
 * @data: the section, checked; NULL if it is absent
 * @size: number of bytes
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_dma_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_dma *s = data;
	size_t i;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_dma_runner_cancel(bdev);
	for (i = 0; i < size / sizeof(*s); i++, s++) {
		const struct mdev_bpf_request arg = request_of(s);
		struct mdev_bpf_dma_request *req = mdev_bpf_dma_queue_put(bdev, &arg);

		/* There is room for as many as mdev_bpf_stream_dma_check() accepts */
		if (!req)
			return;
		result_load(req, s);
	}
}

/**
 * mdev_bpf_stream_dma_queues_size() - compute the size of section queue-dma
 * @bdev: the device
 *
 * Context: The gate held. Does not wait for ops of queues: while the device runs, the size may be
 * outdated.
 *
 * Return: the number of bytes.
 */
size_t mdev_bpf_stream_dma_queues_size(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_lane *lane;
	size_t nr = 0;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_queue_for_each(lane, bdev)
		nr += READ_ONCE(lane->waiting);
	return nr * sizeof(struct stream_dma);
}

/**
 * mdev_bpf_stream_dma_queues_save() - write section queue-dma
 * @bdev: the device, whose DMA is held
 * @data: buffer of mdev_bpf_stream_dma_queues_size() bytes, zeroed
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_dma_queues_save(struct mdev_bpf_device *bdev, void *data)
{
	struct mdev_bpf_dma_channel *ch;
	struct mdev_bpf_lane *lane;
	struct stream_dma *s = data;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_queue_for_each(lane, bdev) {
		guard(spinlock)(&lane->lock);
		mdev_bpf_queue_for_each_channel(ch, lane)
			s = channel_save(s, ch);
	}
}

/* The request of a queue. @q: set to the number of the queue, which may be out of range */
static struct mdev_bpf_request queue_request_of(const struct stream_dma *s, u32 *q)
{
	struct mdev_bpf_request arg = request_of(s);

	*q = arg.channel & QUEUE_MASK;
	arg.channel >>= QUEUE_BITS;
	return arg;
}

/**
 * mdev_bpf_stream_dma_queues_check() - could the device have saved this section queue-dma?
 * @bdev: the device
 * @data: the section
 * @size: number of bytes, at most the section's maximum
 *
 * Context: The gate held.
 *
 * Return: true if it could.
 */
bool mdev_bpf_stream_dma_queues_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	unsigned int nr[MDEV_BPF_MAX_QUEUES] = {};
	const struct stream_dma *s = data;
	size_t i;
	u32 q;

	mdev_bpf_gate_assert_held(bdev);
	if (size % sizeof(*s))
		return false;
	for (i = 0; i < size / sizeof(*s); i++) {
		const struct mdev_bpf_request arg = queue_request_of(&s[i], &q);

		if (q >= bdev->queues.nr || ++nr[q] > MDEV_BPF_MAX_DMA ||
		    arg.op == MDEV_BPF_DMA_PIN ||
		    !request_ok(bdev, &s[i], &arg, bdev->state.cur.queue_size))
			return false;
	}
	return true;
}

/**
 * mdev_bpf_stream_dma_queues_load() - load section queue-dma
 * @bdev: the device, whose DMA is held; section dma has discarded its own requests
 * @data: the section, checked; NULL if it is absent
 * @size: number of bytes
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_dma_queues_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_dma *s = data;
	size_t i;
	u32 q;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < size / sizeof(*s); i++, s++) {
		const struct mdev_bpf_request arg = queue_request_of(s, &q);
		struct mdev_bpf_lane *lane = bdev->queues.lanes[q];
		struct mdev_bpf_dma_request *req;

		guard(spinlock)(&lane->lock);
		req = mdev_bpf_dma_lane_put(lane, &arg);
		if (req)
			result_load(req, s);
	}
}
