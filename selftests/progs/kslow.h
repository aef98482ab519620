/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kslow.bpf.c and its tests agree on. */
#ifndef KSLOW_H
#define KSLOW_H

/* Registers of BAR0, 32 bit each */
#define KSLOW_CONTROL	0x00	/* W: one of those below; global */
#define KSLOW_LATE	0x04	/* R: calls that did nothing, as the op had run too long; global */
#define KSLOW_PAGES	0x08	/* R: get pages by mdev_bpf_memory_get(), 8 times KSLOW_CALLS */

#define KSLOW_IRQS	0x0c	/* R: ask for interrupt mode and status, KSLOW_ASKS times */

#define KSLOW_VECTORS	32	/* of MSI */
#define KSLOW_ASKS	500

/* The verifier follows each round of a plain loop, so more would take it long */
#define KSLOW_CALLS	4000

/* With KSLOW_AFTER: calls of functions that wake somebody up */
#define KSLOW_WAKES	3

/* With KSLOW_ARM: how often a timer is armed, and its delay in ns (for kstall.bpf.c) */
#define KSLOW_ARMS	6
#define KSLOW_DELAY	3600000000000ULL

/*
 * A write: mdev_bpf_snprintf(), KSLOW_WAKES after the time limit, or KSLOW_ARMS; restore:
 * mdev_bpf_stream_get(), as often as the first
 */
enum { KSLOW_NOTHING, KSLOW_FORMAT, KSLOW_RESTORE, KSLOW_AFTER, KSLOW_ARM };

#endif /* KSLOW_H */
