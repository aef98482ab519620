/* SPDX-License-Identifier: GPL-2.0-only */
/* What the device of kgfx.bpf.c and its test agree on. */
#ifndef KGFX_H
#define KGFX_H

/*
 * BAR0 is registers of 32 bits: what the planes show, word for word, and more. BAR2 is the frame
 * buffer; the other regions are for errors. Type "b" has no frame buffer.
 */
#define KGFX_CTL_SIZE		256
#define KGFX_FB			2
#define KGFX_FB_SIZE		(1 << 20)
#define KGFX_SMALL		9	/* 64 bytes of memory, read-only */
#define KGFX_SMALL_SIZE		64
#define KGFX_PRIVATE		10	/* memory that users have no access to */
#define KGFX_PRIVATE_SIZE	0x4000
#define KGFX_EDID		11
#define KGFX_EDID_SIZE		1024

/* A plane: KGFX_PRIMARY + KGFX_WIDTH and so on */
#define KGFX_PRIMARY	0x00
#define KGFX_CURSOR	0x40
#define KGFX_REGION	0x00
#define KGFX_OFFSET	0x04	/* 64 bits */
#define KGFX_MODIFIER	0x0c	/* 64 bits */
#define KGFX_FORMAT	0x14
#define KGFX_WIDTH	0x18
#define KGFX_HEIGHT	0x1c
#define KGFX_STRIDE	0x20
#define KGFX_X		0x24
#define KGFX_Y		0x28
#define KGFX_X_HOT	0x2c
#define KGFX_Y_HOT	0x30

#define KGFX_RESULT	0x80	/* what gfx_query returns */
#define KGFX_FAIL	0x84	/* gfx_query fails the device */
#define KGFX_CALLS	0x88	/* of gfx_query */
#define KGFX_DROP	0x8c	/* what the ioctl op returns instead of a dma-buf */
#define KGFX_EDIDS	0x90	/* calls of gfx_edid, and what it was told last */
#define KGFX_LINK	0x94
#define KGFX_EDID_LEN	0x98
#define KGFX_EDID_BYTE	0x9c	/* first byte of the EDID */
#define KGFX_KIND	0xa4	/* mdev_bpf_plane::kind of the last gfx_query */
#define KGFX_DRAW	0xa0	/* W: draw line n of the primary plane: pixel x is n << 12 | x */

#endif /* KGFX_H */
