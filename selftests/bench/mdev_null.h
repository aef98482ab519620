/* SPDX-License-Identifier: GPL-2.0-only */
/* What kmod/mdev_null.c and the benchmarks agree on. */
#ifndef MDEV_NULL_H
#define MDEV_NULL_H

/* BAR0: everything but these two reads as 0 and ignores what is written. */
#define NULL_BAR_SIZE	0x1000
#define NULL_IRQ	0x10	/* W, 1 byte: signal the eventfd of MSI 0 */
#define NULL_DMA	0x20	/* W, 8 bytes: read so many from NULL_IOVA into a buffer */

#define NULL_IOVA	0x100000000ULL
#define NULL_DMA_MAX	(1 << 20)

#endif /* MDEV_NULL_H */
