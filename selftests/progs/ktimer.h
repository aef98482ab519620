/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device ktimer.bpf.c and its test agree on. */
#ifndef KTIMER_H
#define KTIMER_H

#define KTIMER_MSI	16	/* vector n: timer n was called; 8 + n: work n */

/* Registers of BAR0, 32 bit each */
#define KTIMER_DELAY	0x00	/* microseconds for the next arm */
#define KTIMER_PERIOD	0x04	/* nanoseconds for the next arm */
#define KTIMER_ARM	0x08	/* W: mdev_bpf_timer_arm() of timer n */
#define KTIMER_CANCEL	0x0c	/* W: mdev_bpf_timer_cancel() */
#define KTIMER_WORK	0x10	/* W: mdev_bpf_work_queue() */
#define KTIMER_RESULT	0x14	/* what these returned */
#define KTIMER_VICTIM	0x18	/* the timer that timer 0's call cancels, if not 0 */
#define KTIMER_TIMERS	0x20	/* 8 counters: calls of timer n */
#define KTIMER_WORKS	0x40	/* 8 counters: calls of work n */
#define KTIMER_ELAPSED	0x60	/* 8: microseconds from arming timer n to its last call */

#define KTIMER_TIME	0x80	/* mdev_bpf_time(), in microseconds */
#define KTIMER_STARTED	0x84	/* calls of started */
#define KTIMER_WHY	0x88	/* why of the last one; also at 0x40 of configuration space */
#define KTIMER_ORDER	0x8c	/* calls of started when a timer was called last */
#define KTIMER_LEFT	0xa0	/* 8: mdev_bpf_timer_left() of timer n, in microseconds, or errno */
#define KTIMER_FAR	0xc0	/* mdev_bpf_timer_left() of timer 8 */
#define KTIMER_SIZE	0x100

#endif /* KTIMER_H */
