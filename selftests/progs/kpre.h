/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kpre.bpf.c and its test agree on. */
#ifndef KPRE_H
#define KPRE_H

/* Registers of BAR0, 64 bit each */
#define KPRE_WHERE	0x00	/* MDEV_BPF_MEMORY() for the next ones */
#define KPRE_WRITE	0x08	/* W: mdev_bpf_memory_write() there */
#define KPRE_POKE	0x10	/* W: store to mdev_bpf_memory_get() there */
#define KPRE_RESULT	0x18	/* R: what these returned */
#define KPRE_DMA	0x20	/* W: a page from KPRE_IOVA + n to there */
#define KPRE_DONE	0x28	/* R: calls of dma_done, and 0x100 for each that said an error */
#define KPRE_PIN	0x30	/* W: pin the page at KPRE_IOVA + n */
#define KPRE_PINNED	0x38	/* W: store to that */
#define KPRE_TICK	0x40	/* W: a timer with this period, which writes there */
#define KPRE_TICKS	0x48	/* R: how often it did */
#define KPRE_SHOW	0x50	/* W: the display shows the page of KPRE_MEM at this offset */
#define KPRE_REGS	0x80

#define KPRE_IOVA	0x100000000ULL

#define KPRE_MEM	2		/* memory that users can map */
#define KPRE_MEM_SIZE	(64 << 20)
#define KPRE_RO		3		/* the same, to be read only */
#define KPRE_RO_SIZE	0x10000
#define KPRE_SMALL	4		/* less than a page of memory, not mapped */
#define KPRE_SMALL_SIZE	2048

#endif /* KPRE_H */
