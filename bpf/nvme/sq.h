/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Submission queues: commands are fetched, put into slots, and begun; and what a command does when
 * its request has ended.
 */
#ifndef __NVME_SQ_H
#define __NVME_SQ_H

#include "nvm.h"

/* Where a member of submission queue @q is */
#define NVME_IN_SQ(q, member) \
	(NVME_IN_PAIR(sq) + (q) * sizeof(struct nvme_sq) + offsetof(struct nvme_sq, member))

static __always_inline int nvme_sq_request(struct mdev_bpf_queue *lane, struct nvme_pair *s,
					   __u64 q, struct nvme_sq *sq, __u32 job,
					   struct mdev_bpf_request *req)
{
	req->id = NVME_ID(NVME_OF_SQ, q);
	req->channel = NVME_RING_CHANNEL;
	sq->job = job;
	return nvme_request(lane, s, req);
}

/*
 * Slots for up to @n commands of submission queue @q, which are promised to it: how many. Those
 * that a pair serves take turns, so while others wait, one whose turn it is not gets none.
 */
static __always_inline __u32 nvme_slots_promise(struct nvme_pair *s, __u64 q, __u32 n)
{
	__u32 left = nvme_slots_left(s);
	bool others = s->starved & ~(1U << q);

	if (!left || (others && nvme_next_starved(s) != q)) {
		s->starved |= 1 << q;
		/* By that, it may have become another one's turn. */
		nvme_slot_offer(s);
		return 0;
	}
	if (n > left)
		n = left;
	s->fetching += n;
	s->turn = q + 1;
	nvme_sated(s, q);
	return n;
}

/* Fetch commands, if there is room for at least one. */
static __always_inline int nvme_sq_fetch(unsigned long long *ctx, struct mdev_bpf_queue *lane,
					 struct nvme_pair *s, __u64 q, struct nvme_sq *sq)
{
	struct mdev_bpf_request req = { .op = MDEV_BPF_DMA_READ };
	__u32 n, room = nvme_cq_room(&s->cq);

	if (!room) {
		s->cq.full = 1;
		s->cq.look = 1;
		nvme_sated(s, q);
		nvme_cq_run(ctx, s);
		return 0;
	}
	n = (sq->tail > sq->head ? sq->tail : sq->size) - sq->head;
	if (n > NVME_FETCH)
		n = NVME_FETCH;
	if (n > room)
		n = room;
	n = nvme_slots_promise(s, q, n);
	if (!n)
		return 0;
	sq->fetched = n;
	req.iova = sq->addr + (__u64)sq->head * sizeof(sq->fetch[0]);
	req.where = NVME_IN_SQ(q, fetch);
	req.size = n * sizeof(sq->fetch[0]);
	return nvme_sq_request(lane, s, q, sq, NVME_SQ_FETCH, &req);
}

/* The queue is empty, as far as we know: say so, and look again. */
static __always_inline int nvme_sq_event(struct mdev_bpf_queue *lane, struct nvme_pair *s, __u64 q,
					 struct nvme_sq *sq)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_WRITE, .iova = s->events + q * NVME_REG_DB_STRIDE,
		.where = NVME_IN_SQ(q, event), .size = sizeof(sq->event),
	};

	sq->event = sq->tail;
	return nvme_sq_request(lane, s, q, sq, NVME_SQ_EVENT, &req);
}

static __always_inline int nvme_sq_shadow(struct mdev_bpf_queue *lane, struct nvme_pair *s, __u64 q,
					  struct nvme_sq *sq)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_READ, .iova = s->shadow + q * NVME_REG_DB_STRIDE,
		.where = NVME_IN_SQ(q, shadow), .size = sizeof(sq->shadow),
	};

	sq->look = 0;
	return nvme_sq_request(lane, s, q, sq, NVME_SQ_SHADOW, &req);
}

/* Have a submission queue do what is next, unless it does something already. */
int MDEV_BPF_Q_FUNC(nvme_sq_run, lane, struct nvme_pair *, s, __u64, q)
{
	struct nvme_sq *sq = s ? nvme_sq_get(s, q) : NULL;
	int ret = 0;

	if (!sq || !sq->size || sq->job != NVME_SQ_IDLE || sq->deleter || !s->runs)
		return 0;
	if (sq->head == sq->tail)
		nvme_sated(s, q);
	if (s->shadows && sq->look)
		ret = nvme_sq_shadow(lane, s, q, sq);
	else if (sq->head != sq->tail)
		ret = nvme_sq_fetch(ctx, lane, s, q, sq);
	else if (s->shadows && sq->event != sq->tail)
		ret = nvme_sq_event(lane, s, q, sq);
	if (ret)
		nvme_fatal(lane, s);
	return 0;
}

/* What a handler has returned: the command is over, or goes on. */
static __always_inline void nvme_result(unsigned long long *ctx, struct nvme_pair *s, __u64 n,
					int ret)
{
	if (ret >= 0)
		nvme_finish(ctx, s, n, ret);
}

/* Begin a command that was fetched by queue @q. False if there is no slot, or no room. */
int MDEV_BPF_Q_FUNC(nvme_begin, lane, struct nvme_pair *, s, __u64, q, __u64, i)
{
	struct nvme_sq *sq = s ? nvme_sq_get(s, q) : NULL;
	struct nvme_slot *slot;
	int ret;
	__u64 n;

	if (!sq || i >= NVME_FETCH || !nvme_cq_room(&s->cq))
		return false;
	n = nvme_slot_take(lane, s);
	slot = nvme_slot_get(s, n);
	if (!slot)
		return false;
	__builtin_memset(slot, 0, offsetof(struct nvme_slot, prp));
	slot->cmd = sq->fetch[i];
	slot->queue = q;
	slot->step = NVME_WAIT;
	if (++sq->head >= sq->size)
		sq->head = 0;
	sq->commands++;
	s->cq.reserved++;
	/* Neither fused operations nor SGLs */
	if (slot->cmd.flags & (NVME_FLAGS_FUSE | NVME_FLAGS_PSDT))
		ret = NVME_SC_INVALID_FIELD;
	else
		ret = q ? nvme_io(ctx, s, n) : nvme_hand(lane, s, slot, NVME_DO_COMMAND);
	nvme_result(ctx, s, n, ret);
	return true;
}

/* A request of submission queue @q has ended. */
int MDEV_BPF_Q_FUNC(nvme_sq_done, lane, struct nvme_pair *, s, __u64, q, int, error)
{
	struct nvme_sq *sq = s ? nvme_sq_get(s, q) : NULL;
	__u32 job;
	int i;

	if (!sq)
		return -EINVAL;
	job = sq->job;
	sq->job = NVME_SQ_IDLE;
	/* The slots that were promised are taken now. */
	if (job == NVME_SQ_FETCH)
		s->fetching -= sq->fetched < s->fetching ? sq->fetched : s->fetching;
	if (sq->deleter) {
		;
	} else if (error) {
		/* Only a conversion of the state cancels these, so they are made again. */
		if (error != -ECANCELED)
			nvme_fatal(lane, s);
		sq->event = ~0U;
		sq->look = 1;
	} else if (job == NVME_SQ_FETCH) {
		mdev_bpf_q_for(i, lane, 0, sq->fetched)
			if (!s->runs || !nvme_begin(ctx, s, q, i))
				break;
		nvme_slot_offer(s);
	} else if (job == NVME_SQ_EVENT) {
		mdev_bpf_mb();
		sq->look = 1;
	} else if (sq->shadow < sq->size) {
		sq->tail = sq->shadow;
	} else {
		nvme_ask(lane, s, NVME_ASK_EVENT_VALUE);
	}
	return nvme_sq_run(ctx, s, q);
}

/* The transfer of a command is complete: NVME_PENDING, or a status. */
static __always_inline int nvme_transferred(unsigned long long *ctx, struct mdev_bpf_queue *lane,
					    struct nvme_pair *s, __u64 n, struct nvme_slot *slot)
{
	switch (slot->then) {
	case NVME_THEN_FLUSH:
		return nvme_flush(ctx, s, n, slot);
	case NVME_THEN_RANGES:
		return nvme_next_range(ctx, s, n);
	case NVME_THEN_UNMASK:
		return nvme_hand(lane, s, slot, NVME_DO_UNMASK);
	case NVME_THEN_SHADOW:
		return nvme_hand(lane, s, slot, NVME_DO_SHADOW);
	case NVME_THEN_COMPARE:
		if (!s->file)
			return nvme_hand(lane, s, slot, NVME_DO_COMPARE);
		slot->step = NVME_LOAD;
		return nvme_slot_issue(ctx, s, n);
	}
	return NVME_SC_SUCCESS;
}

/* The status for an error of the request of a slot */
static __always_inline int nvme_slot_error(const struct nvme_slot *slot, int error)
{
	switch (slot->step) {
	case NVME_DATA:
		return nvme_request_status(error, slot->op);
	case NVME_LOAD:
		return nvme_request_status(error, MDEV_BPF_FILE_READ);
	case NVME_FLUSH:
		return nvme_request_status(error, MDEV_BPF_FILE_WRITE);
	}
	return nvme_request_status(error, MDEV_BPF_DMA_READ);
}

/* A request of slot @n has ended: @error, or @done bytes. */
int MDEV_BPF_Q_FUNC(nvme_slot_done, lane, struct nvme_pair *, s, __u64, n, int, error, __u64, done)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	int ret = NVME_SC_SUCCESS;

	if (!slot || !slot->busy)
		return -EINVAL;
	slot->busy = 0;
	if (slot->abort)
		;	/* whatever has become of the request */
	else if (error == -ECANCELED)
		/* The state was converted while the request was in progress: make it again. */
		ret = nvme_slot_issue(ctx, s, n);
	else if (error && slot->step == NVME_ZERO)
		ret = nvme_zero_failed(ctx, s, n, slot, error);
	else if (error)
		ret = nvme_slot_error(slot, error);
	else if (slot->step == NVME_LIST)
		ret = nvme_prp_fetched(ctx, s, n);
	else if (slot->step == NVME_DATA)
		ret = nvme_transferred(ctx, lane, s, n, slot);
	else if (slot->step == NVME_LOAD)
		ret = nvme_hand(lane, s, slot, NVME_DO_COMPARE);
	else if (slot->step == NVME_ZERO)
		ret = nvme_zeroed(ctx, s, n, done);
	nvme_result(ctx, s, n, ret);
	return 0;
}

/* The work op has done what it was to do for slot @n. */
int MDEV_BPF_Q_FUNC(nvme_slot_returned, lane, struct nvme_pair *, s, __u64, n)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	int ret;

	if (!slot)
		return -EINVAL;
	if (slot->abort || slot->step == NVME_ENDED) {
		ret = slot->status;
	} else if (slot->step == NVME_REPLIED) {
		ret = nvme_transfer(ctx, s, n);
	} else {
		slot->step = NVME_ZERO;
		ret = nvme_zeroed(ctx, s, n, slot->done);
	}
	nvme_result(ctx, s, n, ret);
	return 0;
}

#endif /* __NVME_SQ_H */
