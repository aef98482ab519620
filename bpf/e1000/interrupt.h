/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts (13.4.17 to 13.4.21): causes, their mask, and what delays them. ITR is the least time
 * between two interrupts. RDTR and TIDV wait for more frames, up to RADV and TADV.
 */
#ifndef __E1000_INTERRUPT_H
#define __E1000_INTERRUPT_H

#include "state.h"

#define E1000_ITR_UNIT		256	/* ns */
#define E1000_DELAY_UNIT	1024	/* ns */

/* The line is up while a cause is enabled, but does not go up too often. */
static __always_inline void e1000_line_update(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	__u64 pause = (__u64)E1000_VALUE(s, ITR) * E1000_ITR_UNIT, now, next;

	if (!(E1000_VALUE(s, ICR) & E1000_VALUE(s, IMS))) {
		s->line = 0;
		mdev_bpf_irq_set(dev, 0);
		return;
	}
	if (s->line)
		return;
	now = mdev_bpf_time(dev);
	next = s->asserted ? s->asserted + pause : 0;
	if (now < next) {
		mdev_bpf_timer_arm(dev, E1000_TIMER_ITR, next - now, 0);
		return;
	}
	s->asserted = now;
	s->line = 1;
	mdev_bpf_irq_set(dev, 1);
}

static __always_inline void e1000_interrupt(struct mdev_bpf_dev *dev, struct e1000_state *s,
					    __u32 causes)
{
	if (!causes)
		return;
	E1000_VALUE(s, ICR) |= causes;
	e1000_line_update(dev, s);
}

/*
 * Interrupt when no other event has come for @delay, or when the first one is @most ago. Both are
 * in the registers' unit, and 0 means not to wait, and no limit.
 */
static __always_inline void e1000_interrupt_later(struct mdev_bpf_dev *dev, struct e1000_state *s,
						  __u32 direction, __u32 cause, __u64 delay,
						  __u64 most)
{
	__u64 now = mdev_bpf_time(dev), *since = &s->delayed[direction], due;

	if (!delay) {
		e1000_interrupt(dev, s, cause);
		return;
	}
	if (!*since)
		*since = now ?: 1;
	due = now + delay * E1000_DELAY_UNIT;
	if (most && *since + most * E1000_DELAY_UNIT < due)
		due = *since + most * E1000_DELAY_UNIT;
	mdev_bpf_timer_arm(dev, direction == E1000_RX ? E1000_TIMER_RX : E1000_TIMER_TX,
			   due > now ? due - now : 1, 0);
}

/* A delay is over. */
static __always_inline void e1000_interrupt_now(struct mdev_bpf_dev *dev, struct e1000_state *s,
						__u32 direction)
{
	if (!s->delayed[direction])
		return;
	s->delayed[direction] = 0;
	e1000_interrupt(dev, s, direction == E1000_RX ? E1000_ICR_RXT0 : E1000_ICR_TXDW);
}

#endif /* __E1000_INTERRUPT_H */
