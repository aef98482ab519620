/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion queues. A completion is staged in the state, and written to guest memory together with
 * those that were staged meanwhile. A command is only begun if there will be room for its
 * completion, so the device never waits for the driver with a command in a slot.
 *
 * A driver that polls must not see the phase tag of a new entry before the rest of it, but the
 * bytes of one request arrive in any order. So entries are written twice: first with the tag that
 * is there already, and then, when all of their bytes have arrived, with the new one.
 */
#ifndef __NVME_CQ_H
#define __NVME_CQ_H

#include "interrupt.h"

/* From the head to another entry */
static __always_inline __u32 nvme_cq_distance(const struct nvme_cq *cq, __u32 entry)
{
	return entry >= cq->head ? entry - cq->head : entry + cq->size - cq->head;
}

/* For how many more commands is there room? */
static __always_inline __u32 nvme_cq_room(const struct nvme_cq *cq)
{
	__u32 room = cq->size - 1 - nvme_cq_distance(cq, cq->tail);
	__u32 stage = NVME_STAGE - (cq->in - cq->out);

	if (room > stage)
		room = stage;
	return room > cq->reserved ? room - cq->reserved : 0;
}

static __always_inline int nvme_cq_request(struct mdev_bpf_dev *dev, struct nvme_state *s,
					   __u64 c, __u32 job, struct mdev_bpf_request *req)
{
	struct nvme_cq *cq = nvme_cq_get(s, c);

	if (!cq)
		return -EINVAL;
	req->id = NVME_ID(NVME_OF_CQ, c);
	req->channel = nvme_ring_channel(c);
	cq->job = job;
	return nvme_request(dev, s, req);
}

/* Where a member of completion queue @c is */
#define NVME_IN_CQ(c, member) \
	(NVME_IN_STATE(cq) + (c) * sizeof(struct nvme_cq) + offsetof(struct nvme_cq, member))

/* How many completions are staged, as far as they are contiguous? */
static __always_inline __u32 nvme_cq_staged(const struct nvme_cq *cq)
{
	__u32 first = cq->out % NVME_STAGE;
	__u32 n = cq->in - cq->out;

	if (n > cq->size - cq->written)
		n = cq->size - cq->written;
	return n > NVME_STAGE - first ? NVME_STAGE - first : n;
}

/* Store what is staged; or write the tags of what is stored, which changes nothing else. */
static __always_inline int nvme_cq_write(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 c,
					 struct nvme_cq *cq)
{
	struct mdev_bpf_request req = { .op = MDEV_BPF_DMA_WRITE };

	if (!cq->stored)
		cq->writing = nvme_cq_staged(cq);
	req.iova = cq->addr + (__u64)cq->written * sizeof(cq->stage[0]);
	req.where = NVME_IN_CQ(c, stage) + cq->out % NVME_STAGE * sizeof(cq->stage[0]);
	req.size = cq->writing * sizeof(cq->stage[0]);
	return nvme_cq_request(dev, s, c, cq->stored ? NVME_CQ_WRITE : NVME_CQ_STORE, &req);
}

/* The entries are in guest memory, but for their phase tags. */
static __always_inline void nvme_cq_stored(struct mdev_bpf_dev *dev, struct nvme_cq *cq)
{
	int i;

	cq->stored = 1;
	mdev_bpf_for(i, dev, 0, cq->writing)
		cq->stage[(cq->out + i) % NVME_STAGE].status ^= NVME_PHASE;
}

/* Shadow doorbells: say from where on we want to be told, and look how far the driver is. */
static __always_inline int nvme_cq_shadow(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 c,
					  struct nvme_cq *cq)
{
	__u64 offset = c * NVME_REG_DB_STRIDE + 4;
	struct mdev_bpf_request req = { .size = sizeof(__u32) };

	if (cq->event != cq->head) {
		cq->event = cq->head;
		req.op = MDEV_BPF_DMA_WRITE;
		req.iova = s->events + offset;
		req.where = NVME_IN_CQ(c, event);
		return nvme_cq_request(dev, s, c, NVME_CQ_EVENT, &req);
	}
	cq->look = 0;
	req.op = MDEV_BPF_DMA_READ;
	req.iova = s->shadow + offset;
	req.where = NVME_IN_CQ(c, shadow);
	return nvme_cq_request(dev, s, c, NVME_CQ_SHADOW, &req);
}

/* Have a completion queue do what is next, unless it does something already. */
int MDEV_BPF_FUNC(nvme_cq_run, dev, struct nvme_state *, s, __u64, c)
{
	struct nvme_cq *cq = s ? nvme_cq_get(s, c) : NULL;
	int ret = 0;

	if (!cq || !cq->size || cq->job != NVME_CQ_IDLE || !nvme_runs(s))
		return 0;
	if (cq->in != cq->out)
		ret = nvme_cq_write(dev, s, c, cq);
	else if (s->shadows && c && cq->look)
		ret = nvme_cq_shadow(dev, s, c, cq);
	if (ret)
		s->csts |= NVME_CSTS_CFS;
	return 0;
}

/* Have those submission queues go on that use completion queue @c. */
static __always_inline void nvme_cq_kick(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 c)
{
	int i;

	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(s, i);

		if (sq && sq->size && sq->cq == c)
			mdev_bpf_work_queue(dev, NVME_WORK_KICK + i);
	}
}

/* The driver has taken completions up to @head. False if there are none up to there. */
static __always_inline bool nvme_cq_taken(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 c,
					  struct nvme_cq *cq, __u32 head)
{
	if (head >= cq->size || nvme_cq_distance(cq, head) > nvme_cq_distance(cq, cq->written))
		return false;
	cq->head = head;
	nvme_line_cq(dev, s, c);
	if (cq->full) {
		cq->full = 0;
		nvme_cq_kick(dev, s, c);
	}
	return true;
}

/* Completions are in guest memory: the commands are over. */
static __always_inline void nvme_cq_written(struct mdev_bpf_dev *dev, struct nvme_state *s,
					    __u64 c, struct nvme_cq *cq)
{
	__u32 n = cq->writing;
	int i;

	mdev_bpf_for(i, dev, 0, n) {
		__u64 entry = (cq->out + i) % NVME_STAGE;
		struct nvme_sq *sq = nvme_sq_get(s, cq->stage[entry].sq_id);

		if (!sq || !sq->commands)
			continue;
		sq->commands--;
		if (sq->deleter && !sq->commands)
			mdev_bpf_work_queue(dev, NVME_WORK_DELETE);
	}
	cq->stored = 0;
	cq->out += n;
	cq->written += n;
	if (cq->written >= cq->size)
		cq->written = 0;
}

/*
 * The driver may find completions before we know that they are there, take them, and say so. What
 * it said was too early then: look at it again.
 */
static __always_inline void nvme_cq_again(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 c,
					  struct nvme_cq *cq)
{
	struct nvme_doorbell *doorbell = mdev_bpf_at(s->doorbell, c);

	if (s->shadows && c)
		cq->look |= cq->shadow != cq->head;
	else if (doorbell && doorbell->head != cq->head)
		mdev_bpf_work_queue(dev, NVME_WORK_CQ + c);
}

/* A request of completion queue @c has ended. */
int MDEV_BPF_FUNC(nvme_cq_done, dev, struct nvme_state *, s, __u64, c, int, error)
{
	struct nvme_cq *cq = s ? nvme_cq_get(s, c) : NULL;
	__u32 job, n;

	if (!cq)
		return -EINVAL;
	job = cq->job;
	n = cq->writing;
	cq->job = NVME_CQ_IDLE;
	if (cq->deleter)
		mdev_bpf_work_queue(dev, NVME_WORK_DELETE);
	if (error) {
		/* Only a conversion of the state cancels these, so they are made again. */
		if (error != -ECANCELED)
			s->csts |= NVME_CSTS_CFS;
		cq->event = ~0U;
		cq->look = 1;
	} else if (job == NVME_CQ_STORE) {
		nvme_cq_stored(dev, cq);
	} else if (job == NVME_CQ_WRITE) {
		nvme_cq_written(dev, s, c, cq);
		nvme_cq_again(dev, s, c, cq);
		nvme_interrupt(ctx, s, c, n);
		if (cq->full)
			nvme_cq_kick(dev, s, c);
		/* Without an index from us, the driver does not tell what INTx waits for. */
		if (cq->full || mdev_bpf_irq_mode(dev) != MDEV_BPF_IRQ_MSIX)
			cq->look = 1;
	} else if (job == NVME_CQ_EVENT) {
		mdev_bpf_mb();
	} else if (cq->shadow != cq->head && nvme_cq_taken(dev, s, c, cq, cq->shadow)) {
		cq->look = cq->full || s->lines & 1 << c;
	}
	return nvme_cq_run(ctx, s, c);
}

/* Stage a completion. There is room, because the command was begun. */
static __always_inline void nvme_cq_stage(struct nvme_state *s, struct nvme_cq *cq,
					  const struct nvme_completion *completion)
{
	__u64 entry = cq->in % NVME_STAGE;

	cq->stage[entry] = *completion;
	/* That of the last lap, until the entry is stored */
	cq->stage[entry].status |= cq->phase ^ NVME_PHASE;
	cq->in++;
	if (++cq->tail >= cq->size) {
		cq->tail = 0;
		cq->phase ^= 1;
	}
}

#endif /* __NVME_CQ_H */
