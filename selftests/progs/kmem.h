/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kmem.bpf.c and the tests that use it agree on. */
#ifndef KMEM_H
#define KMEM_H

/* BAR0 has registers, all others are memory but for their windows. */
#define KMEM_PAGE	4096
#define KMEM_SPARSE	1	/* can be mapped, but for a window */
#define KMEM_SPARSE_SIZE	(16 * KMEM_PAGE)
#define KMEM_TRAP_OFFSET	(4 * KMEM_PAGE)
#define KMEM_TRAP_SIZE		(2 * KMEM_PAGE)
#define KMEM_LARGE	2	/* large, kept by reset; with BAR3 */
#define KMEM_LARGE_SIZE		(256ULL << 20)
#define KMEM_SMALL	4	/* less than a page, cannot be mapped */
#define KMEM_SMALL_SIZE		64
#define KMEM_RO		5	/* can be mapped and read only; the program fills it in init */
#define KMEM_RO_SIZE		KMEM_PAGE
#define KMEM_ROM	6
#define KMEM_ROM_SIZE		2048
#define KMEM_OWN	9	/* device specific, cleared when it is closed */
#define KMEM_OWN_SIZE		(3 * KMEM_PAGE)
#define KMEM_OWN_TYPE		0x80001234
#define KMEM_OWN_SUBTYPE	7
#define KMEM_PRIVATE	10	/* of the program, there from the start */
#define KMEM_PRIVATE_SIZE	(2 * KMEM_PAGE)
#define KMEM_TRAPPED	11	/* device specific, and no memory */
#define KMEM_TRAPPED_SIZE	24
#define KMEM_HIDDEN	12	/* private, behind all that users see */
#define KMEM_HIDDEN_SIZE	(64ULL << 20)

#define KMEM_TABLE	1000	/* byte n is n * 7 */
#define KMEM_RO_TEXT	0x6f726f6d656d6b21ULL
#define KMEM_ROM_TEXT	0x1234aa55

/* Registers of BAR0, 64 bit each */
#define KMEM_REGION	0x00	/* region, offset and data for the commands */
#define KMEM_OFFSET	0x08
#define KMEM_DATA	0x10
#define KMEM_GO		0x18	/* W: KMEM_DO_* */
#define KMEM_RESULT	0x20	/* what the kfunc returned; of a pointer 0, or -1 for NULL */
#define KMEM_TRAPS	0x28	/* calls of region_read and region_write but for BAR0's */
#define KMEM_LAST	0x30	/* region << 56 | write << 55 | size << 48 | offset of the last */

enum {
	KMEM_DO_READ,		/* mdev_bpf_memory_read() of 8 bytes */
	KMEM_DO_WRITE,		/* mdev_bpf_memory_write() of 8 bytes */
	KMEM_DO_GET,		/* mdev_bpf_memory_get() of 8 bytes, and read them */
	KMEM_DO_PUT,		/* the same, and write them */
	KMEM_DO_GET_2,		/* mdev_bpf_memory_get() of 2 bytes, and read them */
	KMEM_DO_GET_PAGE,	/* mdev_bpf_memory_get() of a page, and read its first bytes */
	KMEM_DO_ZERO,		/* mdev_bpf_memory_zero() of as many bytes as data says */
	KMEM_DO_TABLE,		/* mdev_bpf_memory_write_const() of a table of KMEM_TABLE bytes */
	KMEM_DO_REPEAT,		/* mdev_bpf_memory_fill() of as many bytes with KMEM_PATTERN */
	KMEM_DO_FILL,		/* mdev_bpf_memory_write() of 256 bytes, all as the first of data */
};

#define KMEM_PATTERN	0x0123456789abcdefULL

#endif /* KMEM_H */
