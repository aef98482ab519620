/* SPDX-License-Identifier: GPL-2.0-only */
/* The disk of disk.bpf.c as its driver sees it: registers, and what is in guest memory. */
#ifndef DISK_H
#define DISK_H

#include <linux/types.h>

#define DISK_ID			0x4b534944	/* "DISK" */
#define DISK_SECTOR		512		/* bytes */
#define DISK_SECTORS		2048
#define DISK_QUEUES		4
#define DISK_ENTRIES		64		/* of a queue's two rings */
#define DISK_MAX_PIECES		32		/* of guest memory, in one command */

/* Registers in BAR0. Those of queue n are DISK_REG_QUEUE_SIZE * n further up. */
#define DISK_REG_ID		0x000
#define DISK_REG_SECTORS	0x004
#define DISK_REG_STATUS		0x008	/* bit n: queue n has stopped; writing 1 starts it again */
#define DISK_REG_COMMANDS	0x010	/* 64 bits: commands completed since the last reset */
#define DISK_REG_RING		0x100	/* 64 bits: guest address of the commands */
#define DISK_REG_DONE		0x108	/* 64 bits: guest address of the completions */
#define DISK_REG_TAIL		0x110	/* doorbell: number of commands so far, modulo 2^32 */
#define DISK_REG_HEAD		0x114	/* number of them that are complete */
#define DISK_REG_QUEUE_SIZE	0x020
#define DISK_MSIX_TABLE		0x800	/* vector n belongs to queue n */
#define DISK_MSIX_PBA		0xc00

/* disk_command::op */
#define DISK_READ		1	/* from the disk to guest memory */
#define DISK_WRITE		2

struct disk_command {
	__u8 op;
	__u8 reserved;
	__u16 tag;
	__u32 pieces;	/* entries of the list */
	__u64 sector;	/* the first one */
	__u64 list;	/* guest address of the list, of struct mdev_bpf_sg */
	__u64 size;	/* bytes */
};

/* disk_done::status */
#define DISK_OK			0
#define DISK_INVALID		1	/* the command is wrong */
#define DISK_DMA_ERROR		2	/* guest memory cannot be accessed */
#define DISK_READ_ONLY		3

struct disk_done {
	__u16 tag;
	__u16 status;
	__u32 number;	/* of the command; the first is 1, so a new entry differs */
};

#endif /* DISK_H */
