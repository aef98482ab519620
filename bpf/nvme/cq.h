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

static __always_inline int nvme_cq_request(struct mdev_bpf_queue *lane, struct nvme_pair *s,
					   __u32 job, struct mdev_bpf_request *req)
{
	req->id = NVME_ID(NVME_OF_CQ, 0);
	req->channel = NVME_RING_CHANNEL;
	s->cq.job = job;
	return nvme_request(lane, s, req);
}

/* Where a member of the completion queue is */
#define NVME_IN_CQ(member)	NVME_IN_PAIR(cq.member)

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
static __always_inline int nvme_cq_write(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	struct mdev_bpf_request req = { .op = MDEV_BPF_DMA_WRITE };
	struct nvme_cq *cq = &s->cq;

	if (!cq->stored)
		cq->writing = nvme_cq_staged(cq);
	req.iova = cq->addr + (__u64)cq->written * sizeof(cq->stage[0]);
	req.where = NVME_IN_CQ(stage) + cq->out % NVME_STAGE * sizeof(cq->stage[0]);
	req.size = cq->writing * sizeof(cq->stage[0]);
	return nvme_cq_request(lane, s, cq->stored ? NVME_CQ_WRITE : NVME_CQ_STORE, &req);
}

/*
 * The entries are in guest memory, but for their phase tags. When the driver sees these, what the
 * commands count for is in non-volatile memory, too.
 */
static __always_inline void nvme_cq_stored(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	struct nvme_cq *cq = &s->cq;
	int i;

	cq->stored = 1;
	mdev_bpf_q_for(i, lane, 0, cq->writing)
		cq->stage[(cq->out + i) % NVME_STAGE].status ^= NVME_PHASE;
	if (lane->id)
		mdev_bpf_q_memory_write(lane, NVME_NVRAM, NVME_COUNTERS(lane->id), &s->counters,
					sizeof(s->counters));
}

/* Shadow doorbells: say from where on we want to be told, and look how far the driver is. */
static __always_inline int nvme_cq_shadow(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	__u64 offset = lane->id * NVME_REG_DB_STRIDE + 4;
	struct mdev_bpf_request req = { .size = sizeof(__u32) };
	struct nvme_cq *cq = &s->cq;

	if (cq->event != cq->head) {
		cq->event = cq->head;
		req.op = MDEV_BPF_DMA_WRITE;
		req.iova = s->events + offset;
		req.where = NVME_IN_CQ(event);
		return nvme_cq_request(lane, s, NVME_CQ_EVENT, &req);
	}
	cq->look = 0;
	req.op = MDEV_BPF_DMA_READ;
	req.iova = s->shadow + offset;
	req.where = NVME_IN_CQ(shadow);
	return nvme_cq_request(lane, s, NVME_CQ_SHADOW, &req);
}

/* A ring cannot be accessed. */
static __always_inline void nvme_fatal(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	s->runs = 0;
	nvme_ask(lane, s, NVME_ASK_FATAL);
}

/* Have the completion queue do what is next, unless it does something already. */
int MDEV_BPF_Q_FUNC(nvme_cq_run, lane, struct nvme_pair *, s)
{
	struct nvme_cq *cq;
	int ret = 0;

	if (!s || !s->cq.size || s->cq.job != NVME_CQ_IDLE || !s->runs)
		return 0;
	cq = &s->cq;
	if (cq->in != cq->out)
		ret = nvme_cq_write(lane, s);
	else if (s->shadows && cq->look)
		ret = nvme_cq_shadow(lane, s);
	if (ret)
		nvme_fatal(lane, s);
	return 0;
}

/* The driver has taken completions up to @head. False if there are none up to there. */
static __always_inline bool nvme_cq_taken(struct mdev_bpf_queue *lane, struct nvme_pair *s,
					  __u32 head)
{
	struct nvme_cq *cq = &s->cq;

	if (head >= cq->size || nvme_cq_distance(cq, head) > nvme_cq_distance(cq, cq->written))
		return false;
	cq->head = head;
	nvme_line_cq(lane, s);
	if (cq->full) {
		cq->full = 0;
		s->kicks |= s->sqs;
	}
	return true;
}

/* Completions are in guest memory: the commands are over. */
static __always_inline void nvme_cq_written(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	struct nvme_cq *cq = &s->cq;
	__u32 n = cq->writing;
	int i;

	mdev_bpf_q_for(i, lane, 0, n) {
		__u64 entry = (cq->out + i) % NVME_STAGE;
		struct nvme_sq *sq = nvme_sq_get(s, cq->stage[entry].sq_id);

		if (sq && sq->commands)
			sq->commands--;
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
static __always_inline void nvme_cq_again(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	if (s->shadows)
		s->cq.look |= s->cq.shadow != s->cq.head;
	else if (s->early && !nvme_cq_taken(lane, s, s->doorbell.head))
		nvme_ask(lane, s, NVME_ASK_EVENT_VALUE);
	s->early = 0;
}

/* A request of the completion queue has ended. */
int MDEV_BPF_Q_FUNC(nvme_cq_done, lane, struct nvme_pair *, s, int, error)
{
	struct nvme_cq *cq;
	__u32 job, n;

	if (!s)
		return -EINVAL;
	cq = &s->cq;
	job = cq->job;
	n = cq->writing;
	cq->job = NVME_CQ_IDLE;
	if (error) {
		/* Only a conversion of the state cancels these, so they are made again. */
		if (error != -ECANCELED)
			nvme_fatal(lane, s);
		cq->event = ~0U;
		cq->look = 1;
	} else if (job == NVME_CQ_STORE) {
		nvme_cq_stored(lane, s);
	} else if (job == NVME_CQ_WRITE) {
		nvme_cq_written(lane, s);
		nvme_cq_again(lane, s);
		nvme_interrupt(lane, s, n);
		if (cq->full)
			s->kicks |= s->sqs;
		/* Without an index from us, the driver does not tell what INTx waits for. */
		if (cq->full || s->intx)
			cq->look = 1;
	} else if (job == NVME_CQ_EVENT) {
		mdev_bpf_mb();
	} else if (cq->shadow != cq->head && nvme_cq_taken(lane, s, cq->shadow)) {
		cq->look = cq->full || s->line;
	}
	return nvme_cq_run(ctx, s);
}

/* Stage a completion. There is room, because the command was begun. */
static __always_inline void nvme_cq_stage(struct nvme_cq *cq,
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
