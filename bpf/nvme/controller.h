/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of the controller, as CC asks and CSTS tells: enabled, shut down, reset. A controller
 * that is reset is ready to be enabled again when no request is in progress any more, so that it
 * does not access guest memory after it has said so.
 */
#ifndef __NVME_CONTROLLER_H
#define __NVME_CONTROLLER_H

#include "sq.h"

/* The size of the namespace, which stays for as long as the controller is enabled */
static __always_inline void nvme_measure(struct mdev_bpf_dev *dev, struct nvme_state *s)
{
	__s64 size = mdev_bpf_param(dev, NVME_PARAM_SIZE);

	s->file = mdev_bpf_param(dev, NVME_PARAM_DISK);
	if (s->file)
		size = mdev_bpf_file_size(dev, NVME_PARAM_DISK);
	s->lba_shift = mdev_bpf_param(dev, NVME_PARAM_LBA_SHIFT);
	s->blocks = size > 0 ? (__u64)size >> s->lba_shift : 0;
}

/* CC.EN was set. */
static __always_inline void nvme_enable(struct mdev_bpf_dev *dev, struct nvme_state *s)
{
	__u32 sqs = NVME_AQA_ASQS(s->aqa), cqs = NVME_AQA_ACQS(s->aqa);
	struct nvme_nvram *nv = nvme_nvram_get(dev);

	s->csts &= ~NVME_CSTS_SHST;
	if (NVME_CC_CSS(s->cc) || NVME_CC_MPS(s->cc) || NVME_CC_AMS(s->cc) || !sqs || !cqs) {
		s->csts |= NVME_CSTS_CFS;
		return;
	}
	nvme_feature_defaults(s);
	nvme_measure(dev, s);
	nvme_sq_init(&s->sq[0], s->asq, sqs + 1, 0);
	nvme_cq_init(&s->cq[0], s->acq, cqs + 1, 0, true);
	if (nv)
		nv->running = 1;
	s->csts |= NVME_CSTS_RDY;
}

/* As after a reset, but for the registers */
int MDEV_BPF_FUNC(nvme_clear, dev, struct nvme_state *, s)
{
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(s, i);
		struct nvme_cq *cq = nvme_cq_get(s, i);
		struct nvme_doorbell *doorbell = mdev_bpf_at(s->doorbell, i);
		__u32 *coalesced = mdev_bpf_at(s->coalesced, i);

		if (!sq || !cq || !doorbell || !coalesced)
			continue;
		nvme_sq_init(sq, 0, 0, 0);
		nvme_cq_init(cq, 0, 0, 0, false);
		doorbell->tail = 0;
		doorbell->head = 0;
		*coalesced = 0;
	}
	mdev_bpf_for(i, dev, 0, NVME_SLOTS) {
		struct nvme_slot *slot = nvme_slot_get(s, i);

		if (slot)
			slot->step = NVME_FREE;
	}
	s->io_used = 0;
	s->admin_used = 0;
	s->starved = 0;
	s->turn = 0;
	s->fetching = 0;
	s->requests = 0;
	s->stopping = 0;
	s->created = 0;
	s->shadows = 0;
	s->event_requests = 0;
	s->event_masked = 0;
	s->event_pending[NVME_EVENT_ERROR] = 0;
	s->event_pending[NVME_EVENT_SMART] = 0;
	s->intm = 0;
	s->lines = 0;
	nvme_line_update(dev, s);
	return mdev_bpf_timer_cancel(dev, NVME_TIMER_COALESCING);
}

/* The last request has ended after CC.EN was cleared. */
static __always_inline void nvme_stopped(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					 struct nvme_state *s)
{
	nvme_clear(ctx, s);
	s->csts = 0;
	s->shutdown = 0;
	s->enabled = s->cc & NVME_CC_EN;
	if (s->enabled)
		nvme_enable(dev, s);
}

/* CC.EN was cleared: end all requests, but the flush of a shutdown. */
static __always_inline void nvme_disable(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					 struct nvme_state *s)
{
	s->stopping = 1;
	mdev_bpf_request_cancel(dev, 0, NVME_ID(NVME_OF_SHUTDOWN, 0));
	if (!s->requests)
		nvme_stopped(ctx, dev, s);
}

/* The data is safe, and power may go; or it is not, and then the shutdown does not end. */
static __always_inline void nvme_shut_down(struct mdev_bpf_dev *dev, struct nvme_state *s,
					   int error)
{
	struct nvme_nvram *nv = nvme_nvram_get(dev);

	if (error) {
		if (nv)
			nvme_log_error(nv, NULL, nvme_status(NVME_SC_WRITE_FAULT));
		s->csts |= NVME_CSTS_CFS;
		return;
	}
	if (nv)
		nv->running = 0;
	s->csts = (s->csts & ~NVME_CSTS_SHST) | NVME_CSTS_SHST_COMPLETE;
}

/* CC.SHN was set: bring what was written to stable storage. */
static __always_inline void nvme_shutdown(struct mdev_bpf_dev *dev, struct nvme_state *s)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_FILE_FLUSH, .id = NVME_ID(NVME_OF_SHUTDOWN, 0),
		.file = NVME_PARAM_DISK,
	};

	s->csts = (s->csts & ~NVME_CSTS_SHST) | NVME_CSTS_SHST_OCCURRING;
	if (!s->file || nvme_read_only(s))
		nvme_shut_down(dev, s, 0);
	else if (nvme_request(dev, s, &req))
		nvme_shut_down(dev, s, -EIO);
}

/* Its flush has ended. Only a conversion of the state cancels it, so it is made again. */
static __always_inline void nvme_shutdown_done(struct mdev_bpf_dev *dev, struct nvme_state *s,
					       int error)
{
	if (error == -ECANCELED)
		nvme_shutdown(dev, s);
	else
		nvme_shut_down(dev, s, error);
}

/* CC was written. */
static __always_inline void nvme_configure(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					   struct nvme_state *s)
{
	__u32 enabled = s->cc & NVME_CC_EN, shutdown = NVME_CC_SHN(s->cc);

	/* Until the controller is not ready, CC.EN waits. */
	if (s->stopping)
		return;
	if (shutdown && !s->shutdown)
		nvme_shutdown(dev, s);
	s->shutdown = shutdown;
	if (enabled == s->enabled)
		return;
	s->enabled = enabled;
	if (enabled)
		nvme_enable(dev, s);
	else
		nvme_disable(ctx, dev, s);
}

#endif /* __NVME_CONTROLLER_H */
