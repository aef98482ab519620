/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a subchannel and its user exchange, for the program and its test: regions and interrupts
 * have the shapes of <linux/vfio_ccw.h>. Names and numbers of the channel subsystem are those of
 * z/Architecture Principles of Operation; it is big endian.
 */
#ifndef CCW_H
#define CCW_H

/* Regions: their indices, and where their members are */
#define CCW_IO			0	/* struct ccw_io_region */
#define CCW_IO_ORB		0
#define CCW_IO_SCSW		12
#define CCW_IO_IRB		24
#define CCW_IO_RET		120
#define CCW_IO_SIZE		124
#define CCW_ASYNC		1	/* struct ccw_cmd_region */
#define CCW_ASYNC_SIZE		8
#define CCW_ASYNC_HSCH		1
#define CCW_ASYNC_CSCH		2
#define CCW_SCHIB		2	/* struct ccw_schib_region */
#define CCW_SCHIB_SIZE		52
#define CCW_CRW			3	/* struct ccw_crw_region */
#define CCW_CRW_SIZE		8

/* The first word of a SCSW */
#define SCSW_FCTL_START		0x4000
#define SCSW_FCTL_HALT		0x2000
#define SCSW_FCTL_CLEAR		0x1000
#define SCSW_STCTL_ALERT	0x10
#define SCSW_STCTL_PRIMARY	0x04
#define SCSW_STCTL_SECONDARY	0x02
#define SCSW_STCTL_PENDING	0x01
/* The third: status of the device, of the subchannel, and the count that is left */
#define SCSW_DSTAT_CHANNEL_END	0x08000000
#define SCSW_DSTAT_DEVICE_END	0x04000000
#define SCSW_DSTAT_UNIT_CHECK	0x02000000
#define SCSW_CSTAT_LENGTH	0x00400000
#define SCSW_CSTAT_PROGRAM	0x00200000

#define ORB_FORMAT_1		0x00800000	/* in the second word of an ORB */

/* The second word of a SCHIB, and the third */
#define PMCW_ENABLED		0x00800000
#define PMCW_VALID		0x00010000
#define PMCW_PATH		0x80		/* the only path, in masks of paths */

/* A channel command word of format 1: command, flags, count, address */
#define CCW_WRITE		0x01
#define CCW_READ		0x02
#define CCW_NOP			0x03
#define CCW_SENSE		0x04
#define CCW_VARY		0x4f	/* of this device: the path goes, or comes back */
#define CCW_SENSE_ID		0xe4
#define CCW_TIC			0x08	/* transfer in channel: go on at the address */
#define CCW_FLAG_CHAIN		0x40
#define CCW_FLAG_SLI		0x20	/* another length is no error */
#define CCW_FLAG_UNSUPPORTED	0x9f	/* data chaining, skip, PCI, indirect addresses... */

#define CCW_DATA_SIZE		512	/* what the device keeps of a CCW_WRITE */
#define CCW_ID_SIZE		7
#define CCW_SENSE_SIZE		32
#define CCW_SENSE_REJECT	0x80

/* Channel report words: a channel path... */
#define CRW_PATH_GONE		0x04060000
#define CRW_PATH_BACK		0x04020000
#define CRW_CHPID		0x40

#endif /* CCW_H */
