/* SPDX-License-Identifier: GPL-2.0-only */
/* A command in its slot: its requests, one after the other, and its end. */
#ifndef __NVME_SLOT_H
#define __NVME_SLOT_H

#include "cq.h"
#include "error.h"

/* Where a member of slot @n is */
#define NVME_IN_SLOT(n, member) \
	(NVME_IN_STATE(slot) + (n) * sizeof(struct nvme_slot) + offsetof(struct nvme_slot, member))

/* The buffer of slot @n */
#define NVME_IN_BUFFER(n)	MDEV_BPF_MEMORY(NVME_BUFFER, (n) * NVME_BUFFER_SIZE)

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
int MDEV_BPF_FUNC(nvme_slot_issue, dev, struct nvme_state *, s, __u64, n)
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
		req.where = NVME_IN_BUFFER(n) + NVME_MAX_TRANSFER;
		req.size = slot->size;
		break;
	case NVME_FLUSH:
		req.op = MDEV_BPF_FILE_FLUSH;
		req.file = NVME_PARAM_DISK;
		break;
	case NVME_ZERO:
		if (!s->file) {
			mdev_bpf_work_queue(dev, NVME_WORK_ZERO);
			return NVME_PENDING;
		}
		req = nvme_zero_request(slot);
		break;
	default:
		return NVME_SC_INTERNAL;
	}
	req.id = NVME_ID(NVME_OF_SLOT, n);
	req.channel = nvme_data_channel(n);
	if (nvme_request(dev, s, &req))
		return NVME_SC_INTERNAL;
	slot->busy = 1;
	return NVME_PENDING;
}

/* The lowest bit that is clear; 64 if all are set. */
static __always_inline __u64 nvme_lowest_clear(__u64 used)
{
	__u64 n = 0;

	if (!~used)
		return 64;
	if (!(~used & 0xffffffff)) {
		n += 32;
		used >>= 32;
	}
	if (!(~used & 0xffff)) {
		n += 16;
		used >>= 16;
	}
	if (!(~used & 0xff)) {
		n += 8;
		used >>= 8;
	}
	if (!(~used & 0xf)) {
		n += 4;
		used >>= 4;
	}
	if (!(~used & 3)) {
		n += 2;
		used >>= 2;
	}
	return n + (used & 1);
}

/* For how many more commands of queue @q are there slots? */
static __always_inline __u32 nvme_slots_left(const struct nvme_state *s, __u64 q)
{
	__u32 taken = __builtin_popcountll(q ? s->io_used : s->admin_used);
	__u32 slots = q ? NVME_IO_SLOTS : NVME_ADMIN_SLOTS;

	if (q)
		taken += s->fetching;
	return taken < slots ? slots - taken : 0;
}

/* Of the I/O queues that wait for a slot, the one whose turn it is; 64 if none waits. */
static __always_inline __u64 nvme_next_starved(const struct nvme_state *s)
{
	__u32 waiting = s->starved & ~1U;
	__u32 after = waiting & -(1U << (s->turn & (NVME_QUEUES - 1)));

	return nvme_lowest_clear(~(__u64)(after ?: waiting));
}

/* There may be slots for a queue that waits: the admin queue, or the next one. */
static __always_inline void nvme_slot_offer(struct mdev_bpf_dev *dev, const struct nvme_state *s,
					    bool admin)
{
	__u64 q = admin ? 0 : nvme_next_starved(s);

	if (q < NVME_QUEUES && s->starved & 1 << q && nvme_slots_left(s, q))
		mdev_bpf_work_queue(dev, NVME_WORK_KICK + q);
}

/* Queue @q does not wait for a slot, or not any more. */
static __always_inline void nvme_sated(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 q)
{
	if (!(s->starved & 1 << q))
		return;
	s->starved &= ~(1 << q);
	nvme_slot_offer(dev, s, !q);
}

/* Take a free slot for a command of queue @q: its number, or NVME_SLOTS. */
static __always_inline __u64 nvme_slot_take(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 q)
{
	__u64 n = nvme_lowest_clear(q ? s->io_used : s->admin_used);

	if (n >= (q ? NVME_IO_SLOTS : NVME_ADMIN_SLOTS))
		return NVME_SLOTS;
	if (q && !s->io_used)
		s->busy_since = mdev_bpf_time(dev);
	if (q)
		s->io_used |= 1ULL << n;
	else
		s->admin_used |= 1ULL << n;
	return q ? n : NVME_IO_SLOTS + n;
}

/* The slot is free, for a queue that has waited. */
static __always_inline void nvme_slot_release(struct mdev_bpf_dev *dev, struct nvme_state *s,
					      struct nvme_slot *slot, __u64 n)
{
	slot->step = NVME_FREE;
	if (n < NVME_IO_SLOTS)
		s->io_used &= ~(1ULL << n);
	else
		s->admin_used &= ~(1ULL << (n - NVME_IO_SLOTS));
	nvme_slot_offer(dev, s, n >= NVME_IO_SLOTS);
}

/* SMART / Health Information: what the counters say about a command */
static __always_inline void nvme_account(struct mdev_bpf_dev *dev, struct nvme_state *s,
					 struct nvme_nvram *nv, const struct nvme_slot *slot,
					 __u32 status)
{
	if (!slot->queue)
		return;
	/* Also after a shutdown: there is something again that a loss of power can harm. */
	nv->running = 1;
	if (!s->io_used)
		nv->busy_ns += mdev_bpf_time(dev) - s->busy_since;
	if (status)
		return;
	if (slot->cmd.opcode == NVME_IO_READ || slot->cmd.opcode == NVME_IO_COMPARE) {
		nv->reads++;
		nv->bytes_read += slot->size;
	} else if (slot->cmd.opcode == NVME_IO_WRITE) {
		nv->writes++;
		nv->bytes_written += slot->size;
	}
}

/* The command is over: stage its completion. */
int MDEV_BPF_FUNC(nvme_finish, dev, struct nvme_state *, s, __u64, n, __u32, status)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	struct nvme_nvram *nv = nvme_nvram_get(dev);
	struct nvme_completion completion = {};
	struct nvme_sq *sq;
	struct nvme_cq *cq;

	sq = slot ? nvme_sq_get(s, slot->queue) : NULL;
	cq = sq ? nvme_cq_get(s, sq->cq) : NULL;
	if (!cq || !nv)
		return -EIO;
	if (slot->abort)
		status = slot->abort;
	status = nvme_status(status);
	if (status & NVME_SC_MORE)
		nvme_log_error(nv, slot, status);
	completion.result = slot->result;
	completion.sq_head = sq->head;
	completion.sq_id = slot->queue;
	completion.cid = slot->cmd.cid;
	completion.status = status << 1;
	if (cq->reserved)
		cq->reserved--;
	nvme_cq_stage(s, cq, &completion);
	nvme_slot_release(dev, s, slot, n);
	nvme_account(dev, s, nv, slot, status);
	return nvme_cq_run(ctx, s, sq->cq);
}

#endif /* __NVME_SLOT_H */
