/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device khang.bpf.c and its tests agree on. */
#ifndef KHANG_H
#define KHANG_H

#include <linux/ioctl.h>

/* The device's own ioctl: loops if it is told to, and answers 7 */
#define KHANG_IOCTL	_IO('K', 2)

/* Registers of BAR0, 32 bit each */
#define KHANG_IN	0x00	/* the ops that do not end by themselves, as bits KHANG_*; global */
#define KHANG_LOOPS	0x04	/* W: so many times round a loop of mdev_bpf_for() */
#define KHANG_ROUNDS	0x08	/* how often that went round, or what a loop made of bad bounds */
#define KHANG_BOUNDS	0x0c	/* W: a loop with bad bounds, KHANG_BACKWARDS or KHANG_FAR */
#define KHANG_SHORT	0x10	/* W: so many short loops, one behind the other */
#define KHANG_WORK	0x14	/* W: mdev_bpf_work_queue() */
#define KHANG_VALUE	0x18	/* RW: in the state; each write of LOOPS adds 1 */

enum { KHANG_BACKWARDS, KHANG_FAR };

enum {
	KHANG_INIT, KHANG_RESET, KHANG_READ, KHANG_WRITE, KHANG_IOCTL_OP, KHANG_WORK_OP,
	KHANG_DUMP
};

#endif /* KHANG_H */
