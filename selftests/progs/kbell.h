/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kbell.bpf.c and its tests agree on. */
#ifndef KBELL_H
#define KBELL_H

/*
 * BAR0 is the registers below. BAR2 has doorbells; every other write to it is counted and the
 * last one kept. BAR3 is I/O ports with a doorbell, 1 byte wide; type "b" lacks it. BAR4 can
 * only be read.
 */
#define KBELL_BAR		2
#define KBELL_BAR_SIZE		1024
#define KBELL_IO		3
#define KBELL_IO_SIZE		16
#define KBELL_RO		4

/* Doorbells: two that touch in BAR2, an array there, one in BAR3 */
#define KBELL_A			16	/* 8 bytes, work 3 */
#define KBELL_A_WORK		3
#define KBELL_B			24	/* 4 bytes, work 5, keeps nothing */
#define KBELL_B_WORK		5
#define KBELL_TAIL		0x100	/* KBELL_TAILS times 4 bytes; 16 bits are kept */
#define KBELL_TAILS		54
#define KBELL_TAIL_STRIDE	8
#define KBELL_TAIL_RESET	0x90000
#define KBELL_TAIL_WORK		10	/* of the first; the last one is 63 */
#define KBELL_PORT		4	/* 1 byte, work 7 */
#define KBELL_PORT_WORK		7

#define KBELL_SPIN		0xf0	/* BAR2, no register: W: runs until kbell_global::go */

#define KBELL_WRITE_VECTOR	8	/* vector 8: a write to BAR2 or BAR3; n: work n */
#define KBELL_TAIL_VECTOR	9	/* the work of any TAIL */
#define KBELL_MSI		16

/* Registers of BAR0, 32 bit each */
#define KBELL_WRITES		0x00	/* writes that came to region_write */
#define KBELL_WHERE		0x04	/* the last one: region << 24 | size << 16 | offset */
#define KBELL_VAL		0x08	/* its value */
#define KBELL_VAL_HIGH		0x0c
#define KBELL_READS		0x10	/* reads of BAR2 */
#define KBELL_WORKS		0x100	/* 64 counters: calls of work n */
#define KBELL_SEEN		0x200	/* 64 values: what work n has found in its doorbell */

/* At the start of .bss */
struct kbell_global {
	unsigned long long inside;	/* an op spins */
	unsigned long long go;		/* let it end */
};

#endif /* KBELL_H */
