/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kreset.bpf.c and its test agree on. */
#ifndef KRESET_H
#define KRESET_H

/* Registers of BAR0, 32 bit each */
#define KRESET_ARM	0x00	/* W: arm timer n of 4, for a few microseconds */
#define KRESET_PERIODIC	0x04	/* W: let timer 4 + n expire again and again */
#define KRESET_QUEUE	0x08	/* W: queue work n of 4 */
#define KRESET_CHECK	0x0c	/* R: 1 if the state is consistent, else 0 */
#define KRESET_LINE	0x10	/* W: mdev_bpf_irq_set() */
#define KRESET_BELL	0x20	/* doorbell that keeps its 4 bytes, work 7 */
#define KRESET_BELL_WORK 7
#define KRESET_REG	0x24	/* R/W: counts down to 0 what is written, with each read */

/* Global counters, at the start of .bss */
enum {
	KRESET_RESETS, KRESET_TIMERS, KRESET_WORKS, KRESET_BELLS, KRESET_ACCESSES,
	KRESET_STALE,		/* a timer or work that nobody has armed since the reset */
	KRESET_TORN,		/* the state was seen half written, or half reset */
	KRESET_NR_COUNTERS
};

#endif /* KRESET_H */
