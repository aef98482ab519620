/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: MSI-X, where each completion queue has the vector that its driver has chosen, with
 * coalescing; or INTx, whose line is up while a completion queue is not empty.
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

/* The driver has taken completions, or some were written. */
static __always_inline void nvme_line_cq(struct mdev_bpf_dev *dev, struct nvme_state *s, __u64 c)
{
	struct nvme_cq *cq = nvme_cq_get(s, c);

	if (!cq)
		return;
	if (cq->interrupts && cq->head != cq->written)
		s->lines |= 1 << c;
	else
		s->lines &= ~(1 << c);
	nvme_line_update(dev, s);
}

/* Interrupt Coalescing: should an interrupt wait for more completions? */
static __always_inline bool nvme_coalesce(struct mdev_bpf_dev *dev, struct nvme_state *s,
					  __u32 vector, __u32 completions)
{
	__u32 time = NVME_COALESCING_TIME(s->coalescing);
	__u32 *coalesced = mdev_bpf_at(s->coalesced, vector);

	if (!time || !coalesced || s->no_coalescing & 1 << vector)
		return false;
	*coalesced += completions;
	if (*coalesced > NVME_COALESCING_THRESHOLD(s->coalescing)) {
		*coalesced = 0;
		return false;
	}
	if (mdev_bpf_timer_left(dev, NVME_TIMER_COALESCING) < 0)
		mdev_bpf_timer_arm(dev, NVME_TIMER_COALESCING, time * 100000ULL, 0);
	return true;
}

/* Completions were written to queue @c. */
int MDEV_BPF_FUNC(nvme_interrupt, dev, struct nvme_state *, s, __u64, c, __u32, completions)
{
	struct nvme_cq *cq = s ? nvme_cq_get(s, c) : NULL;

	if (!cq)
		return -EINVAL;
	nvme_line_cq(dev, s, c);
	if (!cq->interrupts)
		return 0;
	/* The admin queue's interrupts are never coalesced. */
	if (mdev_bpf_irq_mode(dev) == MDEV_BPF_IRQ_MSIX &&
	    (!c || !nvme_coalesce(dev, s, cq->vector, completions)))
		mdev_bpf_irq_trigger(dev, cq->vector);
	return 0;
}

/* The aggregation time is over. One timer serves all vectors, so for some it comes early. */
static __always_inline void nvme_coalescing_over(struct mdev_bpf_dev *dev, struct nvme_state *s)
{
	int i;

	mdev_bpf_for(i, dev, 0, NVME_VECTORS) {
		__u32 *coalesced = mdev_bpf_at(s->coalesced, i);

		if (!coalesced || !*coalesced)
			continue;
		*coalesced = 0;
		mdev_bpf_irq_trigger(dev, i);
	}
}

#endif /* __NVME_INTERRUPT_H */
