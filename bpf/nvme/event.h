/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asynchronous events. The driver leaves some Asynchronous Event Requests with the controller, each
 * of which completes when there is something to report. An event of a type is reported once until
 * the driver has read the log that belongs to it.
 */
#ifndef __NVME_EVENT_H
#define __NVME_EVENT_H

#include "cq.h"
#include "error.h"

#define NVME_TEMPERATURE	313	/* Kelvin: 40 degrees Celsius */

/* Complete the last request that there is, with an event, or a status. */
static __always_inline void nvme_event_complete(struct mdev_bpf_dev *dev, struct nvme_state *s,
						struct nvme_pair *p, __u32 result, __u32 status)
{
	struct nvme_completion completion = { .result = result, .status = status << 1 };
	__u16 *cid = mdev_bpf_at(s->event_cid, s->event_requests - 1);

	if (!cid)
		return;
	completion.cid = *cid;
	completion.sq_head = p->sq[0].head;
	s->event_requests--;
	p->sq[0].commands++;
	nvme_cq_stage(&p->cq, &completion);
	mdev_bpf_queue_kick(dev, 0);
}

/* Report the events that are pending, as far as there are requests for it, and room. */
int MDEV_BPF_FUNC(nvme_event_report, dev, struct nvme_state *, s)
{
	struct nvme_pair *p = nvme_pair_get(dev, 0);

	if (!s || !p || !nvme_runs(s))
		return 0;
#pragma unroll
	for (__u32 type = 0; type < NVME_EVENT_TYPES; type++) {
		__u32 event;

		if (!s->event_pending[type] || s->event_masked & 1 << type ||
		    !s->event_requests || !nvme_cq_room(&p->cq))
			continue;
		event = nvme_lowest_clear(~(__u64)s->event_pending[type]);
		s->event_pending[type] &= s->event_pending[type] - 1;
		s->event_masked |= 1 << type;
		nvme_event_complete(dev, s, p, type | event << 8 |
				    (type == NVME_EVENT_ERROR ? NVME_LOG_ERROR :
								NVME_LOG_SMART) << 16, 0);
	}
	return 0;
}

static __always_inline void nvme_event(unsigned long long *ctx, struct nvme_state *s, __u32 type,
				       __u32 event)
{
	if (type < NVME_EVENT_TYPES)
		s->event_pending[type] |= 1 << event;
	nvme_event_report(ctx, s);
}

/* Asynchronous Event Request: it leaves its slot, and waits without one. */
static __always_inline int nvme_event_request(struct nvme_state *s, const struct nvme_command *cmd)
{
	__u16 *cid = mdev_bpf_at(s->event_cid, s->event_requests);

	if (!cid)
		return NVME_SC_EVENT_LIMIT;
	*cid = cmd->cid;
	s->event_requests++;
	return NVME_RELEASED;
}

/* Abort the request with command id @cid. */
static __always_inline bool nvme_event_abort(struct mdev_bpf_dev *dev, struct nvme_state *s,
					     struct nvme_pair *p, __u16 cid)
{
	__u16 *last = mdev_bpf_at(s->event_cid, s->event_requests - 1);
	bool found = false;

	if (!last || !nvme_cq_room(&p->cq))
		return false;
#pragma unroll
	for (__u32 i = 0; i < NVME_EVENT_REQUESTS; i++) {
		if (found || i >= s->event_requests || s->event_cid[i] != cid)
			continue;
		s->event_cid[i] = *last;
		*last = cid;
		found = true;
	}
	if (found)
		nvme_event_complete(dev, s, p, 0, nvme_status(NVME_SC_ABORT_REQUESTED));
	return found;
}

/* The temperature is always the same, but the driver can move the thresholds across it. */
static __always_inline bool nvme_temperature_warning(const struct nvme_state *s)
{
	return NVME_TEMPERATURE >= s->over_temperature || NVME_TEMPERATURE <= s->under_temperature;
}

static __always_inline void nvme_temperature_event(unsigned long long *ctx, struct nvme_state *s)
{
	if (nvme_temperature_warning(s) && s->event_config & NVME_SMART_TEMPERATURE)
		nvme_event(ctx, s, NVME_EVENT_SMART, NVME_EVENT_TEMPERATURE);
}

#endif /* __NVME_EVENT_H */
