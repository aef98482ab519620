/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: MSI-X, where each completion queue has the vector that its driver has chosen, with
 * coalescing; or INTx, whose line is up while a completion queue is not empty. Pairs send messages
 * themselves. The line and the timer are those of the controller.
 */
#ifndef __NVME_INTERRUPT_H
#define __NVME_INTERRUPT_H

#include "state.h"

#define NVME_COALESCING_THRESHOLD(c)	((c) & 0xff)		/* completions, less 1 */
#define NVME_COALESCING_TIME(c)		((c) >> 8 & 0xff)	/* in 100 microseconds */

/*
 * Pin based interrupts: INTMS and INTMC have bit 0 for the line. With MSI-X it stays down, because
 * going up would send a message.
 */
static __always_inline void nvme_line_update(struct mdev_bpf_dev *dev, struct nvme_state *s)
{
	mdev_bpf_irq_set(dev, s->lines && !(s->intm & 1) &&
			 mdev_bpf_irq_mode(dev) != MDEV_BPF_IRQ_MSIX);
}

/* Does a completion queue have what INTx reports? */
static __always_inline bool nvme_cq_pending(const struct nvme_cq *cq)
{
	return cq->interrupts && cq->head != cq->written;
}

/* The line of pair @c may have to be moved. */
static __always_inline void nvme_line_pair(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 c,
					   const struct nvme_pair *p)
{
	if (p->line)
		s->lines |= 1 << c;
	else
		s->lines &= ~(1 << c);
	nvme_line_update(dev, s);
}

/* The driver has taken completions, or some were written: with INTx, the line may have to move. */
static __always_inline void nvme_line_cq(struct mdev_bpf_queue *lane, struct nvme_pair *s)
{
	__u32 line = nvme_cq_pending(&s->cq);

	if (!s->intx)
		line = 0;
	if (line == s->line)
		return;
	s->line = line;
	nvme_ask(lane, s, NVME_ASK_LINE);
}

/* Interrupt Coalescing: should an interrupt wait for more completions? */
static __always_inline bool nvme_coalesce(struct mdev_bpf_queue *lane, struct nvme_pair *s,
					  __u32 completions)
{
	if (!NVME_COALESCING_TIME(s->coalescing) || s->intx)
		return false;
	s->coalesced += completions;
	if (s->coalesced > NVME_COALESCING_THRESHOLD(s->coalescing)) {
		s->coalesced = 0;
		return false;
	}
	nvme_ask(lane, s, NVME_ASK_TIMER);
	return true;
}

/* Completions were written. */
static __always_inline void nvme_interrupt(struct mdev_bpf_queue *lane, struct nvme_pair *s,
					   __u32 completions)
{
	if (s->cq.interrupts && !nvme_coalesce(lane, s, completions))
		s->intx = mdev_bpf_q_irq(lane, s->cq.vector) == -ENXIO;
	nvme_line_cq(lane, s);
}

/* A pair has completions that are not reported yet. */
static __always_inline void nvme_coalescing_begin(struct mdev_bpf_dev *dev, struct nvme_state *s)
{
	__u32 time = NVME_COALESCING_TIME(s->coalescing);

	if (time && mdev_bpf_timer_left(dev, NVME_TIMER_COALESCING) < 0)
		mdev_bpf_timer_arm(dev, NVME_TIMER_COALESCING, time * 100000ULL, 0);
}

/* The aggregation time is over. One timer serves all pairs, so for some it comes early. */
static __always_inline void nvme_coalescing_over(struct mdev_bpf_dev *dev)
{
	int i;

	mdev_bpf_for(i, dev, 1, NVME_QUEUES) {
		struct nvme_pair *p = nvme_pair_get(dev, i);

		if (!p || !p->coalesced)
			continue;
		p->coalesced = 0;
		mdev_bpf_irq_trigger(dev, p->cq.vector);
	}
}

#endif /* __NVME_INTERRUPT_H */
