/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doorbell Buffer Config: the driver writes its doorbells to a page of guest memory, and rings only
 * if another page, of event indexes, says so. What is in the first page at that time may be zeros,
 * although the queues have been used. So our doorbells are written there before the command
 * completes.
 */
#ifndef __NVME_SHADOW_H
#define __NVME_SHADOW_H

#include "identify.h"
#include "queue.h"

/* The doorbells of a pair of queues. Rung ones may not have been looked at yet. */
static __always_inline struct nvme_doorbell nvme_doorbells(struct nvme_state *s, __u64 q)
{
	const struct nvme_doorbell *doorbell = mdev_bpf_at(s->doorbell, q);
	const struct nvme_sq *sq = nvme_sq_get(s, q);
	const struct nvme_cq *cq = nvme_cq_get(s, q);
	struct nvme_doorbell now = {};

	if (s->shadows && sq && cq) {
		now.tail = sq->tail;
		now.head = cq->head;
	} else if (doorbell) {
		now = *doorbell;
	}
	return now;
}

int MDEV_BPF_FUNC(nvme_dbbuf, dev, struct nvme_state *, s, __u64, n)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	int i;

	if (!slot)
		return NVME_SC_INTERNAL;
	if ((slot->cmd.prp1 | slot->cmd.prp2) & (NVME_PAGE - 1))
		return NVME_SC_INVALID_PRP_OFFSET;
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_doorbell now = nvme_doorbells(s, i);

		if (mdev_bpf_memory_write(dev, NVME_BUFFER, n * NVME_BUFFER_SIZE + i * sizeof(now),
					  &now, sizeof(now)))
			return NVME_SC_INTERNAL;
	}
	slot->then = NVME_THEN_SHADOW;
	return nvme_reply(ctx, s, n, 0, NVME_QUEUES * sizeof(struct nvme_doorbell));
}

/* The page has our doorbells: from now on it is looked at. */
static __always_inline void nvme_shadows_begin(struct mdev_bpf_dev *dev, struct nvme_state *s,
					       const struct nvme_slot *slot)
{
	int i;

	s->shadow = slot->cmd.prp1;
	s->events = slot->cmd.prp2;
	s->shadows = 1;
	mdev_bpf_for(i, dev, 1, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(s, i);
		struct nvme_cq *cq = nvme_cq_get(s, i);

		if (!sq || !cq)
			continue;
		sq->event = ~0U;
		sq->look = 1;
		cq->event = ~0U;
		cq->look = 1;
		mdev_bpf_work_queue(dev, NVME_WORK_KICK + i);
	}
}

#endif /* __NVME_SHADOW_H */
