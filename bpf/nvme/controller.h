/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of the controller, as CC asks and CSTS tells: enabled, shut down, reset. A controller
 * that is reset is ready to be enabled again when no request is in progress any more, so that it
 * does not access guest memory after it has said so.
 */
#ifndef __NVME_CONTROLLER_H
#define __NVME_CONTROLLER_H

#include "admin.h"

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
static __always_inline void nvme_enable(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					struct nvme_state *s)
{
	__u32 sqs = NVME_AQA_ASQS(s->aqa), cqs = NVME_AQA_ACQS(s->aqa);
	struct nvme_nvram *nv = nvme_nvram_get(dev);
	struct nvme_pair *p = nvme_pair_get(dev, 0);

	s->csts &= ~NVME_CSTS_SHST;
	if (!p || NVME_CC_CSS(s->cc) || NVME_CC_MPS(s->cc) || NVME_CC_AMS(s->cc) || !sqs || !cqs) {
		s->csts |= NVME_CSTS_CFS;
		return;
	}
	nvme_feature_defaults(s);
	nvme_measure(dev, s);
	nvme_sq_init(&p->sq[0], s->asq, sqs + 1, 0);
	nvme_cq_init(&p->cq, s->acq, cqs + 1, 0, true);
	p->intx = mdev_bpf_irq_mode(dev) != MDEV_BPF_IRQ_MSIX;
	p->home = 1;
	p->sqs = 1;
	if (nv)
		nv->running = 1;
	s->csts |= NVME_CSTS_RDY;
	nvme_tell(ctx, s);
}

/* A pair as after a reset */
static __always_inline void nvme_pair_clear(struct mdev_bpf_dev *dev, struct nvme_pair *p)
{
	int i;

	__builtin_memset(p, 0, offsetof(struct nvme_pair, cq));
	nvme_cq_init(&p->cq, 0, 0, 0, false);
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(p, i);

		if (sq)
			nvme_sq_init(sq, 0, 0, 0);
	}
}

/* As after a reset, but for the registers */
int MDEV_BPF_FUNC(nvme_clear, dev, struct nvme_state *, s)
{
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_pair *p = nvme_pair_get(dev, i);
		__u32 *pair = mdev_bpf_at(s->pair, i);
		__u32 *sq_deleter = mdev_bpf_at(s->sq_deleter, i);
		__u32 *cq_deleter = mdev_bpf_at(s->cq_deleter, i);

		if (!p || !pair || !sq_deleter || !cq_deleter)
			continue;
		nvme_pair_clear(dev, p);
		*pair = 0;
		*sq_deleter = 0;
		*cq_deleter = 0;
	}
	s->cqs = 0;
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
		nvme_enable(ctx, dev, s);
}

/* Has the last request ended? */
static __always_inline void nvme_try_stop(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					  struct nvme_state *s)
{
	__u32 requests = s->requests;
	int i;

	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_pair *p = nvme_pair_get(dev, i);

		if (p)
			requests += p->requests;
	}
	if (!requests)
		nvme_stopped(ctx, dev, s);
}

/* CC.EN was cleared: have all pairs end their requests. That of a shutdown ends by itself. */
static __always_inline void nvme_disable(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					 struct nvme_state *s)
{
	int i;

	s->stopping = 1;
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_pair *p = nvme_pair_get(dev, i);

		if (!p)
			continue;
		p->runs = 0;
		p->stopping = 1;
		if (p->requests)
			mdev_bpf_queue_kick(dev, i);
	}
	nvme_try_stop(ctx, dev, s);
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
	if (nv) {
		struct nvme_counters sum = {};

		nvme_counters_sum(nv, &sum);
		nv->ended = sum.ended;
		nv->running = 0;
	}
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
	if (!s->file || nvme_read_only(s->file))
		nvme_shut_down(dev, s, 0);
	else if (mdev_bpf_request(dev, &req, sizeof(req)))
		nvme_shut_down(dev, s, -EIO);
	else
		s->requests++;
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
		nvme_enable(ctx, dev, s);
	else
		nvme_disable(ctx, dev, s);
}

#endif /* __NVME_CONTROLLER_H */
