/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kfail.bpf.c and its tests agree on. */
#ifndef KFAIL_H
#define KFAIL_H

#include <linux/ioctl.h>

/* The device's own ioctl: answers 7 */
#define KFAIL_IOCTL	_IO('K', 1)

/* Registers of BAR0, 32 bit each */
#define KFAIL_IN	0x00	/* the ops that fail the device, as bits KFAIL_INIT...; global */
#define KFAIL_NOW	0x04	/* W: fail, with this code */
#define KFAIL_TEXT	0x08	/* W: fail, with a text of KFAIL_TEXT_* */
#define KFAIL_RESULT	0x0c	/* what the last mdev_bpf_fail() or mdev_bpf_dump_text() returned */
#define KFAIL_LEVEL	0x10	/* W: mdev_bpf_irq_set() */
#define KFAIL_ARM	0x14	/* W: timer 0 in so many microseconds */
#define KFAIL_WORK	0x18	/* W: mdev_bpf_work_queue() */
#define KFAIL_SLOW	0x1c	/* W: so many loops */
#define KFAIL_VALUE	0x20	/* RW: in the state */
#define KFAIL_RETURN	0x24	/* W: return this */
#define KFAIL_LINES	0x28	/* lines of a dump; global */
#define KFAIL_TWICE	0x2c	/* W: fail with this code, then with another */
#define KFAIL_TIMER_SLOW 0x30	/* so many loops in timer */

enum { KFAIL_TEXT_EMPTY, KFAIL_TEXT_LONG, KFAIL_TEXT_BINARY };

/* Which op; also the index of its counter, global, at the start of .bss */
enum {
	KFAIL_INIT, KFAIL_EXIT, KFAIL_OPEN, KFAIL_CLOSE, KFAIL_RESET, KFAIL_READ, KFAIL_WRITE,
	KFAIL_IOCTL_OP, KFAIL_TIMER, KFAIL_WORK_OP, KFAIL_DUMP, KFAIL_NR
};

#endif /* KFAIL_H */
