/* SPDX-License-Identifier: GPL-2.0-only */
/* What pairs of queues ask the work op for. */
#ifndef __NVME_SERVE_H
#define __NVME_SERVE_H

#include "controller.h"

/* An Asynchronous Event Request has left its slot, and waits without one. */
static __always_inline void nvme_released(unsigned long long *ctx, struct nvme_state *s,
					  struct nvme_pair *p, __u64 n)
{
	struct nvme_slot *slot = nvme_slot_get(p, n);

	if (!slot)
		return;
	nvme_slot_release(p, slot, n);
	p->sq[0].commands--;
	p->cq.reserved--;
	nvme_event_report(ctx, s);
}

/* An admin command, on a copy of its slot */
static __always_inline void nvme_command(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					 struct nvme_state *s, struct nvme_pair *p, __u64 n,
					 struct nvme_slot *slot)
{
	struct nvme_nvram *nv = nvme_nvram_get(dev);
	__u32 step = NVME_WAIT;
	int ret;

	__builtin_memcpy(&s->now, slot, offsetof(struct nvme_slot, prp));
	ret = nvme_admin(ctx, s, n);
	slot->result = s->now.result;
	slot->op = s->now.op;
	slot->then = s->now.then;
	slot->where = s->now.where;
	slot->size = s->now.size;
	if (ret == NVME_RELEASED) {
		nvme_released(ctx, s, p, n);
		mdev_bpf_queue_kick(dev, 0);
		return;
	}
	if (ret == NVME_TRANSFER) {
		step = NVME_REPLIED;
	} else if (ret >= 0) {
		step = NVME_ENDED;
		if (nv && nvme_status(ret) & NVME_SC_MORE)
			nvme_log_error(nv, slot, nvme_status(ret));
		slot->hand = NVME_DO_LOG;
	}
	slot->step = step;
	if (step != NVME_WAIT)
		nvme_return(dev, p, 0, n, step, ret);
}

/* Clear a part of the store: the step of the slot after that */
static __always_inline __u32 nvme_zero_part(struct mdev_bpf_dev *dev, struct nvme_slot *slot)
{
	slot->done = slot->size < NVME_ZERO_STEP ? slot->size : NVME_ZERO_STEP;
	slot->status = NVME_SC_INTERNAL;
	return mdev_bpf_memory_zero(dev, NVME_STORE, slot->offset, slot->done) ? NVME_ENDED :
										 NVME_ZEROED;
}

/* Do what a pair cannot do itself for slot @n. */
int MDEV_BPF_FUNC(nvme_serve_slot, dev, struct nvme_state *, s, __u64, c, __u64, n)
{
	struct nvme_pair *p = nvme_pair_get(dev, c);
	struct nvme_nvram *nv = nvme_nvram_get(dev);
	struct nvme_slot *slot = p ? nvme_slot_get(p, n) : NULL;
	__u32 step = NVME_ENDED, status = NVME_SC_SUCCESS;

	if (!s || !slot || !nv)
		return -EINVAL;
	switch (slot->hand) {
	case NVME_DO_COMMAND:
		nvme_command(ctx, dev, s, p, n, slot);
		return 0;
	case NVME_DO_COMPARE:
		status = nvme_compare_all(ctx, s, slot, NVME_BUFFER_OF(c, n));
		break;
	case NVME_DO_ZERO:
		step = nvme_zero_part(dev, slot);
		status = slot->status;
		break;
	case NVME_DO_UNMASK:
		nvme_log_unmask(ctx, s, slot);
		break;
	case NVME_DO_SHADOW:
		nvme_shadows_begin(dev, s, slot);
		break;
	case NVME_DO_LOG:
		status = slot->status;
		nvme_log_error(nv, slot, nvme_status(status));
		break;
	}
	nvme_return(dev, p, c, n, step, status);
	return 0;
}

/* Serve one slot of a pair, which may take long, and the others next time. */
static __always_inline void nvme_serve_slots(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					     struct nvme_state *s, struct nvme_pair *p, __u64 c)
{
	__u32 *next = mdev_bpf_at(s->hand_next, c);
	int i;

	if (!next)
		return;
	mdev_bpf_for(i, dev, 0, NVME_SLOTS) {
		__u64 n = (*next + i) % NVME_SLOTS;
		struct nvme_slot *slot = nvme_slot_get(p, n);

		if (!slot || slot->step != NVME_HANDED || !(p->used & 1U << n))
			continue;
		*next = n + 1;
		nvme_serve_slot(ctx, s, c, n);
		p->ask |= NVME_ASK_HANDED;
		mdev_bpf_work_queue(dev, c);
		break;
	}
}

/* Pair @c has asked for something. */
int MDEV_BPF_FUNC(nvme_serve, dev, struct nvme_state *, s, __u64, c)
{
	struct nvme_pair *p = nvme_pair_get(dev, c);
	__u32 ask;

	if (!s || !p)
		return -EINVAL;
	ask = p->ask;
	p->ask = 0;
	if (s->stopping) {
		if (ask & NVME_ASK_STOPPED)
			nvme_try_stop(ctx, dev, s);
		return 0;
	}
	if (ask & NVME_ASK_FATAL) {
		s->csts |= NVME_CSTS_CFS;
		nvme_tell(ctx, s);
	}
	if (!nvme_runs(s))
		return 0;
	if (ask & NVME_ASK_LINE)
		nvme_line_pair(dev, s, c, p);
	if (ask & NVME_ASK_TIMER)
		nvme_coalescing_begin(dev, s);
	if (ask & NVME_ASK_EVENT_REGISTER)
		nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_REGISTER);
	if (ask & NVME_ASK_EVENT_VALUE)
		nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_VALUE);
	if (ask & NVME_ASK_HEAD)
		nvme_event_report(ctx, s);
	if (ask & NVME_ASK_DELETED)
		nvme_deleted(ctx, s, c);
	if (ask & NVME_ASK_HANDED)
		nvme_serve_slots(ctx, dev, s, p, c);
	return 0;
}

#endif /* __NVME_SERVE_H */
