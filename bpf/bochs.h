/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers of the Bochs display, for the program and its tests */
#ifndef BOCHS_H
#define BOCHS_H

/* BAR2 */
#define BOCHS_MMIO_SIZE		4096
#define BOCHS_EDID_SIZE		0x400	/* the EDID, from 0 */
#define BOCHS_VGA		0x400	/* VGA's I/O ports 0x3c0 to 0x3df */
#define BOCHS_DISPI		0x500	/* registers of 2 bytes, by index: */
enum {
	BOCHS_ID,
	BOCHS_XRES,
	BOCHS_YRES,
	BOCHS_BPP,
	BOCHS_ENABLE,
	BOCHS_BANK,
	BOCHS_VIRT_WIDTH,
	BOCHS_VIRT_HEIGHT,
	BOCHS_X_OFFSET,
	BOCHS_Y_OFFSET,
	BOCHS_MEMORY_64K,
	BOCHS_DISPI_COUNT,
};

#define BOCHS_EXT		0x600	/* size of QEMU's registers; the byte order follows */

#define BOCHS_ID5		0xb0c5
#define BOCHS_ENABLED		0x01
#define BOCHS_BIG_ENDIAN	0xbebebebe
#define BOCHS_LITTLE_ENDIAN	0x1e1e1e1e

/* Pixels of a mode, each way, at least */
#define BOCHS_MIN_RES		64

#endif /* BOCHS_H */
