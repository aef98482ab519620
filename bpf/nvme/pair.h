/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pair of queues: what its ops do. It is rung by its doorbells, by other pairs, and by the work
 * op. Which it was, it finds by what has changed.
 */
#ifndef __NVME_PAIR_H
#define __NVME_PAIR_H

#include "sq.h"

/* The doorbell of submission queue @q has the value @tail, an old one with shadow doorbells. */
static __always_inline void nvme_sq_rung(struct mdev_bpf_queue *lane, struct nvme_pair *s, __u64 q,
					 __u32 tail)
{
	struct nvme_sq *sq = nvme_sq_get(s, q);

	if (!sq || !sq->size)
		return;
	if (s->shadows)
		sq->look = 1;
	else if (tail == sq->seen)
		return;
	else if (tail < sq->size)
		sq->tail = tail;
	else
		nvme_ask(lane, s, NVME_ASK_EVENT_VALUE);
	sq->seen = tail;
	s->kicks |= 1 << q;
}

/* The doorbell of submission queue n. Another pair may serve it, which is told then. */
static __always_inline void nvme_tail(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	__u32 tail = s->doorbell.tail, rung = tail != s->seen.tail;

	s->seen.tail = tail;
	if (s->home == lane->id + 1) {
		nvme_sq_rung(lane, s, lane->id, tail);
	} else if (s->home) {
		mdev_bpf_q_memory_write(lane, NVME_BUFFER, NVME_TAILS + lane->id * sizeof(tail),
					&tail, sizeof(tail));
		mdev_bpf_q_kick(lane, s->home - 1);
	} else if (rung) {
		nvme_ask(lane, s, NVME_ASK_EVENT_REGISTER);
	}
}

/* The doorbells of submission queues that are not its own */
static __always_inline void nvme_other_tails(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	__u32 others = s->sqs & ~(1U << (lane->id & (NVME_QUEUES - 1))), tail;
	int i;

	if (!others)
		return;
	mdev_bpf_q_for(i, lane, 1, NVME_QUEUES) {
		if (!(others & 1 << (i & (NVME_QUEUES - 1))) ||
		    mdev_bpf_q_memory_read(lane, NVME_BUFFER, NVME_TAILS + i * sizeof(tail), &tail,
					   sizeof(tail)))
			continue;
		nvme_sq_rung(lane, s, i, tail);
	}
}

/* The doorbell of the completion queue */
static __always_inline void nvme_head(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	__u32 head = s->doorbell.head, rung = head != s->seen.head;
	struct nvme_cq *cq = &s->cq;

	if (!rung)
		return;
	s->seen.head = head;
	if (!cq->size)
		nvme_ask(lane, s, NVME_ASK_EVENT_REGISTER);
	else if (s->shadows)
		cq->look = 1;
	else if (nvme_cq_taken(lane, s, head))
		s->early = 0;
	else if (cq->job == NVME_CQ_WRITE)
		s->early = 1;
	else
		nvme_ask(lane, s, NVME_ASK_EVENT_VALUE);
	/* There may be room for events. */
	if (!lane->id)
		nvme_ask(lane, s, NVME_ASK_HEAD);
}

/* Have those submission queues go on that may have something to do. */
static __always_inline void nvme_run_kicks(unsigned long long *ctx, struct mdev_bpf_queue *lane,
					   struct nvme_pair *s)
{
	__u64 q;
	int i;

	/* Each may kick the next one */
	mdev_bpf_q_for(i, lane, 0, 2 * NVME_QUEUES) {
		if (!s->kicks)
			break;
		q = nvme_lowest_clear(~(__u64)s->kicks);
		s->kicks &= s->kicks - 1;
		nvme_sq_run(ctx, s, q);
	}
	if (s->kicks)
		mdev_bpf_q_kick(lane, lane->id);
}

/* End the requests of commands that are to be aborted, and of queues that are to be deleted. */
static __always_inline void nvme_pair_abort(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	int i;

	s->aborting = 0;
	mdev_bpf_q_for(i, lane, 0, NVME_SLOTS) {
		struct nvme_slot *slot = nvme_slot_get(s, i);

		if (slot && s->used & 1U << (i & (NVME_SLOTS - 1)) && slot->abort && slot->busy)
			mdev_bpf_q_request_cancel(lane, NVME_ID(NVME_OF_SLOT, i), ~0);
	}
	mdev_bpf_q_for(i, lane, 0, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(s, i);

		if (!sq || !sq->deleter)
			continue;
		nvme_sated(s, i & (NVME_QUEUES - 1));
		if (sq->job != NVME_SQ_IDLE)
			mdev_bpf_q_request_cancel(lane, NVME_ID(NVME_OF_SQ, i), ~0);
	}
}

/* Delete those queues that wait for it and of which nothing is in progress. */
static __always_inline void nvme_pair_delete(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	struct nvme_cq *cq = &s->cq;
	int i;

	if (!s->deleting)
		return;
	mdev_bpf_q_for(i, lane, 1, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(s, i);

		if (!sq || !sq->deleter || sq->commands || sq->job != NVME_SQ_IDLE)
			continue;
		sq->deleter = 0;
		sq->size = 0;
		s->sqs &= ~(1U << (i & (NVME_QUEUES - 1)));
		s->deleting--;
		nvme_ask(lane, s, NVME_ASK_DELETED);
	}
	if (cq->deleter && cq->job == NVME_CQ_IDLE) {
		cq->deleter = 0;
		cq->size = 0;
		s->deleting--;
		nvme_ask(lane, s, NVME_ASK_DELETED);
	}
}

/* CC.EN was cleared: end all requests. */
static __always_inline void nvme_pair_stop(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	if (s->stopping == 1) {
		s->stopping = 2;
		mdev_bpf_q_request_cancel(lane, 0, 0);
	}
	if (!s->requests)
		nvme_ask(lane, s, NVME_ASK_STOPPED);
}

/* The pair was rung. */
static __always_inline void nvme_pair_rung(unsigned long long *ctx, struct mdev_bpf_queue *lane,
					   struct nvme_pair *s)
{
	int i;

	if (s->aborting)
		nvme_pair_abort(lane, s);
	mdev_bpf_q_for(i, lane, 0, NVME_SLOTS) {
		__u64 n = nvme_lowest_clear(~(__u64)s->returned);

		if (!s->returned)
			break;
		s->returned &= s->returned - 1;
		nvme_slot_returned(ctx, s, n);
	}
	nvme_tail(lane, s);
	nvme_other_tails(lane, s);
	nvme_head(lane, s);
	nvme_cq_run(ctx, s);
	nvme_run_kicks(ctx, lane, s);
	nvme_pair_delete(lane, s);
}

/* A request of any kind has ended. */
static __always_inline void nvme_pair_done(unsigned long long *ctx, struct mdev_bpf_queue *lane,
					   struct nvme_pair *s, const struct mdev_bpf_dma *dma)
{
	switch (NVME_ID_KIND(dma->id)) {
	case NVME_OF_SLOT:
		nvme_slot_done(ctx, s, NVME_ID_INDEX(dma->id), dma->error, dma->size);
		break;
	case NVME_OF_SQ:
		nvme_sq_done(ctx, s, NVME_ID_INDEX(dma->id), dma->error);
		break;
	case NVME_OF_CQ:
		nvme_cq_done(ctx, s, dma->error);
		break;
	}
	nvme_run_kicks(ctx, lane, s);
	nvme_pair_delete(lane, s);
}

#endif /* __NVME_PAIR_H */
