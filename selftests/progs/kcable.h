/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kcable.bpf.c and its tests agree on. */
#ifndef KCABLE_H
#define KCABLE_H

/* Index of each parameter in mdev_bpf_ops::params */
enum {
	KCABLE_LEFT,		/* "left", a CABLE whose work is KCABLE_WORK_LEFT */
	KCABLE_RIGHT,		/* "right", another one */
	KCABLE_NUMBER,		/* no CABLE */
};

enum { KCABLE_WORK_LEFT = 5, KCABLE_WORK_RIGHT = 63 };

/* BAR0, registers of 8 bytes */
#define KCABLE_PARAM	0x00	/* which CABLE */
#define KCABLE_WHERE	0x08	/* what is sent, or where to receive */
#define KCABLE_BYTES	0x10	/* how many */
#define KCABLE_DO	0x18	/* W: call what KCABLE_* names */
#define KCABLE_RESULT	0x20	/* what that has returned */
#define KCABLE_LEFTS	0x28	/* calls of KCABLE_WORK_LEFT */
#define KCABLE_RIGHTS	0x30	/* and of KCABLE_WORK_RIGHT */
#define KCABLE_TIMES	0x38	/* how often KCABLE_STORM rings */
#define KCABLE_EAGER	0x40	/* work rings the other end, and itself */
#define KCABLE_FAIL	0x48	/* W: fail */
#define KCABLE_SIZE	0x80

/* For KCABLE_DO; STORM returns how many of its rings have succeeded */
enum { KCABLE_PEER, KCABLE_RING, KCABLE_SEND, KCABLE_NEXT, KCABLE_RECEIVE, KCABLE_STORM };

#define KCABLE_MEM	9	/* memory */
#define KCABLE_MEM_SIZE	(256 << 10)
/* In the state: KCABLE_BUF_SIZE bytes at KCABLE_BUF, which are its end */
#define KCABLE_BUF	64
#define KCABLE_BUF_SIZE	4096

#endif /* KCABLE_H */
