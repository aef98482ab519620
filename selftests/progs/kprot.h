/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kprot.bpf.c and its test agree on: two memories with a protection pin. */
#ifndef KPROT_H
#define KPROT_H

#define KPROT_PAGE	4096
#define KPROT_FLASH	2		/* BAR2: can be mapped */
#define KPROT_FLASH_SIZE	(16 * KPROT_PAGE)
#define KPROT_SMALL	9		/* device specific: less than a page */
#define KPROT_SMALL_SIZE	100
#define KPROT_PLAIN	5		/* BAR5: memory that cannot be protected */

/* Registers of BAR0, 64 bit each */
#define KPROT_REGION	0x00		/* region, offset and size for the commands */
#define KPROT_OFFSET	0x08
#define KPROT_SIZE	0x10
#define KPROT_GO	0x18		/* W: calls mdev_bpf_memory_protect() */
#define KPROT_WRITE	0x20		/* W: the program writes this there */
#define KPROT_RESULT	0x28		/* what the kfunc returned */
#define KPROT_LATER	0x30		/* W: as GO, but by a timer, after so many ns */

#endif /* KPROT_H */
