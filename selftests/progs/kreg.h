/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kreg.bpf.c and its tests agree on. */
#ifndef KREG_H
#define KREG_H

#include <linux/types.h>

/* BAR0 */
#define KREG_ID		0x00	/* 4 bytes, constant */
#define KREG_ID_VALUE	0x4b524547
#define KREG_CTRL	0x04	/* 4 bytes: bits 0 to 15 are written; a change of 0 to 3 calls */
#define KREG_CTRL_RESET	0x80000120
#define KREG_STATUS	0x08	/* 4 bytes: bits 0 to 7 are cleared by writing 1, 31 is read-only */
#define KREG_CAUSE	0x0c	/* 4 bytes: a read clears bits 0 to 15, and calls for bits 0 to 3 */
#define KREG_PORT	0x10	/* 1 byte: each read and each write calls */
#define KREG_PLAIN	0x11	/* 1 byte, all written */
#define KREG_SMALL	0x12	/* 2 bytes, all written */
#define KREG_WIDE	0x18	/* 8 bytes, all written */
#define KREG_OTHER	0x20	/* 4 bytes, no register: region_read and region_write */
#define KREG_SET	0x24	/* no register: W: sets the value of STATUS and CAUSE */
#define KREG_SPIN	0x28	/* no register: W: an op that runs until kreg_global::go is set */
#define KREG_FAIL	0x2c	/* no register: W: mdev_bpf_fail() */
#define KREG_STAMP	0x30	/* 8 bytes: an op writes n and ~n there; no other halves fit */
#define KREG_NEXT	0x38	/* no register: W: writes the next STAMP */
#define KREG_TAIL	0x100	/* 4 times 4 bytes, 16 bytes apart; 12 bits are written, and call */
#define KREG_TAILS	4
#define KREG_TAIL_STRIDE 16
#define KREG_SIZE	0x200

#define KREG_ONLY_B	0x40	/* 4 bytes, devices of type "b" only: constant */
#define KREG_ONLY_B_VALUE 0xb

/* The last call of region_read or region_write, as it got it, and how many there were */
struct kreg_call {
	__u32 calls;
	__u32 reg;
	__u32 index;
	__u32 size;
	__u64 offset;
	__u64 val;
	__u64 old;
};

struct kreg_global {
	struct kreg_call read, write;
	__u64 inside;		/* an op spins */
	__u64 go;		/* let it end */
};

/* The number of each row, in kreg_access::reg */
enum {
	KREG_ROW_ID, KREG_ROW_CTRL, KREG_ROW_STATUS, KREG_ROW_CAUSE, KREG_ROW_PORT,
	KREG_ROW_PLAIN, KREG_ROW_SMALL, KREG_ROW_WIDE, KREG_ROW_STAMP, KREG_ROW_TAIL,
	KREG_ROW_ONLY_B,
};

#endif /* KREG_H */
