/* SPDX-License-Identifier: GPL-2.0-only */
/* The admin command set: which command is what. */
#ifndef __NVME_ADMIN_H
#define __NVME_ADMIN_H

#include "log.h"
#include "shadow.h"

/*
 * Abort: bit 0 of the result says that the command was not aborted. One that was still ends when
 * its request has, soon afterwards.
 */
static __always_inline int nvme_abort(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 n)
{
	__u16 q = s->now.cmd.cdw10, cid = s->now.cmd.cdw10 >> 16;
	__u32 *pair = mdev_bpf_at(s->pair, q), c;
	struct nvme_pair *p;
	int i;

	if (!pair || (q && !*pair))
		return NVME_SC_INVALID_FIELD;
	c = q ? *pair - 1 : 0;
	p = nvme_pair_get(dev, c);
	if (!p)
		return NVME_SC_INTERNAL;
	s->now.result = 1;
	mdev_bpf_for(i, dev, 0, NVME_SLOTS) {
		struct nvme_slot *other = nvme_slot_get(p, i);

		if (!other || !(p->used & 1U << (i & (NVME_SLOTS - 1))) || other->queue != q ||
		    other->cmd.cid != cid || other->step == NVME_WAIT || (!q && i == (int)n))
			continue;
		if (!other->abort)
			other->abort = NVME_SC_ABORT_REQUESTED;
		p->aborting = 1;
		mdev_bpf_queue_kick(dev, c);
		s->now.result = 0;
		return NVME_SC_SUCCESS;
	}
	if (!q && nvme_event_abort(dev, s, p, cid))
		s->now.result = 0;
	return NVME_SC_SUCCESS;
}

/* Set Features and Get Features, Identify, Get Log Page: NVME_TRANSFER, or a status */
int MDEV_BPF_FUNC(nvme_admin_info, dev, struct nvme_state *, s, __u64, n)
{
	struct nvme_slot *slot;

	if (!s)
		return NVME_SC_INTERNAL;
	slot = &s->now;
	switch (slot->cmd.opcode) {
	case NVME_ADMIN_IDENTIFY:
		return nvme_identify(ctx, s, n, &slot->cmd);
	case NVME_ADMIN_SET_FEATURES:
		return nvme_set_feature(ctx, s, slot);
	case NVME_ADMIN_GET_FEATURES:
		return nvme_get_feature(s, slot);
	}
	return nvme_get_log(ctx, s, n);
}

/* Begin a command: NVME_PENDING, NVME_RELEASED, NVME_TRANSFER, or a status. */
int MDEV_BPF_FUNC(nvme_admin, dev, struct nvme_state *, s, __u64, n)
{
	struct nvme_slot *slot;

	if (!s)
		return NVME_SC_INTERNAL;
	slot = &s->now;
	switch (slot->cmd.opcode) {
	case NVME_ADMIN_IDENTIFY:
	case NVME_ADMIN_SET_FEATURES:
	case NVME_ADMIN_GET_FEATURES:
	case NVME_ADMIN_GET_LOG:
		return nvme_admin_info(ctx, s, n);
	case NVME_ADMIN_CREATE_CQ:
		return nvme_create_cq(dev, s, &slot->cmd);
	case NVME_ADMIN_CREATE_SQ:
		return nvme_create_sq(dev, s, &slot->cmd);
	case NVME_ADMIN_DELETE_SQ:
		return nvme_delete_sq(dev, s, n);
	case NVME_ADMIN_DELETE_CQ:
		return nvme_delete_cq(dev, s, n);
	case NVME_ADMIN_ABORT:
		return nvme_abort(dev, s, n);
	case NVME_ADMIN_ASYNC_EVENT:
		return nvme_event_request(s, &slot->cmd);
	case NVME_ADMIN_DBBUF:
		return nvme_dbbuf(ctx, s, n);
	}
	return NVME_SC_INVALID_OPCODE;
}

#endif /* __NVME_ADMIN_H */
