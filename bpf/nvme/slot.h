/* SPDX-License-Identifier: GPL-2.0-only */
/* A command in its slot: its requests, one after the other, and its end. */
#ifndef __NVME_SLOT_H
#define __NVME_SLOT_H

#include "cq.h"
#include "error.h"

/* Where a member of slot @n is */
#define NVME_IN_SLOT(n, member) \
	(NVME_IN_PAIR(slot) + (n) * sizeof(struct nvme_slot) + offsetof(struct nvme_slot, member))

/* Where the buffer of slot @n of a pair is in NVME_BUFFER */
#define NVME_BUFFER_OF(pair, n) \
	(((__u64)(pair) * NVME_SLOTS + (n)) * NVME_BUFFER_SIZE)
#define NVME_IN_BUFFER(pair, n)	MDEV_BPF_MEMORY(NVME_BUFFER, NVME_BUFFER_OF(pair, n))

/* Leave a command to the work op, which returns it. */
static __always_inline int nvme_hand(struct mdev_bpf_queue *lane, struct nvme_pair *s,
				     struct nvme_slot *slot, __u32 what)
{
	slot->hand = what;
	slot->step = NVME_HANDED;
	nvme_ask(lane, s, NVME_ASK_HANDED);
	return NVME_PENDING;
}

static __always_inline struct mdev_bpf_request nvme_data_request(const struct nvme_slot *slot,
								 __u64 n)
{
	struct mdev_bpf_request req = { .op = slot->op, .where = slot->where, .size = slot->size };

	if (slot->op >= MDEV_BPF_FILE_READ) {
		req.file = NVME_PARAM_DISK;
		req.offset = slot->offset;
	}
	if (slot->sgs > 1) {
		req.flags = MDEV_BPF_DMA_LIST;
		req.iova = NVME_IN_SLOT(n, sg);
		req.count = slot->sgs;
	} else {
		req.iova = slot->sg[0].iova;
	}
	return req;
}

/* Clear as much of the file as one request can: free it, or write zeros. */
static __always_inline struct mdev_bpf_request nvme_zero_request(const struct nvme_slot *slot)
{
	struct mdev_bpf_request req = {
		.op = slot->zero_written ? MDEV_BPF_FILE_ZERO : MDEV_BPF_FILE_DISCARD,
		.file = NVME_PARAM_DISK, .offset = slot->offset, .size = slot->size,
	};

	if (req.size > MDEV_BPF_MAX_DISCARD)
		req.size = MDEV_BPF_MAX_DISCARD;
	return req;
}

/* Make the request of a slot's step: NVME_PENDING, or a status if that fails. */
int MDEV_BPF_Q_FUNC(nvme_slot_issue, lane, struct nvme_pair *, s, __u64, n)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	struct mdev_bpf_request req = {};

	if (!slot)
		return NVME_SC_INTERNAL;
	switch (slot->step) {
	case NVME_LIST:
		req.op = MDEV_BPF_DMA_READ;
		req.iova = slot->list;
		req.where = NVME_IN_SLOT(n, prp);
		req.size = slot->prps * sizeof(slot->prp[0]);
		break;
	case NVME_DATA:
		req = nvme_data_request(slot, n);
		break;
	case NVME_LOAD:
		req.op = MDEV_BPF_FILE_READ;
		req.file = NVME_PARAM_DISK;
		req.offset = slot->offset;
		req.where = NVME_IN_BUFFER(lane->id, n) + NVME_MAX_TRANSFER;
		req.size = slot->size;
		break;
	case NVME_FLUSH:
		req.op = MDEV_BPF_FILE_FLUSH;
		req.file = NVME_PARAM_DISK;
		break;
	case NVME_ZERO:
		if (!s->file)
			return nvme_hand(lane, s, slot, NVME_DO_ZERO);
		req = nvme_zero_request(slot);
		break;
	default:
		return NVME_SC_INTERNAL;
	}
	req.id = NVME_ID(NVME_OF_SLOT, n);
	req.channel = nvme_data_channel(n);
	if (nvme_request(lane, s, &req))
		return NVME_SC_INTERNAL;
	slot->busy = 1;
	return NVME_PENDING;
}

/* For how many more commands are there slots? */
static __always_inline __u32 nvme_slots_left(const struct nvme_pair *s)
{
	__u32 taken = __builtin_popcountll(s->used) + s->fetching;

	return taken < NVME_SLOTS ? NVME_SLOTS - taken : 0;
}

/* Of the submission queues that wait for a slot, the one whose turn it is; 64 if none waits. */
static __always_inline __u64 nvme_next_starved(const struct nvme_pair *s)
{
	__u32 after = s->starved & -(1U << (s->turn & (NVME_QUEUES - 1)));

	return nvme_lowest_clear(~(__u64)(after ?: s->starved));
}

/* There may be slots for a submission queue that waits. */
static __always_inline void nvme_slot_offer(struct nvme_pair *s)
{
	__u64 q;

	if (!s->starved || !nvme_slots_left(s))
		return;
	q = nvme_next_starved(s);
	if (q < NVME_QUEUES)
		s->kicks |= 1 << q;
}

/* Submission queue @q does not wait for a slot, or not any more. */
static __always_inline void nvme_sated(struct nvme_pair *s, __u64 q)
{
	if (!(s->starved & 1 << q))
		return;
	s->starved &= ~(1 << q);
	nvme_slot_offer(s);
}

/* Take a free slot: its number, or 64. */
static __always_inline __u64 nvme_slot_take(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	__u64 n = nvme_lowest_clear(s->used | ~0ULL << NVME_SLOTS);

	if (n >= NVME_SLOTS)
		return n;
	if (!s->used)
		s->busy_since = mdev_bpf_q_time(lane);
	s->used |= 1U << n;
	return n;
}

/* The slot is free, for a queue that has waited. */
static __always_inline void nvme_slot_release(struct nvme_pair *s, struct nvme_slot *slot, __u64 n)
{
	slot->step = NVME_FREE;
	s->used &= ~(1U << n);
	nvme_slot_offer(s);
}

/* SMART / Health Information: what the counters say about a command */
static __always_inline void nvme_account(struct mdev_bpf_queue *lane, struct nvme_pair *s,
					 const struct nvme_slot *slot, __u32 status)
{
	struct nvme_counters *counters = &s->counters;

	counters->ended++;
	if (!s->used)
		counters->busy_ns += mdev_bpf_q_time(lane) - s->busy_since;
	if (status)
		return;
	if (slot->cmd.opcode == NVME_IO_READ || slot->cmd.opcode == NVME_IO_COMPARE) {
		counters->reads++;
		counters->bytes_read += slot->size;
	} else if (slot->cmd.opcode == NVME_IO_WRITE) {
		counters->writes++;
		counters->bytes_written += slot->size;
	}
}

/* The command is over: stage its completion, after an error has been logged. */
int MDEV_BPF_Q_FUNC(nvme_finish, lane, struct nvme_pair *, s, __u64, n, __u32, status)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	struct nvme_completion completion = {};
	struct nvme_sq *sq = slot ? nvme_sq_get(s, slot->queue) : NULL;

	if (!sq)
		return -EIO;
	if (slot->abort)
		status = slot->abort;
	slot->status = status;
	status = nvme_status(status);
	if (status & NVME_SC_MORE && slot->hand != NVME_DO_LOG)
		return nvme_hand(lane, s, slot, NVME_DO_LOG);
	completion.result = slot->result;
	completion.sq_head = sq->head;
	completion.sq_id = slot->queue;
	completion.cid = slot->cmd.cid;
	completion.status = status << 1;
	if (s->cq.reserved)
		s->cq.reserved--;
	nvme_cq_stage(&s->cq, &completion);
	nvme_slot_release(s, slot, n);
	nvme_account(lane, s, slot, status);
	return nvme_cq_run(ctx, s);
}

#endif /* __NVME_SLOT_H */
