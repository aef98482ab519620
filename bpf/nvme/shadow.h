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
static __always_inline struct nvme_doorbell nvme_doorbells(struct mdev_bpf_dev *dev,
							   struct nvme_state *s, __u64 q)
{
	struct nvme_pair *p = nvme_pair_get(dev, q), *of;
	struct nvme_doorbell now = {};
	struct nvme_sq *sq;

	if (!p)
		return now;
	now = p->doorbell;
	if (!s->shadows || !q)
		return now;
	now.head = p->cq.head;
	of = nvme_pair_get(dev, (__u32)(p->home - 1));
	sq = of ? nvme_sq_get(of, q) : NULL;
	now.tail = sq ? sq->tail : 0;
	return now;
}

int MDEV_BPF_FUNC(nvme_dbbuf, dev, struct nvme_state *, s, __u64, n)
{
	int i;

	if (!s)
		return NVME_SC_INTERNAL;
	if ((s->now.cmd.prp1 | s->now.cmd.prp2) & (NVME_PAGE - 1))
		return NVME_SC_INVALID_PRP_OFFSET;
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_doorbell now = nvme_doorbells(dev, s, i);

		if (mdev_bpf_memory_write(dev, NVME_BUFFER, NVME_BUFFER_OF(0, n) + i * sizeof(now),
					  &now, sizeof(now)))
			return NVME_SC_INTERNAL;
	}
	s->now.then = NVME_THEN_SHADOW;
	return nvme_reply(s, n, 0, NVME_QUEUES * sizeof(struct nvme_doorbell));
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
		struct nvme_pair *p = nvme_pair_get(dev, i);
		int j;

		if (!p)
			continue;
		nvme_pair_tell(s, p, i);
		p->cq.event = ~0U;
		p->cq.look = 1;
		p->kicks = p->sqs;
		mdev_bpf_for(j, dev, 1, NVME_QUEUES) {
			struct nvme_sq *sq = nvme_sq_get(p, j);

			if (!sq)
				continue;
			sq->event = ~0U;
			sq->look = 1;
		}
		mdev_bpf_queue_kick(dev, i);
	}
}

#endif /* __NVME_SHADOW_H */
