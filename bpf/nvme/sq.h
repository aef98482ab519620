/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Submission queues: commands are fetched, put into slots, and begun; and what a command does when
 * its request has ended.
 */
#ifndef __NVME_SQ_H
#define __NVME_SQ_H

#include "admin.h"

/* Where a member of submission queue @q is */
#define NVME_IN_SQ(q, member) \
	(NVME_IN_STATE(sq) + (q) * sizeof(struct nvme_sq) + offsetof(struct nvme_sq, member))

static __always_inline int nvme_sq_request(struct mdev_bpf_dev *dev, struct nvme_state *s,
					   __u64 q, struct nvme_sq *sq, __u32 job,
					   struct mdev_bpf_request *req)
{
	req->id = NVME_ID(NVME_OF_SQ, q);
	req->channel = nvme_ring_channel(q);
	sq->job = job;
	return nvme_request(dev, s, req);
}

/*
 * Slots for up to @n commands of queue @q, which are promised to it: how many. I/O queues take
 * turns, so while others wait, a queue whose turn it is not gets none.
 */
static __always_inline __u32 nvme_slots_promise(struct mdev_bpf_dev *dev, struct nvme_state *s,
						__u64 q, __u32 n)
{
	__u32 left = nvme_slots_left(s, q);
	bool others = q && s->starved & ~1U & ~(1U << q);

	if (!left || (others && nvme_next_starved(s) != q)) {
		s->starved |= 1 << q;
		/* By that, it may have become another one's turn. */
		nvme_slot_offer(dev, s, !q);
		return 0;
	}
	if (n > left)
		n = left;
	if (q) {
		s->fetching += n;
		s->turn = q + 1;
	}
	nvme_sated(dev, s, q);
	return n;
}

/* The commands were fetched: their slots are taken now. */
static __always_inline void nvme_slots_promised(struct nvme_state *s, __u64 q, __u32 n)
{
	if (q)
		s->fetching -= n < s->fetching ? n : s->fetching;
}

/* Fetch commands, if there is room for at least one. */
static __always_inline int nvme_sq_fetch(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					 struct nvme_state *s, __u64 q, struct nvme_sq *sq)
{
	struct nvme_cq *cq = nvme_cq_get(s, sq->cq);
	struct mdev_bpf_request req = { .op = MDEV_BPF_DMA_READ };
	__u32 n, room;

	if (!cq)
		return -EINVAL;
	room = nvme_cq_room(cq);
	if (!room) {
		cq->full = 1;
		cq->look = 1;
		nvme_sated(dev, s, q);
		nvme_cq_run(ctx, s, sq->cq);
		return 0;
	}
	n = (sq->tail > sq->head ? sq->tail : sq->size) - sq->head;
	if (n > NVME_FETCH)
		n = NVME_FETCH;
	if (n > room)
		n = room;
	n = nvme_slots_promise(dev, s, q, n);
	if (!n)
		return 0;
	sq->fetched = n;
	req.iova = sq->addr + (__u64)sq->head * sizeof(sq->fetch[0]);
	req.where = NVME_IN_SQ(q, fetch);
	req.size = n * sizeof(sq->fetch[0]);
	return nvme_sq_request(dev, s, q, sq, NVME_SQ_FETCH, &req);
}

/* The queue is empty, as far as we know: say so, and look again. */
static __always_inline int nvme_sq_event(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 q,
					 struct nvme_sq *sq)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_WRITE, .iova = s->events + q * NVME_REG_DB_STRIDE,
		.where = NVME_IN_SQ(q, event), .size = sizeof(sq->event),
	};

	sq->event = sq->tail;
	return nvme_sq_request(dev, s, q, sq, NVME_SQ_EVENT, &req);
}

static __always_inline int nvme_sq_shadow(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 q,
					  struct nvme_sq *sq)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_READ, .iova = s->shadow + q * NVME_REG_DB_STRIDE,
		.where = NVME_IN_SQ(q, shadow), .size = sizeof(sq->shadow),
	};

	sq->look = 0;
	return nvme_sq_request(dev, s, q, sq, NVME_SQ_SHADOW, &req);
}

/* Have a submission queue do what is next, unless it does something already. */
int MDEV_BPF_FUNC(nvme_sq_run, dev, struct nvme_state *, s, __u64, q)
{
	struct nvme_sq *sq = s ? nvme_sq_get(s, q) : NULL;
	bool shadows;
	int ret = 0;

	if (!sq || !sq->size || sq->job != NVME_SQ_IDLE || sq->deleter || !nvme_runs(s))
		return 0;
	shadows = s->shadows && q;
	if (sq->head == sq->tail)
		nvme_sated(dev, s, q);
	if (shadows && sq->look)
		ret = nvme_sq_shadow(dev, s, q, sq);
	else if (sq->head != sq->tail)
		ret = nvme_sq_fetch(ctx, dev, s, q, sq);
	else if (shadows && sq->event != sq->tail)
		ret = nvme_sq_event(dev, s, q, sq);
	if (ret)
		s->csts |= NVME_CSTS_CFS;
	return 0;
}

/* What a handler has returned: the command is over, or goes on. */
static __always_inline void nvme_result(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					struct nvme_state *s, __u64 n, struct nvme_slot *slot,
					int ret)
{
	struct nvme_sq *sq = &s->sq[0];
	struct nvme_cq *cq = &s->cq[0];

	if (ret >= 0) {
		nvme_finish(ctx, s, n, ret);
	} else if (ret == NVME_RELEASED) {
		/* An Asynchronous Event Request, of the admin queue */
		nvme_slot_release(dev, s, slot, n);
		sq->commands--;
		cq->reserved--;
		nvme_event_report(ctx, s);
	}
}

/* Begin a command that was fetched by queue @q. False if there is no slot, or no room. */
int MDEV_BPF_FUNC(nvme_begin, dev, struct nvme_state *, s, __u64, q, __u64, i)
{
	struct nvme_sq *sq = s ? nvme_sq_get(s, q) : NULL;
	struct nvme_cq *cq = sq ? nvme_cq_get(s, sq->cq) : NULL;
	struct nvme_slot *slot;
	__u64 n;

	if (!cq || i >= NVME_FETCH || !nvme_cq_room(cq))
		return false;
	n = nvme_slot_take(dev, s, q);
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
	cq->reserved++;
	/* Neither fused operations nor SGLs */
	if (slot->cmd.flags & (NVME_FLAGS_FUSE | NVME_FLAGS_PSDT))
		nvme_finish(ctx, s, n, NVME_SC_INVALID_FIELD);
	else
		nvme_result(ctx, dev, s, n, slot, q ? nvme_io(ctx, s, n) : nvme_admin(ctx, s, n));
	return true;
}

/* A request of submission queue @q has ended. */
int MDEV_BPF_FUNC(nvme_sq_done, dev, struct nvme_state *, s, __u64, q, int, error)
{
	struct nvme_sq *sq = s ? nvme_sq_get(s, q) : NULL;
	__u32 job;
	int i;

	if (!sq)
		return -EINVAL;
	job = sq->job;
	sq->job = NVME_SQ_IDLE;
	if (job == NVME_SQ_FETCH)
		nvme_slots_promised(s, q, sq->fetched);
	if (sq->deleter) {
		mdev_bpf_work_queue(dev, NVME_WORK_DELETE);
	} else if (error) {
		/* Only a conversion of the state cancels these, so they are made again. */
		if (error != -ECANCELED)
			s->csts |= NVME_CSTS_CFS;
		sq->event = ~0U;
		sq->look = 1;
	} else if (job == NVME_SQ_FETCH) {
		mdev_bpf_for(i, dev, 0, sq->fetched)
			if (!nvme_runs(s) || !nvme_begin(ctx, s, q, i))
				break;
		nvme_slot_offer(dev, s, !q);
	} else if (job == NVME_SQ_EVENT) {
		mdev_bpf_mb();
		sq->look = 1;
	} else if (sq->shadow < sq->size) {
		sq->tail = sq->shadow;
	} else {
		nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_VALUE);
	}
	return nvme_sq_run(ctx, s, q);
}

/* The transfer of a command is complete: NVME_PENDING, or a status. */
static __always_inline int nvme_transferred(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					    struct nvme_state *s, __u64 n, struct nvme_slot *slot)
{
	switch (slot->then) {
	case NVME_THEN_FLUSH:
		return nvme_flush(ctx, s, n, slot);
	case NVME_THEN_RANGES:
		return nvme_next_range(ctx, s, n);
	case NVME_THEN_UNMASK:
		nvme_log_unmask(ctx, s, slot);
		break;
	case NVME_THEN_SHADOW:
		nvme_shadows_begin(dev, s, slot);
		break;
	case NVME_THEN_COMPARE:
		if (!s->file)
			return nvme_compare_all(ctx, s, n);
		slot->step = NVME_LOAD;
		return nvme_slot_issue(ctx, s, n);
	}
	return NVME_SC_SUCCESS;
}

/* A request of slot @n has ended: @error, or @done bytes. */
int MDEV_BPF_FUNC(nvme_slot_done, dev, struct nvme_state *, s, __u64, n, int, error, __u64, done)
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
		ret = nvme_request_status(error, slot->step == NVME_DATA ? slot->op :
					  slot->step == NVME_LOAD ? MDEV_BPF_FILE_READ :
					  slot->step == NVME_FLUSH ? MDEV_BPF_FILE_WRITE :
								     MDEV_BPF_DMA_READ);
	else if (slot->step == NVME_LIST)
		ret = nvme_prp_fetched(ctx, s, n);
	else if (slot->step == NVME_DATA)
		ret = nvme_transferred(ctx, dev, s, n, slot);
	else if (slot->step == NVME_LOAD)
		ret = nvme_compare_all(ctx, s, n);
	else if (slot->step == NVME_ZERO)
		ret = nvme_zeroed(ctx, s, n, done);
	nvme_result(ctx, dev, s, n, slot, ret);
	return 0;
}

/* Clear a part of the store in memory for one command, and go on with another next time. */
static __always_inline void nvme_zero_work(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					   struct nvme_state *s)
{
	int i;

	mdev_bpf_for(i, dev, 0, NVME_IO_SLOTS) {
		__u64 n = (s->zero_next + i) % NVME_IO_SLOTS, part;
		struct nvme_slot *slot = nvme_slot_get(s, n);
		int ret = NVME_SC_SUCCESS;

		if (!slot || slot->step != NVME_ZERO)
			continue;
		s->zero_next = n + 1;
		part = slot->size < NVME_ZERO_STEP ? slot->size : NVME_ZERO_STEP;
		if (!slot->abort)
			ret = mdev_bpf_memory_zero(dev, NVME_STORE, slot->offset, part) ?
			      NVME_SC_INTERNAL : nvme_zeroed(ctx, s, n, part);
		nvme_result(ctx, dev, s, n, slot, ret);
		/* Others may wait, too. */
		mdev_bpf_work_queue(dev, NVME_WORK_ZERO);
		break;
	}
}

#endif /* __NVME_SQ_H */
