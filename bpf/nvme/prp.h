/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical Region Pages. The guest memory of a command is PRP1, from an offset in its page on, and
 * then PRP2: a page, or a list of pages. A list that does not fit into the rest of its own page
 * goes on in another, to which its last entry points.
 */
#ifndef __NVME_PRP_H
#define __NVME_PRP_H

#include "slot.h"

/* The next piece of guest memory: up to a page. False if there is no room for it. */
static __always_inline bool nvme_prp_add(struct nvme_slot *slot, __u64 iova, __u32 size)
{
	struct mdev_bpf_sg *sg = mdev_bpf_at(slot->sg, slot->sgs);

	if (!sg)
		return false;
	sg->iova = iova;
	sg->size = size;
	sg->reserved = 0;
	slot->sgs++;
	return true;
}

/* Fetch as much of the list as its page has. */
static __always_inline int nvme_prp_fetch(unsigned long long *ctx, struct nvme_pair *s, __u64 n,
					  struct nvme_slot *slot)
{
	__u32 entries = (NVME_PAGE - (slot->list & (NVME_PAGE - 1))) / sizeof(slot->prp[0]);

	slot->prps = slot->prps_left < entries ? slot->prps_left : entries;
	slot->step = NVME_LIST;
	return nvme_slot_issue(ctx, s, n);
}

/*
 * Transfer slot->size bytes between the guest memory of the command and slot->where: NVME_PENDING,
 * or a status.
 */
int MDEV_BPF_Q_FUNC(nvme_transfer, lane, struct nvme_pair *, s, __u64, n)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	__u32 offset, first, left;

	if (!slot || !slot->size || slot->size > NVME_MAX_TRANSFER)
		return NVME_SC_INTERNAL;
	offset = slot->cmd.prp1 & (NVME_PAGE - 1);
	if (offset & 3)
		return NVME_SC_INVALID_PRP_OFFSET;
	first = NVME_PAGE - offset;
	if (first > slot->size)
		first = slot->size;
	left = slot->size - first;
	slot->sgs = 0;
	slot->step = NVME_DATA;
	nvme_prp_add(slot, slot->cmd.prp1, first);
	if (!left)
		return nvme_slot_issue(ctx, s, n);
	if (left <= NVME_PAGE) {
		if (slot->cmd.prp2 & (NVME_PAGE - 1))
			return NVME_SC_INVALID_PRP_OFFSET;
		nvme_prp_add(slot, slot->cmd.prp2, left);
		return nvme_slot_issue(ctx, s, n);
	}
	if (slot->cmd.prp2 & 7)
		return NVME_SC_INVALID_PRP_OFFSET;
	slot->list = slot->cmd.prp2;
	slot->prps_left = (left + NVME_PAGE - 1) / NVME_PAGE;
	return nvme_prp_fetch(ctx, s, n, slot);
}

/* Bytes of the transfer that are behind those of @sg; all pages but the first are whole. */
static __always_inline __u32 nvme_prp_rest(const struct nvme_slot *slot)
{
	return slot->size - slot->sg[0].size - (slot->sgs - 1) * NVME_PAGE;
}

/* A part of the list was fetched. */
int MDEV_BPF_Q_FUNC(nvme_prp_fetched, lane, struct nvme_pair *, s, __u64, n)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	bool chained;
	__u32 rest;
	int i;

	if (!slot)
		return NVME_SC_INTERNAL;
	chained = slot->prps < slot->prps_left;
	mdev_bpf_q_for(i, lane, 0, slot->prps) {
		__u64 *entry = mdev_bpf_at(slot->prp, i), prp;

		if (!entry)
			return NVME_SC_INTERNAL;
		prp = *entry;
		if (prp & (NVME_PAGE - 1))
			return NVME_SC_INVALID_PRP_OFFSET;
		if (chained && i + 1 == (int)slot->prps) {
			slot->list = prp;
			return nvme_prp_fetch(ctx, s, n, slot);
		}
		rest = nvme_prp_rest(slot);
		if (!nvme_prp_add(slot, prp, rest < NVME_PAGE ? rest : NVME_PAGE))
			return NVME_SC_INTERNAL;
		slot->prps_left--;
	}
	slot->step = NVME_DATA;
	return nvme_slot_issue(ctx, s, n);
}

#endif /* __NVME_PRP_H */
