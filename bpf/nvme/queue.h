/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that create and delete I/O queues, and Doorbell Buffer Config. When the command that
 * deletes a queue completes, the controller no longer accesses the memory of the queue, nor that of
 * its commands: they are aborted first.
 */
#ifndef __NVME_QUEUE_H
#define __NVME_QUEUE_H

#include "slot.h"

/* What Create I/O Submission Queue and Create I/O Completion Queue have in common */
static __always_inline int nvme_queue_check(const struct nvme_command *cmd, __u32 entry_shift,
					    __u32 wanted_shift)
{
	__u32 entries = (cmd->cdw10 >> 16) + 1;

	if (entries < 2 || entries > NVME_MAX_ENTRIES || entry_shift != wanted_shift)
		return NVME_SC_QUEUE_SIZE;
	if (!(cmd->cdw11 & NVME_QUEUE_PC))
		return NVME_SC_INVALID_FIELD;
	return cmd->prp1 & (NVME_PAGE - 1) ? NVME_SC_INVALID_PRP_OFFSET : NVME_SC_SUCCESS;
}

static __always_inline void nvme_cq_init(struct nvme_cq *cq, __u64 addr, __u32 size, __u32 vector,
					 bool interrupts)
{
	__builtin_memset(cq, 0, offsetof(struct nvme_cq, stage));
	cq->addr = addr;
	cq->size = size;
	cq->vector = vector;
	cq->interrupts = interrupts;
	cq->phase = 1;
	cq->event = ~0U;
}

static __always_inline void nvme_sq_init(struct nvme_sq *sq, __u64 addr, __u32 size, __u32 cq)
{
	__builtin_memset(sq, 0, offsetof(struct nvme_sq, fetch));
	sq->addr = addr;
	sq->size = size;
	sq->cq = cq;
	sq->event = ~0U;
	sq->look = 1;
}

static __always_inline int nvme_create_cq(struct nvme_state *s, const struct nvme_command *cmd)
{
	__u64 q = cmd->cdw10 & 0xffff;
	struct nvme_cq *cq = nvme_cq_get(s, q);
	struct nvme_doorbell *doorbell = mdev_bpf_at(s->doorbell, q);
	__u32 vector = cmd->cdw11 >> 16;
	int ret;

	if (!q || !cq || !doorbell || cq->size)
		return NVME_SC_QID_INVALID;
	ret = nvme_queue_check(cmd, NVME_CC_IOCQES(s->cc), 4);
	if (ret)
		return ret;
	if (vector >= NVME_VECTORS)
		return NVME_SC_INVALID_VECTOR;
	nvme_cq_init(cq, cmd->prp1, (cmd->cdw10 >> 16) + 1, vector, cmd->cdw11 & NVME_CQ_IEN);
	doorbell->head = 0;
	s->created = 1;
	return NVME_SC_SUCCESS;
}

static __always_inline int nvme_create_sq(struct mdev_bpf_dev *dev, struct nvme_state *s,
					  const struct nvme_command *cmd)
{
	__u64 q = cmd->cdw10 & 0xffff, c = cmd->cdw11 >> 16;
	struct nvme_sq *sq = nvme_sq_get(s, q);
	struct nvme_cq *cq = nvme_cq_get(s, c);
	struct nvme_doorbell *doorbell = mdev_bpf_at(s->doorbell, q);
	int ret;

	if (!q || !sq || !doorbell || sq->size || !c)
		return NVME_SC_QID_INVALID;
	if (!cq || !cq->size || cq->deleter)
		return NVME_SC_CQ_INVALID;
	ret = nvme_queue_check(cmd, NVME_CC_IOSQES(s->cc), 6);
	if (ret)
		return ret;
	nvme_sq_init(sq, cmd->prp1, (cmd->cdw10 >> 16) + 1, c);
	cq->sqs++;
	doorbell->tail = 0;
	s->created = 1;
	/* With shadow doorbells, the driver may have to be told from where on to ring. */
	if (s->shadows)
		mdev_bpf_work_queue(dev, NVME_WORK_KICK + q);
	return NVME_SC_SUCCESS;
}

/* End a command with a status, as soon as its request has ended. */
static __always_inline void nvme_slot_abort(struct mdev_bpf_dev *dev, struct nvme_slot *slot,
					    __u64 n, __u32 status)
{
	slot->abort = status;
	if (slot->busy)
		mdev_bpf_request_cancel(dev, NVME_ID(NVME_OF_SLOT, n), ~0);
}

/* Abort all commands of a submission queue. */
static __always_inline void nvme_sq_abort(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 q)
{
	int i;

	mdev_bpf_for(i, dev, 0, NVME_IO_SLOTS) {
		struct nvme_slot *slot = nvme_slot_get(s, i);

		if (slot && slot->step != NVME_FREE && slot->queue == q)
			nvme_slot_abort(dev, slot, i, NVME_SC_ABORT_SQ_DELETED);
	}
}

/* A queue is deleted by NVME_WORK_DELETE, when nothing of it is in progress. */
static __always_inline int nvme_delete_sq(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 n,
					  struct nvme_slot *slot)
{
	__u64 q = slot->cmd.cdw10 & 0xffff;
	struct nvme_sq *sq = nvme_sq_get(s, q);

	if (!q || !sq || !sq->size || sq->deleter)
		return NVME_SC_QID_INVALID;
	sq->deleter = n + 1;
	nvme_sated(dev, s, q);
	nvme_sq_abort(dev, s, q);
	if (sq->job != NVME_SQ_IDLE)
		mdev_bpf_request_cancel(dev, NVME_ID(NVME_OF_SQ, q), ~0);
	mdev_bpf_work_queue(dev, NVME_WORK_DELETE);
	slot->step = NVME_WAIT;
	return NVME_PENDING;
}

static __always_inline int nvme_delete_cq(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 n,
					  struct nvme_slot *slot)
{
	__u64 c = slot->cmd.cdw10 & 0xffff;
	struct nvme_cq *cq = nvme_cq_get(s, c);

	if (!c || !cq || !cq->size || cq->deleter)
		return NVME_SC_QID_INVALID;
	if (cq->sqs)
		return NVME_SC_QUEUE_DELETION;
	cq->deleter = n + 1;
	mdev_bpf_work_queue(dev, NVME_WORK_DELETE);
	slot->step = NVME_WAIT;
	return NVME_PENDING;
}

/* Delete those queues that wait for it and of which nothing is in progress. */
int MDEV_BPF_FUNC(nvme_delete, dev, struct nvme_state *, s, __u64, q)
{
	struct nvme_sq *sq = s ? nvme_sq_get(s, q) : NULL;
	struct nvme_cq *cq = s ? nvme_cq_get(s, q) : NULL;
	struct nvme_cq *of;
	__u64 n;

	if (!sq || !cq)
		return -EINVAL;
	if (sq->deleter && !sq->commands && sq->job == NVME_SQ_IDLE) {
		n = sq->deleter - 1;
		of = nvme_cq_get(s, sq->cq);
		if (of)
			of->sqs--;
		sq->size = 0;
		sq->deleter = 0;
		nvme_finish(ctx, s, n, NVME_SC_SUCCESS);
	}
	if (cq->deleter && cq->job == NVME_CQ_IDLE) {
		n = cq->deleter - 1;
		cq->size = 0;
		cq->deleter = 0;
		s->lines &= ~(1 << q);
		nvme_line_update(dev, s);
		nvme_finish(ctx, s, n, NVME_SC_SUCCESS);
	}
	return 0;
}

#endif /* __NVME_QUEUE_H */
