/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kdma.bpf.c and its test agree on. */
#ifndef KDMA_H
#define KDMA_H

#include <linux/types.h>

/* BAR0 has the registers, BAR2 shows the bytes of the state from KDMA_DATA up. */
#define KDMA_REG		0
#define KDMA_BYTES		2
#define KDMA_DATA		4096
#define KDMA_DATA_SIZE		(1 << 18)
#define KDMA_LOG_LEN		256

/* BAR3 is memory of the core's, but for a window; region 9 only the program can reach. */
#define KDMA_MEM		3
#define KDMA_MEM_SIZE		(1 << 21)
#define KDMA_TRAP		(KDMA_MEM_SIZE - 8192)
#define KDMA_TRAP_SIZE		4096
#define KDMA_PRIVATE		9

/* Interrupts: MSI 0 for each dma_done, 1 for each dma_unmap */
#define KDMA_MSI		2

/* Registers, 64 bit each */
#define KDMA_IOVA		0x00
#define KDMA_WHERE		0x08
#define KDMA_SIZE		0x10
#define KDMA_GO			0x18	/* W: MDEV_BPF_DMA_* | id << 8: request it */
#define KDMA_GO_WORK		0x20	/* W: the same, in work */
#define KDMA_RESULT		0x28	/* what the last kfunc returned */
#define KDMA_CHAIN		0x30	/* further requests, begun in dma_done, for the bytes */
					/* that come next, or from 2^63 on for the same */
#define KDMA_DONE		0x38	/* calls of dma_done since reset */
#define KDMA_FLOOD		0x40	/* W: request as often as it goes; the number in RESULT */
#define KDMA_UNPIN		0x48	/* W: mdev_bpf_dma_unpin() */
#define KDMA_PEEK		0x50	/* W: mdev_bpf_dma_get() of 8 bytes there; RESULT, VALUE */
#define KDMA_POKE		0x58	/* W: the same, and VALUE goes there */
#define KDMA_VALUE		0x60
#define KDMA_UNMAPS		0x68	/* calls of dma_unmap since reset, and its last range */
#define KDMA_UNMAP_IOVA		0x70
#define KDMA_UNMAP_SIZE		0x78
#define KDMA_EARLY		0x80	/* what a request in init, open returned: 32 bits each */
#define KDMA_PULL		0x88	/* W: VALUE: sum of 8n words from PEEK's on */
#define KDMA_PEEK_NONE		0x90	/* W: PEEK of no bytes; is there anything? */
#define KDMA_REPIN		0x98	/* not 0: dma_done pins the same again */
#define KDMA_SLOW		0xa0	/* milliseconds that dma_unmap takes */
#define KDMA_PEEK_NINE		0xa8	/* W: mdev_bpf_dma_get() of 9 bytes there; RESULT */
#define KDMA_MEMORY_NINE	0xb0	/* W: the same by mdev_bpf_memory_get() */
#define KDMA_CHANNEL		0xb8	/* for the requests of GO, GO_WORK and FLOOD */
#define KDMA_FLAGS		0xc0
#define KDMA_COUNT		0xc8
#define KDMA_CANCEL		0xd0	/* W: id | mask << 32: mdev_bpf_request_cancel(); RESULT */
#define KDMA_RAW		0xd8	/* W: mdev_bpf_request() of VALUE bytes of DATA; RESULT */
#define KDMA_QUIET		0xe0	/* not 0: dma_done sends no interrupt */
#define KDMA_TASK		0xe8	/* R: the thread that called dma_done last */
#define KDMA_WORKER		0xf0	/* R: the thread that called work last */
#define KDMA_REFILL		0xf8	/* W: zero n pages of PRIVATE; write a byte to the end of */
					/* each, and copy it to IOVA, the last page first; RESULT */
#define KDMA_MORE		0x400	/* R: for the last KDMA_MORE_LEN entries of the log: */
#define KDMA_MORE_LEN		128	/* done | channel << 32 | flags << 48 */
#define KDMA_LOG		0x800	/* R: KDMA_LOG_LEN entries of id | error << 32 */

#endif /* KDMA_H */
