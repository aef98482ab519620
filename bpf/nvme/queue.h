/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that create and delete I/O queues. When the command that
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

/* Tell a pair what it has to know of the controller. */
static __always_inline void nvme_pair_tell(const struct nvme_state *s, struct nvme_pair *p, __u64 c)
{
	__u32 vector = p->cq.vector & (NVME_VECTORS - 1);

	p->blocks = s->blocks;
	p->lba_shift = s->lba_shift;
	p->file = s->file;
	p->no_cache = s->no_cache;
	/* The admin queue has neither coalescing nor shadow doorbells. */
	p->coalescing = c && !(s->no_coalescing & 1 << vector) ? s->coalescing : 0;
	p->shadow = s->shadow;
	p->events = s->events;
	p->shadows = c && s->shadows;
	p->runs = nvme_runs(s);
}

/* Tell all of them, because it has changed. */
int MDEV_BPF_FUNC(nvme_tell, dev, struct nvme_state *, s)
{
	int i;

	if (!s)
		return -EINVAL;
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_pair *p = nvme_pair_get(dev, i);

		if (p)
			nvme_pair_tell(s, p, i);
	}
	return 0;
}

static __always_inline int nvme_create_cq(struct mdev_bpf_dev *dev, struct nvme_state *s,
					  const struct nvme_command *cmd)
{
	__u64 c = cmd->cdw10 & 0xffff;
	struct nvme_nvram *nv = nvme_nvram_get(dev);
	struct nvme_pair *p = nvme_pair_get(dev, c);
	struct nvme_counters *counters;
	__u32 vector = cmd->cdw11 >> 16;
	int ret;

	if (!c || !p || s->cqs & 1 << (c & (NVME_QUEUES - 1)))
		return NVME_SC_QID_INVALID;
	ret = nvme_queue_check(cmd, NVME_CC_IOCQES(s->cc), 4);
	if (ret)
		return ret;
	if (vector >= NVME_VECTORS)
		return NVME_SC_INVALID_VECTOR;
	counters = nv ? mdev_bpf_at(nv->counters, c) : NULL;
	if (!counters)
		return NVME_SC_INTERNAL;
	p->counters = *counters;
	nvme_cq_init(&p->cq, cmd->prp1, (cmd->cdw10 >> 16) + 1, vector, cmd->cdw11 & NVME_CQ_IEN);
	nvme_pair_tell(s, p, c);
	p->intx = mdev_bpf_irq_mode(dev) != MDEV_BPF_IRQ_MSIX;
	p->line = 0;
	p->early = 0;
	p->coalesced = 0;
	p->doorbell.head = 0;
	p->seen.head = 0;
	s->cqs |= 1 << (c & (NVME_QUEUES - 1));
	s->created = 1;
	return NVME_SC_SUCCESS;
}

static __always_inline int nvme_create_sq(struct mdev_bpf_dev *dev, struct nvme_state *s,
					  const struct nvme_command *cmd)
{
	__u64 q = cmd->cdw10 & 0xffff, c = cmd->cdw11 >> 16;
	__u32 *pair = mdev_bpf_at(s->pair, q), tail = 0;
	struct nvme_pair *p = nvme_pair_get(dev, c), *own = nvme_pair_get(dev, q);
	struct nvme_sq *sq = p ? nvme_sq_get(p, q) : NULL;
	int ret;

	if (!q || !pair || !own || *pair || !c)
		return NVME_SC_QID_INVALID;
	if (!sq || !p->cq.size || p->cq.deleter)
		return NVME_SC_CQ_INVALID;
	ret = nvme_queue_check(cmd, NVME_CC_IOSQES(s->cc), 6);
	if (ret)
		return ret;
	if (mdev_bpf_memory_write(dev, NVME_BUFFER, NVME_TAILS + q * sizeof(tail), &tail,
				  sizeof(tail)))
		return NVME_SC_INTERNAL;
	nvme_sq_init(sq, cmd->prp1, (cmd->cdw10 >> 16) + 1, c);
	p->sqs |= 1 << (q & (NVME_QUEUES - 1));
	*pair = c + 1;
	own->home = c + 1;
	own->doorbell.tail = 0;
	own->seen.tail = 0;
	s->created = 1;
	/* With shadow doorbells, the driver may have to be told from where on to ring. */
	if (s->shadows)
		mdev_bpf_queue_kick(dev, c);
	return NVME_SC_SUCCESS;
}

/* Abort all commands of submission queue @q. */
static __always_inline void nvme_sq_abort(struct mdev_bpf_dev *dev, struct nvme_pair *p, __u64 q)
{
	int i;

	mdev_bpf_for(i, dev, 0, NVME_SLOTS) {
		struct nvme_slot *slot = nvme_slot_get(p, i);

		if (slot && p->used & 1U << (i & (NVME_SLOTS - 1)) && slot->queue == q)
			slot->abort = NVME_SC_ABORT_SQ_DELETED;
	}
}

/* The pair deletes a queue when nothing of it is in progress. Slot @n has the command. */
static __always_inline int nvme_delete_sq(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 n)
{
	__u64 q = s->now.cmd.cdw10 & 0xffff;
	__u32 *pair = mdev_bpf_at(s->pair, q), *deleter = mdev_bpf_at(s->sq_deleter, q);
	struct nvme_pair *p;
	struct nvme_sq *sq;

	if (!q || !pair || !*pair || !deleter || *deleter)
		return NVME_SC_QID_INVALID;
	p = nvme_pair_get(dev, *pair - 1);
	sq = p ? nvme_sq_get(p, q) : NULL;
	if (!sq)
		return NVME_SC_INTERNAL;
	*deleter = n + 1;
	sq->deleter = 1;
	p->deleting++;
	p->aborting = 1;
	nvme_sq_abort(dev, p, q);
	mdev_bpf_queue_kick(dev, *pair - 1);
	return NVME_PENDING;
}

static __always_inline int nvme_delete_cq(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 n)
{
	__u64 c = s->now.cmd.cdw10 & 0xffff;
	struct nvme_pair *p = nvme_pair_get(dev, c);
	__u32 *deleter = mdev_bpf_at(s->cq_deleter, c);

	if (!c || !p || !deleter || !p->cq.size || *deleter)
		return NVME_SC_QID_INVALID;
	if (p->sqs)
		return NVME_SC_QUEUE_DELETION;
	*deleter = n + 1;
	p->cq.deleter = 1;
	p->deleting++;
	mdev_bpf_queue_kick(dev, c);
	return NVME_PENDING;
}

/* The command in slot @n of a pair ends with @status. Errors were logged. */
static __always_inline void nvme_return(struct mdev_bpf_dev *dev, struct nvme_pair *p, __u64 c,
					__u64 n, __u32 step, __u32 status)
{
	struct nvme_slot *slot = nvme_slot_get(p, n);

	if (!slot)
		return;
	slot->status = status;
	slot->step = step;
	p->returned |= 1U << (n & (NVME_SLOTS - 1));
	mdev_bpf_queue_kick(dev, c);
}

/* A pair has deleted queues: the commands that have asked for it are over. */
int MDEV_BPF_FUNC(nvme_deleted, dev, struct nvme_state *, s, __u64, c)
{
	struct nvme_pair *p = nvme_pair_get(dev, c), *admin = nvme_pair_get(dev, 0), *own;
	__u32 *deleter, *pair;
	struct nvme_sq *sq;
	int i;

	if (!s || !p || !admin)
		return -EINVAL;
	mdev_bpf_for(i, dev, 1, NVME_QUEUES) {
		deleter = mdev_bpf_at(s->sq_deleter, i);
		pair = mdev_bpf_at(s->pair, i);
		sq = nvme_sq_get(p, i);
		own = nvme_pair_get(dev, i);
		if (!deleter || !pair || !sq || !own || !*deleter || *pair != c + 1 || sq->size)
			continue;
		nvme_return(dev, admin, 0, *deleter - 1, NVME_ENDED, NVME_SC_SUCCESS);
		*deleter = 0;
		*pair = 0;
		own->home = 0;
	}
	deleter = mdev_bpf_at(s->cq_deleter, c);
	if (deleter && *deleter && !p->cq.size) {
		nvme_return(dev, admin, 0, *deleter - 1, NVME_ENDED, NVME_SC_SUCCESS);
		*deleter = 0;
		s->cqs &= ~(1 << (c & (NVME_QUEUES - 1)));
		p->line = 0;
		nvme_line_pair(dev, s, c, p);
	}
	return 0;
}

#endif /* __NVME_QUEUE_H */
